"""The place of own orders in their queues, from the channel `orders`, where venue and client offer it."""

from typing import NamedTuple

from clients.books.order_book import OrderBook
from clients.client import Session
from clients.errors import ChannelRefused
from clients.local_book import StaleBook
from clients.orders import Order
from exchange.wire.messages import InstrumentDefinition

CHANNEL = "orders"


class Places(NamedTuple):
    """Lots ahead of each order, by order id. `book` None: nobody says it."""

    book: OrderBook | None = None

    def ahead(self, order: Order) -> int | None:
        """Lots that trade before an order; None while it is not known."""
        if self.book is None or not self.book.synced:
            return None
        try:
            place = self.book.place(order.order_id)
        except (StaleBook, KeyError):
            return None
        return None if place is None else int(place.lots_ahead)


async def follow_places(session: Session, instrument: InstrumentDefinition) -> Places:
    """Subscribe to every displayed order of an instrument, or to nothing if that is not offered."""
    hello = session.core.hello
    if hello is None or CHANNEL not in hello.channels or not session.core.key:
        return Places()
    try:
        return Places(await session.order_book(instrument))
    except ChannelRefused:
        return Places()
