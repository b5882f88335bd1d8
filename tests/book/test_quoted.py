"""The price of a book between its quotes."""

import pytest

from exchange.book.quoted import has_quote, note_closing_quote, quoted_tick
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


def book_of(last: int | None, bid: int | None, ask: int | None) -> object:
    """A book that settled at 100; its ladder begins at 80 and ends at 120."""
    book = new_state(MEDIUM)[0].books[1]
    book.settle_tick, book.edge_tick[:] = 100, (80, 120)
    if last is not None:
        book.has_last, book.last_tick = 1, last
    for side, tick in ((0, bid), (1, ask)):
        if tick is not None:
            book.best[side] = 1 + abs(tick - int(book.edge_tick[side]))
    return book


@pytest.mark.rule("SETTLE-003")
@pytest.mark.parametrize(
    ("last", "bid", "ask", "expected"),
    [
        (None, None, None, 100),
        (90, None, None, 90),
        (90, 95, None, 95),
        (110, None, 105, 105),
        (None, 101, None, 101),
        (None, None, 99, 99),
        (102, 101, 103, 102),
        (102, 110, 105, 105),  # crossed, as before an uncross: the ask comes last
    ],
)
def test_the_last_price_is_raised_to_the_bid_then_lowered_to_the_ask(
    last: int | None, bid: int | None, ask: int | None, expected: int
) -> None:
    book = book_of(last, bid, ask)
    assert quoted_tick(book) == expected
    note_closing_quote(book)
    assert (book.quoted_tick, book.is_quoted) == (expected, has_quote(book))  # type: ignore[attr-defined]
    assert has_quote(book) == ((last, bid, ask) != (None, None, None))
