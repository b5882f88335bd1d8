"""Replies from the rows of one command."""

from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import (
    CancelReason,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    OrderState,
    RejectReason,
    Side,
)
from exchange.engine.event_rows import Row
from exchange.engine.order_rows import OrderRow
from exchange.publish.replies import Replies
from exchange.records import EVENT
from tests.publish.helpers import H27, event, table

ORDER: dict[str, Any] = {
    "client_order_id": "a7", "account": 7, "instrument": 1, "order_id": 90071, "price": 2845, "order_lots": 12,
    "leaves_lots": 12, "state": OrderState.OPEN, "side": Side.BUY,
}  # fmt: skip
LIVE = OrderRow(90071, "a7", 1, 0, 0, 0, 0, 2845, 12, 12, 0, 12, 0, 1, "", int(OrderState.OPEN))


def order(kind: EventKind, **fields: Any) -> Row:
    return event(kind, 412, **{**ORDER, **fields})


def make(live: OrderRow | None = None) -> Replies:
    return Replies(table(), lambda account, text: live if (account, text) == (7, "a7") else None)


def reply(*rows: Row, replies: Replies | None = None) -> dict[str, Any]:
    return msgspec.to_builtins((replies or make()).reply(101, list(rows)))


DONE = {"leaves_lots": 0, "filled_lots": 12, "state": OrderState.FILLED, "hidden_lots": 2845}
TAKEN_OUT = {"leaves_lots": 0, "state": OrderState.CANCELLED}


@pytest.mark.rule("ENTRY-001")
@pytest.mark.parametrize(
    "rows",
    [
        [order(EventKind.ORDER_ACCEPTED), order(EventKind.ORDER_RESTED)],
        [order(EventKind.ORDER_ACCEPTED, flags=EventFlag.RESTS, shown_lots=12)],
    ],
    ids=["ACK and RST", "ACK with RESTS"],
)
def test_an_order_that_rests_is_open(rows: list[Row]) -> None:
    assert reply(*rows) == {
        "t": "ok", "re": 101, "oid": 90071, "coid": "a7", "st": "open", "lv": 12, "cum": 0, "e": 412,
    }  # fmt: skip


@pytest.mark.rule("ENTRY-001")
def test_an_order_that_trades_tells_what_is_left_after_all_fills() -> None:
    other = {"order_id": 5, "account": 8, "client_order_id": "zz"}
    rows = [
        order(EventKind.ORDER_ACCEPTED),
        order(EventKind.FILL, **other, liquidity=Liquidity.MAKER),
        order(EventKind.FILL, leaves_lots=8, filled_lots=4, liquidity=Liquidity.TAKER),
        order(EventKind.FILL, **other, liquidity=Liquidity.MAKER),
        order(EventKind.FILL, leaves_lots=1, filled_lots=11, liquidity=Liquidity.TAKER),
        event(EventKind.POSITION_CHANGED, 412, account=7, instrument=1),
    ]
    answer = reply(*rows)
    assert (answer["st"], answer["lv"], answer["cum"], answer["coid"]) == ("open", 1, 11, "a7")


@pytest.mark.parametrize(("reason", "why"), [("IOC", "ioc"), ("FOK", "fok"), ("MINQTY", "minq")])
def test_a_remainder_that_leaves_tells_why(reason: str, why: str) -> None:
    gone = order(
        EventKind.ORDER_CANCELLED, **TAKEN_OUT, cancel_reason=CancelReason[reason], flags=EventFlag.NEVER_RESTED
    )
    answer = reply(order(EventKind.ORDER_ACCEPTED), gone)
    assert (answer["t"], answer["st"], answer["lv"], answer["why"]) == ("ok", "cancelled", 0, why)


def test_a_cancel_shows_the_order_without_a_reason() -> None:
    answer = reply(order(EventKind.ORDER_CANCELLED, **TAKEN_OUT, cancel_reason=CancelReason.USER))
    assert (answer["st"], answer["lv"], answer["cum"]) == ("cancelled", 0, 0)
    assert "why" not in answer


