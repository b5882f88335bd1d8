"""The loop of a kernel strategy: its file, and rows of mass quotes."""

from functools import cache

import numpy as np
import pytest

from bench import Latency, Replay
from bench.research.kernel_strategies import BATCH_ROWS, loop_of
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandFlag, CommandKind, EventKind
from exchange.kernel import KERNELS
from exchange.records import COMMAND, column
from tests.bench.research.quote_kernel import quote
from tests.bench.research.test_driver import with_late_control
from tests.bench.research.test_kernel_strategies import SameQuotes, fills

ENTRIES, QUOTES = 3, 900


def test_a_loop_is_made_once_for_a_strategy() -> None:
    loop = loop_of(quote)
    assert loop_of(quote) is loop
    assert any(loop is one for one in KERNELS)


@cache
def quotes(control_row: int) -> Tape:
    """Mass quotes of one account in three books, one each 10 us, and a control before one of the rows."""
    rows = np.zeros(1 + ENTRIES * QUOTES, COMMAND)
    entries, number = rows[1:], np.arange(ENTRIES * QUOTES) // ENTRIES
    rows["account"], entries["kind"], entries["session"] = 1, CommandKind.QUOTE, 5
    entries["flags"] = np.tile([CommandFlag.MORE] * (ENTRIES - 1) + [0], QUOTES)
    entries["instrument"], entries["time_ns"] = np.tile(1 + np.arange(ENTRIES), QUOTES), 10_000 * (1 + number)
    column(entries, "protection_number")[:] = 1
    column(entries, "bid_tick")[:], column(entries, "ask_tick")[:] = 60 + number % 7, 70 + number % 5
    column(entries, "bid_lots")[:] = column(entries, "ask_lots")[:] = 2
    rows["kind"][0], rows["group"][0] = CommandKind.MMP_SET, 1
    column(rows, "protection_number")[0], column(rows, "window_ns")[0], column(rows, "lots_max")[0] = 1, 10**9, 50
    market = PlainMarket(1, 200, 100, books=ENTRIES)
    tape = market_tape(market, [np.zeros(0, COMMAND), rows], limits="medium")
    return with_late_control(tape, control_row)


@pytest.mark.parametrize("every", [1, 5, 3 * BATCH_ROWS])
@pytest.mark.parametrize("latency", [None, Latency.constant(place_us=2, cancel_us=1, feed_us=1)])
def test_a_mass_quote_is_applied_whole(every: int, latency: Latency | None) -> None:
    tape = quotes(1_504)  # not inside a quote: the opening has three rows, and one is before the quotes
    compiled, plain = (Replay(tape, latency=latency) for _ in range(2))
    strategy = SameQuotes()
    strategy.calls = 1  # the next call quotes, so both open the own account at it
    runs = (
        compiled.run(quote, every=every, commands=2_001, memory=np.array([1, 0, 0])),
        plain.run(strategy, every=every, commands=2_001),
    )
    assert runs[0].error is runs[1].error is None
    assert (runs[0].commands, runs[0].steps) == (runs[1].commands, runs[1].steps) == (2_002, strategy.calls - 1)
    assert (compiled.place, compiled.sequence, fills(compiled)) == (plain.place, plain.sequence, fills(plain))
    for replay in (compiled, plain):
        replay.advance(10_000)
    assert compiled.at_end and compiled.refused == plain.refused == 0
    kept = [replay.events.rows() for replay in (compiled, plain)]
    theirs = [rows[rows["account"] == 1][["time_ns", "kind", "price", "lots"]] for rows in kept]
    assert np.array_equal(*theirs)
    accepted = compiled.events["sequence"][compiled.events["kind"] == EventKind.QUOTE_ACCEPTED]
    assert (len(accepted), len(np.unique(accepted))) == (ENTRIES * QUOTES, QUOTES)
