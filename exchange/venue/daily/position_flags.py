"""Accounts that hold more than a spot limit or an accountability level: flagged, not refused (LIMIT-002, LIMIT-005)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from contracts_spec.periods import Period
from contracts_spec.position_limits import is_accountable
from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import Family, PeriodKind
from exchange.engine import query
from exchange.engine.index_values import hours_left, is_index_month
from exchange.units import ceil_div
from exchange.venue.daily.spot_months import plain_limit, spot_months

SPOT, SINGLE_MONTH, ALL_MONTHS = "SPOT", "SINGLE_MONTH", "ALL_MONTHS"
Scope = tuple[int, int]  # account, commodity


class PositionFlag(NamedTuple):
    """A limit or level that an account's net lots exceed. `lots`: in the month, or of all months together."""

    account: int
    chip: str
    is_index: bool
    flag: str
    lots: int


def position_flags(states: np.ndarray, spec: Spec, day: date) -> list[PositionFlag]:
    """The flags of all accounts on a trading day, in order of accounts and commodities."""
    chips = {chip.code: chip for chip in spec.listed_chips}
    spots = {one.commodity: one.month for one in spot_months(states, spec, day)}
    scaled, indices, found = _hours(states), _index_commodities(states), []
    for (account, commodity), months in sorted(_net_lots(states).items()):
        row = states[0].commodities[commodity]
        chip, lots = chips[int(row.group)], _counted(months, scaled.get(commodity, {}))
        is_index = commodity in indices
        single, total = is_accountable(lots, chip)
        spot, limit = lots.get(spots.get(commodity, 0), 0), plain_limit(spec, chip)
        largest = max(lots.values(), key=abs)
        for flag, is_set, size in (
            (SPOT, abs(spot) > limit, spot), (SINGLE_MONTH, single, largest), (ALL_MONTHS, total, sum(lots.values())),
        ):  # fmt: skip
            if is_set:
                found.append(PositionFlag(account, chip.name, is_index, flag, size))
    return found


def _net_lots(states: np.ndarray) -> dict[Scope, Counter[int]]:
    """Net lots of an account by commodity and month, over tiers. A parent counts in each of its months (LIMIT-003)."""
    state = states[0]
    positions = state.positions[1 : int(state.used_positions) + 1]
    found: dict[Scope, Counter[int]] = defaultdict(Counter)
    for row in positions[positions["lots"] != 0]:
        book = state.books[row.book]
        for month in Period(PeriodKind(int(book.period_kind)), int(book.start_month)).months:
            found[int(row.account), int(book.commodity)][month] += int(row.lots)
    return found


def _hours(states: np.ndarray) -> dict[int, dict[int, tuple[int, int]]]:
    """Hours left and hours of the index months, by commodity and month; those that wait for a final price too."""
    state = states[0]
    found: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in query.known_instruments(states):
        book = state.books[row.index]
        if is_index_month(book) and book.life in (Life.LISTED, Life.EXPIRED):
            found[int(book.commodity)][row.start_month] = (hours_left(state, book), row.hours)
    return found


def _counted(months: Mapping[int, int], hours: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """Lots that count: of an index month in progress in proportion to its hours left, rounded up (LIMIT-003)."""
    found = {}
    for month, lots in months.items():
        left, whole = hours.get(month, (1, 1))
        size = ceil_div(abs(lots) * left, whole)
        found[month] = size if lots > 0 else -size
    return found


def _index_commodities(states: np.ndarray) -> set[int]:
    books = states["books"][0]
    return {int(number) for number in np.unique(books["commodity"][books["family"] == Family.IDX])}
