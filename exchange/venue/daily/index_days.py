"""What is due for the index at an instant: the day whose value is taken next, and which index months halt or open
(INDEX-002, INDEX-003). Pure functions of the engine's state."""

import numpy as np

from contracts_spec.periods import day_of, month_index
from contracts_spec.schema import IndexRules
from exchange.clearing_codes import Life
from exchange.codes import ComboKind, Family, MarketState, PeriodKind, StateReason
from exchange.engine.control.house.index import CdpTerms
from exchange.engine.index_values import waits_for_committee
from exchange.units import NS_PER_DAY, NS_PER_S


def cdp_terms(rules: IndexRules) -> CdpTerms:
    """What a day needs to have a certified delivered price (INDEX-001)."""
    return CdpTerms(rules.sellers_min, rules.hours_min, rules.seller_share_bp)


def last_noon_day(now_ns: int, noon_s: int) -> int:
    """The day before that of the last noon, days since 1970: its value is due."""
    return (now_ns - noon_s * NS_PER_S) // NS_PER_DAY - 1


def next_day(states: np.ndarray) -> int:
    """The first day whose value is not taken, days since 1970; 0: there is no index."""
    rows = states["indices"][0]
    taken = rows["taken_day"][rows["group"] != 0]
    return int(taken.min()) + 1 if len(taken) else 0


def due_states(states: np.ndarray) -> list[tuple[int, MarketState]]:
    """Changes of market state that are due, with the index of each book (INDEX-003).

    An index month with a day that has no value halts; one that the venue has halted opens when they all have one.
    """
    state, found = states[0], []
    for index in _to_look_at(state):
        book = state.books[index]
        waits, own = waits_for_committee(state, book), MarketState(int(book.own_state))
        if waits and own != MarketState.HALT:
            found.append((index, MarketState.HALT))
        elif not waits and own == MarketState.HALT and book.reason == StateReason.HALT_ADMIN:
            found.append((index, MarketState(int(book.before_halt))))
    return found


def _to_look_at(state: np.record) -> list[int]:
    """Books of the index months in OPEN groups that hold a day without a value, or that are halted."""
    books = state.books[: int(state.books_listed) + 1]
    months = books["family"] == Family.IDX
    months &= (books["life"] == Life.LISTED) & (books["period_kind"] == PeriodKind.MONTH)
    months &= (books["combo"] == ComboKind.OUTRIGHT) & (books["own_state"] != MarketState.CLOSED)
    months &= state.groups["state"][books["group"]] == MarketState.OPEN
    waiting = np.isin(books["start_month"], _months_without_value(state))
    found: list[int] = np.flatnonzero(months & (waiting | (books["own_state"] == MarketState.HALT))).tolist()
    return found


def _months_without_value(state: np.record) -> list[int]:
    """Months, since 2020-01, in which a day of an index was taken without a value."""
    days = state.indices["days"]
    taken = (days["day"] > 0) & (days["day"] <= state.indices["taken_day"][:, np.newaxis])
    return [month_index(day_of(day)) for day in np.unique(days["day"][taken & (days["value_tick"] == 0)]).tolist()]
