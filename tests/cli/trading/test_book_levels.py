"""The book as JSON has the keys of the protocol."""

from clients.local_book import LocalBook
from exchange.cli.trading.book_levels import _as_json
from exchange.codes import Side


def test_an_implied_side_that_is_not_there_has_no_key() -> None:
    book = LocalBook(1, "A")
    book.load(1, [[2845, 120], [2844, 40]], [[2847, 80]], None, False)
    book.imply(Side.BUY, (2846, 3))
    shown = _as_json(book, 1, "OPEN")
    assert (shown["b"], shown["a"], shown["ib"]) == ([(2845, 120)], [(2847, 80)], (2846, 3))
    assert "ia" not in shown and shown["phase"] == "OPEN"
