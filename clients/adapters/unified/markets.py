"""An instrument as a market of ccxt.

The unified symbol of H100.G90.F27 is `H100.G90.F27/USD:USD-261224`: GPU-hours of one chip, tier and delivery period are
the base, because those of another period cannot replace them; then come the currency and the last trading day. A lot
is a contract, and its size is the hours of the period, so amount x price x size is money as everywhere in ccxt.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import to_builtins

from exchange.units import MILLS_PER_DOLLAR, price_text
from exchange.wire.messages import InstrumentDefinition

Market = dict[str, Any]
US_PER_MS = 1_000


def dollars(mills: int) -> str:
    """Money in dollars, exact."""
    return str(Decimal(mills) / MILLS_PER_DOLLAR)


def iso_day(us: int) -> str:
    """A day as ccxt's symbols have it: YYMMDD, UTC."""
    return datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%y%m%d")


def base_of(symbol: str) -> str:
    """The base of a symbol. `/` and `:` have a meaning of their own in unified symbols."""
    return symbol.replace("/I", ".I").replace(":", "+")


def unified_symbol(definition: InstrumentDefinition) -> str:
    currency = definition.currency
    return f"{base_of(definition.symbol)}/{currency}:{currency}-{iso_day(definition.last_trading_us)}"


def fee_of(definition: InstrumentDefinition, fee_mills: int) -> float:
    """The fee of one contract in dollars; `fee_mills`: that of a lot and hour."""
    return float(dollars(fee_mills * definition.hours))


def market_of(definition: InstrumentDefinition) -> Market:
    """The market of an instrument. Fees are flat: dollars of one contract, not a part of its value."""
    base, currency = base_of(definition.symbol), definition.currency
    expiry = definition.last_trading_us // US_PER_MS
    low, high = (float(price_text(tick)) for tick in definition.limit_ticks)
    return {
        "id": definition.symbol, "symbol": unified_symbol(definition),
        "base": base, "quote": currency, "settle": currency,
        "baseId": base, "quoteId": currency, "settleId": currency,
        "type": "future", "spot": False, "margin": False, "swap": False, "future": True, "option": False,
        "index": False, "active": not definition.life, "contract": True, "linear": True, "inverse": False,
        "subType": "linear", "contractSize": float(definition.hours),
        "maker": fee_of(definition, definition.maker_fee), "taker": fee_of(definition, definition.taker_fee),
        "percentage": False, "tierBased": False, "feeSide": "quote",
        "expiry": expiry, "expiryDatetime": datetime.fromtimestamp(expiry / 1000, UTC).strftime("%FT%T.000Z"),
        "precision": {"amount": 1.0, "price": float(price_text(definition.minimum_increment))},
        "limits": {
            "leverage": {"min": None, "max": None},
            "amount": {"min": float(definition.order_lots_min), "max": float(definition.order_lots_max)},
            "price": {"min": low, "max": high},
            "cost": {"min": None, "max": None},
        },
        "marginModes": {"cross": True, "isolated": False},
        "info": to_builtins(definition),
    }  # fmt: skip
