"""Account streams from rows."""

from typing import Any

import msgspec
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
    TimeInForce,
)
from exchange.publish.execution_reports import ExecutionReports
from exchange.wire.table import ACCOUNT_FORMS
from exchange.wire.words import SILENT, unlisted_index
from tests.publish.helpers import H27, event, table

ORDER = {
    "client_order_id": "mm7-000000012345", "account": 7, "instrument": 1, "order_id": 90071, "price": 2845,
    "order_lots": 12, "leaves_lots": 12, "state": OrderState.OPEN, "side": Side.BUY, "tif": TimeInForce.DAY,
}  # fmt: skip
HEAD = {"acc": 7, "e": 9000412, "ts": 1799668803000120}
SHOWN = {"i": H27, "oid": 90071, "coid": "mm7-000000012345", "side": "b"}


def messages(*rows: Any, replay: bool = False) -> list[dict[str, Any]]:
    reports = ExecutionReports(table()).messages(list(rows), replay)
    for account, number, message in reports:
        assert (message.account, message.sequence) == (account, number)
    return [msgspec.to_builtins(message) for _, _, message in reports]


@pytest.mark.rule("ACCT-003")
def test_an_accepted_order_is_an_exec_new() -> None:
    row = event(EventKind.ORDER_ACCEPTED, 9000412, **ORDER, account_sequence=1058, session=0x91C2D07E)
    assert messages(row) == [
        {"t": "exec", **HEAD, "s": 1058, "ev": "new", **SHOWN, "st": "open", "typ": "limit", "tif": "day", "px": 2845,
         "q": 12, "lv": 12, "cum": 0, "val": 0, "sid": "s_91c2d07e"}
    ]  # fmt: skip


@pytest.mark.rule("ACCT-002")
def test_a_fill_carries_the_state_after_it_and_the_margin_follows_the_position() -> None:
    fill = event(
        EventKind.FILL, 9000412, **{**ORDER, "leaves_lots": 8}, filled_lots=4, value_tick_lots=11380, lots=4,
        liquidity=Liquidity.MAKER, trade_id=55501, account_sequence=1059, level_tick=2845,
    )  # fmt: skip
    position = event(
        EventKind.POSITION_CHANGED, 9000412, account=7, instrument=1, mark_tick=2846, position_lots=4,
        open_value_tick_lots=11380, equity_mills=25002976, margin_held_mills=1190400, required_mills=297600,
        flags=EventFlag.MARGIN, account_sequence=1060,
    )  # fmt: skip
    assert messages(fill, position) == [
        {"t": "fill", **HEAD, "s": 1059, **SHOWN, "tid": 55501, "px": 2845, "q": 4, "lv": 8, "cum": 4, "val": 11380,
         "liq": "maker", "fee": 0, "st": "open"},
        {"t": "pos", **HEAD, "s": 1060, "i": H27, "q": 4, "val": 11380, "mark": 2846, "upl": 2976},
        {"t": "margin", **HEAD, "s": 1061, "ccy": "USD", "eq": 25002976, "im": 1190400, "mm": 952320,
         "free": 23812576, "hold": 1190400, "req": 297600},
    ]  # fmt: skip


def test_a_position_of_another_account_has_no_margin_yet() -> None:
    row = event(
        EventKind.POSITION_CHANGED,
        account=7,
        instrument=1,
        position_lots=-4,
        open_value_tick_lots=-11380,
        mark_tick=2840,
        account_sequence=3,
    )
    (position,) = messages(row)
    assert (position["q"], position["upl"]) == (-4, (2840 * -4 + 11380) * 744)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (EventKind.ORDER_CANCELLED, {"cancel_reason": CancelReason.SMP, "state": OrderState.CANCELLED},
         {"ev": "cancelled", "why": "smp", "st": "cancelled"}),
        (EventKind.ORDER_CANCELLED, {"cancel_reason": CancelReason.EXPIRED, "state": OrderState.EXPIRED},
         {"ev": "cancelled", "why": "expired", "st": "expired"}),
        (EventKind.ORDER_REPLACED, {"flags": EventFlag.KEPT}, {"ev": "replaced", "prio": "kept"}),
        (EventKind.ORDER_REPLACED, {"flags": EventFlag.LOST}, {"ev": "replaced", "prio": "lost"}),
        (EventKind.ORDER_REJECTED, {"reason": RejectReason.INSUFFICIENT_MARGIN, "state": OrderState.REJECTED},
         {"ev": "rejected", "code": 6001, "st": "rejected"}),
        (EventKind.ORDER_REJECTED, {"reason": RejectReason.STATE, "book_state": MarketState.HALT},
         {"ev": "rejected", "code": 7002}),
        (EventKind.ORDER_ACCEPTED, {"state": OrderState.EXPIRED, "leaves_lots": 0},
         {"ev": "new", "st": "expired", "lv": 0}),
        (EventKind.ORDER_REJECTED, {"reason": RejectReason.UNKNOWN_INST, "instrument": 99}, {"code": 5001, "i": 0}),
        (EventKind.ORDER_REJECTED, {"reason": RejectReason.UNKNOWN_INST, "instrument": unlisted_index(99)}, {"i": 99}),
        (EventKind.STOP_TRIGGERED, {}, {"ev": "triggered"}),
        (EventKind.ICEBERG_REFRESHED, {}, {"ev": "slice"}),
        (EventKind.SELF_MATCH_DECREMENTED, {}, {"ev": "decremented"}),
    ],
)  # fmt: skip
def test_what_happens_to_an_order_is_an_exec(kind: EventKind, fields: Any, expected: dict[str, Any]) -> None:
    (message,) = messages(event(kind, **{**ORDER, "account_sequence": 5, **fields}))
    assert message["t"] == "exec"
    assert expected.items() <= message.items()


