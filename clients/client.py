"""The asyncio face of the client: one object for the whole life of a session, over all its connections.

    async with connect("ws://127.0.0.1:8443", key="k_5f2c9a", secret=Ed25519.load("key.pem")) as session:
        h27 = await session.instrument("H100.G90.H27")
        book = await session.book(h27)                                   # verified, heals itself
        order = await session.buy(h27, price="2.845", lots=12, post_only="reject")
        async for event in session.events(): ...

Without a key it is a reader of public market data. Prices are text or Decimal in dollars, or ticks; never float.
"""

import asyncio
import random
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from clients.core import Core
from clients.credentials import Secret, base64url
from clients.errors import ChannelRefused, Refused, Throttled, UnknownSymbol
from clients.feeds import Feed
from clients.live_order import LiveOrder
from clients.local_book import LocalBook
from clients.logon import Dial
from clients.order_requests import Price, cancellation, new_order, replacement
from clients.orders import Order, OrderTable
from clients.questions import Questions
from clients.quoting import Quoting
from clients.safeguards import Safeguards
from clients.session_base import SessionBase
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    BatchResult,
    Cancel,
    CancelAll,
    CancelTerms,
    ChannelSpec,
    InstrumentDefinition,
    New,
    Ok,
    Replace,
)
from exchange.wire.requests import SideText
from exchange.wire.version import JSON_SUBPROTOCOL

ORDER_PATH, DATA_PATH = "/v1/oe", "/v1/md"
Cadence = Literal[0, 10, 100, 1000]
Levels = Literal[0, 1, 10, 50]
BATCHED: dict[type, type[BatchNew] | type[BatchReplace] | type[BatchCancel]] = {
    New: BatchNew,
    Replace: BatchReplace,
    Cancel: BatchCancel,
}


