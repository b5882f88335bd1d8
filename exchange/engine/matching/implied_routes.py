"""Which combinations make implied prices in which books: the routes, in order of precedence (IMP-009)."""

import numpy as np

from exchange.book.levels import CHANGED_STATE, IMPLIED_CHANGED
from exchange.clearing_codes import Life
from exchange.codes import BookFeature

# A route into a book: nearest last trading day of the other legs; combination; number of the book's leg, from 1, or 0
# for the combination's own book.
Route = tuple[int, int, int]


def routes_of(state: np.record) -> dict[int, list[Route]]:
    """The routes into each book, nearest expiry first. A combination's own book has one, through its legs."""
    routes: dict[int, list[Route]] = {}
    books = state.books[: int(state.books_listed) + 1]
    is_implied = (books["leg_count"] > 1) & (books["features"] & BookFeature.IMPLIED != 0)
    found = np.flatnonzero(is_implied & (books["life"] == Life.LISTED))
    # Columns of all books at once, because to read a field of one row takes NumPy microseconds.
    ltds = books["ltd_ns"].tolist()
    counts, legs_of = books["leg_count"][found].tolist(), books["legs"]["book"][found].tolist()
    for index, count, legs in zip(found.tolist(), counts, legs_of, strict=True):
        routes.setdefault(index, []).append((0, index, 0))
        for number, leg in enumerate(legs[:count], 1):
            nearest = min(ltds[other] for other in legs[:count] if other != leg)
            routes.setdefault(leg, []).append((nearest, index, number))
    return {index: sorted(found) for index, found in sorted(routes.items())}


def build_routes(state: np.record) -> None:
    """Write the routes of all books to `implied_routes` and `route_ranges`. Call it when books are listed or end."""
    state.implied_routes[:] = np.zeros(1, state.implied_routes.dtype)
    state.route_ranges[:] = np.zeros(1, state.route_ranges.dtype)
    first = 0
    for index, routes in routes_of(state).items():
        state.route_ranges[index] = (first, len(routes))
        days = sorted({nearest for nearest, _, _ in routes})
        for nearest, combination, own_leg in routes:
            state.implied_routes[first] = (combination, own_leg, days.index(nearest), 0)
            first += 1
        _mark(state, index)


def _mark(state: np.record, index: int) -> None:
    """As `levels.mark_book`, in plain Python. The next command publishes the book's implied prices."""
    state.implied[index].changed = CHANGED_STATE
    state.marked_books[index // 64] |= np.uint64(1 << index % 64)
    state.marked_words[IMPLIED_CHANGED] |= np.uint64(1 << index // 64)
