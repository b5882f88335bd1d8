"""Mass quotes and market-maker protection of the reference (QUOTE-, MMP-): everything is worked out anew each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    MarketState,
    OrderEntry,
    OrderState,
    OrderType,
    ProtectionState,
    QuoteState,
    RejectReason,
    Side,
    SmpMode,
    Threshold,
    TimeInForce,
)
from exchange.limits import MMP_FILLS, QUOTE_ENTRIES_MAX
from exchange.records import QUOTE_KEY, QUOTE_OWNER
from exchange.reference.book import Order, signed
from exchange.reference.checks import ENTRY_STATES, SIDE_LOTS_MAX, first_failure, is_killed, outside_band, side_is_full
from exchange.units import ORDER_LOTS_MAX

if TYPE_CHECKING:
    from exchange.reference.engine import Reference

PRICE_CEILING = 0x7FFFFFFF
PROTECTIONS = 15  # of TEST limits
Check = Iterator[tuple[bool, RejectReason]]


@dataclass
class Run:
    """A mass quote whose entries come row by row."""

    sequence: int
    time_ns: int = 0
    named: list[int] = field(default_factory=list)
    open: bool = True


@dataclass
class Protection:
    """A group of one account."""

    account: int
    number: int
    group: int = 0
    window_ns: int = 0
    limits: dict[Threshold, int] = field(default_factory=dict)
    fills: list[tuple[int, int, int]] = field(default_factory=list)  # (time, signed lots, GPU-hours)
    tripped: Threshold = Threshold.NONE


@dataclass
class Wanted:
    """One side of an entry, and the old one in its place."""

    side: int
    price: int
    lots: int
    old: Order | None

    def __post_init__(self) -> None:
        """Judged once: the order changes on its way."""
        self.changes = self.old is None or self.price != self.old.price or self.lots > self.old.leaves_lots
        self.fresh = self.old is None
        self.enters = bool(self.lots) and self.changes
        self.leaves = self.old is not None and (not self.lots or self.changes)


# --- quotes


def words(side: int, index: int) -> tuple[int, int, int]:
    """A quote's client order id: no text, its side and its book."""
    return (QUOTE_KEY | side, index, 0)


def quote(reference: Reference) -> None:
    """One entry of a mass quote."""
    command = reference.command
    if reference.run is None:
        reference.run = Run(command.sequence)
    run = reference.run
    run.time_ns = command.time_ns
    run.open = bool(command.flags & CommandFlag.MORE)
    both = [
        Wanted(side, price, lots, reference.find_client(command.account, words(side, command.instrument)))
        for side, price, lots in (
            (Side.BUY, command.bid_tick, command.bid_lots),
            (Side.SELL, command.ask_tick, command.ask_lots),
        )
    ]
    reason = first_failure(_checks(reference, both))
    place = len(run.named)
    run.named.append(command.instrument)
    if reason != RejectReason.NONE:
        _reject(reference, reason, place)
        return
    states = [_leave(reference, wanted) for wanted in both]
    for wanted in both:
        if wanted.enters:
            states[wanted.side] = _enter(reference, wanted)
    ids = [wanted.old.order_id if wanted.old and wanted.lots else 0 for wanted in both]
    reference.answer(
        EventKind.QUOTE_ACCEPTED,
        entry_place=place,
        bid_state=states[0],
        ask_state=states[1],
        bid_id=ids[0],
        ask_id=ids[1],
    )


def _reject(reference: Reference, reason: RejectReason, place: int) -> None:
    command = reference.command
    told = {"bid_tick": max(-PRICE_CEILING, min(command.bid_tick, PRICE_CEILING)), "entry_place": place}
    if reason == RejectReason.STATE:
        told["book_state"] = reference.market_state(command.instrument)
    reference.answer(
        EventKind.ORDER_REJECTED, reason=reason, order_type=OrderType.QUOTE, state=OrderState.REJECTED,
        account_sequence=reference.next_number(command.account), **told,
    )  # fmt: skip


