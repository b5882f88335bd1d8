"""EVENT rows in the words of the notation."""

from typing import Any

import pytest

from exchange.codes import CancelReason, EventFlag, EventKind, Liquidity, MarketState, RejectReason
from exchange.conformance.event_text import Names, event_texts
from exchange.records import pack_client_order_id
from exchange.reference.rows import Event

NAMES = Names({1: "P"}, {7: "x"})


def row(kind: EventKind, name: str = "", **fields: Any) -> Any:
    words = pack_client_order_id(name)
    ids = {f"client_order_id_{number}": word for number, word in enumerate(words)}
    return Event(kind=kind, **ids, **fields)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (row(EventKind.ORDER_ACCEPTED, "t"), "ACK t"),
        (row(EventKind.ORDER_REJECTED, "t", reason=RejectReason.BAND), "REJ t BAND"),
        (row(EventKind.CANCEL_REJECTED, reason=RejectReason.STATE), "CREJ STATE"),
        (row(EventKind.ORDER_RESTED, "t", shown_lots=2, price=-4), "RST t 2@-4"),
        (row(EventKind.ORDER_RESTED, "t", shown_lots=2, price=100, hidden_lots=4), "RST t 2@100 hid=4"),
        (row(EventKind.ICEBERG_REFRESHED, "b", shown_lots=2), "RFR b vis=2"),
        (row(EventKind.ORDER_REPLACED, "a", flags=EventFlag.KEPT), "RPL a keep"),
        (row(EventKind.ORDER_REPLACED, "a", flags=EventFlag.LOST), "RPL a lose"),
        (row(EventKind.ORDER_REPLACED, "a"), "RPL a"),
        (row(EventKind.ORDER_CANCELLED, "a", lots=3, cancel_reason=CancelReason.SMP), "CXL a 3 SMP"),
        (row(EventKind.STOP_TRIGGERED, "s"), "TRG s"),
        (row(EventKind.UNCROSSED, volume_lots=5, uncross_tick=99, imbalance_lots=-2), "UNX 5@99 imb=-2"),
        (row(EventKind.INDICATIVE_PRICE, volume_lots=5, uncross_tick=99, imbalance_lots=2), "IOP 5@99 imb=2"),
        (row(EventKind.INDICATIVE_PRICE, flags=EventFlag.EMPTY), "IOP none"),
        (row(EventKind.STATE_CHANGED, market_state=MarketState.NOCANCEL), "STA nocancel"),
        (row(EventKind.KILLED, account=1), "KIL P"),
        (row(EventKind.DISCONNECTED, session=7), "DSC x"),
        (row(EventKind.DISCONNECTED, account=1), "DSC P"),
        (row(EventKind.PROTECTION_TRIPPED, account=1), "MMP P"),
        (row(EventKind.PROTECTION_RESET, account=1), "MMPR P"),
        (row(EventKind.COMMAND_REFUSED, reason=RejectReason.INSUFFICIENT_MARGIN), "REFUSED RISK"),
    ],
)
def test_an_event_has_words_of_the_notation(event: Any, text: str) -> None:
    assert event_texts([event], NAMES) == [text]


def test_two_rows_are_one_trade_and_one_decrement() -> None:
    fills = [row(EventKind.FILL, name, lots=2, trade_tick=100, instrument=2) for name in "at"]
    decrements = [row(EventKind.SELF_MATCH_DECREMENTED, name, lots=4) for name in "bu"]
    position = row(EventKind.POSITION_CHANGED)
    assert event_texts([*fills, *decrements, position], NAMES) == ["TRD a t 2@100", "DEC b u 4"]
    assert event_texts(fills, Names({}, {}, books=True)) == ["TRD a t 2@100 M2"]


@pytest.mark.rule("IMP-007")
def test_rows_of_an_implied_group_are_trades_with_the_order_of_its_combination() -> None:
    def group(taker: str, rows: dict[str, tuple[int, int]]) -> list[Any]:
        liquidity = {name: Liquidity.TAKER if name == taker else Liquidity.MAKER for name in rows}
        return [
            row(EventKind.FILL, name, lots=2, trade_tick=price, instrument=index, flags=EventFlag.IMPLIED,
                liquidity=liquidity[name])
            for name, (index, price) in rows.items()
        ]  # fmt: skip

    names = Names({}, {}, books=True)
    into = group("t", {"f": (1, 103), "k": (2, 99), "t": (3, 4)})
    assert event_texts(into, names) == ["TRD f t 2@103 M1", "TRD k t 2@99 M2"]
    out = group("t", {"t": (1, 103), "k": (2, 99), "s": (3, 4)})
    assert event_texts(out, names) == ["TRD s t 2@103 M1", "TRD k s 2@99 M2"]
    out[1] = out[1]._replace(flags=EventFlag.IMPLIED | EventFlag.INTERNAL)
    assert event_texts(out, names) == ["TRD s t 2@103 M1", "TRD k s 2@99 M2 int"]
