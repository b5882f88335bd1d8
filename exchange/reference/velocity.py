"""Velocity logic and circuit breaker of the reference: windows over prints, what a breach does (BAND-005 to 010)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exchange.codes import (
    CancelReason,
    ComboKind,
    EventKind,
    Family,
    MarketState,
    OrderType,
    PeriodKind,
    StateReason,
    TimeInForce,
)
from exchange.reference.book import Order

if TYPE_CHECKING:
    from exchange.reference.clearing import Clearing
    from exchange.reference.engine import Reference

SLOTS = 60
DAY_NS = 24 * 3_600 * 10**9


@dataclass
class Window:
    """One window and every print since the last uncross."""

    reason: StateReason
    width_ticks: int = 0
    window_ns: int = 0
    pause_ns: int = 0
    prints: list[tuple[int, int]] = field(default_factory=list)  # (time, price)

    def breached_by(self, price: int, now_ns: int, reference: int, settle_tick: int) -> bool:
        if not self.width_ticks:
            return False
        if not self.window_ns:
            return abs(price - settle_tick) > self.width_ticks
        slot_ns = self.window_ns // SLOTS
        oldest = now_ns // slot_ns - SLOTS + 1
        seen = [tick for time_ns, tick in self.prints if time_ns // slot_ns >= oldest] or [reference]
        return price - min(seen) > self.width_ticks or max(seen) - price > self.width_ticks


@dataclass
class Guard:
    """What a book's prints are tested against."""

    velocity: Window
    breaker: Window
    closing_from_ns: int = 0
    closing_to_ns: int = 0
    closing_pause_ns: int = 0
    collar_ticks: int = 0
    extension_ns: int = 0
    extensions_max: int = 0
    extensions: int = 0  # of the running auction so far

    @property
    def windows(self) -> tuple[Window, Window]:
        """The breaker first: a price that breaches both trips it."""
        return self.breaker, self.velocity

    def pause_ns(self, reason: StateReason, now_ns: int) -> int:
        (pause,) = (window.pause_ns for window in self.windows if window.reason == reason)
        closing = self.closing_from_ns <= now_ns % DAY_NS < self.closing_to_ns
        return min(pause, self.closing_pause_ns) if closing else pause


def guard_of(listing: dict[str, Any]) -> Guard:
    """From the listing's payload."""
    terms = dict(listing.get("guard", {}))
    velocity = Window(StateReason.VELOCITY, **terms.pop("velocity", {}))
    breaker = Window(StateReason.HALT_DCB, **terms.pop("breaker", {}))
    return Guard(velocity, breaker, **terms)


def breach(reference: Reference, index: int, price: int) -> StateReason:
    """Would this print go too far too fast? NONE if not."""
    settle_tick = reference.clearing.instruments[index].settle_tick
    last_tick = reference.books[index].last_tick
    known = settle_tick if last_tick is None else last_tick
    for window in reference.guards[index].windows:
        if window.breached_by(price, reference.running.time_ns, known, settle_tick):
            return window.reason
    return StateReason.NONE


def note_print(reference: Reference, index: int, price: int) -> None:
    for window in reference.guards[index].windows:
        window.prints.append((reference.running.time_ns, price))


def empty_windows(reference: Reference, index: int) -> None:
    for window in reference.guards[index].windows:
        window.prints.clear()


def halt(reference: Reference, order: Order, index: int, reason: StateReason, minimum_lots: int) -> None:
    """BAND-006 to BAND-008, BAND-010: the remainder goes or rests, the book or its group is RESERVED."""
    rests = order.tif not in (TimeInForce.IOC, TimeInForce.FOK) and not minimum_lots
    rests = rests and order.order_type not in (OrderType.MARKET, OrderType.QUOTE)
    if not rests:
        reference.cancel_order(order, CancelReason.VELOCITY)
        if reason == StateReason.VELOCITY:
            return
    instrument = reference.clearing.instruments[order.instrument]
    lead = index == reference.lead_months.get(instrument.group)
    now_ns = reference.running.time_ns
    until_ns = now_ns + reference.guards[index].pause_ns(reason, now_ns)
    phases = reference.phases
    phase = phases.groups[instrument.group] if lead else phases.own[instrument.index]
    phases.reserve(phase, MarketState.RESERVED, until_ns, now_ns)
    reference.emit(
        EventKind.STATE_CHANGED, market_state=MarketState.RESERVED, state_reason=reason, reopen_ns=until_ns,
        instrument=0 if lead else instrument.index, group=instrument.group if lead else 0,
    )  # fmt: skip
    for quote in [other for other in reference.orders.values() if other.order_type == OrderType.QUOTE]:
        of_group = reference.clearing.instruments[quote.instrument].group == instrument.group
        if of_group if lead else quote.instrument == instrument.index:
            reference.cancel_order(quote, CancelReason.VELOCITY)
    if rests:
        reference.rest(order)


def lead_month(clearing: Clearing, group: int) -> int:
    """BAND-012: the G90 month with the largest open interest, of equal ones the nearest; 0 if there is none."""
    months = [
        one
        for one in clearing.instruments.values()
        if one.group == group
        and (one.combo, one.family, one.period_kind) == (ComboKind.OUTRIGHT, Family.PHY, PeriodKind.MONTH)
        and one.floor_bp == 9_000
    ]

    def held(index: int) -> int:
        return sum(abs(account.lots(index)) for account in clearing.accounts.values())

    return min(months, key=lambda one: (-held(one.index), one.start_month, one.index)).index if months else 0
