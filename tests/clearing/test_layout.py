"""Row formats of the clearing house: whole words and cache lines, what every order reads in the first line."""

import numpy as np
import pytest

from exchange.clearing import layout
from exchange.machine import CACHE_LINE
from exchange.records import place_in

ROWS = {name: kind for name, kind in vars(layout).items() if isinstance(kind, np.dtype)}
OF_EVERY_ORDER = (
    "cash_mills", "unrealised_pnl_mills", "initial_margin_mills", "scan_rise_bound_mills", "changed_scans",
    "last_order", "order_lots_max", "position_lots_max",
)  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_made_of_whole_words(name: str) -> None:
    assert ROWS[name].itemsize % 8 == 0


@pytest.mark.parametrize("name", ["ACCOUNT", "POSITION"])
def test_rows_of_large_tables_fill_whole_cache_lines(name: str) -> None:
    assert ROWS[name].itemsize % CACHE_LINE == 0


def test_what_every_order_reads_of_its_account_is_in_one_cache_line() -> None:
    assert max(place_in(layout.ACCOUNT, name) for name in OF_EVERY_ORDER) < CACHE_LINE


def test_money_is_counted_in_64_bits() -> None:
    for name, row in ROWS.items():
        for field, (kind, *_) in (row.fields or {}).items():
            assert not field.endswith("_mills") or kind.base == np.int64 or "max" in field or name == "COMMODITY", field
