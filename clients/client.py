"""The asyncio client: `connect` makes a Session, which lasts over all its connections.

    async with connect("ws://127.0.0.1:8443", key="k_5f2c9a", secret=Ed25519.load("key.pem")) as session:
        h27 = await session.instrument("H100.G90.H27")
        book = await session.book(h27)                                   # verified, recovers by itself
        order = await session.buy(h27, price="2.845", lots=12, post_only="reject")
        async for event in session.events(): ...

Without a key the session reads public market data. Prices are text or Decimal in dollars, or ticks; never float.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from clients.books.order_book import OrderBook
from clients.books.staleness import DEFAULT_SILENCE, SilenceLimits
from clients.core import Core
from clients.credentials import Secret
from clients.errors import ChannelRefused, Throttled, UnknownSymbol
from clients.feeds import Feed
from clients.local_book import LocalBook
from clients.logon import Dial
from clients.order_requests import Price, cancellation, new_order, replacement
from clients.orders import LiveOrder, Order, OrderTable
from clients.refusals.batch_results import BatchResults
from clients.refusals.choice import refusal
from clients.reports.reconcile import Reconciling
from clients.session.past import Past
from clients.session.quoting import Quoting
from clients.session.safeguards import Safeguards
from clients.session_base import Options, SessionBase
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    Cancel,
    CancelAll,
    CancelTerms,
    ChannelSpec,
    DailyIndex,
    InstrumentDefinition,
    New,
    Ok,
    Replace,
    Settlement,
    Stats,
)
from exchange.wire.requests import IntervalText, SideText
from exchange.wire.version import JSON_SUBPROTOCOL

ORDER_PATH, DATA_PATH, DROP_COPY_PATH = "/v1/oe", "/v1/md", "/v1/dc"
Cadence = Literal[0, 10, 100, 1000]
Levels = Literal[0, 1, 10, 50]
BATCHED: dict[type, type[BatchNew] | type[BatchReplace] | type[BatchCancel]] = {
    New: BatchNew,
    Replace: BatchReplace,
    Cancel: BatchCancel,
}


def parts_of(operations: Sequence[New | Replace | Cancel]) -> list[BatchNew | BatchReplace | BatchCancel]:
    """Orders and changes as parts of a batch, which have no request ids of their own."""
    return [BATCHED[type(part)](**(asdict(part) | {"request_id": 0})) for part in operations]


class Session(Reconciling, Past, Safeguards, Quoting, SessionBase):
    """A session with a venue. Create it with `connect` and use it as an async context manager.

    Market data and orders are here; its bases add the other requests.
    """

    def __init__(
        self,
        url: str,
        make_core: Callable[[OrderTable], Core],
        rng: random.Random,
        options: Options,
    ) -> None:
        """`make_core` gets the table of the session's orders."""
        super().__init__(url, make_core(OrderTable(self._make_order)), rng, options)
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
        """The instrument of a symbol. UnknownSymbol: the venue does not list it."""
        listed = await self.instruments()
        if symbol not in listed:
            import difflib

            near = difflib.get_close_matches(symbol.upper(), listed, 3, 0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; instruments() has all symbols"
            raise UnknownSymbol(f"no instrument {symbol!r} among {len(listed):,} at {self.url}{hint}")
        return listed[symbol]

    async def book(self, instrument: InstrumentDefinition, cadence_ms: Cadence = 10, levels: Levels = 0) -> LocalBook:
        """The verified book of an instrument, after its first snapshot. Subscribes to its status too."""
        status = ChannelSpec(name_of_channel="status", instrument=instrument.instrument)
        depth = ChannelSpec(
            name_of_channel="depth", instrument=instrument.instrument, cadence_ms=cadence_ms, levels=levels
        )
        _, feed = await self.subscribe(status, depth)
        book = feed.book
        assert book is not None
        await self._until(lambda: book.synced)
        return book

    async def order_book(self, instrument: InstrumentDefinition) -> OrderBook:
        """Every displayed order of an instrument (L3), after its first snapshot; it needs a key.

        `place(order.order_id)` says how many orders and lots stand before one of them.
        """
        (feed,) = await self.subscribe(ChannelSpec(name_of_channel="orders", instrument=instrument.instrument))
        book = feed.order_book
        assert book is not None
        await self._until(lambda: book.synced)
        return book

    def books(self) -> list[LocalBook]:
        """All subscribed books."""
        return self.core.feeds.books()

    async def trades(self, instrument: InstrumentDefinition) -> None:
        """Subscribe to the trades of an instrument; they arrive as events."""
        await self.subscribe(ChannelSpec(name_of_channel="trades", instrument=instrument.instrument))

    async def follow_candles(self, instrument: InstrumentDefinition, interval: IntervalText = "1m") -> None:
        """Subscribe to the running candle of an instrument. Each message has all candles that are new or changed; they
        arrive as events. `candles` has those of before."""
        spec = ChannelSpec(name_of_channel="candles", instrument=instrument.instrument, interval=interval)
        await self.subscribe(spec)

    async def settlements(self) -> dict[int, Settlement]:
        """The last settlement of each outright, by instrument; it follows the channel, whose messages are events."""
        await self.subscribe(ChannelSpec(name_of_channel="settlement"))
        await self._until(lambda: self.core.feeds.settlements_known)
        return self.core.feeds.settlements

    async def index(self, chip: str) -> dict[int, DailyIndex]:
        """The last day of each index of a chip, by quality tier; it follows the channel, whose messages are events."""
        await self.subscribe(ChannelSpec(name_of_channel="index", topic=chip))
        await self._until(lambda: chip in self.core.feeds.indices_known)
        return self.core.feeds.indices[chip]

    async def stats(self, instrument: InstrumentDefinition) -> Stats:
        """The trading day of an instrument so far. `core.feeds.stats` has the newest; changes are events."""
        await self.subscribe(ChannelSpec(name_of_channel="stats", instrument=instrument.instrument))
        await self._until(lambda: instrument.instrument in self.core.feeds.stats)
        return self.core.feeds.stats[instrument.instrument]

    async def subscribe(self, *specs: ChannelSpec) -> list[Feed]:
        """Subscribe to channels. ChannelRefused names the first one that the venue refuses."""
        feeds = self.core.subscribe(specs)
        self._transport.wake()
        await self._until(lambda: all(feed.channel or feed.code for feed in feeds))
        for feed in feeds:
            if feed.code:
                raise ChannelRefused(feed.name, feed.code, self.core.hello.channels if self.core.hello else ())
        return feeds

    async def unsubscribe(self, *feeds: Feed) -> None:
        """Unsubscribe from channels."""
        request_id = self.core.unsubscribe(feeds)
        if request_id:
            self._note_sent(request_id)
            await self._answered(request_id)

    # -- orders -------------------------------------------------------------------------------------------------------

    def new(
        self, side: SideText, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any
    ) -> New:
        """Build a new order for a `batch`, with the next client order id, without sending it.

        `terms` are those of `order_requests.new_order`.
        """
        self._orders_made += 1
        return new_order(f"{self._order_prefix}-{self._orders_made}", side, instrument, lots, price, **terms)

    def place(
        self, side: SideText, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any
    ) -> LiveOrder:
        """Send an order without waiting; its changes come as events. Throttled, NotLive: it was not sent.

        `terms` are those of `order_requests.new_order`: price_tick, order_type, tif, post_only, and so on.
        """
        return self._place_now(self.new(side, instrument, lots, price, **terms))

    def _place_now(self, request: New) -> LiveOrder:
        self._allow(request)
        order, request_id = self.core.place(request)
        self._note_sent(request_id)
        assert isinstance(order, LiveOrder)
        return order

    async def buy(self, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any) -> LiveOrder:
        """Place a buy order (`terms` as in `place`) and wait for the reply. Refused: the venue did not accept it."""
        return await self._place("b", instrument, lots, price, **terms)

    async def sell(self, instrument: InstrumentDefinition, lots: int, price: Price = None, **terms: Any) -> LiveOrder:
        """Place a sell order, as `buy`."""
        return await self._place("s", instrument, lots, price, **terms)

    async def _place(self, side: SideText, *arguments: Any, **terms: Any) -> LiveOrder:
        request = self.new(side, *arguments, **terms)
        while True:
            try:
                order = self._place_now(request)
                break
            except Throttled as throttled:
                await asyncio.sleep(throttled.wait_s)
        await order.acknowledged()
        if order.error is not None:
            raise refusal(order.error, order, request)
        return order

    def send_replace(self, order: Order, lots: int | None = None, price: Price = None, **terms: Any) -> int:
        """Replace an order without waiting for the reply; returns the request id.

        `lots` is the new total, filled lots included. `terms` are those of `order_requests.replacement`: price_tick,
        trigger_tick, display_lots, tif, till_us, tag.
        """
        return self._send(replacement(order, lots, price, **terms))

    def send_cancel(self, order: Order) -> int:
        """Cancel an order without waiting; returns the request id."""
        return self._send(cancellation(order))

    async def replace(self, order: Order, lots: int | None = None, price: Price = None, **terms: Any) -> Ok:
        """As `send_replace`, and wait for the reply. Refused: the order is unchanged."""
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
        """Cancel the orders of the account that match all given filters; returns their number.

        `group`: only quotes of this protection group.
        """
        request = CancelAll(
            request_id=1, account=account, instrument=instrument.instrument if instrument else 0, chip=chip, side=side,
            tag=tag, protection_group=group,
        )  # fmt: skip
        return (await self.request(request)).count or 0

    def send_batch(self, *operations: New | Replace | Cancel, atomic: bool = False) -> int:
        """As `batch`, without waiting; returns the request id. The results come as events of its orders."""
        return self._send(Batch(request_id=1, atomic=atomic, operations=parts_of(operations)))

    async def batch(self, *operations: New | Replace | Cancel, atomic: bool = False) -> BatchResults:
        """Send up to 20 operations in one request. They run in order, each with its own result (ENTRY-013).

        Build operations with `new`, `order_requests.replacement` and `order_requests.cancellation`.

        atomic    all operations are checked before any of them runs; if one is refused, none runs
        returns   the results; `refusals` has an exception for each refused operation, `raise_first` raises it
        Refused: the whole batch was refused; with `atomic`, `index` of BatchRefused is the first that failed
        """
        parts = parts_of(operations)
        reply = await self.request(Batch(request_id=1, atomic=atomic, operations=parts))
        return BatchResults(reply.results or [], parts)

    def _make_order(self, account: int, client_order_id: str, instrument: int, side: str) -> LiveOrder:
        return LiveOrder(account, client_order_id, instrument, side, self._until)


def connect(
    url: str,
    key: str = "",
    secret: Secret | None = None,
    *,
    subprotocol: str = JSON_SUBPROTOCOL,
    cancel_terms: CancelTerms | UnsetType = UNSET,
    leave_orders: bool = False,
    margin: bool = False,
    check_locally: bool = True,
    seed: int | None = None,
    events_max: int = 10_000,
    silence: SilenceLimits = DEFAULT_SILENCE,
    record: str | Path = "",
) -> Session:
    """Make a session with a venue, for use with `async with`.

    url             ws://host:port, with or without a path; without one it is /v1/oe, or /v1/md when there is no key
    subprotocol     JSON by default; `wire.version` has MessagePack and binary records too
    key, secret     id of the key, and the secret that signs for it; without a key only public market data is available
    cancel_terms    what happens to orders when the connection drops; by default they are cancelled after 3 s
    leave_orders    orders work on after the `with` block; by default its end cancels them, however it ends
    margin          follow the margin of the accounts through orders and marks too: `core.accounts`, and events
    check_locally   refuse at once, without a round trip, what the venue is known to refuse (`clients.checks`)
    seed            of the random part of order ids and reconnect times, for repeatable runs
    events_max      length of the event queue
    silence         limits of silence of books, account streams and connection, for `Stale` and `StaleBook`
    record          file to which all frames are recorded (`clients.recording`); it must not exist
    """
    parts = urlsplit(url)
    path = parts.path if parts.path not in ("", "/") else ORDER_PATH if key else DATA_PATH
    if path == DROP_COPY_PATH:
        raise ValueError(f"{url}: {path} is a firm's drop copy: use clients.drop_copy.connect_drop_copy")

    def make_core(orders: OrderTable) -> Core:
        dial = Dial(parts.hostname or "", path)
        return Core(
            dial, key, secret, subprotocol=subprotocol, cancel_terms=cancel_terms, margin=margin, orders=orders,
            limits=silence,
        )  # fmt: skip

    address = f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else url
    options = Options(subprotocol, events_max, check_locally, str(record), leave_orders)
    return Session(address, make_core, random.Random(seed), options)
