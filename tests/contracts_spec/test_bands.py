"""Figures of price limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.bands import (
    PriceRange,
    breaker_width,
    combination_width,
    daily_range,
    daily_width,
    reject_range,
    velocity_width,
    whole_range,
)
from contracts_spec.schema import Spec
from exchange.codes import ComboKind

OUTRIGHT, STRIP = ComboKind.OUTRIGHT, ComboKind.STRIP


@pytest.mark.rule("BAND-011")
def test_buys_above_and_sells_below_the_reject_band_are_refused(spec: Spec) -> None:
    assert reject_range(spec.products.bands, 2846) == PriceRange(2646, 3046)


@pytest.mark.rule("BAND-012")
def test_the_breaker_is_a_tenth_of_the_previous_settlement(spec: Spec) -> None:
    bands = spec.products.bands
    width = breaker_width(bands, 2846)
    assert width == 284
    high = 2851
    assert [high - price > width for price in (2566, 2567)] == [True, False]
    assert velocity_width(bands, 2846) == 85
    assert breaker_width(bands, 5) == velocity_width(bands, 5) == 1


@pytest.mark.rule("BAND-013")
def test_the_daily_limit_is_a_fifth_and_doubles_after_a_day_at_the_limit(spec: Spec) -> None:
    bands = spec.products.bands
    assert daily_width(bands, 2846) == 569
    assert daily_range(OUTRIGHT, 2846, 569, 100_000) == PriceRange(2277, 3415)
    assert daily_width(bands, 2846, at_limit=True) == 1138
    assert daily_width(bands, 4) == 1


@pytest.mark.rule("BAND-013")
@pytest.mark.rule("SPEC-004")
def test_limits_are_cut_to_the_prices_the_venue_knows() -> None:
    assert daily_range(OUTRIGHT, 3, 5, 100_000) == PriceRange(1, 8)
    assert daily_range(STRIP, 99_999, 5, 100_000) == PriceRange(99_994, 100_000)
    assert whole_range(ComboKind.CALENDAR, 100_000) == PriceRange(-100_000, 100_000)
    assert whole_range(ComboKind.TIER, 100_000) == PriceRange(-100_000, 100_000)
    assert whole_range(OUTRIGHT, 100_000) == PriceRange(1, 100_000)


@pytest.mark.rule("BAND-013")
def test_spreads_add_their_legs_widths_and_strips_take_the_smallest_less_one() -> None:
    assert combination_width(ComboKind.CALENDAR, [569, 560]) == 1129
    assert combination_width(ComboKind.TIER, [569, 600]) == 1169
    assert combination_width(STRIP, [569, 560, 565]) == 559


@pytest.mark.rule("BAND-013")
@given(settles=st.lists(st.integers(6, 80_000), min_size=2, max_size=2), shift=st.integers(-20_000, 20_000))
def test_a_spread_inside_its_limits_has_legs_inside_theirs(spec: Spec, settles: list[int], shift: int) -> None:
    """Leg prices that give the spread's price exist: both legs moved together if need be."""
    widths = [daily_width(spec.products.bands, settle) for settle in settles]
    legs = [daily_range(OUTRIGHT, settle, width, 100_000) for settle, width in zip(settles, widths, strict=True)]
    limits = daily_range(
        ComboKind.CALENDAR, settles[0] - settles[1], combination_width(ComboKind.CALENDAR, widths), 100_000
    )
    price = max(limits.low_tick, min(limits.high_tick, settles[0] - settles[1] + shift))
    lowest, highest = legs[0].low_tick - legs[1].high_tick, legs[0].high_tick - legs[1].low_tick
    assert lowest <= price <= highest
