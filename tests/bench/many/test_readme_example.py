"""The example of bench/README.md runs many books, each with a flow of its own."""

import numpy as np

from bench.many.books import Books
from tests.bench.readme import run_block


def test_books_of_the_example_trade_and_differ() -> None:
    names = run_block("Many books")
    books, results = names["books"], names["results"]
    assert isinstance(books, Books) and isinstance(results, np.ndarray)
    assert len(results) == 1_024 and results["fills"].sum() > 1_024
    assert len(np.unique(results["event_hash"], axis=0)) == 1_024
