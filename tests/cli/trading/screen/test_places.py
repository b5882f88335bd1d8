"""Places in the queue are known if the venue offers the channel and the book is synced; else nothing is claimed."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from clients.client import Session
from clients.errors import ChannelRefused
from clients.local_book import StaleBook
from clients.orders import Order
from exchange.cli.trading.screen.places import Places, follow_places
from tests.clients.stub_session import instrument


class Queues:
    """A book of all orders."""

    synced = True

    def __init__(self, ahead: dict[int, int]) -> None:
        self.ahead = ahead

    def place(self, order_id: int) -> Any:
        if order_id == 99:
            raise StaleBook("gap")
        return SimpleNamespace(lots_ahead=self.ahead[order_id]) if order_id in self.ahead else None


def order(order_id: int) -> Order:
    made = Order(7, "c", 1, "b")
    made.order_id = order_id
    return made


def test_lots_ahead_are_those_of_the_book() -> None:
    book = Queues({1: 0, 2: 120})
    places = Places(book)
    assert [places.ahead(order(number)) for number in (1, 2, 3, 99)] == [0, 120, None, None]
    book.synced = False
    assert places.ahead(order(1)) is None
    assert Places().ahead(order(1)) is None


def session(channels: list[str], **more: Any) -> Session:
    return cast(
        Session, SimpleNamespace(core=SimpleNamespace(hello=SimpleNamespace(channels=channels), key="k"), **more)
    )


def test_it_follows_the_channel_where_venue_and_client_have_it() -> None:
    async def subscribe(_: Any) -> list[Any]:
        return [SimpleNamespace(order_book=Queues({}))]

    async def refuse(_: Any) -> list[Any]:
        raise ChannelRefused("orders 1", 2003)

    row = instrument(1, "A")
    found = [
        asyncio.run(follow_places(session(channels, **more), row)).book is not None
        for channels, more in (
            (["orders"], {"subscribe": subscribe}),
            ([], {"subscribe": subscribe}),
            (["orders"], {"subscribe": refuse}),
        )
    ]
    assert found == [True, False, False]
