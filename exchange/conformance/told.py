"""EVENT rows as the notation tells them, and what an expected event may look like."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exchange.codes import CancelReason, EventFlag, EventKind, Liquidity, MarketState, OrderType, RejectReason, Scope
from exchange.conformance.market import BOOK_NAMES, BOOKS, COMBINATIONS
from exchange.conformance.words import Word, wrong
from exchange.records import unpack_client_order_id

# One command took them all out; in which order their text ids come is no matter (ORDER-014).
SORTED_RUNS = re.compile(r"CXL \S+ [0-9]+ (KILL|COD|MMP|VELOCITY|EXPIRED)")


@dataclass(frozen=True)
class Names:
    """What numbers are called in a scenario; `books`: trades name their book (implied trading)."""

    accounts: Mapping[int, str]
    sessions: Mapping[int, str]
    books: bool = False


def told_events(events: list[Any], names: Names) -> list[str]:
    """Events as text; the two rows of a trade or a decrement become one, positions and cash are not told."""
    told: list[str] = []
    first: Any = None
    group: list[Any] = []
    for event in events:
        if event.kind == EventKind.FILL and event.flags & EventFlag.IMPLIED:
            group.append(event)
            if event.instrument in COMBINATIONS:
                told += _group(group, names)
                group = []
        elif event.kind in (EventKind.FILL, EventKind.SELF_MATCH_DECREMENTED):
            if first is None:
                first = event
            else:
                told.append(
                    _trade(first, event, names) if event.kind == EventKind.FILL else _decrement(first, event, names)
                )
                first = None
        elif event.kind in TOLD:
            told.append(TOLD[EventKind(event.kind)](event, names))
    return told


def sorted_runs(events: list[str]) -> list[str]:
    """Unbroken runs of CXL with one reason of ORDER-014's list sorted by id, before comparing."""
    result: list[str] = []
    run: list[str] = []
    reason = ""
    for event in [*events, ""]:
        found = SORTED_RUNS.fullmatch(event)
        if run and (not found or found[1] != reason):
            result += sorted(run)
            run = []
        if found:
            run.append(event)
            reason = found[1]
        else:
            result.append(event)
    return result[:-1]


def id_of(event: Any, names: Names) -> str:
    """A quote is called after its account, book and side, an entry of a mass quote after its place (QUOTE-001)."""
    if event.order_type == OrderType.QUOTE and event.account in names.accounts:
        owner = names.accounts[event.account]
        if event.kind == EventKind.ORDER_REJECTED:
            return f"{owner}#{event.entry_place}"
        return f"{owner}.{BOOK_NAMES[event.instrument]}{'ba'[event.side]}"
    return unpack_client_order_id(event.client_order_id_0, event.client_order_id_1, event.client_order_id_2)


def _trade(first: Any, second: Any, names: Names) -> str:
    text = f"TRD {id_of(first, names)} {id_of(second, names)} {second.lots}@{second.trade_tick}"
    return f"{text} {BOOK_NAMES[first.instrument]}" if names.books else text


def _group(rows: list[Any], names: Names) -> Iterator[str]:
    """An implied group: each outright's row is a trade with the combination's order, whose row is the last."""
    *outrights, whole = rows
    for row in outrights:
        pair = (whole, row) if row.liquidity == Liquidity.TAKER else (row, whole)
        traded = f"{row.lots}@{row.trade_tick} {BOOK_NAMES[row.instrument]}"
        yield f"TRD {id_of(pair[0], names)} {id_of(pair[1], names)} {traded}"


def _decrement(first: Any, second: Any, names: Names) -> str:
    return f"DEC {id_of(first, names)} {id_of(second, names)} {second.lots}"


def _reject(event: Any, names: Names) -> str:
    return (
        f"{EventKind(event.kind).abbreviation} {id_of(event, names)} {RejectReason(event.reason).abbreviation}".replace(
            "  ", " "
        )
    )


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
    whom = names.sessions[event.killed_session] if event.scope == Scope.SESSION else names.accounts[event.account]
    return f"KIL {whom}"


TOLD: dict[EventKind, Callable[[Any, Names], str]] = {
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


# --- what a scenario may expect

# A word of a shape stands for itself, but for these.
SHAPE_WORDS = {
    "id": r"\S+",
    "name": r"\S+",
    "why": r"\S+",
    "lots": r"[0-9]+",
    "lots@price": r"[0-9]+@-?[0-9]+",
    "vis=n": r"vis=[0-9]+",
    "hid=n": r"hid=[0-9]+",
    "imb=i": r"imb=-?[0-9]+",
    "book": r"\S+",
    "state": r"\S+",
}
# Reasons of refusals; those of a CXL are others.
REFUSED_FOR = [reason.abbreviation for reason in RejectReason if reason]
CANCELLED_FOR = [reason.name for reason in CancelReason if reason]
VOCABULARY = {"why": REFUSED_FOR, "book": list(BOOKS), "state": [state.name.lower() for state in MarketState if state]}
SHAPES = {
    "ACK": ["id"],
    "REJ": ["id why"],
    "RST": ["id lots@price", "id lots@price hid=n"],
    "TRD": ["id id lots@price", "id id lots@price book"],
    "RFR": ["id vis=n"],
    "RPL": ["id", "id keep", "id lose"],
    "RREJ": ["id why"],
    "CREJ": ["id why", "why"],
    "CXL": ["id lots why"],
    "DEC": ["id id lots"],
    "TRG": ["id"],
    "UNX": ["lots@price imb=i"],
    "IOP": ["lots@price imb=i", "none"],
    "STA": ["state"],
    "KIL": ["name"],
    "DSC": ["name", "name queued"],
    "MMP": ["name"],
    "MMPR": ["name"],
    "REFUSED": ["why"],
}


def read_expected(entry: Word) -> str:
    """An expected event with single spaces. NotationError: no event looks like this or has this word."""
    kind, *words = entry.words() or [entry]
    if kind.text not in SHAPES:
        raise wrong(kind, f"an event: {' '.join(SHAPES)}")
    shape = next((shape.split() for shape in SHAPES[kind.text] if _has_shape(words, shape.split())), None)
    if shape is None:
        raise wrong(entry, " or ".join(f"{kind.text} {shape}" for shape in SHAPES[kind.text]))
    vocabulary = (
        {**VOCABULARY, "why": CANCELLED_FOR} if kind.text == EventKind.ORDER_CANCELLED.abbreviation else VOCABULARY
    )
    for part, word in zip(shape, words, strict=True):
        if part in vocabulary and word.text not in vocabulary[part]:
            raise wrong(word, " ".join(vocabulary[part]))
    return " ".join(word.text for word in (kind, *words))


def _has_shape(words: list[Word], shape: list[str]) -> bool:
    return len(words) == len(shape) and all(
        re.fullmatch(SHAPE_WORDS.get(part, part), word.text) for word, part in zip(words, shape, strict=True)
    )
