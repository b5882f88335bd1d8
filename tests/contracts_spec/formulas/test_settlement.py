"""Settlement prices of a day, of a month in progress and of the end, with the numbers of the rules."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.rounding import weighted_price
from contracts_spec.formulas.settlement import (
    TierBook,
    TierPrice,
    Variation,
    carried_price,
    check_adjustment,
    covering_periods,
    final_index_price,
    inside_limits,
    is_in_window,
    order_tiers,
    parent_price,
    progress_price,
    quoted_price,
    variation,
    window_price,
)
from contracts_spec.periods import parse_period
from exchange.units import NS_PER_HOUR, NS_PER_S

WIDE = (1, 100_000)
G90 = 9000


def periods(**ticks: int) -> dict[object, int]:
    return {parse_period(code.replace("_", "-")): tick for code, tick in ticks.items()}


@pytest.mark.rule("SETTLE-001")
def test_the_window_is_the_last_two_minutes_before_the_close() -> None:
    close_ns = 20_000 * 24 * NS_PER_HOUR + 21 * NS_PER_HOUR
    found = [is_in_window(close_ns + shift, 21) for shift in (-120 * NS_PER_S - 1, -120 * NS_PER_S, -1, 0)]
    assert found == [False, True, True, False]


@pytest.mark.rule("SETTLE-001")
@pytest.mark.parametrize("close_hour", [0, 1, 23])
def test_the_window_before_a_close_at_midnight_lies_in_the_day_before(close_hour: int) -> None:
    close_ns = 20_000 * 24 * NS_PER_HOUR + close_hour * NS_PER_HOUR
    shifts = (-24 * NS_PER_HOUR, -120 * NS_PER_S - 1, -120 * NS_PER_S, -1, 0, 12 * NS_PER_HOUR)
    assert [is_in_window(close_ns + shift, close_hour) for shift in shifts] == [False, False, True, True, False, False]


@pytest.mark.rule("SETTLE-002")
def test_five_lots_of_the_window_make_its_mean_the_price() -> None:
    """(2843 x 10, 2845 x 20, 2848 x 10): 113,810 / 40 = 2845 r 10."""
    assert window_price(2843 * 10 + 2845 * 20 + 2848 * 10, 40, 2810) == 2845
    assert [window_price(28_445, 10, prior) for prior in (2810, 2860)] == [2844, 2845]
    assert window_price(2850 * 4, 4, 2810) is None
    assert window_price(2850 * 5, 5, 2810) == 2850


@pytest.mark.rule("SETTLE-003")
@pytest.mark.parametrize(
    ("last", "bid", "ask", "expected"),
    [
        *((2850, 2838, 2844, 2844), (2830, 2838, 2844, 2838), (2840, 2838, 2844, 2840), (2840, None, None, 2840)),
        *((None, 2838, None, 2838), (None, None, 2800, 2800), (None, None, None, 2810), (None, 2850, 2840, 2840)),
    ],
)
def test_a_quoted_price_is_raised_to_the_bid_and_then_lowered_to_the_ask(
    last: int | None, bid: int | None, ask: int | None, expected: int
) -> None:
    assert quoted_price(last, 2810, bid, ask) == expected


@pytest.mark.rule("SETTLE-004")
def test_a_quiet_month_moves_as_the_month_before_it() -> None:
    assert carried_price(2790, 2800, 2836) == 2826
    assert carried_price(2790, None, None) == 2790


@pytest.mark.rule("SETTLE-005")
def test_a_parent_is_the_hour_weighted_mean_of_the_finest_listed_children() -> None:
    """F, G, H at 2846, 2826, 2803: 6,101,928 / 2160 = 2824 r 2088."""
    months = periods(F27=2846, G27=2826, H27=2803)
    quarter = parse_period("Q1-27")
    assert parent_price(quarter, months, 2810) == 2825
    assert parent_price(quarter, periods(F27=2846, G27=2826, Q1_27=9), 2810) is None
    assert parent_price(parse_period("T3-27"), periods(C27=2810, C28=2810, C29=2700), 2810) == 2773
    assert parent_price(parse_period("T5-27"), periods(C27=2810, C28=2810, C29=2700, C30=2600, C31=2500), 0) == 2684
    year = {**periods(Q1_27=1, Q2_27=1, Q3_27=1), **periods(Q4_27=1)}
    assert [period.code for period in covering_periods(parse_period("C27"), year.__contains__)] == [
        *("Q1-27", "Q2-27", "Q3-27", "Q4-27")
    ]


@pytest.mark.rule("SETTLE-006")
def test_a_higher_tier_is_raised_to_the_price_of_the_window_of_a_lower_one() -> None:
    low, high = TierBook(9000, 2846, True, 40, *WIDE), TierBook(9500, 2840, False, 0, *WIDE)
    assert order_tiers([high, low], G90) == [TierPrice(2846, False), TierPrice(2846, False)]
    both = order_tiers([high._replace(is_window=True, window_lots=10), low], G90)
    assert both == [TierPrice(2840, True), TierPrice(2846, True)]
    assert order_tiers([high._replace(high_tick=2843), low], G90)[0].price_tick == 2843  # its own limit


@pytest.mark.rule("SETTLE-006")
def test_among_quiet_tiers_the_busier_one_then_the_one_near_the_benchmark_decides() -> None:
    g80, g90 = TierBook(8000, 2900, False, 0, *WIDE), TierBook(9000, 2800, False, 0, *WIDE)
    assert [price.price_tick for price in order_tiers([g80, g90], G90)] == [2800, 2800]
    assert [price.price_tick for price in order_tiers([g80._replace(window_lots=1), g90], G90)] == [2900, 2900]
    pair = [TierBook(8500, 2850, False, 0, *WIDE), TierBook(9500, 2840, False, 0, *WIDE)]
    assert [price.price_tick for price in order_tiers(pair, G90)] == [2840, 2840]  # equally near: the higher floor
    above = [TierBook(9500, 2800, False, 0, *WIDE), TierBook(9000, 2850, False, 0, *WIDE)]
    assert [price.price_tick for price in order_tiers(above, G90)] == [2850, 2850]  # the benchmark before a higher one
    with pytest.raises(OutOfRange, match="named twice"):
        order_tiers([g80, g80], G90)


BOOKS = st.lists(st.tuples(st.integers(2700, 2900), st.booleans(), st.integers(0, 3)), min_size=4, max_size=4).map(
    lambda rows: [TierBook(floor, *row, *WIDE) for floor, row in zip((8000, 8500, 9000, 9500), rows, strict=True)]
)


@pytest.mark.rule("SETTLE-006")
@given(BOOKS)
def test_tiers_ascend_unless_two_prices_of_the_window_contradict(books: list[TierBook]) -> None:
    prices = order_tiers(books, G90)
    assert all(price.price_tick == book.price_tick for price, book in zip(prices, books, strict=True) if book.is_window)
    if not any(price.flagged for price in prices):
        assert sorted(price.price_tick for price in prices) == [price.price_tick for price in prices]
    for order in permutations(range(4)):
        assert order_tiers([books[place] for place in order], G90) == [prices[place] for place in order]


@pytest.mark.rule("SETTLE-006")
@given(BOOKS)
def test_tiers_that_are_in_order_keep_their_prices(books: list[TierBook]) -> None:
    ticks = sorted(book.price_tick for book in books)
    ordered = [book._replace(price_tick=tick) for book, tick in zip(books, ticks, strict=True)]
    assert order_tiers(ordered, G90) == [TierPrice(tick, False) for tick in ticks]
    outside = [*ordered[:3], ordered[3]._replace(is_window=False, high_tick=ticks[3] - 1)]
    assert order_tiers(outside, G90)[3].price_tick == ticks[3] - 1


@pytest.mark.rule("SETTLE-007")
def test_variation_of_two_days_sums_to_the_whole_change() -> None:
    first = variation(2846, 25, 2810 * 25, 744)
    assert first == Variation(669_600, 2846 * 25)
    second = variation(2829, 25, first.mark_num, 744)
    assert (second.mills, first.mills + second.mills) == (-316_200, 353_400)


@pytest.mark.rule("SETTLE-007")
@given(st.lists(st.tuples(st.integers(1, 100_000), st.integers(-50, 50)), min_size=1, max_size=6), st.integers(1, 744))
def test_the_total_of_variation_does_not_depend_on_the_runs_between(fills: list[tuple[int, int]], hours: int) -> None:
    at_once, in_steps, lots, mark = 0, 0, 0, 0
    for price, more in fills:
        lots, mark = lots + more, mark + price * more
        at_once += price * more
        run = variation(price, lots, mark, hours)
        in_steps, mark = in_steps + run.mills, run.mark_num
    last = fills[-1][0]
    assert in_steps == (last * lots - at_once) * hours


@pytest.mark.rule("SETTLE-008")
def test_an_index_month_in_progress_blends_known_days_with_the_prior_settlement() -> None:
    """2,117,040 / 744 = 2845 r 360."""
    assert progress_price([(2815, 10)], 2860, 744) == 2845
    assert progress_price([(2810, 11)], 2860, 744) == 2842
    assert progress_price([], 2860, 744) == 2860
    with pytest.raises(OutOfRange, match="hours left -24"):
        progress_price([(2815, 32)], 2860, 744)


@pytest.mark.rule("SETTLE-009")
def test_the_final_index_price_is_the_plain_mean_of_the_days_half_up() -> None:
    assert final_index_price([(2811, 10), (2825, 10), (2840, 8)]) == 2824
    assert final_index_price([(2810, 14), (2836, 17)]) == 2824
    assert [final_index_price([(2810, n), (2811, 15)]) for n in (15, 16)] == [2811, 2810]
    assert variation(2824, 25, 2829 * 25, 744).mills == -93_000


@pytest.mark.rule("SETTLE-010")
def test_a_final_price_stays_inside_the_limits_of_its_day() -> None:
    assert [inside_limits(price, 2277, 3415) for price in (2000, 2277, 2846, 3500)] == [2277, 2277, 2846, 3415]


@pytest.mark.rule("SETTLE-011")
def test_a_correction_is_a_cash_adjustment_of_zero_sum() -> None:
    check_adjustment({"A": 7440, "B": -7440})
    with pytest.raises(OutOfRange, match="sum of a cash adjustment -1"):
        check_adjustment({"A": 7440, "B": -7441})


@pytest.mark.rule("SPEC-053")
def test_a_strip_s_settlement_is_hour_weighted() -> None:
    assert weighted_price([(2846, 744), (2826, 672), (2803, 744)]) == 2825