class Session(Questions, Safeguards, Quoting, SessionBase):
    """A session with the venue. Make it with `connect`; use it as an async context manager.

    Market data and orders are here; the other requests in `Questions`, `Safeguards` and `Quoting`.
    """

    def __init__(self, url: str, core: Core, subprotocol: str, rng: random.Random, events_max: int) -> None:
        super().__init__(url, core, subprotocol, rng, events_max)
        core.orders.make = self._make_order
        self._order_prefix = base64url(rng.randbytes(6))
        self._orders_made = 0

    @property
    def orders(self) -> OrderTable:
        return self.core.orders

    def position_lots(self, instrument: InstrumentDefinition) -> int:
        """Signed lots of the first account."""
        account = self.core.accounts.get(self.core.account)
        return account.position_lots(instrument.instrument) if account else 0

    # -- market data --------------------------------------------------------------------------------------------------

    async def instruments(self) -> dict[str, InstrumentDefinition]:
        """All instruments of the venue by symbol."""
        await self.subscribe(ChannelSpec(name_of_channel="instruments"))
        await self._until(lambda: self.core.feeds.instruments_known)
        return self.core.feeds.by_symbol

    async def instrument(self, symbol: str) -> InstrumentDefinition:
        """The instrument of a symbol, UnknownSymbol if the venue lists none."""
        found = (await self.instruments()).get(symbol)
        if found is None:
            raise UnknownSymbol(f"no instrument {symbol!r} at {self.url}")
        return found

    async def book(self, instrument: InstrumentDefinition, cadence_ms: Cadence = 10, levels: Levels = 0) -> LocalBook:
        """The verified book of an instrument, after its first snapshot; its status is followed too."""
        status = ChannelSpec(name_of_channel="status", instrument=instrument.instrument)
        depth = ChannelSpec(
            name_of_channel="depth", instrument=instrument.instrument, cadence_ms=cadence_ms, levels=levels
        )
        _, feed = await self.subscribe(status, depth)
        book = feed.book
        assert book is not None
        await self._until(lambda: book.synced)
        return book

    def books(self) -> list[LocalBook]:
        """Every book of this session."""
        return self.core.feeds.books()

    async def trades(self, instrument: InstrumentDefinition) -> None:
        """Follow the prints of an instrument; they come as events."""
        await self.subscribe(ChannelSpec(name_of_channel="trades", instrument=instrument.instrument))

    async def subscribe(self, *specs: ChannelSpec) -> list[Feed]:
        """Subscribe to channels; ChannelRefused names the first that the venue refuses."""
        feeds = self.core.subscribe(specs)
        self._transport.wake()
        await self._until(lambda: all(feed.channel or feed.code for feed in feeds))
        for feed in feeds:
            if feed.code:
                raise ChannelRefused(feed.name, feed.code, self.core.hello.channels if self.core.hello else ())
        return feeds

    async def unsubscribe(self, *feeds: Feed) -> None:
        """Give channels up."""
        request_id = self.core.unsubscribe(feeds)
        if request_id:
            self._on_its_way(request_id)
            await self._answered(request_id)

    # -- orders -------------------------------------------------------------------------------------------------------

    def new(
        self, side: SideText, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any
    ) -> New:
        """A new order under the next client order id, not sent: for a `batch`. `terms` as in `new_order`."""
        self._orders_made += 1
        return new_order(f"{self._order_prefix}-{self._orders_made}", side, instrument, lots, price, **terms)

    def place(
        self, side: SideText, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any
    ) -> LiveOrder:
        """Send an order and return at once; its fate comes as events. Throttled, NotLive: it was not sent.
        `terms` are those of `order_requests.new_order`: price_tick, order_type, tif, post_only, and so on."""
        request = self.new(side, instrument, lots, price, **terms)
        self._allow(request)
        order, request_id = self.core.place(request)
        self._on_its_way(request_id)
        assert isinstance(order, LiveOrder)
        return order

    async def buy(self, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any) -> LiveOrder:
        """Place a buy order (`terms` as in `place`) and wait for the reply; Refused if the venue does not take it."""
        return await self._place("b", instrument, lots, price, **terms)

    async def sell(self, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any) -> LiveOrder:
        """Place a sell order, as `buy`."""
        return await self._place("s", instrument, lots, price, **terms)

    async def _place(self, side: SideText, *arguments: Any, **terms: Any) -> LiveOrder:
        while True:
            try:
                order = self.place(side, *arguments, **terms)
                break
            except Throttled as throttled:
                await asyncio.sleep(throttled.wait_s)
        await order.acknowledged()
        if order.error is not None:
            raise Refused(order.error, order)
        return order

    def send_replace(self, order: Order, lots: int | None = None, price: Price = None, **terms: Any) -> int:
        """Change an order without waiting; the request's id. `lots` is the new total, fills included; `terms` are those
        of `order_requests.replacement`: price_tick, trigger_tick, display_lots, tif, till_us, tag."""
        return self._send(replacement(order, lots, price, **terms))

    def send_cancel(self, order: Order) -> int:
        """Cancel an order without waiting; the request's id."""
        return self._send(cancellation(order))

    async def replace(self, order: Order, lots: int | None = None, price: Price = None, **terms: Any) -> Ok:
        """As `send_replace`, and wait for the reply; Refused leaves the order where it was."""
        return await self.request(replacement(order, lots, price, **terms))

    async def cancel(self, order: Order) -> Ok:
        """Cancel an order and wait for the reply."""
        return await self.request(cancellation(order))

    async def cancel_all(
        self,
        instrument: InstrumentDefinition | None = None,
        tag: str = "",
        *,
        chip: str = "",
        side: Literal["", "b", "s"] = "",
        group: int = 0,
        account: int = 0,
    ) -> int:
        """Cancel all orders of the account, or those that every filter given names; how many left. `group`: only
        quotes of this protection group."""
        request = CancelAll(
            request_id=1, account=account, instrument=instrument.instrument if instrument else 0, chip=chip, side=side,
            tag=tag, protection_group=group,
        )  # fmt: skip
        return (await self.request(request)).count or 0

    async def batch(self, *operations: New | Replace | Cancel, atomic: bool = False) -> list[BatchResult]:
        """Up to 20 operations in one request, run in order, each with its own outcome (ENTRY-013). They are built by
        `new`, `order_requests.replacement` and `cancellation`; with `atomic` all are checked before any runs, and one
        refusal refuses all (Refused, `error.index` says which was the first)."""
        parts = [BATCHED[type(part)](**(asdict(part) | {"request_id": 0})) for part in operations]
        return (await self.request(Batch(request_id=1, atomic=atomic, operations=parts))).results or []

    def _make_order(self, account: int, client_order_id: str, instrument: int, side: str) -> LiveOrder:
        return LiveOrder(account, client_order_id, instrument, side, self._until)


def connect(
    url: str,
    key: str = "",
    secret: Secret | None = None,
    *,
    subprotocol: str = JSON_SUBPROTOCOL,
    cancel_terms: CancelTerms | UnsetType = UNSET,
    seed: int | None = None,
    events_max: int = 10_000,
) -> Session:
    """A session with a venue, to be used with `async with`.

    url             ws://host:port, with or without a path; without one it is /v1/oe, or /v1/md when there is no key
    key, secret     the key's id and what signs for it; without a key only public market data is served
    cancel_terms    what happens to orders when the connection drops; the venue's default cancels them after 3 s
    seed            of the random part of order ids and reconnect times, for repeatable runs
    events_max      events that may wait to be read
    """
    parts = urlsplit(url)
    path = parts.path if parts.path not in ("", "/") else ORDER_PATH if key else DATA_PATH
    core = Core(
        Dial(parts.hostname or "", path),
        key,
        secret,
        subprotocol=subprotocol,
        cancel_terms=cancel_terms,
    )
    address = f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else url
    return Session(address, core, subprotocol, random.Random(seed), events_max)
