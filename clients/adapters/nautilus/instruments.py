"""One instrument as NautilusTrader's: an outright is a futures contract, a combination a futures spread.

The multiplier is the hours of the delivery period, so price x quantity x multiplier is money. Fees of the venue are
mills of a lot and hour, NautilusTrader's are parts of the value, so they stay in `info`; fills have the exact fee.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import to_builtins
from nautilus_trader.model.enums import AssetClass
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import FuturesContract, FuturesSpread, Instrument
from nautilus_trader.model.objects import Currency, Money, Price, Quantity

from exchange.units import MILLS_PER_DOLLAR, price_text
from exchange.wire.messages import InstrumentDefinition

VENUE = Venue("GPUX")
PRICE_PRECISION = 3
NS_PER_US = 1_000
NO_TIME = 0  # the venue does not say since when an instrument trades


def price_of(price_tick: int) -> Price:
    return Price.from_str(price_text(price_tick))


def ticks_of(price: Price) -> int:
    """Ticks of a price. ValueError: it is between two."""
    ticks = price.as_decimal() * MILLS_PER_DOLLAR
    if ticks != ticks.to_integral_value():
        raise ValueError(f"price {price} is off the tick: at most three decimals, like 2.845")
    return int(ticks)


def quantity_of(lots: int) -> Quantity:
    return Quantity.from_int(lots)


def money_of(mills: int, currency: str) -> Money:
    """Money, to the cent as NautilusTrader has it: half a cent is rounded to even."""
    return Money(Decimal(mills) / MILLS_PER_DOLLAR, Currency.from_str(currency))


def outright_id(definition: InstrumentDefinition) -> InstrumentId:
    return InstrumentId(Symbol(definition.symbol), VENUE)


def instrument_id(definition: InstrumentDefinition, by_number: Mapping[int, InstrumentDefinition]) -> InstrumentId:
    """The id of an instrument. That of a combination names its legs, as the engine expects it of a spread.

    by_number   the venue's instruments. KeyError: a leg is not among them.
    """
    if not definition.legs:
        return outright_id(definition)
    return InstrumentId.new_spread([(outright_id(by_number[leg]), ratio) for leg, ratio in definition.legs])


def instrument_of(definition: InstrumentDefinition, name: InstrumentId, ts_ns: int) -> Instrument:
    """The instrument under an id. `ts_ns`: the time now."""
    terms = {
        "instrument_id": name,
        "raw_symbol": Symbol(definition.symbol),
        "asset_class": AssetClass.COMMODITY,
        "currency": Currency.from_str(definition.currency),
        "price_precision": PRICE_PRECISION,
        "price_increment": price_of(definition.minimum_increment),
        "multiplier": quantity_of(definition.hours),
        "lot_size": quantity_of(definition.order_lots_min),
        "underlying": definition.chip or definition.family,
        "activation_ns": NO_TIME,
        "expiration_ns": definition.last_trading_us * NS_PER_US,
        "ts_event": ts_ns,
        "ts_init": ts_ns,
        "info": to_builtins(definition),
    }
    return FuturesSpread(strategy_type=definition.combo, **terms) if definition.legs else FuturesContract(**terms)
