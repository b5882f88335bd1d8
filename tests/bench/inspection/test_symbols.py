"""Instruments by symbol, by a part of it, and by the number of their book."""

import pytest

from bench.inspection.symbols import find_symbol
from exchange.errors import UserError

KNOWN = [(1, "H100.G90.H27"), (2, "H100.G90.J27"), (1, "H100.G90.K27"), (3, "H100.G90.J27")]


def test_a_number_means_all_instruments_of_a_book_and_a_symbol_all_its_listings() -> None:
    assert find_symbol("1", KNOWN, "there") == [0, 2]
    assert find_symbol("H100.G90.J27", KNOWN, "there") == find_symbol("j27", KNOWN, "there") == [1, 3]


@pytest.mark.parametrize(
    ("typed", "what"), [("G90", "3 instruments match"), ("F27", "no such instrument"), ("4", "no")]
)
def test_none_or_several_symbols_are_named(typed: str, what: str) -> None:
    with pytest.raises(UserError, match=rf"--book {typed}: {what}.* at the end; there: H100.G90.H27, H100.G90.J27, H1"):
        find_symbol(typed, KNOWN, "at the end")
