"""How large figures may be: both ends of every range, and that money of the largest stays inside 64 bits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts_spec.bounds import (
    CHIP_RANGES,
    PRODUCT_RANGES,
    PROVEN,
    RANGES,
    WINDOW_STEP_S,
    Range,
    catalogue_hours,
    check_chip_ranges,
    check_product_ranges,
    check_ranges,
)
from contracts_spec.errors import Problem, SpecError
from contracts_spec.load import load_spec
from contracts_spec.schema import ChipsFile, Spec, TiersFile
from exchange.limits import VENUE, WINDOW_SLOTS
from exchange.units import (
    CATALOGUE_HOURS_MAX,
    CHARGE_MILLS_MAX,
    LOT_HOUR_MILLS_MAX,
    MONEY_MAX,
    NS_PER_S,
    POSITION_LOTS_MAX,
    PRICE_MAX,
)

Edit = Callable[..., Path]


def with_value(table: Any, path: str, value: int) -> Any:
    """A copy of a table with one value changed, `path` like `orders.min_inc_ticks`."""
    name, _, rest = path.partition(".")
    return msgspec.structs.replace(table, **{name: with_value(getattr(table, name), rest, value) if rest else value})


def found_at(problems: list[Problem], key: str) -> list[str]:
    return [problem.value for problem in problems if problem.key == key]


def ranged(spec: Spec, file: str, key: str, value: int) -> list[Problem]:
    """Problems of the ranges with one value changed."""
    tables: dict[str, Any] = {
        "chips.toml": ChipsFile(spec.chips),
        "tiers.toml": TiersFile(spec.benchmark, spec.tiers, spec.certification),
        "products.toml": spec.products,
        "calendar.toml": spec.calendar,
        "margin.toml": spec.margin,
    }
    return list(check_ranges(tables | {file: with_value(tables[file], key, value)}))


@pytest.mark.rule("CONFIG-004")
@pytest.mark.parametrize(
    ("file", "key", "ends"), [(file, key, ends) for file, ranges in RANGES.items() for key, ends in ranges.items()]
)
def test_a_figure_may_have_both_ends_of_its_range_and_nothing_beyond(
    spec: Spec, file: str, key: str, ends: Range
) -> None:
    low, high = ends
    for value in (low, high):
        assert found_at(ranged(spec, file, key, value), key) == []
    for value in (low - 1, high + 1):
        (problem,) = ranged(spec, file, key, value)
        assert problem == Problem(file, key, str(value), f"must be in {low}..{high}", "CONFIG-004")


@pytest.mark.rule("CONFIG-005")
@pytest.mark.parametrize(("key", "ends"), PROVEN.items())
def test_what_money_is_proven_with_may_not_be_larger(spec: Spec, key: str, ends: Range) -> None:
    low, high = ends
    for value in (low - 1, high + 1):
        problems = list(check_product_ranges(with_value(spec.products, key, value)))
        assert found_at(problems, key) == [str(value)]
        told = f"must be in {low}..{high}, up to which money stays below 2^63 (CONFIG-005 OVERFLOW)"
        assert any(str(problem).endswith(told) for problem in problems)
    assert list(check_product_ranges(with_value(spec.products, key, high))) == []


@pytest.mark.parametrize(("key", "ends"), PRODUCT_RANGES.items())
def test_a_family_lists_a_bounded_number_of_periods(spec: Spec, key: str, ends: Range) -> None:
    for value in (ends[0] - 1, ends[1] + 1, 10**18):
        first = with_value(spec.products.product[0], key, value)
        products = msgspec.structs.replace(spec.products, product=(first, *spec.products.product[1:]))
        assert found_at(list(check_product_ranges(products)), f"product.PHY.{key}") == [str(value)]


@pytest.mark.rule("CONFIG-001")
@pytest.mark.parametrize(("key", "ends"), CHIP_RANGES.items())
def test_a_chip_s_figures_are_bounded(spec: Spec, key: str, ends: Range) -> None:
    for value in (ends[0] - 1, ends[1] + 1):
        (problem,) = check_chip_ranges(with_value(spec.chip("H100"), key, value))
        assert (problem.key, problem.value) == (f"chip.H100.{key}", str(value))


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("margin.toml", "tier_mills = 50", "tier_mills = 9999999999999", "tier_mills = 9999999999999: must be in 0.."),
        ("margin.toml", "intra_mills = 60", "intra_mills = 10001", "intra_mills = 10001: must be in 0..10000"),
        ("products.toml", "taker_mills = 2", "taker_mills = 10001", "fees.taker_mills = 10001: must be in 0..10000"),
        ("products.toml", "maker_mills = 0", "maker_mills = 3", "maker_mills = 3: must be at most fees.taker_mills 2"),
        ("products.toml", "auction_mills = 1", "auction_mills = 3", "auction_mills = 3: must be at most fees.taker"),
        ("products.toml", "months = 12", "months = 1000000000000000000", "product.PHY.months = 1000000000000000000: "),
        ("products.toml", "years = 5", "years = 100000000", "product.PHY.years = 100000000: must be in 0..60"),
        ("products.toml", "lot_value = 1000", "lot_value = 43849", "GPX.lot_value = 43849: must be in 1..43848"),
        ("products.toml", "seed_mills = 9000", "seed_mills = 0", "product.GPX.seed_mills = 0: must be in 1..100000"),
        ("products.toml", "top_lots_max = 0", "top_lots_max = 10001", "pro_rata.top_lots_max = 10001: must be in 0.."),
        ("products.toml", "velocity_window_s = 6", "velocity_window_s = 7", "window_s = 7: must be a multiple of 3"),
        ("products.toml", "terms5 = 2", "terms5 = 60", "product periods = "),
        ("chips.toml", "spot_cap_lots = 7500", "spot_cap_lots = 1000001", "chip.A100.spot_cap_lots = 1000001: must be"),
        ("calendar.toml", "month_ltd_business_days = 5", "month_ltd_business_days = -5",
         "month_ltd_business_days = -5: must be in 1..60"),
        ("calendar.toml", "month_ltd_business_days = 5", "month_ltd_business_days = 1000000000",
         "month_ltd_business_days = 1000000000: must be in 1..60"),
    ],
)  # fmt: skip
def test_a_figure_that_is_too_large_is_refused_when_it_is_read(
    edited: Edit, file: str, old: str, new: str, line: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(edited(file, old, new))
    text = str(caught.value)
    assert any(found.startswith(f"{file}: ") and line in found for found in text.splitlines()), text


@pytest.mark.rule("BAND-005")
def test_a_window_of_whole_steps_has_slots_of_whole_nanoseconds() -> None:
    assert WINDOW_STEP_S * NS_PER_S % WINDOW_SLOTS == 0


@pytest.mark.rule("CONFIG-005", "SPEC-004")
@pytest.mark.rule("MARGIN-013")
def test_the_largest_hold_losses_and_deposits_of_the_largest_catalogue_fit_into_64_bits(spec: Spec) -> None:
    assert CATALOGUE_HOURS_MAX * POSITION_LOTS_MAX * LOT_HOUR_MILLS_MAX < 1 << 63
    outrights_mills = (2 * PRICE_MAX + 3 * CHARGE_MILLS_MAX) * CATALOGUE_HOURS_MAX
    doubled_mills = (2 * PRICE_MAX + CHARGE_MILLS_MAX) * CATALOGUE_HOURS_MAX  # before it is halved
    combinations_mills = 8 * PRICE_MAX * VENUE.books * 744
    losses_mills = (2 * PRICE_MAX + CHARGE_MILLS_MAX) * CATALOGUE_HOURS_MAX
    of_positions = (outrights_mills + combinations_mills + losses_mills) * POSITION_LOTS_MAX
    assert of_positions + MONEY_MAX < 1 << 63 and doubled_mills * POSITION_LOTS_MAX < 1 << 63
    # Six chips, each as if all its periods were listed at their longest: PHY and TOP in four tiers, IDX in one.
    assert catalogue_hours(spec.products, ChipsFile(spec.chips)) == 6 * (4 * 210_816 + 70_512) < CATALOGUE_HOURS_MAX
