"""What the venue reports, as ccxt's unified structures. `info` has the message with the keys of the wire.

Numbers are texts, which ccxt's `safe_` methods parse; those of a position and a book are numbers, because they do not.
"""

from decimal import Decimal
from typing import Any

from msgspec import to_builtins

from clients.adapters.unified.markets import US_PER_MS, Market, dollars
from clients.local_book import LocalBook, PriceLevel
from exchange.units import price_text
from exchange.wire.messages import Exec, Fill, Margin, MarginView, OrderView, PositionView, Stats

SIDES = {"b": "buy", "s": "sell"}
STATUSES = {
    "sent": "open", "pending": "open", "open": "open", "filled": "closed", "cancelled": "canceled",
    "rejected": "rejected", "expired": "expired", "unknown": None,
}  # fmt: skip
TIF_NAMES = {"day": "DAY", "gtc": "GTC", "gtd": "GTD", "ioc": "IOC", "fok": "FOK"}
TYPES = {"stop": "market", "stop_limit": "limit", "mtl": "market"}  # ccxt has stops as orders with a trigger price
DOLLAR_TICKS = 1_000


def hours_of(market: Market) -> int:
    return int(market["contractSize"])


def money(market: Market, value_tick_lots: int) -> str:
    """Dollars of a sum of price x lots."""
    return dollars(value_tick_lots * hours_of(market))


def average(value_tick_lots: int, lots: int) -> str | None:
    """Average price in dollars of signed or unsigned lots; None: there are none."""
    return str(Decimal(value_tick_lots) / lots / DOLLAR_TICKS) if lots else None


def order_view(order: OrderView | Exec, market: Market, time_us: int | None = None) -> dict[str, Any]:
    """An order. `time_us`: when it was entered, if that is known."""
    return {
        "id": str(order.order_id) if order.order_id else None,
        "clientOrderId": order.client_order_id or None,
        "timestamp": time_us // US_PER_MS if time_us else None,
        "symbol": market["symbol"],
        "type": TYPES.get(order.order_type, order.order_type),
        "timeInForce": TIF_NAMES[order.tif],
        "side": SIDES[order.side],
        "price": price_text(order.price_tick) if order.price_tick or order.order_type != "market" else None,
        "amount": str(order.order_lots),
        "filled": str(order.filled_lots),
        "remaining": str(order.leaves_lots if order.leaves_lots else order.order_lots - order.filled_lots),
        "cost": money(market, order.value_tick_lots),
        "average": average(order.value_tick_lots, order.filled_lots),
        "status": STATUSES[order.state],
        "fee": None,
        "trades": [],
        "info": to_builtins(order),
    }


def fill_view(fill: Fill, market: Market) -> dict[str, Any]:
    """A trade of one of our orders."""
    return {
        "id": str(fill.trade_id),
        "timestamp": fill.time_us // US_PER_MS,
        "symbol": market["symbol"],
        "order": str(fill.order_id),
        "type": None,
        "side": SIDES[fill.side],
        "takerOrMaker": fill.liquidity if fill.liquidity in ("maker", "taker") else None,
        "price": price_text(fill.price_tick),
        "amount": str(fill.lots),
        "fee": {"currency": market["settle"], "cost": dollars(fill.fee_mills)},
        "info": to_builtins(fill),
    }


def trade_view(row: tuple[int, int, int, int, str], market: Market) -> dict[str, Any]:
    """A trade of the market. `row`: id, time in us, price in ticks, lots, aggressor."""
    trade_id, time_us, price_tick, lots, aggressor = row
    return {
        "id": str(trade_id),
        "timestamp": time_us // US_PER_MS,
        "symbol": market["symbol"],
        "side": SIDES.get(aggressor),
        "price": price_text(price_tick),
        "amount": str(lots),
        "info": {"trade_id": trade_id, "time_us": time_us, "aggressor": aggressor},
    }


def position_view(position: PositionView, market: Market) -> dict[str, Any]:
    """A position. Its entry price is that since the last settlement, which pays the gain so far in cash."""
    lots, mark = abs(position.lots), position.mark_tick
    entry = average(position.value_tick_lots, position.lots)
    return {
        "symbol": market["symbol"],
        "contracts": float(lots),
        "contractSize": market["contractSize"],
        "side": "long" if position.lots > 0 else "short",
        "entryPrice": float(entry) if entry else None,
        "markPrice": mark / DOLLAR_TICKS,
        "notional": float(money(market, mark * lots)),
        "unrealizedPnl": float(dollars(position.unrealised_mills)),
        "marginMode": "cross",
        "hedged": False,
        "info": to_builtins(position),
    }


def balance_view(margin: Margin | MarginView) -> dict[str, Any]:
    """Equity and free margin as the balance of the account's currency."""
    total, free = margin.equity_mills, margin.free_margin_mills
    account = {"total": dollars(total), "free": dollars(free), "used": dollars(total - free)}
    return {"info": to_builtins(margin), margin.currency: account}


def ticker_view(stats: Stats, book: LocalBook, market: Market) -> dict[str, Any]:
    """The trading day so far, with the best prices. StaleBook: the book waits for a snapshot."""
    bid, ask = book.best_bid, book.best_ask
    last = _price(stats.last_tick)
    return {
        "symbol": market["symbol"],
        "timestamp": max(stats.time_us, book.time_us) // US_PER_MS,
        "open": _price(stats.open_tick), "high": _price(stats.day_high_tick), "low": _price(stats.day_low_tick),
        "last": last, "close": last, "previousClose": price_text(stats.previous_settle_tick),
        "bid": _level_price(bid), "bidVolume": str(bid.lots) if bid else None,
        "ask": _level_price(ask), "askVolume": str(ask.lots) if ask else None,
        "baseVolume": str(stats.volume_lots), "quoteVolume": money(market, stats.value_tick_lots),
        "vwap": average(stats.value_tick_lots, stats.volume_lots),
        "info": to_builtins(stats),
    }  # fmt: skip


def book_view(book: LocalBook, market: Market, limit: int | None = None) -> dict[str, Any]:
    """The price levels of a book, best first. StaleBook: it waits for a snapshot."""
    bids, asks = ([[level.price_tick / DOLLAR_TICKS, float(level.lots)] for level in side(limit)]
                  for side in (book.bids, book.asks))  # fmt: skip
    stamp = book.time_us // US_PER_MS
    return {"symbol": market["symbol"], "bids": bids, "asks": asks, "timestamp": stamp, "nonce": book.sequence}


def _price(tick: int | None) -> str | None:
    return None if tick is None else price_text(tick)


def _level_price(level: PriceLevel | None) -> str | None:
    return price_text(level.price_tick) if level else None
