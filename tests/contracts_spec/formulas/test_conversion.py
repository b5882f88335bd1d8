"""Conversion factors, with the numbers of the rules."""

import pytest

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.conversion import (
    basket_factor,
    cheapest_to_deliver,
    conversion_factor,
    delivery_gain,
    paid_floor,
)
from contracts_spec.schema import Spec
from exchange.units import share_floor, value_mills


@pytest.mark.rule("CERT-030")
@pytest.mark.parametrize(
    ("lot", "contract", "factor"),
    [(9500, 9000, 10_555), (9000, 9000, 10_000), (9500, 8500, 11_000), (9500, 8000, 11_000)],
)
def test_a_better_tier_earns_more_up_to_the_cap(spec: Spec, lot: int, contract: int, factor: int) -> None:
    assert conversion_factor(lot, contract, spec.certification.conversion_cap_bp) == factor


@pytest.mark.rule("CERT-030")
def test_an_invoice_of_a_better_tier_is_the_par_invoice_times_its_factor() -> None:
    par = value_mills(2826, 744, 8)
    assert par == 16_820_352
    assert share_floor(par, 10_555) == 17_753_881 == par + 933_529


@pytest.mark.rule("CERT-031")
@pytest.mark.parametrize(
    ("lot", "contract", "factor", "floor"),
    [(9500, 9000, 10_555, 9500), (9000, 8500, 10_588, 9000), (9500, 8000, 11_000, 8800), (9000, 9000, 10_000, 9000)],
)
def test_the_paid_floor_rounds_up_to_what_the_factor_pays_for(lot: int, contract: int, factor: int, floor: int) -> None:
    assert conversion_factor(lot, contract, 11_000) == factor
    assert paid_floor(contract, factor) == floor


@pytest.mark.rule("CERT-032")
def test_basket_factors_are_measured_matmul_rates_against_h100(spec: Spec) -> None:
    factors = {chip.name: basket_factor(chip, spec.chip("H100")) for chip in spec.chips}
    assert {name: factor for name, factor in factors.items() if factor is not None} == {
        "A100": 3413,
        "H100": 10_000,
        "H200": 10_000,
        "B200": 21_963,
        "B300": 22_265,
        "GB200": 22_932,
        "MI300X": 8412,
    }


@pytest.mark.rule("CERT-032")
def test_the_cheapest_chip_to_deliver_gains_most_over_its_cost(spec: Spec) -> None:
    gains = {}
    for name in ("A100", "H100", "MI300X", "B200", "B300"):
        chip = spec.chip(name)
        factor, cost = basket_factor(chip, spec.chip("H100")), chip.seed_mills
        assert factor is not None
        assert cost is not None
        gains[name] = delivery_gain(2700, factor, cost)
    assert gains == {"A100": -729, "H100": -110, "MI300X": -109, "B200": 60, "B300": -809}
    assert max(gains, key=lambda name: gains[name]) == "B200"


@pytest.mark.rule("CERT-032")
def test_the_cheapest_of_named_chips_is_found_and_those_outside_the_basket_left_out(spec: Spec) -> None:
    costs = {"A100": 1650, "H100": 2810, "MI300X": 2380, "B200": 5870, "B300": 6820, "VR": 1}
    chips = [(spec.chip(name), cost) for name, cost in costs.items()]
    assert cheapest_to_deliver(2700, chips, spec.chip("H100")) == (spec.chip("B200"), 60)
    equal = [(spec.chip("H200"), 2700), (spec.chip("H100"), 2700)]
    assert cheapest_to_deliver(2700, equal, spec.chip("H100")) == (spec.chip("H100"), 0)
    assert cheapest_to_deliver(2700, [(spec.chip("VR"), 1)], spec.chip("H100")) is None


@pytest.mark.rule("CERT-030")
@pytest.mark.rule("SPEC-022")
def test_a_lower_tier_is_never_delivered_into_a_higher_contract() -> None:
    with pytest.raises(OutOfRange, match=r"floor of the lot 9000 not in 9500\.\.10000"):
        conversion_factor(9000, 9500, 11_000)
