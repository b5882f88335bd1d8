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
        first, second = sorted((ltds[leg], leg) for leg in legs[:count])[:2]
        for number, leg in enumerate(legs[:count], 1):
            nearest = second[0] if leg == first[1] else first[0]
            routes.setdefault(leg, []).append((nearest, index, number))
    return {index: sorted(found) for index, found in sorted(routes.items())}


def build_routes(state: np.record) -> None:
    """Write the routes of all books to `implied_routes` and `route_ranges`. Call it when books are listed or end."""
    table, ranges, routes = state.implied_routes, state.route_ranges, routes_of(state)
    table[:] = np.zeros(1, table.dtype)
    ranges[:] = np.zeros(1, ranges.dtype)
    rows: list[Route] = []  # as the table has them: combination, own leg, expiry rank
    for of_book in routes.values():
        ranks = {nearest: rank for rank, nearest in enumerate(sorted({nearest for nearest, _, _ in of_book}))}
        rows += [(combination, own_leg, ranks[nearest]) for nearest, combination, own_leg in of_book]
    if not rows:
        return
    for name, values in zip(("combination", "own_leg", "expiry_rank"), zip(*rows, strict=True), strict=True):
        table[name][: len(rows)] = values
    books, counts = np.array(list(routes)), np.array([len(of_book) for of_book in routes.values()])
    ranges["first"][books], ranges["count"][books] = np.cumsum(counts) - counts, counts
    _mark(state, books)


def _mark(state: np.record, books: np.ndarray) -> None:
    """As `levels.mark_book` for each, in plain Python. The next command publishes the books' implied prices."""
    state.implied["changed"][books] = CHANGED_STATE
    words, bits = np.divmod(books.astype(np.uint64), np.uint64(64))
    np.bitwise_or.at(state.marked_books, words.astype(np.int64), np.uint64(1) << bits)
    state.marked_words[IMPLIED_CHANGED] |= np.bitwise_or.reduce(np.uint64(1) << words)
