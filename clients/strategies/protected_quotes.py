"""Base class of market makers: keeps two-sided quotes in several instruments, under market-maker protection.

A subclass says at what price each side should be quoted (`price_of`). One mass quote has all instruments whose quotes
change. When the fills of a rolling window reach a threshold, the venue removes all quotes at once (ENTRY-023). The
maker then quotes nothing for `rest_s`. After that it resets the protection and quotes again. The number of such trips
is not limited, because the inventory limit of the maker bounds the losses. An instrument whose book is stale is not
quoted again until the book is synced.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

from clients.events import Event
from clients.local_book import LocalBook
from clients.orders import Order
from clients.session.quoting import QuoteEntry
from clients.strategies.strategy import Strategy
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Fill, InstrumentDefinition, ProtectionEvent

GROUP = 1  # protection group of all instruments
ENTRIES_MAX = 32  # most entries of a mass quote
Side = Literal["b", "s"]


class QuotedInstrument:
    """One instrument that is quoted, and its book."""

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        self.instrument, self.book = instrument, book


Line = TypeVar("Line", bound=QuotedInstrument)


class ProtectedQuotes(Strategy, ABC, Generic[Line]):
    """Keeps a bid and an ask in every instrument of `lines`.

    lots             lots of each side of a quote
    requote_ticks    a quote moves if it is at least so far from its target price
    rest_s           pause after the protection has removed the quotes
    """

    def __init__(self, lots: int, requote_ticks: int, rest_s: float) -> None:
        self.lots, self.requote_ticks, self.rest_s = lots, requote_ticks, rest_s
        self.lines: list[Line] = []
        self.resting_s = 0.0  # rest of the pause after a trip
        self.tripped = False
        self.trips = 0

    async def protect(self, window_ms: int, traded_times: int, delta_times: int) -> None:
        """Arm the protection. The thresholds are multiples of `lots`: lots traded, and lots bought less lots sold."""
        await self.session.set_protection(
            GROUP, window_ms=window_ms, lots=traded_times * self.lots, delta_lots=delta_times * self.lots
        )

    @abstractmethod
    def price_of(self, line: Line, side: Side) -> int | None:
        """The target price of a side, in ticks; None: it is not quoted."""

    # -- when to quote ------------------------------------------------------------------------------------------------

    def on_fill(self, order: Order, fill: Fill) -> None:
        self.refresh([line for line in self.lines if line.instrument.instrument == fill.instrument])

    def quote_or_rest(self) -> None:
        """Quote where prices have changed; after a trip, wait for the end of the pause. Call it on each timer."""
        if self.tripped:
            self.rest()
        else:
            self.refresh(self.lines)

    def on_event(self, event: Event) -> None:
        if isinstance(event, ProtectionEvent) and event.group == GROUP:
            self.trip() if event.group_state == "tripped" else self.go_on()

    def on_order(self, order: Order) -> None:
        if order.error is not None and order.error.code == ErrorCode.MMP_TRIPPED:
            self.trip()  # it happened while we were disconnected

    def trip(self) -> None:
        if not self.tripped:
            self.tripped, self.resting_s = True, self.rest_s
            self.trips += 1

    def rest(self) -> None:
        """Request a reset when the pause is over, and again after another pause if no answer comes."""
        self.resting_s -= self.timer_s
        if self.resting_s <= 0:
            self.session.send_reset(GROUP)
            self.resting_s = self.rest_s

    def go_on(self) -> None:
        self.tripped = False
        self.refresh(self.lines)

    # -- what to quote ------------------------------------------------------------------------------------------------

    def refresh(self, lines: Sequence[Line]) -> None:
        """Quote both sides of these instruments at their target prices, in as few mass quotes as possible."""
        if self.tripped:
            return
        entries = [entry for line in lines if (entry := self.entry_of(line)) is not None]
        for start in range(0, len(entries), ENTRIES_MAX):
            self.session.send_quotes(GROUP, entries[start : start + ENTRIES_MAX])

    def entry_of(self, line: Line) -> QuoteEntry | None:
        """The quotes that an instrument should have. None: they rest already, or a reply is outstanding."""
        bid, ask = self.session.quotes(line.instrument)
        if not line.book.synced or any(order is not None and order.unanswered for order in (bid, ask)):
            return None
        now = resting(bid), resting(ask)
        wanted = self.side_of(line, "b", bid), self.side_of(line, "s", ask)
        return QuoteEntry(line.instrument, *wanted[0], *wanted[1]) if wanted != now else None

    def side_of(self, line: Line, side: Side, order: Order | None) -> tuple[int, int]:
        """(price, lots) to quote on a side. A quote near its target price with half of its lots left is unchanged."""
        price_tick = self.price_of(line, side)
        if price_tick is None:
            return 0, 0
        shown_tick, shown_lots = resting(order)
        if abs(price_tick - shown_tick) < self.requote_ticks and 2 * shown_lots >= self.lots:
            return shown_tick, shown_lots
        return price_tick, self.lots


def resting(order: Order | None) -> tuple[int, int]:
    """(price in ticks, lots) of a resting side; (0, 0) if it does not rest."""
    return (order.price_tick, order.leaves_lots) if order is not None and order.working else (0, 0)


def within_limits(instrument: InstrumentDefinition, price_tick: int) -> int | None:
    """The price, or None if the limits of the day forbid it."""
    low_tick, high_tick = instrument.limit_ticks
    return price_tick if low_tick <= price_tick <= high_tick else None