def test_a_row_of_a_kind_without_a_form_has_no_message() -> None:
    for kind in set(EventKind) - set(ACCOUNT_FORMS):
        assert messages(event(kind, account=7, account_sequence=3)) == []


def test_money_that_moves_is_cash_and_margin() -> None:
    row = event(
        EventKind.CASH_MOVED, 9000412, account=7, amount_mills=-500, equity_after_mills=1000, margin_held_mills=401,
        flags=EventFlag.MARGIN, account_sequence=8,
    )  # fmt: skip
    assert messages(row) == [
        {"t": "cash", **HEAD, "s": 8, "ccy": "USD", "amt": -500, "why": "withdrawal"},
        {"t": "margin", **HEAD, "s": 9, "ccy": "USD", "eq": 1000, "im": 401, "mm": 321, "free": 599, "hold": 401},
    ]


@pytest.mark.rule("MARGIN-015")
@pytest.mark.parametrize("kind", [EventKind.POSITION_CHANGED, EventKind.CASH_MOVED])
def test_gains_that_are_not_paid_are_equity_and_not_free(kind: EventKind) -> None:
    money = "amount_mills" if kind == EventKind.POSITION_CHANGED else "value_tick_lots"
    row = event(
        kind, account=7, instrument=1, **{money: 25002976}, order_id=2976, reference=1190400, flags=EventFlag.MARGIN,
        account_sequence=8,
    )  # fmt: skip
    margin = messages(row)[-1]
    assert (margin["eq"], margin["im"], margin["free"]) == (25002976, 1190400, 23809600)


@pytest.mark.rule("SESS-021", "SESS-022")
def test_a_disconnect_says_whether_the_client_fell_silent() -> None:
    terms = {"account": 7, "lots": 1, "account_sequence": 1}
    lost = event(EventKind.DISCONNECTED, cancel_reason=CancelReason.COD, session=1, **terms)
    silent = event(EventKind.DISCONNECTED, cancel_reason=CancelReason.COD, session=1, connection_end=SILENT, **terms)
    timer = event(EventKind.DISCONNECTED, cancel_reason=CancelReason.TIMER, **terms)
    assert [ExecutionReports(table()).messages([row])[0][2].reason for row in (lost, silent, timer)] == [
        "cod", "dead", "dead",
    ]  # fmt: skip


def test_a_kill_and_a_disconnect_say_how_many_orders_left() -> None:
    kill = event(EventKind.KILLED, account=7, order_count=3, account_sequence=1)
    gone = event(
        EventKind.DISCONNECTED, account=7, order_count=12, cancel_reason=CancelReason.COD, session=1, account_sequence=2
    )
    first, second = messages(kill, gone)
    assert (first["t"], first["on"], first["n"]) == ("kill", True, 3)
    assert (second["t"], second["why"], second["n"], second["sid"]) == ("cod_fired", "cod", 12, "s_00000001")


@pytest.mark.rule("ACCT-001")
def test_an_order_is_told_as_new_whether_or_not_its_row_says_that_it_rests() -> None:
    row = event(EventKind.ORDER_ACCEPTED, **ORDER, account_sequence=1058)
    rests = event(
        EventKind.ORDER_ACCEPTED, **ORDER, account_sequence=1058, flags=EventFlag.RESTS, shown_lots=12, level_lots=132
    )
    assert messages(rests) == messages(row)


@pytest.mark.rule("ACCT-001")
def test_rows_without_a_number_are_in_no_stream() -> None:
    silent = [
        EventKind.ORDER_RESTED,
        EventKind.CANCEL_REJECTED,
        EventKind.REPLACE_REJECTED,
        EventKind.MASS_CANCELLED,
        EventKind.STATE_CHANGED,
    ]
    assert messages(*(event(kind, account=7, instrument=1) for kind in silent)) == []


@pytest.mark.rule("ACCT-003")
def test_replayed_messages_are_marked_and_otherwise_the_same() -> None:
    row = event(EventKind.ORDER_ACCEPTED, **ORDER, account_sequence=1058)
    (live,), (again,) = messages(row), messages(row, replay=True)
    assert again == {**live, "rp": True}
