"""Cascades conserve value to the mill; a strip's legs and remainder give its exact value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.cascade import StripLegs, cascade_children, cascade_values, cascaded, strip_legs
from contracts_spec.formulas.settlement import variation
from contracts_spec.symbols import OutrightName, parse_symbol, symbol_text
from exchange.units import value_mills


def outright(symbol: str) -> OutrightName:
    name = parse_symbol(symbol)
    assert isinstance(name, OutrightName)
    return name


@pytest.mark.rule("CASCADE-001")
def test_children_keep_chip_and_tier_and_those_of_terms_are_physical() -> None:
    def children(symbol: str) -> list[str]:
        return [symbol_text(child) for child in cascade_children(outright(symbol))]

    assert children("H100.G95.T3-27") == ["H100.G95.C27", "H100.G95.C28", "H100.G95.C29"]
    assert children("H100.G90.Q1-27/I") == ["H100.G90.F27/I", "H100.G90.G27/I", "H100.G90.H27/I"]
    assert children("H100.G90.F27") == []


@pytest.mark.rule("CASCADE-002")
@pytest.mark.parametrize(
    ("symbol", "price", "lots", "values"),
    [
        ("H100.G90.Q1-27", 2826, 1, [2_102_544, 1_899_072, 2_102_544]),
        ("H100.G90.C27", 2701, 3, [6_028_632, 5_445_216, 6_028_632, 17_696_952, 17_891_424, 17_891_424]),
        ("H100.G90.T5-27", 2450, 1, [21_462_000, 21_520_800, *[21_462_000] * 3]),
    ],
)
def test_the_children_are_worth_exactly_the_parent(symbol: str, price: int, lots: int, values: list[int]) -> None:
    assert cascade_values(price, lots, outright(symbol)) == values
    assert sum(values) == value_mills(price, outright(symbol).period.hours, lots)


@pytest.mark.rule("CASCADE-002")
def test_the_difference_from_the_child_s_own_settlement_comes_with_the_next_variation() -> None:
    """4 lots of Q1-27 at 2826; the months settle at 2850, 2829 and 2806."""
    gains = []
    for settle, hours in ((2850, 744), (2829, 672), (2806, 744)):
        lots, mark_num = cascaded(2826, 4, 0, 0)
        gains.append(variation(settle, lots, mark_num, hours).mills)
    assert gains == [71_424, 8_064, -59_520]
    assert sum(gains) == 19_968
    assert cascaded(2810, 4, -6, -16_980) == (-2, -5740)


@pytest.mark.rule("CASCADE-006")
def test_a_strip_s_legs_move_together_and_the_buyer_pays_the_rest() -> None:
    legs = [(2846, 744), (2826, 672), (2803, 744)]
    assert strip_legs(2826, legs) == StripLegs((2847, 2827, 2804), 72)
    assert strip_legs(2824, legs) == StripLegs((2845, 2825, 2802), 72)
    assert strip_legs(2825, [(2825, 744), (2825, 672), (2825, 744)]) == StripLegs((2825, 2825, 2825), 0)
    with pytest.raises(OutOfRange, match="hours of a leg 0"):
        strip_legs(2826, [(2846, 0)])


@pytest.mark.rule("CASCADE-006")
@given(
    st.integers(1, 100_000),
    st.lists(st.tuples(st.integers(1, 100_000), st.sampled_from([672, 696, 720, 744])), min_size=1, max_size=12),
)
def test_legs_and_remainder_are_worth_the_strip(price: int, legs: list[tuple[int, int]]) -> None:
    found = strip_legs(price, legs)
    hours = sum(one for _, one in legs)
    paid = sum(tick * one for tick, (_, one) in zip(found.leg_ticks, legs, strict=True)) + found.residual_mills
    assert paid == price * hours
    assert 0 <= found.residual_mills < hours
