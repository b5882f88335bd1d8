"""The data client of a trading node: quotes, trades, books, instruments, and bars of past and present."""

import asyncio
from typing import Any

from nautilus_trader.core.datetime import dt_to_unix_nanos
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import AggressorSide, BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId, TradeId

from clients.adapters.access import depth_cadence
from clients.adapters.nautilus.bars import BarPublisher, bar_of, interval_of
from clients.adapters.nautilus.book_deltas import BookPublisher
from clients.adapters.nautilus.config import GpuxDataClientConfig
from clients.adapters.nautilus.instruments import NS_PER_US, VENUE, price_of, quantity_of
from clients.adapters.nautilus.providers import GpuxInstrumentProvider
from clients.client import Session
from clients.errors import ChannelRefused
from clients.events import BookChanged, ChannelData, Event
from clients.feeds import Feed
from exchange.wire.messages import Candles, ChannelSpec, Instruments, Top, Trades
from exchange.wire.requests import ChannelName

AGGRESSORS = {"b": AggressorSide.BUYER, "s": AggressorSide.SELLER, "n": AggressorSide.NO_AGGRESSOR}
DEFAULT_ROWS = 500
ALL = 1 << 40  # more rows than there are
LEVELS = (10, 50)  # that the venue publishes besides all


class GpuxDataClient(LiveMarketDataClient):
    """Market data through a session of its own."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, name: str | None, config: GpuxDataClientConfig, msgbus: Any, cache: Any,
        clock: Any, session: Session, provider: GpuxInstrumentProvider,
    ) -> None:  # fmt: skip
        client_id = ClientId(name or VENUE.value)
        super().__init__(
            loop=loop, client_id=client_id, venue=VENUE, msgbus=msgbus, cache=cache, clock=clock,
            instrument_provider=provider, config=config,
        )  # fmt: skip
        self._session, self._provider = session, provider
        self._feeds: dict[tuple[str, InstrumentId, str], Feed] = {}
        self._books: dict[int, BookPublisher] = {}
        self._bars: dict[tuple[int, str], BarPublisher] = {}

    async def _connect(self) -> None:
        await self._session.__aenter__()
        await self._provider.learn()
        for instrument in self._provider.list_all():
            self._handle_data(instrument)
        self.create_task(self._read(), log_msg="read")

    async def _disconnect(self) -> None:
        await self._session.close()

    # -- events -------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for event in self._session.events():
            self._take(event)
        self._log.info(f"No more market data: {self._session.failure}")

    def _take(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            self._publish_book(event)
        elif isinstance(event, ChannelData):
            if isinstance(event.message, Top):
                self._publish_quote(event.instrument, event.message)
            elif isinstance(event.message, Trades):
                self._publish_trades(event.instrument, event.message)
            elif isinstance(event.message, Candles):
                self._publish_bars(event.message)
            elif isinstance(event.message, Instruments) and not event.message.snapshot:
                self._publish_instruments(event.message)

    def _publish_book(self, event: BookChanged) -> None:
        publisher = self._books.get(event.book.instrument)
        if publisher is None or not event.book.synced:
            return
        deltas = publisher.deltas(event.book, self._clock.timestamp_ns())
        if deltas is not None:
            self._handle_data(deltas)

    def _publish_quote(self, number: int, top: Top) -> None:
        """Publish the best prices. A quote has both, so nothing is published while a side is empty."""
        name = self._provider.id_of(number)
        if name is None or top.bid_tick is None or top.ask_tick is None:
            return
        self._handle_data(
            QuoteTick(
                instrument_id=name,
                bid_price=price_of(top.bid_tick),
                ask_price=price_of(top.ask_tick),
                bid_size=quantity_of(top.bid_lots or 0),
                ask_size=quantity_of(top.ask_lots or 0),
                ts_event=top.time_us * NS_PER_US,
                ts_init=self._clock.timestamp_ns(),
            )
        )

    def _publish_trades(self, number: int, trades: Trades) -> None:
        name = self._provider.id_of(number)
        if name is None:
            return
        for trade_id, price_tick, lots, aggressor in trades.rows:
            self._handle_data(self._tick(name, trade_id, trades.time_us, price_tick, lots, aggressor))

    def _tick(
        self, name: InstrumentId, trade_id: int, time_us: int, price_tick: int, lots: int, aggressor: str
    ) -> TradeTick:
        return TradeTick(
            instrument_id=name,
            price=price_of(price_tick),
            size=quantity_of(lots),
            aggressor_side=AGGRESSORS[aggressor],
            trade_id=TradeId(str(trade_id)),
            ts_event=time_us * NS_PER_US,
            ts_init=self._clock.timestamp_ns(),
        )

    def _publish_bars(self, candles: Candles) -> None:
        publisher = self._bars.get((candles.instrument, candles.interval))
        for bar in publisher.ended(candles.rows, self._clock.timestamp_ns()) if publisher else ():
            self._handle_data(bar)

    def _publish_instruments(self, message: Instruments) -> None:
        for definition in message.rows:
            instrument = self._provider.redefine(definition)
            if instrument is not None:
                self._handle_data(instrument)

    # -- subscriptions ------------------------------------------------------------------------------------------------

    async def _follow(self, name_of_channel: ChannelName, name: InstrumentId, **terms: Any) -> None:
        """Subscribe to a channel of an instrument."""
        number = self._provider.definition(name).instrument
        spec = ChannelSpec(name_of_channel=name_of_channel, instrument=number, **terms)
        try:
            (self._feeds[name_of_channel, name, terms.get("interval", "")],) = await self._session.subscribe(spec)
        except ChannelRefused as refused:
            self._log.error(f"Cannot subscribe to {name}: {refused}")

    async def _leave(self, name_of_channel: ChannelName, name: InstrumentId, interval: str = "") -> None:
        feed = self._feeds.pop((name_of_channel, name, interval), None)
        if feed is not None:
            await self._session.unsubscribe(feed)

    async def _subscribe_quote_ticks(self, command: Any) -> None:
        await self._follow("top", command.instrument_id, cadence_ms=0)

    async def _unsubscribe_quote_ticks(self, command: Any) -> None:
        await self._leave("top", command.instrument_id)

    async def _subscribe_trade_ticks(self, command: Any) -> None:
        await self._follow("trades", command.instrument_id)

    async def _unsubscribe_trade_ticks(self, command: Any) -> None:
        await self._leave("trades", command.instrument_id)

    async def _subscribe_order_book_deltas(self, command: Any) -> None:
        if command.book_type == BookType.L3_MBO:
            self._log.error(f"Cannot subscribe to the book of {command.instrument_id} by order: the venue has levels")
            return
        name, depth = command.instrument_id, command.depth or 0
        levels = next((count for count in LEVELS if 0 < depth <= count), 0)
        self._books[self._provider.definition(name).instrument] = BookPublisher(name)
        await self._follow("status", name)  # without it a crossed book during an auction would count as an error
        await self._follow("depth", name, cadence_ms=depth_cadence(self._session), levels=levels)

    async def _unsubscribe_order_book_deltas(self, command: Any) -> None:
        self._books.pop(self._provider.definition(command.instrument_id).instrument, None)
        await self._leave("depth", command.instrument_id)
        await self._leave("status", command.instrument_id)

    async def _subscribe_bars(self, command: Any) -> None:
        name, interval = command.bar_type.instrument_id, interval_of(command.bar_type)
        self._bars[self._provider.definition(name).instrument, interval] = BarPublisher(command.bar_type)
        await self._follow("candles", name, interval=interval)

    async def _unsubscribe_bars(self, command: Any) -> None:
        name, interval = command.bar_type.instrument_id, interval_of(command.bar_type)
        self._bars.pop((self._provider.definition(name).instrument, interval), None)
        await self._leave("candles", name, interval)

    async def _subscribe_instrument(self, command: Any) -> None:
        """Changed definitions come by themselves."""

    async def _subscribe_instruments(self, command: Any) -> None:
        """Changed definitions come by themselves."""

    async def _unsubscribe_instrument(self, command: Any) -> None:
        """Definitions go on coming."""

    async def _unsubscribe_instruments(self, command: Any) -> None:
        """Definitions go on coming."""

    # -- requests -----------------------------------------------------------------------------------------------------

    async def _request_instrument(self, request: Any) -> None:
        await self._provider.load_async(request.instrument_id)
        instrument = self._provider.find(request.instrument_id)
        if instrument is not None:
            self._handle_instrument(instrument, request.id, request.start, request.end, request.params)

    async def _request_instruments(self, request: Any) -> None:
        await self._provider.load_all_async()
        found = self._provider.list_all()
        self._handle_instruments(VENUE, found, request.id, request.start, request.end, request.params)

    async def _request_trade_ticks(self, request: Any) -> None:
        name = request.instrument_id
        rows = await self._session.trade_history(self._provider.definition(name), **_range(request))
        ticks = [self._tick(name, row.trade_id, row.time_us, *row[2:5]) for row in rows]
        self._handle_trade_ticks(name, ticks, request.id, request.start, request.end, request.params)

    async def _request_bars(self, request: Any) -> None:
        bar_type = request.bar_type
        definition = self._provider.definition(bar_type.instrument_id)
        rows = await self._session.candles(definition, interval_of(bar_type), **_range(request))
        bars = [bar_of(bar_type, row, self._clock.timestamp_ns()) for row in rows]
        self._handle_bars(bar_type, bars, request.id, request.start, request.end, request.params)


def _range(request: Any) -> dict[str, int]:
    """The range of a request: times in us, and a count, which by default is all since `start`."""
    start, end = ((dt_to_unix_nanos(time) or 0) // NS_PER_US if time else 0 for time in (request.start, request.end))
    return {"count": request.limit or (ALL if start else DEFAULT_ROWS), "from_us": start, "to_us": end}
