"""A session that only notes what a strategy does: orders appear in `placed`, books are whatever the test loads."""

from typing import Any, Literal

from msgspec import convert

from clients.local_book import LocalBook
from clients.orders import Order
from clients.session.quoting import QuoteEntry
from exchange.wire.messages import InstrumentDefinition
from tests.clients.scripted_venue import INSTRUMENT


def instrument(number: int, symbol: str, **changes: Any) -> InstrumentDefinition:
    return convert(INSTRUMENT | {"i": number, "sym": symbol} | changes, InstrumentDefinition)


class StubCore:
    """The venue's time, as a core knows it."""

    venue_us = 0
    hello = None


class StubSession:
    """Every order is open as soon as it is placed, every side of a quote as soon as it is sent."""

    def __init__(self, symbols: list[str]) -> None:
        self.known = {symbol: instrument(number, symbol) for number, symbol in enumerate(symbols, 1)}
        self.books = {row.instrument: LocalBook(row.instrument, row.symbol) for row in self.known.values()}
        self.positions: dict[int, int] = {}
        self.placed: list[Order] = []
        self.terms: list[dict[str, Any]] = []
        self.cancelled: list[Order] = []
        self.sides: dict[tuple[int, str], Order] = {}
        self.sent: list[list[QuoteEntry]] = []  # every mass quote
        self.protection: dict[str, int] = {}
        self.resets = 0
        self.cancel_terms: dict[str, int] = {}
        self.core = StubCore()

    def load(self, number: int, bids: list[list[int]], asks: list[list[int]]) -> None:
        book = self.books[number]
        book.load(book.sequence + 1, bids, asks, None, False)

    async def instrument(self, symbol: str) -> InstrumentDefinition:
        return self.known[symbol]

    async def instruments(self) -> dict[str, InstrumentDefinition]:
        return self.known

    async def set_cancel_terms(self, **terms: int) -> None:
        self.cancel_terms = terms

    async def book(self, row: InstrumentDefinition, **_: Any) -> LocalBook:
        return self.books[row.instrument]

    async def trades(self, row: InstrumentDefinition) -> None:
        pass

    def position_lots(self, row: InstrumentDefinition) -> int:
        return self.positions.get(row.instrument, 0)

    def place(
        self, side: Literal["b", "s"], row: InstrumentDefinition, lots: int, *, price_tick: int, **terms: Any
    ) -> Order:
        order = Order(7, f"c{len(self.placed)}", row.instrument, side)
        order.price_tick, order.order_lots, order.leaves_lots, order.state = price_tick, lots, lots, "open"
        self.placed.append(order)
        self.terms.append(terms)
        return order

    def send_replace(self, order: Order, lots: int, *, price_tick: int) -> int:
        order.price_tick, order.order_lots, order.leaves_lots = price_tick, lots, lots - order.filled_lots
        return 1

    def send_cancel(self, order: Order) -> int:
        self.cancelled.append(order)
        order.state = "cancelled"
        return 1

    async def set_protection(self, group: int, **terms: int) -> str:
        self.protection = {"group": group, **terms}
        return "armed"

    def send_reset(self, group: int) -> int:
        self.resets += 1
        return 1

    def quotes(self, row: InstrumentDefinition) -> tuple[Order | None, Order | None]:
        return self.sides.get((row.instrument, "b")), self.sides.get((row.instrument, "s"))

    def send_quotes(self, group: int, entries: list[QuoteEntry]) -> int:
        self.sent.append(entries)
        for entry in entries:
            number = entry.instrument.instrument
            self._show(number, "b", entry.bid_tick, entry.bid_lots)
            self._show(number, "s", entry.ask_tick, entry.ask_lots)
        return 1

    def _show(self, number: int, side: Literal["b", "s"], price_tick: int, lots: int) -> None:
        order = self.sides.get((number, side))
        if lots and (order is None or order.done):
            order = self.sides[number, side] = Order(7, "", number, side)
        if order is not None:
            order.state = "open" if lots else "cancelled"
            order.price_tick, order.leaves_lots = price_tick, lots
