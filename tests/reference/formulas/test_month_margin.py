"""Full margin from GPU-hours of months: the figures of contracts.md."""

import pytest

from exchange.reference.formulas.month_margin import Rates, month_margin

RATES = {1: Rates(400, 60, 50), 2: Rates(920, 60, 50), 3: Rates(400, 60, 50)}
PAIRS = [(1, 3, 1, 1, 9_000), (1, 2, 2, 1, 4_000)]
F27, G27 = 84, 85


@pytest.mark.rule("MARGIN-003", "MARGIN-005", "MARGIN-006")
def test_v14_of_one_commodity() -> None:
    assert month_margin({(1, F27, 9_000): 7_440}, RATES, PAIRS, [], 5_000) == 2_976_000
    assert month_margin({(1, F27, 9_000): 7_440, (1, G27, 9_000): -6_720}, RATES, PAIRS, [], 5_000) == 691_200
    assert month_margin({(1, F27, 9_500): 7_440, (1, F27, 9_000): -7_440}, RATES, PAIRS, [], 5_000) == 372_000
    assert month_margin({}, RATES, PAIRS, [], 5_000) == 0


@pytest.mark.rule("MARGIN-007", "MARGIN-009")
def test_v14_and_v29_pairs_and_add_on() -> None:
    assert month_margin({(1, F27, 9_000): 14_880, (2, F27, 9_000): -7_440}, RATES, PAIRS, [], 5_000) == 7_678_080
    both = {(1, F27, 9_000): 14_880, (2, F27, 9_000): -3_720, (3, F27, 9_000): -7_440}
    credit = 2 * 7_440 * 400 * 9 // 10 + (7_440 * 400 + 3_720 * 920) * 4 // 10
    assert month_margin(both, RATES, PAIRS, [], 5_000) == (14_880 + 7_440) * 400 + 3_720 * 920 - credit
    short = {(1, F27, 9_000): -7_440}
    assert month_margin(short, RATES, PAIRS, [(1, F27)], 5_000) == 2_976_000 + 1_488_000
    assert month_margin(short, RATES, PAIRS, [(1, G27), (2, F27)], 5_000) == 2_976_000
