"""The venue as an exchange of ccxt, asynchronous, with `watch_` methods.

    exchange = gpux({"apiKey": "k_mm1", "secret": "data/mm1.pem", "urls": {"api": {"ws": "ws://127.0.0.1:8443"}}})
    await exchange.load_markets()
    order = await exchange.create_order("H100.G90.H27", "limit", "buy", 12, 2.845)
    await exchange.close()

`secret` is the path of the key's PEM file. Methods, arguments and results are ccxt's; README.md lists what differs.
"""

from typing import Any

import ccxt
from msgspec.structs import replace

from clients.adapters.access import depth_cadence
from clients.adapters.ccxt_session import CcxtSession, translated
from clients.adapters.unified import unsupported
from clients.adapters.unified.markets import market_of
from clients.adapters.unified.order_terms import order_terms
from clients.adapters.unified.past import candles_of, trades_of
from clients.adapters.unified.views import (
    balance_view,
    book_view,
    fill_view,
    position_view,
    ticker_view,
    trade_view,
)
from clients.client import Session
from clients.errors import Refused
from exchange.units import price_from_text
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Cancel, Fill, Ok, Replace
from exchange.wire.requests import SideText

Structure = dict[str, Any]
Params = dict[str, Any] | None
SIDE_WORDS: dict[str, SideText] = {"buy": "b", "sell": "s"}
TICKERS_MAX = 100  # each takes three channels of the connection
EVENTS_PER_QUERY = 2_000  # of an account stream, for a query of fills
EDITED = ("displayAmount", "triggerPrice", "tag")


