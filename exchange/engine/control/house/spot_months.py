"""SPOT_MONTHS: the month of each commodity that is in its spot window, and the limit on its lots (LIMIT-001).

The venue proposes it after a close and, for an index month in progress, at noon (LIMIT-003). Working orders and
positions are then counted by the new month.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import ComboKind
from exchange.engine.control.checks import require, within
from exchange.engine.control.live_books import changing_terms
from exchange.records import EVENT
from exchange.units import POSITION_LOTS_MAX

LOTS_MAX = 1_000 * POSITION_LOTS_MAX  # of a limit: an index month in progress counts by its last hours
MONTH_MAX = 4_095  # of an instrument id (SPEC-042)


class SpotMonth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The spot month of one commodity.

    month     months since 2020-01; 0: none is in its window
    lots_max  largest net lots of an account in it; 0: no limit
    books     outrights of the commodity whose period contains the month
    """

    commodity: int
    month: int = 0
    lots_max: int = 0
    books: list[int] = []


class SpotPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The commodities whose spot month or limit changes."""

    commodities: list[SpotMonth]


def check_spot_months(state: np.record, terms: SpotPayload) -> None:
    """Raise ControlError if a commodity is not defined, a book is not its own, or a figure is out of range."""
    named = [one.commodity for one in terms.commodities]
    require(len(set(named)) == len(named), "spot months: a commodity is named once")
    for one in terms.commodities:
        name = f"spot month of commodity {one.commodity}"
        within("spot months: commodity", one.commodity, 1, state.commodities.shape[0] - 1)
        require(bool(state.commodities[one.commodity].psr_mills), f"{name}: it is not defined")
        within(f"{name}: month", one.month, 0, MONTH_MAX)
        within(f"{name}: lots_max", one.lots_max, 0, LOTS_MAX)
        own = set(_outrights(state, one.commodity)) if one.month else set()
        others = sorted(set(one.books) - own)
        require(not others, f"{name}: books {others} are none of its outrights, or there is no month")


def set_spot_months(state: np.record, terms: SpotPayload) -> np.ndarray:
    """Carry out a checked payload. Returns no events: a limit is no message."""
    outrights = {one.commodity: _outrights(state, one.commodity) for one in terms.commodities}
    with changing_terms(state, [index for books in outrights.values() for index in books]):
        for one in terms.commodities:
            row = state.commodities[one.commodity]
            row.spot_month, row.spot_lots_max = one.month, one.lots_max
            state.books["spot_weight"][outrights[one.commodity]] = 0
            state.books["spot_weight"][one.books] = 1
    return np.zeros(0, EVENT)


def _outrights(state: np.record, commodity: int) -> Sequence[int]:
    books = state.books[: int(state.books_listed) + 1]
    found: list[int] = np.flatnonzero(
        (books["commodity"] == commodity) & (books["combo"] == ComboKind.OUTRIGHT) & (books["life"] == Life.LISTED)
    ).tolist()
    return found
