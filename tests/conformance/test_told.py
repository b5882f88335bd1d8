"""Events as text: every kind that a scenario may expect."""

from typing import Any

import pytest

from exchange.codes import CancelReason, EventFlag, EventKind, MarketState, RejectReason
from exchange.conformance.rows import Event
from exchange.conformance.told import SHAPES, TOLD, Names, sorted_runs, told_events
from exchange.records import pack_client_order_id

NAMES = Names({1: "P"}, {7: "x"})


def row(kind: EventKind, name: str = "", **fields: Any) -> Any:
    words = pack_client_order_id(name)
    ids = {f"client_order_id_{number}": word for number, word in enumerate(words)}
    return Event(kind=kind, **ids, **fields)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (row(EventKind.ACK, "t"), "ACK t"),
        (row(EventKind.REJ, "t", reason=RejectReason.BAND), "REJ t BAND"),
        (row(EventKind.CREJ, reason=RejectReason.STATE), "CREJ STATE"),
        (row(EventKind.RST, "t", lots=2, price=-4), "RST t 2@-4"),
        (row(EventKind.RST, "t", lots=2, price=100, hidden_lots=4), "RST t 2@100 hid=4"),
        (row(EventKind.RFR, "b", lots=2), "RFR b vis=2"),
        (row(EventKind.RPL, "a", flags=EventFlag.KEPT), "RPL a keep"),
        (row(EventKind.RPL, "a", flags=EventFlag.LOST), "RPL a lose"),
        (row(EventKind.RPL, "a"), "RPL a"),
        (row(EventKind.CXL, "a", lots=3, reason=CancelReason.SMP), "CXL a 3 SMP"),
        (row(EventKind.TRG, "s"), "TRG s"),
        (row(EventKind.UNX, lots=5, price=99, leaves_lots=-2), "UNX 5@99 imb=-2"),
        (row(EventKind.IOP, lots=5, price=99, leaves_lots=2), "IOP 5@99 imb=2"),
        (row(EventKind.IOP, flags=EventFlag.EMPTY), "IOP none"),
        (row(EventKind.STA, state=MarketState.NOCANCEL), "STA nocancel"),
        (row(EventKind.KIL, account=1), "KIL P"),
        (row(EventKind.DSC, session=7), "DSC x"),
        (row(EventKind.DSC, account=1), "DSC P"),
        (row(EventKind.MMP, account=1), "MMP P"),
        (row(EventKind.MMPR, account=1), "MMPR P"),
        (row(EventKind.REFUSED, reason=RejectReason.RISK), "REFUSED RISK"),
    ],
)
def test_an_event_is_told_in_the_notation(event: Any, text: str) -> None:
    assert told_events([event], NAMES) == [text]


def test_two_rows_are_one_trade_and_one_decrement() -> None:
    fills = [row(EventKind.FILL, name, lots=2, price=100, instrument=3 - place) for place, name in enumerate("at")]
    decrements = [row(EventKind.DEC, name, lots=4) for name in "bu"]
    position = row(EventKind.POS)
    assert told_events([*fills, *decrements, position], NAMES) == ["TRD a t 2@100", "DEC b u 4"]
    assert told_events(fills, Names({}, {}, books=True)) == ["TRD a t 2@100 M2"]


def test_what_is_told_may_be_expected() -> None:
    assert {kind.name for kind in TOLD} | {"TRD", "DEC"} == set(SHAPES)


@pytest.mark.rule("ORDER-014")
def test_runs_of_cancels_for_one_reason_are_sorted_by_id() -> None:
    assert sorted_runs(["CXL b 1 KILL", "CXL a 1 KILL", "CXL a 1 USER", "CXL d 1 COD", "CXL c 1 MMP"]) == [
        *("CXL a 1 KILL", "CXL b 1 KILL", "CXL a 1 USER", "CXL d 1 COD", "CXL c 1 MMP")
    ]