@pytest.mark.rule("ENTRY-010")
@pytest.mark.parametrize(("flag", "priority"), [(EventFlag.KEPT, "kept"), (EventFlag.LOST, "lost")])
def test_a_replace_tells_price_total_and_priority(flag: EventFlag, priority: str) -> None:
    rows = [order(EventKind.ORDER_REPLACED, flags=flag, price=2844, order_lots=15, leaves_lots=15)]
    if flag == EventFlag.LOST:
        rows.append(order(EventKind.ORDER_RESTED, price=2844, order_lots=15, leaves_lots=15))
    answer = reply(*rows)
    assert (answer["px"], answer["q"], answer["lv"], answer["prio"]) == (2844, 15, 15, priority)


@pytest.mark.rule("ENTRY-010")
def test_a_replace_below_what_is_filled_is_a_cancel() -> None:
    cut = order(EventKind.ORDER_REPLACED, order_lots=3, filled_lots=4, leaves_lots=0)
    gone = order(EventKind.ORDER_CANCELLED, **{**TAKEN_OUT, "filled_lots": 4}, cancel_reason=CancelReason.IFM)
    answer = reply(cut, gone)
    assert (answer["st"], answer["lv"], answer["cum"], answer["why"]) == ("cancelled", 0, 4, "ifm")
    assert "prio" not in answer


@pytest.mark.rule("ENTRY-012")
def test_cancel_all_counts_the_orders() -> None:
    gone = order(EventKind.ORDER_CANCELLED, **TAKEN_OUT, cancel_reason=CancelReason.USER)
    assert reply(gone, gone, event(EventKind.MASS_CANCELLED, 412, account=7, order_count=2)) == {
        "t": "ok",
        "re": 101,
        "n": 2,
        "e": 412,
    }
    assert reply(event(EventKind.MASS_CANCELLED, 412, account=7))["n"] == 0


def test_a_kill_counts_the_orders() -> None:
    gone = order(EventKind.ORDER_CANCELLED, **TAKEN_OUT, cancel_reason=CancelReason.KILL)
    assert reply(event(EventKind.KILLED, 412, account=7), gone)["n"] == 1


MONEY = {"amount_mills": 900, "value_tick_lots": 250}
PRICES = {"level_lots": 2700, "hidden_lots": 2900}


@pytest.mark.rule("ENTRY-002")
@pytest.mark.parametrize(
    ("kind", "reason", "more", "expected"),
    [
        (
            EventKind.ORDER_REJECTED,
            "INSUFFICIENT_MARGIN",
            MONEY,
            {"code": 6001, "name": "MARGIN", "need": 900, "free": 250},
        ),
        (EventKind.REPLACE_REJECTED, "INSUFFICIENT_MARGIN", MONEY, {"code": 6001, "need": 900, "free": 250}),
        (EventKind.COMMAND_REFUSED, "INSUFFICIENT_MARGIN", {}, {"code": 6001}),
        (EventKind.ORDER_REJECTED, "PO_CROSS", {}, {"code": 5104, "name": "POST_ONLY_WOULD_TAKE"}),
        (EventKind.ORDER_REJECTED, "BAND", PRICES, {"code": 5003, "lo": 2700, "hi": 2900}),
        (
            EventKind.REPLACE_REJECTED,
            "BAND",
            {"instrument": 0, **PRICES},
            {"code": 5003, "oid": 90071, "lo": 2700, "hi": 2900},
        ),
        (EventKind.ORDER_REJECTED, "STATE", {"book_state": MarketState.HALT}, {"code": 7002, "phase": "HALT"}),
        (EventKind.CANCEL_REJECTED, "STATE", {"book_state": MarketState.NOCANCEL}, {"code": 7003, "phase": "NOCANCEL"}),
        (EventKind.CANCEL_REJECTED, "UNKNOWN", {}, {"code": 5201, "name": "UNKNOWN_ORDER"}),
        (EventKind.COMMAND_REFUSED, "UNKNOWN_ACCOUNT", {}, {"code": 5006}),
    ],
)
def test_a_refusal_has_its_code(kind: EventKind, reason: str, more: Any, expected: dict[str, Any]) -> None:
    answer = reply(order(kind, **{"reason": RejectReason[reason], **more}))
    assert {"t": "err", "re": 101, "applied": "no", "coid": "a7", "e": 412, **expected}.items() <= answer.items()


