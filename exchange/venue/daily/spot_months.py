"""The spot month of each commodity and its limit on a day (LIMIT-001, LIMIT-003)."""

from datetime import date, timedelta

import numpy as np

from contracts_spec.business_days import BusinessDays
from contracts_spec.periods import MONTHS, day_of, day_start_ns
from contracts_spec.position_limits import spot_limit_lots, spot_window_ns
from contracts_spec.schema import Chip, Spec
from exchange.clearing_codes import Life
from exchange.codes import ComboKind, Family, PeriodKind
from exchange.engine.control.house.spot_months import SpotMonth
from exchange.engine.index_values import hours_left
from exchange.units import NS_PER_DAY

LENGTHS = np.array([MONTHS[kind] for kind in PeriodKind])  # months of a period, by its kind
FARTHEST = timedelta(days=60)  # a window begins nearer to its last trading day
REGISTERED_LOTS = 0  # lots with certificates; none can be registered yet


def changed_months(states: np.ndarray, spec: Spec, day: date) -> list[SpotMonth]:
    """The commodities that have another spot month, limit or set of books in it than on this day they should."""
    weights, found = states["books"]["spot_weight"][0], []
    months, lots_max = (states["commodities"][name][0].tolist() for name in ("spot_month", "spot_lots_max"))
    for one in spot_months(states, spec, day):
        same = (months[one.commodity], lots_max[one.commodity]) == (one.month, one.lots_max)
        if not same or not (weights[one.books] == 1).all():
            found.append(one)
    return found


def spot_months(states: np.ndarray, spec: Spec, day: date) -> list[SpotMonth]:
    """The spot month of every commodity on a trading day; month 0: none is in its window."""
    state = states[0]
    books = state.books[: int(state.books_listed) + 1]
    outrights = np.flatnonzero((books["combo"] == ComboKind.OUTRIGHT) & (books["life"] == Life.LISTED))
    names = ("period_kind", "ltd_ns", "start_month", "commodity", "group")
    kind, ltd_ns, start, commodity, group = (books[name][outrights].astype(np.int64) for name in names)
    ltds = np.unique(ltd_ns[kind == PeriodKind.MONTH]).tolist()
    begun = (kind == PeriodKind.MONTH) & np.isin(ltd_ns, [ltd for ltd in ltds if _in_window(ltd, spec, day)])
    found = []
    for number in np.unique(commodity).tolist():
        own = commodity == number
        limit = plain_limit(spec, _chip(spec, int(group[own][0])))
        months = np.flatnonzero(begun & own)
        if len(months) == 0:
            found.append(SpotMonth(number, 0, limit))
            continue
        first = months[np.argmin(start[months])]
        month = int(start[first])
        in_month = outrights[own & (start <= month) & (month < start + LENGTHS[kind])]
        found.append(SpotMonth(number, month, _scaled(state, books[outrights[first]], limit), in_month.tolist()))
    return found


def _chip(spec: Spec, code: int) -> Chip:
    return next(chip for chip in spec.listed_chips if chip.code == code)


def plain_limit(spec: Spec, chip: Chip) -> int:
    """The spot limit of a chip, net lots (LIMIT-001)."""
    return spot_limit_lots(spec.products.limits, chip, REGISTERED_LOTS)


def _in_window(ltd_ns: int, spec: Spec, day: date) -> bool:
    """Whether a month with this last trading day trades on the day, and its spot window has begun."""
    ltd = day_of(ltd_ns // NS_PER_DAY)
    if not day <= ltd <= day + FARTHEST:  # without the calendar, which may have no holidays of later years
        return False
    return spot_window_ns(ltd, BusinessDays(spec.calendar)) <= day_start_ns(day)


def _scaled(state: np.record, book: np.record, lots_max: int) -> int:
    """The limit on lots as they are held: those of an index month in progress count by its hours left, rounded up.

    `ceil(lots * left / hours) > most` is the same as `lots > floor(most * hours / left)`.
    """
    if book.family != Family.IDX:
        return lots_max
    left = hours_left(state, book)
    return lots_max * int(book.hours) // left if left else 0
