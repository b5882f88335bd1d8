"""Kernel strategies: the same logic as a callback gives the same fills, with and without delays."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bench import Latency, Replay
from bench.research import kernel_strategies
from bench.research.latency import RecordedDelays
from bench.research.orders import OrderError
from bench.research.strategy_loop import ASKED_ROWS
from tests.bench.research.quote_kernel import LOTS_MAX, MOVE, quote
from tests.bench.research.small_flow import small_flow

small = cache(small_flow)


class SameQuotes:
    """The same as callbacks. A kernel reads its orders in the state, so an order on its way does not count."""

    def __init__(self) -> None:
        self.calls = 0

    def on_book(self, replay: Replay) -> None:
        self.calls += 1
        live = [order for order in replay.orders if order.is_live and order.id]
        if self.calls % 2 == MOVE:
            if live:
                replay.replace(live[0], price=live[0].price - 1, lots=2)
            return
        book, held = replay.book(1), replay.position
        bid, ask, lots = book.best_bid, book.best_ask, book.bids["shown_lots"][:1].sum()
        for order in live:
            replay.cancel(order)
        if held < LOTS_MAX and bid is not None and lots > 1:
            replay.submit("buy", bid, 1)
        if held > -LOTS_MAX and ask is not None:
            replay.submit("sell", ask, 1)


def fills(replay: Replay) -> list[tuple[int, int, int, int]]:
    return [(fill.time_ns, fill.side, fill.price, fill.lots) for fill in replay.fills]


@pytest.mark.parametrize("every", [7, 10])
@pytest.mark.parametrize(
    "latency",
    [
        None,
        Latency.constant(place_us=2.5, cancel_us=4, feed_us=1),
        Latency.lognormal(place_us=5, cancel_us=2, sigma=1.5),
        Latency.empirical(place_us=(1, 2, 9), cancel_us=(0, 3), response_us=(1,), feed_us=(1,), seed=5),
        Latency(
            place=RecordedDelays(np.array([0, 1_400_000, 1_900_000]), np.array([500, 7_000, 2_000])),
            cancel=RecordedDelays(np.array([1_600_000]), np.array([3_000])),
        ),
    ],
    ids=["none", "constant", "lognormal", "empirical", "recorded"],
)
def test_a_kernel_trades_as_the_same_callbacks(every: int, latency: Latency | None) -> None:
    compiled, plain = (Replay(small(), latency=latency) for _ in range(2))
    strategy = SameQuotes()
    runs = compiled.run(quote, every=every, memory=np.zeros(3, np.int64)), plain.run(strategy, every=every)
    assert runs[0].error is runs[1].error is None
    assert fills(compiled) == fills(plain) != []
    assert [(run.commands, run.steps) for run in runs] == [(1_000, strategy.calls)] * 2
    assert (compiled.position, compiled.equity_mills, compiled.sequence, compiled.refused) == (
        plain.position,
        plain.equity_mills,
        plain.sequence,
        plain.refused,
    )
    assert len(compiled.orders) == len(plain.orders)
    assert compiled.at(compiled.sequence - 200).advance(1) == 1


def test_delays_are_drawn_as_long_as_the_strategy_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    delays = Latency.lognormal(place_us=5, cancel_us=2, sigma=1.5)
    compiled, plain = (Replay(small(), latency=delays) for _ in range(2))
    monkeypatch.setattr(kernel_strategies, "FIRST_DRAWS", ASKED_ROWS + 1)
    run = compiled.run(quote, every=5, memory=np.zeros(3, np.int64))
    plain.run(SameQuotes(), every=5)
    assert run.error is None and compiled.requests > 2 * ASKED_ROWS
    assert fills(compiled) == fills(plain) != []


@pytest.mark.parametrize(
    "delays", [Latency.constant(place_us=5, feed_us=1), Latency.lognormal(place_us=5)], ids=["constant", "drawn"]
)
def test_commands_on_their_way_stay_so_when_a_run_ends_before_its_source(delays: Latency) -> None:
    compiled, plain = (Replay(small(), latency=delays) for _ in range(2))
    compiled.run(quote, every=10, commands=335, memory=np.zeros(3, np.int64))
    plain.run(SameQuotes(), every=10, commands=335)
    assert compiled.sequence == plain.sequence
    for replay in (compiled, plain):
        replay.advance(100)
        replay.submit("buy", 1, 1)  # its delay has the number after those of the run
        replay.advance(100)
    assert (compiled.sequence, fills(compiled)) == (plain.sequence, fills(plain))


def test_own_commands_arrive_before_a_later_control_of_the_source() -> None:
    tape = small()
    rows, place = tape.commands.copy(), len(tape.commands) - 600
    rows["time_ns"][place:] += 50_000  # time for what was sent before
    control = replace(tape.controls[-1], row=tape.controls[-1].row.copy())  # defines an account once more
    control.row["sequence"], control.row["time_ns"] = rows["sequence"][place], rows["time_ns"][place]
    rows["sequence"][place:] += 1
    source = replace(tape, commands=rows, controls=[*tape.controls, control], state_hash="")
    compiled, plain = (Replay(source, latency=Latency.constant(place_us=30)) for _ in range(2))
    compiled.run(quote, every=10, memory=np.zeros(3, np.int64))
    plain.run(SameQuotes(), every=10)
    ran = [replay.events.rows()[["time_ns", "kind", "price", "lots"]] for replay in (compiled, plain)]
    # Events that are not of orders, such as those of the own account, which a kernel has from the start, do not count.
    of_orders = [[row for row in rows.tolist() if row[2]] for rows in ran]
    assert of_orders[0] == of_orders[1]


def test_a_kernel_that_fails_leaves_what_it_has_done() -> None:
    memory = np.array([0, 20, 0])
    failed = Replay(small())
    run = failed.run(quote, every=10, memory=memory)
    assert (type(run.error), run.is_whole, run.steps, run.commands) == (IndexError, False, 20, 200)
    whole = Replay(small())
    whole.run(quote, every=10, commands=199, memory=np.zeros(3, np.int64))
    assert fills(failed)[: len(fills(whole))] == fills(whole)
    assert len(failed.events) > 0
    assert failed.advance(10) == 10


def test_a_kernel_that_asks_for_too_much_is_stopped() -> None:
    run = Replay(small()).run(quote, every=10, memory=np.array([0, 0, 5]))
    assert isinstance(run.error, OrderError) and "more than 64 commands in a call" in str(run.error)


def test_delays_that_a_kernel_cannot_have_are_refused() -> None:
    with pytest.raises(OrderError, match="its feed and response are constant delays"):
        Replay(small(), latency=Latency.lognormal(place_us=3, feed_us=1)).run(quote)
    with pytest.raises(OrderError, match="response 2000 ns must not be above feed 1000 ns"):
        Replay(small(), latency=Latency.constant(response_us=2, feed_us=1)).run(quote)
    with pytest.raises(OrderError, match="interval_ns is for callbacks"):
        Replay(small()).run(quote, interval_ns=5)
