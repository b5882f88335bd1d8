"""Recorded commands that name orders by id still find them when own orders have taken ids."""

import numpy as np
import pytest

from bench import Replay
from bench.research.order_names import NO_ORDER_ID, accepted_orders, named_by_client
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, Side, TimeInForce
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
    assert [fill.time_ns for fill in named.fills] == [fill.time_ns for fill in plain.fills] != []


def order(account: int, name: int, side: Side, price: int) -> np.ndarray:
    row = np.zeros(1, COMMAND)
    row["kind"], row["tif"], row["account"], row["client_order_id_0"] = CommandKind.NEW, TimeInForce.GTC, account, name
    row["side"], row["price"], row["lots"], row["instrument"] = side, price, 1, 1
    return row


def change(kind: CommandKind, account: int, order_id: int) -> np.ndarray:
    row = np.zeros(1, COMMAND)
    row["kind"], row["account"], row["order_id"], row["price"], row["lots"] = kind, account, order_id, 60, 3
    return row


def recorded(*rows: np.ndarray) -> Tape:
    return market_tape(PlainMarket(1, 200, 100, accounts=2), [np.zeros(0, COMMAND), np.concatenate(rows)])


USED_AGAIN = (order(1, 7, Side.BUY, 50), order(2, 8, Side.SELL, 50), order(1, 7, Side.BUY, 40))


@pytest.mark.rule("ORDER-005")
@pytest.mark.parametrize("kind", [CommandKind.CANCEL, CommandKind.REPLACE])
def test_a_late_change_of_an_order_whose_name_is_used_again_is_refused_as_in_the_record(kind: CommandKind) -> None:
    ids = accepted_orders(recorded(*USED_AGAIN))["order_id"][1:].tolist()
    last = ids[-1]
    changes = [change(kind, 1, ids[0]), change(kind, 2, last), change(kind, 1, last + 1), change(kind, 1, last)]
    tape = recorded(*USED_AGAIN, *changes)
    plain, busy = Replay(tape), Replay(tape)
    busy.submit("buy", 5, 1)
    for replay in (plain, busy):
        replay.advance(6)
        assert (replay.refused, replay.book(1).best_bid) == (3, 40)
        replay.advance(1)
        assert (replay.refused, replay.book(1).best_bid == 40) == (3, False)


def test_a_name_means_the_last_order_before_a_row() -> None:
    first, _, second = accepted_orders(recorded(*USED_AGAIN))["order_id"][1:].tolist()
    cancel = change(CommandKind.CANCEL, 1, first)
    renamed = named_by_client(recorded(cancel, *USED_AGAIN[:2], cancel, USED_AGAIN[2], cancel))
    assert renamed is not None
    cancels = renamed[renamed["kind"] == CommandKind.CANCEL]
    named = [(row.order_id, row.client_order_id_0) for row in cancels]
    assert named == [(NO_ORDER_ID, 0), (0, 7), (NO_ORDER_ID, 0)]
    assert first != second


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
    assert accepted_orders(Tape(np.zeros(0, COMMAND), limits="medium")).tolist() == np.zeros(1, EVENT).tolist()


def test_a_recorded_bust_is_not_carried_out_behind_own_commands() -> None:
    tape = small_flow()
    row = np.zeros(1, COMMAND)
    row["kind"], row["sequence"] = CommandKind.BUST, tape.commands["sequence"][-1] + 1
    row["time_ns"] = tape.commands["time_ns"][-1]
    replay = Replay(Tape(tape.commands, [*tape.controls, TapeControl(row, b"{}")], "medium", resting_rows=300))
    replay.submit("buy", replay.book(1).best_bid or 0, 1)
    with pytest.raises(UserError, match="control BUST at sequence 1316 of the tape names a trade by a number"):
        replay.advance(2_000)
