"""A mass quote that something else cuts short ends there, with everything it has to emit (QUOTE-008). A kernel runs
many states by the address of the compiled loop."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, Side, TimeInForce
from exchange.compiler import call_code
from exchange.engine.apply import apply_commands
from exchange.engine.engine import Engine
from exchange.engine.state import new_outbox, new_state
from exchange.engine.used_chunks import copy_state
from exchange.kernel import code_of, kernel
from exchange.limits import MEDIUM, STEP_EVENTS
from exchange.reference.rows import Command
from tests.engine.test_query import row
from tests.engine.test_views import market
from tests.market import account_payload, open_property_market
from tests.venues import Pair

BOOK = 9


class Market:
    """Engine and reference with one resting offer that a quote of account 1 takes."""

    def __init__(self) -> None:
        self.pair, self.sequence = Pair(), 0
        open_property_market(self.pair, self.row, (1, 2))
        self.row(CommandKind.NEW, account=2, instrument=BOOK, side=Side.SELL, price=100, lots=1, tif=TimeInForce.GTC)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.pair.apply(
            Command(
                kind=kind, sequence=self.sequence, time_ns=1_000 * self.sequence, request_id=self.sequence, **fields
            )
        )

    def quote_that_trades(self) -> list[Any]:
        return self.row(
            CommandKind.QUOTE,
            account=1,
            instrument=BOOK,
            bid_tick=100,
            bid_lots=1,
            ask_tick=105,
            flags=CommandFlag.MORE,
        )


@pytest.mark.rule("QUOTE-008")
def test_a_control_ends_an_open_mass_quote_before_it_is_carried_out() -> None:
    market = Market()
    assert EventKind.POSITION_CHANGED not in {event.kind for event in market.quote_that_trades()}, (
        "the quote is not at its end"
    )
    events = market.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    assert [EventKind(event.kind).abbreviation for event in events] == ["POS", "POS", "ACCOUNT"]
    own = (market.sequence, 1_000 * market.sequence)
    assert [(event.sequence, event.time_ns) for event in events[:2]] == [own, own]


@pytest.mark.rule("QUOTE-008")
def test_another_command_ends_an_open_mass_quote_before_it_begins() -> None:
    market = Market()
    market.quote_that_trades()
    quoted = market.sequence
    events = market.row(CommandKind.TIMER, account=1)
    assert [EventKind(event.kind).abbreviation for event in events] == ["POS", "POS", "TIMER"]
    assert [event.sequence for event in events] == [quoted, quoted, quoted + 1]


@pytest.mark.rule("QUOTE-008")
def test_the_end_of_a_cut_quote_comes_out_whole_through_a_short_buffer() -> None:
    market = Market()
    market.pair.fast.engine.outs["capacity"] = STEP_EVENTS
    market.quote_that_trades()
    events = market.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    assert len(events) == 3 and not market.pair.fast.engine.states["cursor"]["run"][0]


@kernel
def _run_all(code, states, commands, outs):
    """Run the same rows in each state."""
    done = 0
    for number in range(states.shape[0]):
        index = 0
        while index < commands.shape[0] or states[number].cursor.step != 0:
            one, out = states[number : number + 1], outs[number : number + 1]
            index = call_code(code, one, commands, index, commands.shape[0], out)
            done += outs[number].count
    return done


@pytest.mark.rule("INV-020")
def test_a_kernel_runs_many_states_by_the_address_of_the_loop_as_engines_run_each() -> None:
    engine = market(8, 2)
    states, outs = new_state(MEDIUM, 3), new_outbox(MEDIUM, 3)
    for number in range(3):
        copy_state(states[number : number + 1], engine.states)
    rows = np.concatenate([row(engine, CommandKind.CANCEL_ALL, account=1), row(engine, CommandKind.CLOCK)])
    rows["sequence"][1] += 1
    code = code_of(apply_commands, states, rows, 0, 0, outs)
    events = _run_all(code, states, rows, outs)
    assert events == 3 * engine.run_silently(rows) > 3 * STEP_EVENTS / 4
    assert [one.tobytes() for one in states] == 3 * [engine.states[0].tobytes()]


def test_an_index_outside_stops_a_kernel_that_calls_by_address() -> None:
    engine = Engine(MEDIUM)
    rows = row(engine, CommandKind.CLOCK)
    code = code_of(apply_commands, engine.states, rows, 0, 0, engine.outs)
    with pytest.raises(IndexError):
        _run_past(code, engine.states, rows, engine.outs)


@kernel
def _run_past(code, states, commands, outs):
    """Run a row that is not there."""
    return call_code(code, states, commands, 0, commands.shape[0] + 1, outs)
