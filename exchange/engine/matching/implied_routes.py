"""The ways to implied prices: for each book its combinations, in the order in which they are asked (IMP-009)."""

import numpy as np

from exchange.book.levels import CHANGED, CHANGED_STATE
from exchange.codes import BookFeature

Way = tuple[int, int, int]  # nearest last trading day of the other legs, combination, number of the own leg from 1


def routes_of(state: np.record) -> dict[int, list[Way]]:
    """Book -> its ways, nearest expiry first; of a combination the one through its legs."""
    ways: dict[int, list[Way]] = {}
    for index in range(1, int(state.books_listed) + 1):
        book = state.books[index]
        if book.leg_count > 1 and book.features & BookFeature.IMPLIED:
            legs = [int(leg) for leg in book.legs["book"][: book.leg_count]]
            ways.setdefault(index, []).append((0, index, 0))
            for number, leg in enumerate(legs, 1):
                nearest = min(int(state.books[other].ltd_ns) for other in legs if other != leg)
                ways.setdefault(leg, []).append((nearest, index, number))
    return {index: sorted(found) for index, found in sorted(ways.items())}


def build_routes(state: np.record) -> None:
    """Write the ways of all books into the member table, after books were listed."""
    state.members[:] = np.zeros(1, state.members.dtype)
    first = 0
    for index, ways in routes_of(state).items():
        state.sources[index] = (first, len(ways))
        days = sorted({nearest for nearest, _, _ in ways})
        for nearest, combination, own_leg in ways:
            state.members[first] = (combination, own_leg, days.index(nearest), 0)
            first += 1
        _mark(state, index)


def _mark(state: np.record, index: int) -> None:
    """As `levels.mark_book`: the prices are told with the next command."""
    state.implied[index].changed = CHANGED_STATE
    state.marked_books[index // 64] |= np.uint64(1 << index % 64)
    state.marked_words[CHANGED] |= np.uint64(1 << index // 64)