class gpux(CcxtSession):  # ccxt's exchanges are named so
    """The exchange. Each method behaves as ccxt documents it."""

    # -- market data --------------------------------------------------------------------------------------------------

    @translated
    async def fetch_markets(self, params: Params = None) -> list[Structure]:
        return [market_of(one) for one in (await (await self.session_of()).instruments()).values()]

    @translated
    async def fetch_ticker(self, symbol: str, params: Params = None) -> Structure:
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        stats = await session.stats(instrument)
        book = await session.book(instrument, depth_cadence(session))
        return {**self.safe_ticker(self._dated(ticker_view(stats, book, market)), market)}

    async def fetch_tickers(self, symbols: list[str] | None = None, params: Params = None) -> Structure:
        await self.load_markets()
        wanted = symbols if symbols is not None else self.symbols
        if len(wanted) > TICKERS_MAX:
            text = f"{self.id} fetchTickers() needs at most {TICKERS_MAX} symbols, not {len(wanted):,}"
            raise ccxt.ArgumentsRequired(text)
        tickers = [await self.fetch_ticker(symbol) for symbol in wanted]
        return {ticker["symbol"]: ticker for ticker in tickers}

    @translated
    async def fetch_order_book(self, symbol: str, limit: int | None = None, params: Params = None) -> Structure:
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        book = await session.book(instrument, depth_cadence(session))
        return self._dated(book_view(book, market, limit))

    @translated
    async def fetch_trades(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        rows = [trade_view(row[:5], market) for row in await trades_of(session, instrument, since, limit)]
        return [self.safe_trade(self._dated(row), market) for row in rows]

    @translated
    async def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None,
        params: Params = None,
    ) -> list[list[float]]:  # fmt: skip
        session, (_, instrument) = await self.session_of(), await self._market(symbol)
        return await candles_of(session, instrument, self._interval(timeframe), since, limit)

    # -- orders -------------------------------------------------------------------------------------------------------

    @translated
    async def create_order(
        self, symbol: str, type: str, side: str, amount: float, price: float | None = None, params: Params = None
    ) -> Structure:
        """Enter an order and wait for the venue's reply, which has the state after the whole command."""
        session, (market, instrument) = await self.trading_session(), await self._market(symbol)
        wanted = dict(params or {})
        client_order_id = wanted.pop("clientOrderId", None)
        terms = order_terms(type, wanted, lambda number: self._price_text(market, number))
        if type == "limit" and price is None:
            raise ccxt.ArgumentsRequired(f"{self.id} createOrder() requires a price for a limit order")
        if side not in SIDE_WORDS:
            raise ccxt.InvalidOrder(f"{self.id} side {side!r} not in buy, sell")
        text = None if price is None or type == "market" else self._price_text(market, price)
        lots = int(self.amount_to_precision(market["symbol"], amount))
        request = session.new(SIDE_WORDS[side], instrument, lots, text, **terms)
        request = replace(request, client_order_id=client_order_id) if client_order_id else request
        return await self._changed_order(session, await session.request(request))

    @translated
    async def edit_order(
        self, id: str, symbol: str, type: str, side: str, amount: float | None = None, price: float | None = None,
        params: Params = None,
    ) -> Structure:  # fmt: skip
        """Change an order in place. `amount` is the new total, filled lots included."""
        session, (market, _) = await self.trading_session(), await self._market(symbol)
        terms: dict[str, Any] = self._named(id, params, EDITED)
        if amount is not None:
            terms["order_lots"] = int(self.amount_to_precision(market["symbol"], amount))
        if price is not None:
            terms["price_tick"] = price_from_text(self._price_text(market, price))
        for name, term in (("displayAmount", "display_lots"), ("tag", "tag")):
            if (params or {}).get(name) is not None:
                terms[term] = (params or {})[name]
        if (params or {}).get("triggerPrice") is not None:
            terms["trigger_tick"] = price_from_text(self._price_text(market, (params or {})["triggerPrice"]))
        return await self._changed_order(session, await session.request(Replace(request_id=1, **terms)))

    @translated
    async def cancel_order(self, id: str, symbol: str | None = None, params: Params = None) -> Structure:
        session = await self.trading_session()
        reply = await session.request(Cancel(request_id=1, **self._named(id, params)))
        return await self._changed_order(session, reply)

    @translated
    async def cancel_all_orders(self, symbol: str | None = None, params: Params = None) -> list[Structure]:
        """Cancel the account's orders, of one market or of all. The venue answers with their number."""
        session = await self.trading_session()
        instrument = (await self._market(symbol))[1] if symbol else None
        count = await session.cancel_all(instrument)
        return [{**self.safe_order({"info": {"count": count}})}]

    @translated
    async def fetch_order(self, id: str, symbol: str | None = None, params: Params = None) -> Structure:
        session, name = await self.trading_session(), self._named(id, params)
        await self.load_markets()
        view = await session.find_order(name.get("client_order_id", ""), order_id=name.get("order_id", 0))
        return self._order_of(view, self._market_of(view.instrument))

    @translated
    async def fetch_open_orders(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        session = await self.trading_session()
        await self.load_markets()
        orders = [self._order_of(view, self._market_of(view.instrument)) for view in await session.open_orders()]
        name = self.symbol(symbol) if symbol else None
        return [*self.filter_by_symbol_since_limit(orders, name, since, limit)]

    @translated
    async def fetch_my_trades(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        """The account's fills, newest first read: as far back as `since` or `limit` need and the venue keeps them."""
        session = await self.trading_session()
        await self.load_markets()
        name = self.symbol(symbol) if symbol else None
        trades: list[Structure] = []
        last = session.core.accounts[session.core.account].sequence
        while last > 0:
            fills = await self._fills_until(session, last)
            page = [self._own_trade(fill) for fill in fills or []]
            trades = [trade for trade in page if name in (None, trade["symbol"])] + trades
            last -= EVENTS_PER_QUERY
            reached = bool(since is not None and page and page[0]["timestamp"] < since)
            if fills is None or reached or (since is None and limit is not None and len(trades) >= limit):
                break
        return [*self.filter_by_symbol_since_limit(trades, name, since, limit)]

    # -- account ------------------------------------------------------------------------------------------------------

    @translated
    async def fetch_balance(self, params: Params = None) -> Structure:
        """Equity as `total`, free margin as `free`, in dollars."""
        return {**self.safe_balance(balance_view(await (await self.trading_session()).margin()))}

    @translated
    async def fetch_positions(self, symbols: list[str] | None = None, params: Params = None) -> list[Structure]:
        session = await self.trading_session()
        await self.load_markets()
        held = [position for position in await session.positions() if position.lots]
        views = [position_view(position, self._market_of(position.instrument)) for position in held]
        wanted = None if symbols is None else [self.symbol(symbol) for symbol in symbols]
        return [{**self.safe_position(view)} for view in views if wanted is None or view["symbol"] in wanted]

    async def fetch_position(self, symbol: str, params: Params = None) -> Structure:
        held = await self.fetch_positions([symbol])
        market = self.market(symbol)
        flat = {"symbol": market["symbol"], "contracts": 0.0, "contractSize": market["contractSize"], "info": {}}
        return held[0] if held else {**self.safe_position(flat)}

    def calculate_fee(
        self, symbol: str, type: str, side: str, amount: float, price: float, takerOrMaker: str = "taker",
        params: Params = None,
    ) -> Structure:  # fmt: skip
        """The fee of an order: flat for a contract, whatever the price."""
        market = self.market(symbol)
        rate = market[takerOrMaker]
        return {"type": takerOrMaker, "currency": market["quote"], "rate": rate, "cost": rate * amount}

    # -- watching -----------------------------------------------------------------------------------------------------

    @translated
    async def watch_order_book(self, symbol: str, limit: int | None = None, params: Params = None) -> Structure:
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        book = await session.book(instrument, depth_cadence(session))
        await self._topics.newer(("book", instrument.instrument))
        while not book.synced:
            await self._topics.newer(("book", instrument.instrument))
        return self._dated(book_view(book, market, limit))

    @translated
    async def watch_trades(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        await session.trades(instrument)
        await self._topics.newer(("trades", instrument.instrument))
        kept = self._market_trades[instrument.instrument]
        limit = kept.getLimit(market["symbol"], limit) if self.newUpdates else limit
        return [*self.filter_by_since_limit(kept, since, limit, "timestamp", True)]

    @translated
    async def watch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None,
        params: Params = None,
    ) -> list[list[float]]:  # fmt: skip
        session, (market, instrument) = await self.session_of(), await self._market(symbol)
        key = instrument.instrument, self._interval(timeframe)
        await session.follow_candles(instrument, key[1])
        await self._topics.newer(("candles", *key))
        kept = self._candles[key]
        limit = kept.getLimit(market["symbol"], limit) if self.newUpdates else limit
        return [*self.filter_by_since_limit(kept, since, limit, 0, True)]

    @translated
    async def watch_orders(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        return await self._watched("orders", self._own_orders, symbol, since, limit)

    @translated
    async def watch_my_trades(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[Structure]:
        return await self._watched("fills", self._own_trades, symbol, since, limit)

    @translated
    async def watch_balance(self, params: Params = None) -> Structure:
        session = await self.trading_session()
        await self._topics.newer("balance")
        margin = session.core.accounts[session.core.account].margin
        assert margin is not None
        return {**self.safe_balance(balance_view(margin))}

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _watched(
        self, topic: str, kept: Any, symbol: str | None, since: int | None, limit: int | None
    ) -> list[Structure]:
        await self.trading_session()
        await self.load_markets()
        name = self.symbol(symbol) if symbol else None
        found: list[Structure] = []
        while not found:
            await self._topics.newer(topic)
            count = kept.getLimit(name, limit) if self.newUpdates else limit
            found = [*self.filter_by_symbol_since_limit(kept, name, since, count, True)]
        return found

    def _named(self, id: str | None, params: Params, known: tuple[str, ...] = ()) -> dict[str, Any]:
        """How a request names an order: by `clientOrderId` if `params` has it, else by the venue's id."""
        params = params or {}
        others = params.keys() - {"clientOrderId", *known}
        if others:
            raise ccxt.BadRequest(f"{self.id} params has {min(others)!r}, which this method does not know")
        if params.get("clientOrderId"):
            return {"client_order_id": params["clientOrderId"]}
        if not str(id or "").isdigit():
            raise ccxt.OrderNotFound(f"{self.id} order id {id!r} is not a number; params may have a clientOrderId")
        return {"order_id": int(str(id))}

    async def _changed_order(self, session: Session, reply: Ok) -> Structure:
        """The order of a reply, as the venue has it now."""
        if reply.received_us and reply.order_id and reply.order_id not in self._order_times:
            self._note_time(reply.order_id, reply.received_us)
        view = await session.find_order(reply.client_order_id, order_id=reply.order_id or 0)
        return self._order_of(view, self._market_of(view.instrument))

    def _own_trade(self, fill: Fill) -> Structure:
        market = self._market_of(fill.instrument)
        return {**self.safe_trade(self._dated(fill_view(fill, market)), market)}

    @staticmethod
    async def _fills_until(session: Session, last: int) -> list[Fill] | None:
        """The fills among the events that end with `last`; None: the venue does not keep them any more."""
        try:
            return await session.fills(max(1, last - EVENTS_PER_QUERY + 1), last)
        except Refused as refused:
            if refused.error.code == ErrorCode.REPLAY_RANGE:
                return None
            raise


def _refusing(name: str, why: str) -> Any:
    async def refuse(self: gpux, *arguments: Any, **named: Any) -> None:
        raise ccxt.NotSupported(f"{self.id} {unsupported.camel(name)}(): {why}")

    refuse.__name__, refuse.__doc__ = name, f"NotSupported: {why}."
    return refuse


for _name, _why in unsupported.METHODS.items():
    setattr(gpux, _name, _refusing(_name, _why))
