"""A replacement becomes a deletion of all that was left and an entry."""

import numpy as np
import pytest

from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE, REPLACE
from bench.readers.report import ImportOptions
from bench.writers.order_flow import order_flow
from bench.writers.plain_messages import split_replacements
from tests.bench.readers.test_converter import PlainBook, rows_of
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.rule("TAPE-012")
def test_replacement_deletes_what_trades_and_cancels_have_left() -> None:
    rows = rows_of(
        (ADD, 1, 0, 1, 100, 9), (EXECUTE, 1, 0, 1, 100, 2), (REDUCE, 1, 0, 1, 100, 3), (REPLACE, 2, 1, 1, 105, 6)
    )
    found = split_replacements(rows)[-2:]
    assert found[["kind", "order_id", "price", "lots", "side"]].tolist() == [
        (DELETE, 1, 100, 4, 1),
        (ADD, 2, 105, 6, 1),
    ]


@pytest.mark.rule("TAPE-012")
def test_both_forms_lead_to_the_same_book() -> None:
    flow = order_flow(mixed_tape(1_000))
    plain = split_replacements(flow.messages)
    books = [PlainBook(ImportOptions()), PlainBook(ImportOptions())]
    for book, rows in zip(books, (flow.messages, plain), strict=True):
        for row in rows:
            book.apply(row)
    assert books[0].levels() == books[1].levels() and len(plain) > len(flow.messages)
    assert not np.isin(plain["kind"], (REPLACE,)).any() and len(split_replacements(plain[:0])) == 0
