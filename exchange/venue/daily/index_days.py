"""What is due for the index at an instant: the day whose value is taken next, and which index months halt or open
(INDEX-002, INDEX-003). Pure functions of the engine's state."""

import numpy as np

from contracts_spec.schema import IndexRules
from exchange.codes import MarketState, StateReason
from exchange.engine.control.house.index import CdpTerms
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

    An index month with a day that has no value halts, whatever state its group is in. One that the venue has halted for
    that returns to its state before when all days have a value and its group is OPEN.
    """
    state = states[0]
    books = state.books[: int(state.books_listed) + 1]
    waits, own = books["waits_for_value"] != 0, books["own_state"]
    halts = waits & ~np.isin(own, (MarketState.HALT, MarketState.CLOSED))
    opens = ~waits & (own == MarketState.HALT) & (books["reason"] == StateReason.HALT_INDEX)
    opens &= state.groups["state"][books["group"]] == MarketState.OPEN
    found = [(index, MarketState.HALT) for index in np.flatnonzero(halts).tolist()]
    return found + [(index, MarketState(int(books[index].before_halt))) for index in np.flatnonzero(opens).tolist()]
