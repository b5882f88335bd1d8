"""Writes EVENT rows as text, in the notation of scenarios."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exchange.codes import CancelReason, EventFlag, EventKind, Liquidity, MarketState, OrderType, RejectReason, Scope
from exchange.conformance.market import BOOK_NAMES, COMBINATIONS
from exchange.records import unpack_client_order_id


@dataclass(frozen=True)
class Names:
    """Names of a scenario, for the numbers in events.

    books   whether the text of a trade names its book, as with implied trading
    """

    accounts: Mapping[int, str]
    sessions: Mapping[int, str]
    books: bool = False


def event_texts(events: list[Any], names: Names) -> list[str]:
    """Events as text. The two rows of a trade or a decrement become one text; positions and cash have none."""
    texts: list[str] = []
    first: Any = None
    group: list[Any] = []
    for event in events:
        if event.kind == EventKind.FILL and event.flags & EventFlag.IMPLIED:
            group.append(event)
            if event.instrument in COMBINATIONS:
                texts += _implied_group(group, names)
                group = []
        elif event.kind in (EventKind.FILL, EventKind.SELF_MATCH_DECREMENTED):
            if first is None:
                first = event
            else:
                of_pair = _trade if event.kind == EventKind.FILL else _decrement
                texts.append(of_pair(first, event, names))
                first = None
        elif event.kind in TEXTS:
            texts.append(TEXTS[EventKind(event.kind)](event, names))
    return texts


def id_of(event: Any, names: Names) -> str:
    """The name of the event's order: its client order id, like `mm.M1b` for a quote's side, `mm#0` for a rejected
    entry of a mass quote."""
    if event.order_type == OrderType.QUOTE and event.account in names.accounts:
        owner = names.accounts[event.account]
        if event.kind == EventKind.ORDER_REJECTED:
            return f"{owner}#{event.entry_place}"
        return f"{owner}.{BOOK_NAMES[event.instrument]}{'ba'[event.side]}"
    return unpack_client_order_id(event.client_order_id_0, event.client_order_id_1, event.client_order_id_2)


def _trade(first: Any, second: Any, names: Names) -> str:
    text = f"TRD {id_of(first, names)} {id_of(second, names)} {second.lots}@{second.trade_tick}"
    return f"{text} {BOOK_NAMES[first.instrument]}" if names.books else text


def _implied_group(rows: list[Any], names: Names) -> Iterator[str]:
    """Yield a trade for each outright with the combination's order, whose row comes last (IMP-007); `int`: an internal
    leg (SMP-010)."""
    *outrights, whole = rows
    for row in outrights:
        pair = (whole, row) if row.liquidity == Liquidity.TAKER else (row, whole)
        traded = f"{row.lots}@{row.trade_tick} {BOOK_NAMES[row.instrument]}"
        traded += " int" if row.flags & EventFlag.INTERNAL else ""
        yield f"TRD {id_of(pair[0], names)} {id_of(pair[1], names)} {traded}"


def _decrement(first: Any, second: Any, names: Names) -> str:
    return f"DEC {id_of(first, names)} {id_of(second, names)} {second.lots}"


def _reject(event: Any, names: Names) -> str:
    words = EventKind(event.kind).abbreviation, id_of(event, names), RejectReason(event.reason).abbreviation
    return " ".join(word for word in words if word)


def _rests(event: Any, names: Names) -> str:
    hidden = f" hid={event.hidden_lots}" if event.hidden_lots > 0 else ""
    return f"RST {id_of(event, names)} {event.shown_lots}@{event.price}{hidden}"


def _replaced(event: Any, names: Names) -> str:
    ends = {int(EventFlag.KEPT): " keep", int(EventFlag.LOST): " lose"}
    return f"RPL {id_of(event, names)}{ends.get(event.flags & (EventFlag.KEPT | EventFlag.LOST), '')}"


def _indicative(event: Any, names: Names) -> str:
    if event.flags & EventFlag.EMPTY:
        return "IOP none"
    return f"IOP {event.volume_lots}@{event.uncross_tick} imb={event.imbalance_lots}"


def _disconnected(event: Any, names: Names) -> str:
    name = names.sessions.get(event.session) or names.accounts.get(event.account, event.session)
    return f"DSC {name} queued" if event.flags & EventFlag.QUEUED else f"DSC {name}"


def _killed(event: Any, names: Names) -> str:
    name = names.sessions[event.killed_session] if event.scope == Scope.SESSION else names.accounts[event.account]
    return f"KIL {name}"


TEXTS: dict[EventKind, Callable[[Any, Names], str]] = {
    EventKind.ORDER_ACCEPTED: lambda event, names: f"ACK {id_of(event, names)}",
    EventKind.ORDER_REJECTED: _reject,
    EventKind.REPLACE_REJECTED: _reject,
    EventKind.CANCEL_REJECTED: _reject,
    EventKind.ORDER_RESTED: _rests,
    EventKind.ICEBERG_REFRESHED: lambda event, names: f"RFR {id_of(event, names)} vis={event.shown_lots}",
    EventKind.ORDER_REPLACED: _replaced,
    EventKind.ORDER_CANCELLED: lambda event, names: (
        f"CXL {id_of(event, names)} {event.lots} {CancelReason(event.cancel_reason).name}"
    ),
    EventKind.STOP_TRIGGERED: lambda event, names: f"TRG {id_of(event, names)}",
    EventKind.UNCROSSED: lambda event, _: f"UNX {event.volume_lots}@{event.uncross_tick} imb={event.imbalance_lots}",
    EventKind.INDICATIVE_PRICE: _indicative,
    EventKind.STATE_CHANGED: lambda event, _: f"STA {MarketState(event.market_state).name.lower()}",
    EventKind.KILLED: _killed,
    EventKind.DISCONNECTED: _disconnected,
    EventKind.PROTECTION_TRIPPED: lambda event, names: f"MMP {names.accounts[event.account]}",
    EventKind.PROTECTION_RESET: lambda event, names: f"MMPR {names.accounts[event.account]}",
    EventKind.COMMAND_REFUSED: lambda event, _: f"REFUSED {RejectReason(event.reason).abbreviation}",
}
