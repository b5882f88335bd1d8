"""Row formats of the books: rows of a table begin with a cache line's parts, and "none" is a row of zeros."""

import numpy as np
import pytest

from exchange.book import layout
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.machine import CACHE_LINE
from exchange.records import COMMAND, EVENT, place_in

ROWS = {name: kind for name, kind in vars(layout).items() if isinstance(kind, np.dtype)}
HOT = ("ORDER", "LINK", "LEVEL", "IMPLIED_ROUTE", "ROUTE_RANGE")  # what every order touches, somewhere in a large table


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_made_of_whole_words(name: str) -> None:
    assert ROWS[name].itemsize % 8 == 0


@pytest.mark.parametrize("name", HOT)
def test_no_hot_row_crosses_a_cache_line_more_than_it_must(name: str) -> None:
    size = ROWS[name].itemsize
    assert size % CACHE_LINE == 0 or CACHE_LINE % size == 0, size


def test_an_order_lies_in_two_cache_lines() -> None:
    assert layout.ORDER.itemsize == 2 * CACHE_LINE


def test_codes_of_an_order_stand_side_by_side_as_in_command_and_event() -> None:
    """Rows are written with a few wide moves: one word has all codes."""
    for row, first in ((layout.ORDER, "resting"), (COMMAND, "kind"), (EVENT, "kind")):
        places = [place_in(row, name) - place_in(row, first) for name in ("side", "order_type", "tif")]
        assert all(0 <= place < 8 for place in places), (row, places)
    words = ("client_order_id_0", "client_order_id_1", "client_order_id_2")
    for row in (layout.ORDER, COMMAND, EVENT):
        places = [place_in(row, name) for name in words]
        assert places == [places[0], places[0] + 8, places[0] + 16]


def test_row_zero_of_every_table_is_none() -> None:
    state = new_state(MEDIUM)[0]
    for table in ("orders", "links", "books", "levels", "heap"):
        assert not state[table][:1].view(np.uint8).any(), table
