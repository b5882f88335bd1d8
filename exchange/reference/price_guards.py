"""Velocity logic and circuit breaker of a book: windows over its prints (BAND-005 to BAND-010).

Also the collar of its auctions (AUC-014), and the lead month of a product group (BAND-012).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, Family, PeriodKind, StateReason
from exchange.reference.clearing import Clearing, Instrument
from exchange.units import NS_PER_DAY

SLOTS = 60  # time slots in a window (BAND-005)
LEAD_FLOOR_BP = 9_000  # goodput floor of tier G90


@dataclass
class Window:
    """A look-back window: its terms, and every print since the last uncross."""

    reason: StateReason  # reason of the state change after a breach
    width_ticks: int = 0  # largest move that is allowed; 0: the window is off
    window_ns: int = 0  # length; 0: moves are measured from the settlement
    pause_ns: int = 0  # how long RESERVED lasts
    prints: list[tuple[int, int]] = field(default_factory=list)  # (time, price)

    def is_breached(self, price: int, now_ns: int, known_tick: int, settle_tick: int) -> bool:
        """BAND-005: whether a print now would move the price too far.

        price        price of the print
        known_tick   used if the window has no print: the last price, else the settlement
        """
        if not self.width_ticks:
            return False
        if not self.window_ns:
            return abs(price - settle_tick) > self.width_ticks
        slot_ns = self.window_ns // SLOTS
        oldest = now_ns // slot_ns - SLOTS + 1
        seen = [tick for time_ns, tick in self.prints if time_ns // slot_ns >= oldest] or [known_tick]
        return price - min(seen) > self.width_ticks or max(seen) - price > self.width_ticks


@dataclass
class PriceGuards:
    """The price guards of one book: velocity window, breaker window, collar of auctions."""

    velocity: Window
    breaker: Window
    closing_from_ns: int = 0
    closing_to_ns: int = 0
    closing_pause_ns: int = 0
    collar_ticks: int = 0
    extension_ns: int = 0
    extensions_max: int = 0
    extensions: int = 0  # extensions of the present auction so far (AUC-014)

    @property
    def windows(self) -> tuple[Window, Window]:
        """Both windows, the breaker first: a price that breaches both trips the breaker."""
        return self.breaker, self.velocity

    def breach(self, price: int, now_ns: int, known_tick: int, settle_tick: int) -> StateReason:
        """The reason of the window that a print now would breach; NONE: it breaches neither."""
        for window in self.windows:
            if window.is_breached(price, now_ns, known_tick, settle_tick):
                return window.reason
        return StateReason.NONE

    def note_print(self, price: int, now_ns: int) -> None:
        for window in self.windows:
            window.prints.append((now_ns, price))

    def empty_windows(self) -> None:
        """BAND-010: forget all prints, after an uncross."""
        for window in self.windows:
            window.prints.clear()

    def pause_ns(self, reason: StateReason, now_ns: int) -> int:
        """BAND-012: how long RESERVED lasts, in ns; shorter in the closing window."""
        (pause,) = (window.pause_ns for window in self.windows if window.reason == reason)
        is_closing = self.closing_from_ns <= now_ns % NS_PER_DAY < self.closing_to_ns
        return min(pause, self.closing_pause_ns) if is_closing else pause


def guards_of_listing(listing: dict[str, Any]) -> PriceGuards:
    """The price guards of a book, from its instrument in a LIST payload."""
    terms = dict(listing.get("guard", {}))
    velocity = Window(StateReason.VELOCITY, **terms.pop("velocity", {}))
    breaker = Window(StateReason.HALT_DCB, **terms.pop("breaker", {}))
    return PriceGuards(velocity, breaker, **terms)


def lead_month(clearing: Clearing, group: int) -> int:
    """BAND-012: book of the G90 month with the largest open interest, if equal the nearest; 0: there is none."""
    months = [
        one
        for one in clearing.instruments.values()
        if one.group == group
        and one.life == Life.LISTED
        and (one.combo, one.family, one.period_kind) == (ComboKind.OUTRIGHT, Family.PHY, PeriodKind.MONTH)
        and one.floor_bp == LEAD_FLOOR_BP
    ]

    def rank(month: Instrument) -> tuple[int, int, int]:
        open_lots = sum(abs(account.lots(month.index)) for account in clearing.accounts.values())
        return -open_lots, month.start_month, month.index

    return min(months, key=rank).index if months else 0
