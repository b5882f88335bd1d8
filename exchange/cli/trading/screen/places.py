"""The place of own orders in their queues, from the channel `orders`, where venue and client offer it."""

from typing import Final, NamedTuple

from clients.books.order_book import OrderBook
from clients.client import Session
from clients.errors import ChannelRefused
from clients.feeds import Feed
from clients.local_book import StaleBook
from clients.orders import Order
from exchange.wire.messages import ChannelSpec, InstrumentDefinition

CHANNEL: Final = "orders"


class Places(NamedTuple):
    """Lots ahead of each order, by order id. `book` None: nobody says it. `feeds`: the channel that it follows."""

    book: OrderBook | None = None
    feeds: tuple[Feed, ...] = ()

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
        (feed,) = await session.subscribe(ChannelSpec(name_of_channel=CHANNEL, instrument=instrument.instrument))
    except ChannelRefused:
        return Places()
    return Places(feed.order_book, (feed,))
