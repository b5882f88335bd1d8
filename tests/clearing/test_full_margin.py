"""Full margins on plain arrays: sorting by account, and rounding that no amount overflows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.clearing.full_margin import PARTS, full_margins, part_down, part_up, sort_holdings
from exchange.units import BP, share_ceil, share_floor

LARGEST = (1 << 63) - 1


@pytest.mark.rule("SPEC-004")
@given(st.integers(0, LARGEST), st.integers(0, BP))
def test_parts_are_those_of_unlimited_numbers(amount: int, ratio_bp: int) -> None:
    assert int(part_down(np.int64(amount), np.int64(ratio_bp))) == share_floor(amount, ratio_bp)
    assert int(part_up(np.int64(amount), np.int64(ratio_bp))) == share_ceil(amount, ratio_bp)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.integers(-2, 2)), max_size=20))
def test_positions_are_sorted_by_account_and_flat_ones_left_out(rows: list[tuple[int, int, int]]) -> None:
    table = np.array([(0, 0, 0), *rows], [("account", "<i4"), ("book", "<i4"), ("lots", "<i8")])
    first, held = np.zeros(6, np.int64), np.zeros((len(table), 2), np.int64)
    sort_holdings(table["account"], table["book"], table["lots"], first, held)
    for account in range(5):
        found = [tuple(row) for row in held[first[account] : first[account + 1]].tolist()]
        assert found == [(book, lots) for owner, book, lots in rows if owner == account and lots]
    assert first[5] == sum(lots != 0 for _, _, lots in rows)


@pytest.mark.rule("MARGIN-007")
def test_scratch_tables_are_zero_again_and_a_pair_uses_hours_once() -> None:
    """Three commodities of one month; the second is paired with the first, then with the third."""
    held = np.array([(1, 6), (2, -10), (3, 9)], np.int64)
    places = np.array([(0, 0), (1, 0), (2, 0), (3, 0)], np.int64)
    pieces = np.array([(0, 1)] * 3, np.int64)
    rates = np.array([(0, 0, 0, 1), (100, 7, 5, 1), (200, 7, 5, 1), (300, 7, 5, 1)], np.int64)
    pairs = np.array([(2, 1, 1, 1, 5_000), (2, 3, 1, 2, 1_000)], np.int64)
    cells, nets, parts = np.zeros((4, 1, 1), np.int64), np.zeros(4, np.int64), np.empty((1, PARTS), np.int64)
    first = np.array([0, 3], np.int64)
    full_margins(first, held, places, np.array([0, 0, 1, 2, 3], np.int64), pieces, rates, pairs, 0, cells, nets, parts)
    once = 6 * (100 + 200) // 2
    left = 4 * (200 + 2 * 300) // 10
    assert parts[0].tolist() == [600 + 2_000 + 2_700, 0, 0, 0, once + left]
    assert not cells.any() and not nets.any()
