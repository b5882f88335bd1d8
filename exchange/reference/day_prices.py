"""Prices that an order may have on the day: daily limits, band, and parking outside them (BAND-001 to BAND-004)."""

from exchange.codes import ComboKind, Side, TimeInForce
from exchange.reference.book import signed
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.units import PRICE_MAX


def worst_price(market: Market, index: int, side: int) -> int:
    """The highest price that a buy may have, or the lowest of a sell: by band (BAND-001, BAND-002) and daily limits
    (BAND-004)."""
    instrument, book = market.clearing.instruments[index], market.books[index]
    limit = instrument.high_tick if side == Side.BUY else instrument.low_tick
    known = [tick for tick in (book.last_tick, book.indicative_tick, instrument.settle_tick) if tick is not None]
    band = known[0] + signed(side) * instrument.band_ticks if instrument.band_ticks else limit
    return min(signed(side) * limit, signed(side) * band) * signed(side)


def outside_band(market: Market, index: int, side: int, price: int, tif: int) -> bool:
    """Whether an order with this limit is refused with reason BAND (BAND-001, BAND-004)."""
    instrument = market.clearing.instruments[index]
    if can_park(instrument, side, price, tif):
        return False
    if not instrument.low_tick <= price <= instrument.high_tick:
        return True
    return signed(side) * (price - worst_price(market, index, side)) > 0


def is_representable(instrument: Instrument, price: int) -> bool:
    """Whether a price is one that the venue can represent (SPEC-004)."""
    lowest = 1 if instrument.combo in (ComboKind.OUTRIGHT, ComboKind.STRIP) else -PRICE_MAX
    return lowest <= price <= PRICE_MAX


def can_park(instrument: Instrument, side: int, price: int, tif: int) -> bool:
    """BAND-004: whether an order may be parked: GTC or GTD, outside the daily limits on the passive side."""
    passive = price < instrument.low_tick if side == Side.BUY else price > instrument.high_tick
    return tif in (TimeInForce.GTC, TimeInForce.GTD) and passive and is_representable(instrument, price)


def waits_for_a_day(instrument: Instrument, side: int, tif: int, trigger: int) -> bool:
    """STOP-009: whether a GTC or GTD stop has a trigger that no print of the day can reach."""
    beyond = trigger > instrument.high_tick if side == Side.BUY else trigger < instrument.low_tick
    return tif in (TimeInForce.GTC, TimeInForce.GTD) and beyond and is_representable(instrument, trigger)


def stop_outside(instrument: Instrument, side: int, tif: int, trigger: int, limit: int | None) -> bool:
    """STOP-009, BAND-004: whether a stop is refused for its trigger or its limit. `limit` None: it has none."""
    if waits_for_a_day(instrument, side, tif, trigger):
        return limit is not None and not is_representable(instrument, limit)
    if not instrument.low_tick <= trigger <= instrument.high_tick:
        return True
    if limit is None or instrument.low_tick <= limit <= instrument.high_tick:
        return False
    return not can_park(instrument, side, limit, tif)