def _checks(reference: Reference, both: list[Wanted]) -> Check:
    """QUOTE-002, in order of precedence."""
    command, run = reference.command, reference.run
    account = reference.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None and run is not None
    yield any(not 0 <= wanted.lots <= ORDER_LOTS_MAX for wanted in both), RejectReason.BAD_QTY
    yield len(run.named) >= QUOTE_ENTRIES_MAX, RejectReason.BAD_COMBO
    yield command.instrument in run.named, RejectReason.DUP_INST
    bid, ask = both
    yield bool(bid.lots and ask.lots) and bid.price >= ask.price, RejectReason.CROSSED_QUOTE
    yield is_killed(reference, command.account, command.session), RejectReason.KILLED
    instrument = reference.clearing.instruments.get(command.instrument)
    yield instrument is None, RejectReason.UNKNOWN_INST
    assert instrument is not None
    state = reference.market_state(command.instrument)
    rests = bid.old is not None or ask.old is not None
    yield state not in ENTRY_STATES or (state == MarketState.NOCANCEL and rests), RejectReason.STATE
    yield instrument.order_entry == OrderEntry.IOC_ONLY, RejectReason.IOC_ONLY
    yield any(wanted.lots and wanted.price % instrument.min_inc for wanted in both), RejectReason.OFF_TICK
    largest = min(instrument.order_lots_max, account.order_lots_max)
    yield any(wanted.lots > largest for wanted in both), RejectReason.BAD_LOT
    yield any(w.old is not None and w.old.order_type != OrderType.QUOTE for w in both), RejectReason.DUP_ID
    yield not _lets_quote(reference, instrument.group), RejectReason.MMP
    entering = [wanted for wanted in both if wanted.enters]
    for wanted in entering:
        yield outside_band(reference, command.instrument, wanted.side, wanted.price, TimeInForce.DAY), RejectReason.BAND
    yield from _risk_checks(reference, both)


def _risk_checks(reference: Reference, both: list[Wanted]) -> Check:
    """Both sides as they would work, in place of those that change."""
    clearing = reference.clearing
    account = clearing.accounts[reference.command.account]
    leaving = [wanted.old for wanted in both if wanted.leaves]
    entering = [_draft(reference, wanted) for wanted in both if wanted.enters]
    working = [order for order in reference.working(account.number) if order not in leaving] + entering
    opens = not all(clearing.only_closes(account, working, order) for order in entering)
    yield account.close_only and opens, RejectReason.CLOSE_ONLY
    yield any(clearing.limit_broken(account, working, order) for order in entering), RejectReason.POSITION
    yield (
        opens and clearing.initial_margin_mills(account, working) > clearing.funds_mills(account),
        RejectReason.INSUFFICIENT_MARGIN,
    )
    fresh = sum(wanted.enters and wanted.fresh for wanted in both)
    yield not reference.ids.has_room(fresh), RejectReason.FULL
    for wanted, order in zip([wanted for wanted in both if wanted.enters], entering, strict=True):
        yield side_is_full(reference, order, wanted.old), RejectReason.FULL
        executed = wanted.old.filled_lots if wanted.old is not None else 0
        yield executed + wanted.lots > SIDE_LOTS_MAX, RejectReason.FULL


def _draft(reference: Reference, wanted: Wanted) -> Order:
    command = reference.command
    return Order(
        reference.ids.peek(), reference.entries + 1, command.account, command.session, command.instrument, wanted.side,
        TimeInForce.DAY, 0, wanted.price, wanted.lots, wanted.lots, 0, words(wanted.side, command.instrument), 0,
        QUOTE_OWNER + command.account, SmpMode.CANCEL_RESTING, OrderType.QUOTE, protection=command.protection_number,
    )  # fmt: skip


def _leave(reference: Reference, wanted: Wanted) -> QuoteState:
    """QUOTE-003 to QUOTE-005: an old side goes, keeps its place, or waits for its turn to enter again."""
    order, command = wanted.old, reference.command
    if order is None:
        return QuoteState.NONE
    if not wanted.lots:
        reference.cancel_order(order, CancelReason.USER, command.request_id)
        return QuoteState.REMOVED
    book, old_price = reference.books[order.instrument], order.price
    order.protection, order.session = command.protection_number, command.session
    if wanted.changes:
        book.remove(order)
        book.top = [None if holder is order else holder for holder in book.top]
    order.price, order.leaves_lots = wanted.price, wanted.lots
    order.order_lots = order.filled_lots + wanted.lots
    order.shown_lots = min(order.shown_lots, order.leaves_lots)
    told = {"flags": EventFlag.LOST, "old_tick": old_price} if wanted.changes else {"flags": EventFlag.KEPT}
    reference.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots,
        level_lots=book.level_lots(order.side, old_price), **told,
    )  # fmt: skip
    return QuoteState.NONE if wanted.changes else QuoteState.KEPT


