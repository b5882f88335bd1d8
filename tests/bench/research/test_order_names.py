"""Recorded commands that name orders by id still find them when own orders have taken ids."""

import numpy as np
import pytest

from bench import Replay
from bench.research.order_names import accepted_orders, named_by_client
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND, EVENT
from tests.bench.research.small_flow import small_flow


def by_id() -> Tape:
    """The small flow, whose cancels and replaces name orders by id, as clients of a venue do."""
    tape = small_flow()
    accepted = accepted_orders(tape)
    ids = {(row.account, row.client_order_id_0): row.order_id for row in accepted}
    rows = tape.commands.copy()
    for row in rows[np.isin(rows["kind"], (CommandKind.CANCEL, CommandKind.REPLACE))]:
        key = (row.account, row.client_order_id_0)
        place = int(row.sequence - rows["sequence"][0])
        rows["order_id"][place] = ids[key]
        for word in range(3):
            rows[f"client_order_id_{word}"][place] = 0
    return Tape(rows, tape.controls, tape.limits, resting_rows=tape.resting_rows)


def others(replay: Replay) -> np.ndarray:
    """What happened to recorded orders, without ids and sequences."""
    events = replay.events.rows()
    first, last = replay.account().number, replay.account().number
    kept = events[(events["account"] > 0) & ((events["account"] < first) | (events["account"] > last))]
    return kept[["time_ns", "kind", "account", "client_order_id_0", "price", "leaves_lots"]]


def test_ids_that_own_orders_have_moved_are_no_longer_used() -> None:
    named, plain = Replay(by_id()), Replay(small_flow())
    for replay in (named, plain):
        for _ in range(20):
            replay.advance(20)
            replay.submit("buy", (replay.book(1).best_bid or 0) - 3, 2)
        replay.advance(600)
    assert (named.refused, plain.refused) == (0, 0)
    assert np.array_equal(others(named), others(plain))
    assert named.fills == [] or [fill.time_ns for fill in named.fills] == [fill.time_ns for fill in plain.fills]


def test_without_own_orders_rows_stay_as_they_are() -> None:
    tape = by_id()
    replay = Replay(tape)
    replay.advance(2_000)
    assert replay.refused == 0
    assert named_by_client(small_flow()) is None


def test_orders_without_a_client_order_id_keep_their_id() -> None:
    tape = by_id()
    rows = tape.commands.copy()
    news = np.flatnonzero(rows["kind"] == CommandKind.NEW)
    for word in range(3):
        rows[f"client_order_id_{word}"][news] = 0
    renamed = named_by_client(Tape(rows, tape.controls, tape.limits))
    assert renamed is not None and renamed.tobytes() == rows.tobytes()
    assert accepted_orders(Tape(np.zeros(0, COMMAND), limits="test")).tolist() == np.zeros(1, EVENT).tolist()


def test_a_recorded_bust_is_not_carried_out_behind_own_commands() -> None:
    tape = small_flow()
    row = np.zeros(1, COMMAND)
    row["kind"], row["sequence"] = CommandKind.BUST, tape.commands["sequence"][-1] + 1
    row["time_ns"] = tape.commands["time_ns"][-1]
    from bench.tapes.tape import TapeControl

    replay = Replay(Tape(tape.commands, [*tape.controls, TapeControl(row, b"{}")], "test", resting_rows=300))
    replay.submit("buy", replay.book(1).best_bid or 0, 1)
    with pytest.raises(UserError, match="control BUST at sequence 1316 of the tape names a trade by a number"):
        replay.advance(2_000)
