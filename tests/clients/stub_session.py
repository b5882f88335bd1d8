"""A session that only notes what a strategy does: orders appear in `placed`, books are whatever the test loads."""

from typing import Any, Literal

from msgspec import convert

from clients.local_book import LocalBook
from clients.orders import Order
from exchange.wire.messages import InstrumentDefinition
from tests.clients.scripted_venue import INSTRUMENT


def instrument(number: int, symbol: str, **changes: Any) -> InstrumentDefinition:
    return convert(INSTRUMENT | {"i": number, "sym": symbol} | changes, InstrumentDefinition)


class StubSession:
    """Every order is open as soon as it is placed."""

    def __init__(self, symbols: list[str]) -> None:
        self.known = {symbol: instrument(number, symbol) for number, symbol in enumerate(symbols, 1)}
        self.books = {row.instrument: LocalBook(row.instrument, row.symbol) for row in self.known.values()}
        self.positions: dict[int, int] = {}
        self.placed: list[Order] = []
        self.terms: list[dict[str, Any]] = []
        self.cancelled: list[Order] = []

    def load(self, number: int, bids: list[list[int]], asks: list[list[int]]) -> None:
        book = self.books[number]
        book.load(book.sequence + 1, bids, asks, None, False)

    async def instrument(self, symbol: str) -> InstrumentDefinition:
        return self.known[symbol]

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
