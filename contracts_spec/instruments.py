"""Derives all instruments of a trading day from products and calendar."""

from collections.abc import Sequence
from datetime import date

from contracts_spec.combinations import combinations_of
from contracts_spec.outrights import DayListing, Instrument, Known, list_outrights
from contracts_spec.schema import Spec
from exchange.errors import UserError

__all__ = ["Instrument", "Known", "instruments_on", "with_legs"]

NEW_VENUE = Known()


def instruments_on(spec: Spec, day: date, known: Known = NEW_VENUE) -> list[Instrument]:
    """All instruments of trading day `day`: outrights sorted by id, then combinations sorted by id.

    known    settlements and combination ids of earlier days; by default none, so that reference prices are seed prices
    SpecError: a last trading day needs the holiday list of a year that has none (CONFIG-007)
    """
    listing = DayListing(spec, day, known)
    list_outrights(listing)
    return sorted(listing.outrights.values(), key=lambda instrument: instrument.id) + combinations_of(listing)


def with_legs(instruments: Sequence[Instrument], symbols: Sequence[str]) -> list[Instrument]:
    """The instruments of these symbols, and the legs of the combinations among them. UserError: one is not there."""
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    unknown = [symbol for symbol in symbols if symbol not in by_symbol]
    if unknown:
        raise UserError(f"no instrument {unknown[0]} is listed on this day")
    wanted = {by_symbol[symbol].id for symbol in symbols}
    wanted |= {leg for symbol in symbols for leg, _ in by_symbol[symbol].legs}
    return [instrument for instrument in instruments if instrument.id in wanted]