@pytest.mark.rule("ENTRY-003")
def test_the_same_order_again_gets_its_present_state() -> None:
    row = order(
        EventKind.ORDER_REJECTED, reason=RejectReason.DUP_ID, flags=EventFlag.SAME, leaves_lots=5, filled_lots=7
    )
    answer = reply(row, replies=make(LIVE._replace(leaves_lots=1, filled_lots=11)))  # what came of it later
    assert answer == {
        "t": "ok", "re": 101, "oid": 90071, "coid": "a7", "st": "open", "lv": 5, "cum": 7, "e": 412, "dup": True,
    }  # fmt: skip


@pytest.mark.rule("ENTRY-003")
@pytest.mark.parametrize("field", ["instrument", "side", "order_type", "price", "order_lots"])
def test_other_content_under_a_live_id_is_refused_with_the_order_that_holds_it(field: str) -> None:
    refused = order(EventKind.ORDER_REJECTED, reason=RejectReason.DUP_ID, order_id=0)
    answer = reply(refused, replies=make(LIVE._replace(**{field: getattr(LIVE, field) + 1})))
    assert (answer["code"], answer["coid"], answer["order"]["oid"]) == (5007, "a7", 90071)


@pytest.mark.rule("ENTRY-011")
@pytest.mark.parametrize("by", ["order_id", "client_order_id"])
def test_a_cancel_that_comes_too_late_carries_the_end(by: str) -> None:
    replies = make()
    replies.load(np.array([order(EventKind.FILL, **DONE)], EVENT))
    named = {"order_id": 90071, "client_order_id": ""} if by == "order_id" else {"order_id": 0}
    refused = order(EventKind.CANCEL_REJECTED, reason=RejectReason.UNKNOWN, **named)
    answer = reply(refused, replies=replies)
    assert (answer["code"], answer["oid"], answer["coid"], answer["st"], answer["cum"]) == (
        5202, 90071, "a7", "filled", 12,
    )  # fmt: skip


@pytest.mark.rule("RECOV-011")
def test_a_refusal_tells_what_had_ended_at_its_own_sequence() -> None:
    replies = make()
    ends = [(400, 1), (500, 2), (600, 3)]
    rows = [event(EventKind.FILL, at, **{**ORDER, **DONE, "order_id": number}) for at, number in ends]
    replies.load(np.array(rows, EVENT))
    refused = {**ORDER, "order_id": 0, "reason": RejectReason.UNKNOWN}
    for at, number in ((399, None), (450, 1), (599, 2), (700, 3)):
        answer = reply(event(EventKind.CANCEL_REJECTED, at, **refused), replies=replies)
        assert (answer["code"], answer.get("oid")) == (5202 if number else 5201, number)
    refused = {**ORDER, "order_id": 2, "client_order_id": "", "reason": RejectReason.UNKNOWN}
    assert reply(event(EventKind.CANCEL_REJECTED, 450, **refused), replies=replies)["code"] == 5201


def test_the_end_of_another_accounts_order_is_not_told() -> None:
    replies = make()
    replies.load(np.array([order(EventKind.FILL, **DONE)], EVENT))
    refused = order(EventKind.CANCEL_REJECTED, reason=RejectReason.UNKNOWN, account=8)
    assert reply(refused, replies=replies)["code"] == 5201
    assert replies.done_order(8, 90071) is None


def test_a_query_finds_how_an_order_ended() -> None:
    replies = make()
    replies.load(np.array([order(EventKind.FILL, **DONE, value_tick_lots=12 * 2840)], EVENT))
    view = replies.done_order(7, client_order_id="a7")
    assert view == replies.done_order(7, 90071)
    assert view is not None
    assert (view.instrument, view.state, view.price_tick, view.value_tick_lots) == (H27, "filled", 2845, 34080)


@pytest.mark.rule("ENTRY-013")
def test_an_operation_of_a_batch_has_the_same_fields() -> None:
    good = make().result([order(EventKind.ORDER_ACCEPTED), order(EventKind.ORDER_RESTED)])
    assert msgspec.to_builtins(good) == {"oid": 90071, "coid": "a7", "st": "open", "lv": 12, "cum": 0, "e": 412}
    bad = make().result([order(EventKind.CANCEL_REJECTED, reason=RejectReason.UNKNOWN, order_id=0)])
    assert (bad.client_order_id, bad.code, bad.name, bad.applied) == ("a7", 5201, "UNKNOWN_ORDER", "no")
