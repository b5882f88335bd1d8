"""Derives all instruments of a trading day from products and calendar."""

from datetime import date

from contracts_spec.combinations import combinations_of
from contracts_spec.outrights import DayListing, Instrument, Known, list_outrights
from contracts_spec.schema import Spec

__all__ = ["Instrument", "Known", "instruments_on"]

NEW_VENUE = Known()


def instruments_on(spec: Spec, day: date, known: Known = NEW_VENUE) -> list[Instrument]:
    """All instruments of trading day `day`: outrights sorted by id, then combinations sorted by id.

    known    settlements and combination ids of earlier days; by default none, so that reference prices are seed prices
    SpecError: a last trading day needs the holiday list of a year that has none (CONFIG-007)
    """
    listing = DayListing(spec, day, known)
    list_outrights(listing)
    return sorted(listing.outrights.values(), key=lambda instrument: instrument.id) + combinations_of(listing)
