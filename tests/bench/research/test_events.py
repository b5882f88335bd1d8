"""Events by column, in Arrow and in polars, over the memory of the replay."""

import numpy as np
import polars as pl
import pyarrow as pa

from bench import Replay
from bench.research.event_columns import BLOCK_ROWS
from bench.research.events import EventLog
from bench.tapes.market import engine_at
from exchange.codes import EventKind
from exchange.engine.engine import Engine
from exchange.engine.state import new_outbox
from exchange.limits import MEDIUM, NAMED
from exchange.records import EVENT, EVENT_FIELDS
from tests.bench.research.small_flow import small_flow


def test_events_are_those_of_the_engine() -> None:
    tape = small_flow()
    replay = Replay(tape)
    start = len(replay.events)
    while replay.advance(33):
        replay.events["kind"]
    expected = engine_at(tape, tape.resting_rows).apply(tape.commands[tape.resting_rows :])
    assert replay.events.rows()[start:].tobytes() == expected.tobytes()


def test_tables_use_the_memory_of_the_replay() -> None:
    replay = Replay(small_flow())
    replay.advance(100)
    events = replay.events
    table, frame = events.arrow, events.to_polars()
    assert table.column_names == frame.columns == [name for name, _, _ in EVENT_FIELDS]
    column = table.column("price").chunk(0)
    assert column.buffers()[1].address == events["price"].__array_interface__["data"][0]
    for name in table.column_names:
        assert np.array_equal(table.column(name).to_numpy(), events[name])
        assert np.array_equal(frame[name].to_numpy(), events[name])
    assert pa.table(events).equals(table)
    assert pl.DataFrame(events).equals(frame)


def test_aliases_name_columns() -> None:
    replay = Replay(small_flow())
    replay.advance(200)
    events = replay.events
    is_fill = events["kind"] == 4
    assert is_fill.any() and np.array_equal(events["trade_id"][is_fill], events["reference"][is_fill])


def test_events_stay_as_they_were_when_asked_for() -> None:
    replay = Replay(small_flow())
    before = replay.events
    count, prices = len(before), before["price"].copy()
    replay.advance(100)
    assert len(before) == count < len(replay.events)
    assert np.array_equal(before["price"], prices)


def test_events_are_the_same_whenever_they_are_asked_for_with_own_commands_among_them() -> None:
    often, once = Replay(small_flow(), accounts=2), Replay(small_flow(), accounts=2)
    fork, first = once, once.account().number
    for number in range(20):
        for replay in (often, once):
            order = replay.submit("buy", replay.book(1).best_bid or 1, 2, account=first + number % 2)
            replay.advance(37)
            if order.is_live and number % 3:
                replay.replace(order, lots=5)
        assert often.events["sequence"][-1] <= often.sequence
        if number == 10:
            fork = once.fork()
    assert often.events.rows().tobytes() == once.events.rows().tobytes()
    assert len(once.fills) > 0 and often.state_hash() == once.state_hash()
    own = {(fill.sequence, fill.trade_id) for fill in once.fills}
    events = once.events
    is_own = (events["kind"] == EventKind.FILL) & np.isin(events["account"], (first, first + 1))
    assert own == set(zip(events["sequence"][is_own].tolist(), events["trade_id"][is_own].tolist(), strict=True))
    shared = fork.events.rows()
    assert shared.tobytes() == once.events.rows()[: len(shared)].tobytes()
    assert fork.fork().events.rows().tobytes() == shared.tobytes()


def filled(outs: np.ndarray, first: int, count: int) -> np.ndarray:
    """Fill the buffer with `count` rows, numbered from `first`; returns them."""
    rows = outs["rows"][0, :count]
    rows["sequence"] = np.arange(first, first + count)
    rows["level_lots"] = rows["sequence"] % 97
    return rows.copy()


def test_a_log_goes_on_in_further_blocks_and_forks() -> None:
    outs, other_outs = new_outbox(MEDIUM), new_outbox(MEDIUM)
    log, expected = EventLog(outs), []
    for number in range(300):
        expected.append(filled(outs, 1_000 * number, 200))
        log.take(200)
    control = np.zeros(BLOCK_ROWS + 5, EVENT)
    control["sequence"] = np.arange(BLOCK_ROWS + 5)
    log.take_rows(control)
    assert log.events().rows().tobytes() == np.concatenate([*expected, control]).tobytes()
    fork = log.fork(other_outs)
    filled(outs, 5, 1)
    log.take(1)
    theirs = filled(other_outs, 77, 3)
    fork.take(3)
    assert fork.events().rows().tobytes() == np.concatenate([*expected, control, theirs]).tobytes()
    assert log.events()["sequence"][-1] == 5
    assert len(log.events().arrow.column("sequence").chunks) > 2


def test_a_fresh_engine_has_no_events() -> None:
    assert len(EventLog(Engine(NAMED["medium"]).outs).events()) == 0
