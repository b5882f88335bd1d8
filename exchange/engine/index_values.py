"""Values of the daily index, as the state keeps them, and what follows from them for index months (INDEX-002, 003).

`state` is the STATE record, which is only read. A month is given as months since 2020-01, a day as days since 1970.
"""

from typing import NamedTuple

import numpy as np

from contracts_spec.formulas import settlement as formulas
from contracts_spec.periods import day_number, first_day
from exchange.clearing.index_layout import KEPT_DAYS
from exchange.clearing_codes import IndexHow
from exchange.codes import ComboKind, Family, PeriodKind


class DayValue(NamedTuple):
    """A day whose value was taken. `tick`: None while it is MISSING."""

    day: int
    tick: int | None
    how: IndexHow


def days_of_month(month: int) -> range:
    """Numbers of the days of a month."""
    return range(day_number(first_day(month)), day_number(first_day(month + 1)))


def find_index(state: np.record, group: int, floor_bp: int) -> int:
    """Row of the index of a chip (its product group) and quality tier, 0 if there is none."""
    found = np.flatnonzero((state.indices["group"] == group) & (state.indices["floor_bp"] == floor_bp))
    return int(found[0]) if group and len(found) else 0


def day_row(state: np.record, index: int, day: int) -> np.record | None:
    """The INDEX_DAY of a day; None: it is not kept any more, or nothing is known of it."""
    row: np.record = state.indices[index].days[day % KEPT_DAYS]
    return row if row.day == day else None


def value_of(state: np.record, index: int, day: int) -> DayValue | None:
    """The value that was taken for a day; None: none was taken yet, or it is not kept any more."""
    row = day_row(state, index, day)
    if row is None or day > state.indices[index].taken_day:
        return None
    return DayValue(day, int(row.value_tick) or None, IndexHow(int(row.how)))


def last_tick(state: np.record, index: int, day: int) -> int:
    """The last value used before a day, 0 if none is kept."""
    for earlier in range(day - 1, day - KEPT_DAYS, -1):
        found = value_of(state, index, earlier)
        if found is not None and found.tick is not None:
            return found.tick
    return 0


def missing_before(state: np.record, index: int, day: int) -> int:
    """How many days in a row before a day had no print of their own."""
    count = 0
    while (found := value_of(state, index, day - 1 - count)) is not None and found.how != IndexHow.PRINT:
        count += 1
    return count


# Index months.


def is_index_month(book: np.record) -> bool:
    """Whether a book is an outright month of the index."""
    kind = int(book.family), int(book.period_kind), int(book.combo)
    return kind == (Family.IDX, PeriodKind.MONTH, ComboKind.OUTRIGHT)


def month_values(state: np.record, book: np.record) -> list[DayValue]:
    """The values that were taken for days of an index month, those that are MISSING among them."""
    index = find_index(state, int(book.group), int(book.floor_bp))
    days = np.array(days_of_month(int(book.start_month)) if index else [], np.int64)
    rows = state.indices["days"][index][days % KEPT_DAYS]
    rows = rows[(rows["day"] == days) & (days <= state.indices[index].taken_day)]
    columns = (rows[name].tolist() for name in ("day", "value_tick", "how"))
    return [DayValue(day, tick or None, IndexHow(how)) for day, tick, how in zip(*columns, strict=True)]


def known_ticks(state: np.record, book: np.record) -> list[int]:
    """The values of an index month so far."""
    return [value.tick for value in month_values(state, book) if value.tick is not None]


def waits_for_committee(state: np.record, book: np.record) -> bool:
    """Whether a day of an index month has no value, so that its market is halted (INDEX-003)."""
    return any(value.tick is None for value in month_values(state, book))


def hours_left(state: np.record, book: np.record) -> int:
    """Hours of an index month whose value is not taken: one number for settlement and limits (SETTLE-008)."""
    return int(book.hours) - 24 * len(known_ticks(state, book))


def progress_price(state: np.record, book: np.record, day: int) -> int | None:
    """INDEX: the settlement of an index month in progress, if nothing trades in it (SETTLE-008).

    day       trading day that is settled
    returns   None: the book is no index month, or its month has not begun
    """
    if not is_index_month(book) or day < days_of_month(int(book.start_month))[0]:
        return None
    days = [(tick, 1) for tick in known_ticks(state, book)]
    return formulas.progress_price(days, int(book.settle_tick), int(book.hours))


def final_index_price(state: np.record, book: np.record) -> int | None:
    """FINAL: the final price of an index month, the mean of all its days (SETTLE-009); None: a day has no value yet."""
    ticks = known_ticks(state, book)
    if not is_index_month(book) or len(ticks) < len(days_of_month(int(book.start_month))):
        return None
    return formulas.final_index_price([(tick, 1) for tick in ticks])
