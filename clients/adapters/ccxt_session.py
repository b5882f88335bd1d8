"""The base of the ccxt exchange: what it can do, its session with the venue, its errors and its markets."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import ccxt
from ccxt.async_support.base.exchange import Exchange
from ccxt.async_support.base.ws.cache import ArrayCache, ArrayCacheBySymbolById, ArrayCacheByTimestamp
from ccxt.base.decimal_to_precision import ROUND, TICK_SIZE
from msgspec import convert

from clients.adapters.access import new_session
from clients.adapters.unified import refusals, unsupported
from clients.adapters.unified.markets import Market, market_of
from clients.adapters.unified.past import candle_view
from clients.adapters.unified.topics import Topics
from clients.adapters.unified.views import fill_view, order_view, trade_view
from clients.client import Session
from clients.errors import SessionOver
from clients.events import BookChanged, ChannelData, Event, Filled, OrderChanged
from exchange.wire.messages import Candles, Exec, Fill, InstrumentDefinition, Margin, Trades
from exchange.wire.requests import IntervalText

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="CcxtSession")
DEFAULT_URL = "ws://127.0.0.1:8443"
KEPT = 1_000  # newest trades, orders and fills that are kept for `watch_` calls
ORDER_TIMES_MAX = 10_000
CAN = (
    "fetchMarkets", "fetchTime", "fetchTicker", "fetchTickers", "fetchOrderBook", "fetchTrades", "fetchOHLCV",
    "fetchBalance", "fetchPosition", "fetchPositions", "fetchOrder", "fetchOpenOrders", "fetchMyTrades",
    "createOrder", "createLimitOrder", "createMarketOrder", "createPostOnlyOrder", "createStopOrder",
    "createStopLimitOrder", "createStopMarketOrder", "createTriggerOrder", "editOrder", "cancelOrder",
    "cancelAllOrders", "watchOrderBook", "watchTrades", "watchOHLCV", "watchOrders", "watchMyTrades", "watchBalance",
    "future", "publicAPI", "privateAPI", "ws", "pro",
)  # fmt: skip
CANNOT = (
    "CORS", "spot", "margin", "swap", "option", "fetchCurrencies", "createMarketSellOrderWithCost",
)  # fmt: skip


def translated(
    call: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """A method whose errors are those of ccxt; the text is that of the venue or the client."""

    @wraps(call)
    async def translating(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return await call(self, *arguments, **named)
        except refusals.TRANSLATED as failure:
            kind: type[Exception] = getattr(ccxt, refusals.error_name(failure))
            raise kind(f"{self.id} {failure}") from failure

    return translating


class CcxtSession(Exchange):
    """An exchange of ccxt without its methods. It connects at the first call; `close` ends the session."""

    def describe(self) -> dict[str, Any]:
        has = dict.fromkeys(map(unsupported.camel, unsupported.METHODS), False) | dict.fromkeys(CANNOT, False)
        parent: dict[str, Any] = super().describe()
        own = {
            "id": "gpux", "name": "gpux", "countries": [], "version": "v1", "rateLimit": 1, "pro": True,
            "certified": False, "has": has | dict.fromkeys(CAN, True), "precisionMode": TICK_SIZE,
            "urls": {"api": {"ws": DEFAULT_URL}, "www": "", "doc": []},
            "requiredCredentials": {"apiKey": True, "secret": True},
            "timeframes": {"1m": "1m", "1h": "1h", "1d": "1d"},
            "options": {"cancelOnDisconnect": False},
        }  # fmt: skip
        return {**self.deep_extend(parent, own)}

    def after_construct(self, config: dict[str, Any]) -> None:
        super().after_construct(config)
        self._session: Session | None = None
        self._opening: asyncio.Lock | None = None
        self._reading: asyncio.Task[None] | None = None
        self._topics = Topics()
        self._order_times: dict[int, int] = {}
        self._market_trades: dict[int, Any] = {}
        self._candles: dict[tuple[int, str], Any] = {}
        self._own_orders = ArrayCacheBySymbolById(KEPT)
        self._own_trades = ArrayCacheBySymbolById(KEPT)

    # -- session ------------------------------------------------------------------------------------------------------

    async def session_of(self) -> Session:
        """The session, connected. With `apiKey` and `secret` it trades; without them it reads market data."""
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._session is None or self._session.failure:
                await self._end_session()
                address = self.urls["api"]["ws"]
                cancel = bool(self.options["cancelOnDisconnect"])
                session = new_session(address, self.apiKey or "", self.secret or None, cancel)
                self._session = await session.__aenter__()
                await session.instruments()
                self._topics = Topics()
                self._reading = asyncio.create_task(self._read(self._session))
            return self._session

    async def trading_session(self) -> Session:
        """The session of a key. AuthenticationError: there is none."""
        self.check_required_credentials()
        return await self.session_of()

    async def close(self, clean_instance_data: bool = False) -> None:
        """Log out and close the connection. Orders stay."""
        await self._end_session()
        await super().close(clean_instance_data)

    async def _end_session(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._reading is not None:
            await self._reading
        self._session = self._reading = None

    async def _read(self, session: Session) -> None:
        async for event in session.events():
            self._take(event)
        self._topics.fail(SessionOver(session.failure))

    def _take(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            self._topics.change(("book", event.book.instrument))
        elif isinstance(event, ChannelData) and isinstance(event.message, Trades):
            self._take_trades(event.instrument, event.message)
        elif isinstance(event, ChannelData) and isinstance(event.message, Candles):
            self._take_candles(event.message)
        elif isinstance(event, OrderChanged) and isinstance(event.cause, Exec) and event.cause.order_id:
            self._take_order(event.cause)
        elif isinstance(event, Filled):
            self._take_fill(event.fill)
        elif isinstance(event, Margin):
            self._topics.change("balance")

    def _take_trades(self, instrument: int, message: Trades) -> None:
        market = self._market_of(instrument)
        kept = self._market_trades.setdefault(instrument, ArrayCache(KEPT))
        for trade_id, price_tick, lots, aggressor in message.rows:
            row = trade_view((trade_id, message.time_us, price_tick, lots, aggressor), market)
            kept.append(self.safe_trade(self._dated(row), market))
        self._topics.change(("trades", instrument))

    def _take_candles(self, message: Candles) -> None:
        key = message.instrument, message.interval
        kept = self._candles.setdefault(key, ArrayCacheByTimestamp(KEPT))
        for row in message.rows:
            kept.append(candle_view(row))
        self._topics.change(("candles", *key))

    def _take_order(self, message: Exec) -> None:
        if message.event == "new":
            self._note_time(message.order_id, message.time_us)
        self._own_orders.append(self._order_of(message, self._market_of(message.instrument)))
        self._topics.change("orders")

    def _take_fill(self, fill: Fill) -> None:
        market = self._market_of(fill.instrument)
        self._own_trades.append(self.safe_trade(self._dated(fill_view(fill, market)), market))
        self._topics.change("fills")
        known = self._own_orders.hashmap.get(market["symbol"], {}).get(str(fill.order_id))
        if known is not None:
            order = convert(known["info"], Exec)
            order.state, order.leaves_lots, order.filled_lots = fill.state, fill.leaves_lots, fill.filled_lots
            order.value_tick_lots = fill.value_tick_lots
            self._own_orders.append(self._order_of(order, market))
            self._topics.change("orders")

    def _note_time(self, order_id: int, time_us: int) -> None:
        """Note when an order was entered: a query of it does not say."""
        self._order_times[order_id] = time_us
        if len(self._order_times) > ORDER_TIMES_MAX:
            del self._order_times[next(iter(self._order_times))]

    # -- markets ------------------------------------------------------------------------------------------------------

    async def fetch_time(self, params: dict[str, Any] | None = None) -> int:
        """The venue's clock, ms."""
        session = await self.session_of()
        us = await session.venue_time_us() if session.core.key else session.core.hello and session.core.hello.time_us
        return (us or 0) // 1000

    async def _market(self, symbol: str) -> tuple[Market, InstrumentDefinition]:
        """The market and the instrument of a unified symbol, or of the venue's own. BadSymbol: there is none."""
        await self.load_markets()
        market: Market = self.market(symbol)
        return market, await (await self.session_of()).instrument(market["id"])

    def _market_of(self, instrument: int) -> Market:
        assert self._session is not None
        definition = self._session.core.feeds.instruments[instrument]
        found: Market | None = (self.markets_by_id or {}).get(definition.symbol, [None])[0]
        return found or market_of(definition)

    def _interval(self, timeframe: str) -> IntervalText:
        """The venue's interval of a timeframe. BadRequest: it has no such candles."""
        if timeframe not in self.timeframes:
            raise ccxt.BadRequest(f"{self.id} timeframe {timeframe!r} not in {', '.join(self.timeframes)}")
        found: IntervalText = self.timeframes[timeframe]
        return found

    def _price_text(self, market: Market, price: Any) -> str:
        """A price as text on the tick, rounded as ccxt does. Spreads may trade at zero, which ccxt's own refuses."""
        tick = market["precision"]["price"]
        return str(self.decimal_to_precision(price, ROUND, tick, self.precisionMode, self.paddingMode))

    def _order_of(self, order: Any, market: Market) -> dict[str, Any]:
        row = order_view(order, market, self._order_times.get(order.order_id))
        return {**self.safe_order(self._dated(row), market)}

    def _dated(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "datetime": self.iso8601(row["timestamp"])}
