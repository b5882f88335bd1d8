"""Which index months wait for a committee's value and so may not open (INDEX-003)."""

import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, Family, PeriodKind
from exchange.engine.index_values import waits_for_committee


def note_waiting_months(state: np.record) -> None:
    """Note in each listed index month whether a day of it has no value. Call it when days or months have changed."""
    books = state.books[: int(state.books_listed) + 1]
    months = (books["family"] == Family.IDX) & (books["period_kind"] == PeriodKind.MONTH)
    months &= (books["combo"] == ComboKind.OUTRIGHT) & (books["life"] == Life.LISTED)
    for index in np.flatnonzero(months).tolist():
        state.books[index].waits_for_value = waits_for_committee(state, state.books[index])
