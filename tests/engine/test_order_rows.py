"""Live orders as plain values: text, tag and shown lots as a client knows them (ORDER-005)."""

import numpy as np
import pytest

from exchange.book.layout import ORDER
from exchange.codes import OrderState
from exchange.engine.event_rows import client_order_id_text
from exchange.engine.order_rows import OrderRow, order_rows
from exchange.records import QUOTE_KEY, pack_client_order_id, pack_tag, unpack_client_order_id, unpack_tag


def orders(**fields: object) -> np.ndarray:
    rows = np.zeros(1, ORDER)
    for name, value in fields.items():
        rows[name] = value
    return rows


@pytest.mark.parametrize("text", ["", "a", "A.b-C_9", "x" * 23, "x" * 24])
def test_text_and_tag_come_back_as_they_were_written(text: str) -> None:
    words = dict(zip((f"client_order_id_{place}" for place in range(3)), pack_client_order_id(text), strict=True))
    (row,) = order_rows(orders(tag=pack_tag("grid"), state=OrderState.OPEN, **words))
    assert (row.client_order_id, row.tag) == (text, "grid")


def test_bytes_that_are_no_text_are_shown_as_what_they_are() -> None:
    (row,) = order_rows(orders(client_order_id_0=0xFF41, tag=0xE942, state=OrderState.OPEN))
    assert (row.client_order_id, row.tag) == (r"A\xff", r"B\xe9")
    assert client_order_id_text(0xFF41, 0, 0) == unpack_client_order_id(0xFF41, 0, 0) == r"A\xff"
    assert unpack_tag(0xE942) == r"B\xe9"


def test_a_quote_has_no_text() -> None:
    (row,) = order_rows(orders(client_order_id_0=QUOTE_KEY | 5))
    assert row.client_order_id == ""


@pytest.mark.parametrize(("state", "shown"), [(OrderState.OPEN, 3), (OrderState.PENDING, 0)])
def test_a_stop_that_waits_shows_nothing(state: OrderState, shown: int) -> None:
    """Its row keeps the least quantity to execute where others have the lots that they show."""
    (row,) = order_rows(orders(state=state, shown_lots=3, leaves_lots=5))
    assert (row.shown_lots, row.leaves_lots) == (shown, 5)


def test_rows_are_plain_values_in_the_order_given() -> None:
    rows = np.zeros(3, ORDER)
    rows["order_id"], rows["book"] = (7, 5, 6), (1, 2, 3)
    found = order_rows(rows)
    assert [(row.order_id, row.instrument) for row in found] == [(7, 1), (5, 2), (6, 3)]
    assert all(type(value) in (int, str) for row in found for value in row) and found[0]._fields == OrderRow._fields
    assert order_rows(rows[:0]) == []