def _enter(reference: Reference, wanted: Wanted) -> QuoteState:
    """ACK of a fresh side; then it trades and rests like any order."""
    order = wanted.old
    if order is None:
        order = wanted.old = _draft(reference, wanted)
        reference.accept(order)
    elif order.order_id not in reference.orders:
        return QuoteState.REMOVED
    reference.enter(order)
    if order.order_id in reference.orders:
        return QuoteState.ENTERED
    return QuoteState.FILLED if order.filled_lots == order.order_lots else QuoteState.REMOVED


# --- protection


def _lets_quote(reference: Reference, group: int) -> bool:
    """MMP-003; number 0 is no protection."""
    command = reference.command
    if not command.protection_number:
        return True
    found = reference.protections.get((command.account, command.protection_number))
    return found is not None and not found.tripped and found.group in (0, group)


def set_protection(reference: Reference) -> None:
    command = reference.command
    reason = first_failure(_set_checks(reference))
    if reason != RejectReason.NONE:
        reference.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    key = (command.account, command.protection_number)
    protection = reference.protections.setdefault(key, Protection(*key))
    protection.group, protection.window_ns = command.group, command.window_ns
    protection.limits = {
        Threshold.LOTS: command.lots_max,
        Threshold.FILLS: command.fills_max or MMP_FILLS,
        Threshold.DELTA: command.delta_lots_max,
        Threshold.HOURS: command.hours_max,
    }
    _answer(reference, EventKind.PROTECTION_DEFINED, protection)


def _set_checks(reference: Reference) -> Check:
    command = reference.command
    yield command.account not in reference.clearing.accounts, RejectReason.UNKNOWN_ACCOUNT
    yield (
        command.window_ns < 1 or min(command.lots_max, command.delta_lots_max, command.hours_max) < 0,
        RejectReason.BAD_QTY,
    )
    yield not 0 <= command.fills_max <= MMP_FILLS or not command.protection_number, RejectReason.BAD_QTY
    yield command.group not in (0, *reference.phases.groups), RejectReason.UNKNOWN_INST
    known = (command.account, command.protection_number) in reference.protections
    yield not known and len(reference.protections) == PROTECTIONS, RejectReason.FULL


def reset_protection(reference: Reference) -> None:
    command = reference.command
    protection = reference.protections.get((command.account, command.protection_number))
    if command.account not in reference.clearing.accounts:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
    elif protection is None:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN)
    else:
        protection.tripped, protection.fills = Threshold.NONE, []
        _answer(
            reference, EventKind.PROTECTION_RESET, protection, account_sequence=reference.next_number(command.account)
        )


def _answer(reference: Reference, kind: EventKind, protection: Protection, **told: Any) -> None:
    state = ProtectionState.TRIPPED if protection.tripped else ProtectionState.ARMED
    reference.answer(kind, protection_number=protection.number, protection_state=state, **told)


def count_fill(reference: Reference, order: Order, lots: int) -> None:
    """MMP-001: note a maker fill of a quote; the group trips at a threshold (MMP-002)."""
    protection = reference.protections.get((order.account, order.protection))
    if protection is None:
        return
    hours = reference.clearing.instruments[order.instrument].hours
    now = reference.running.time_ns
    fills = [*protection.fills, (now, signed(order.side) * lots, lots * hours)]
    # As many as the group remembers, those that have left the window forgotten for good.
    protection.fills = [fill for fill in fills[-MMP_FILLS:] if fill[0] > now - protection.window_ns]
    counts = {
        Threshold.LOTS: sum(abs(lots) for _, lots, _ in protection.fills),
        Threshold.FILLS: len(protection.fills),
        Threshold.DELTA: abs(sum(lots for _, lots, _ in protection.fills)),
        Threshold.HOURS: sum(hours for _, _, hours in protection.fills),
    }
    reached = [why for why in counts if protection.limits[why] and counts[why] >= protection.limits[why]]
    if reached and not protection.tripped:
        protection.tripped = reached[0]
        reference.tripped.append(protection)


def pull_tripped(reference: Reference) -> None:
    """After a print: MMP of each group that tripped, then its quotes leave in order of entry."""
    while reference.tripped:
        protection = reference.tripped.pop(0)
        quotes = [
            order
            for order in reference.working(protection.account)
            if order.order_type == OrderType.QUOTE and order.protection == protection.number
        ]
        reference.emit(
            EventKind.PROTECTION_TRIPPED, account=protection.account, protection_number=protection.number,
            threshold=protection.tripped, protection_state=ProtectionState.TRIPPED, quote_count=len(quotes),
            account_sequence=reference.next_number(protection.account),
        )  # fmt: skip
        for order in quotes:
            reference.cancel_order(order, CancelReason.MMP)
