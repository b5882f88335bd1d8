"""Certified goodput, grades, conversion factors and effective prices, with the numbers of the rules."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.goodput import (
    DayTelemetry,
    Offer,
    RankedPrice,
    basket_factor,
    certified_goodput,
    certify,
    combine_bp,
    conversion_factor,
    daily_goodput,
    delivery_gain,
    effective_price,
    grade,
    mean_goodput,
    measured_tenths,
    meets_fabric,
    paid_floor,
    quote_or_settlement,
    rank_offers,
    throughput_bp,
)
from contracts_spec.schema import Spec
from exchange.units import share_floor, value_mills

WEEK = [9231, 9178, 9260, 9084, 9195, 9022, 9240]
FLOP_PER_TENTH = 10**11
OFFERS = st.builds(
    Offer,
    st.integers(1, 14),
    st.integers(1, 100_000),
    st.sampled_from([8000, 8500, 9000, 9500]),
    st.integers(1, 30_000),
    st.just(False),
)


def telemetry(
    productive_s: int = 83_808, elapsed_s: int = 86_400, start_s: int = 0, tenths: int = 5398
) -> DayTelemetry:
    """One day of 8 nodes with 64 GPUs, all nodes usable but 0.1 %."""
    flop = tenths * FLOP_PER_TENTH * productive_s * 64 + 17  # a rest that the floor drops
    return DayTelemetry(690_508, 691_200, productive_s, elapsed_s, start_s, flop, 64)


def name_of(goodput_bp: int, spec: Spec) -> str:
    tier = grade(goodput_bp, spec.tiers)
    return tier.name if tier else "REJECTED"


@pytest.mark.rule("CERT-004")
def test_a_day_s_goodput_floors_at_every_step(spec: Spec) -> None:
    assert (throughput_bp(5398, 5400), combine_bp(9990, 9700, 9996)) == (9996, 9686)
    assert (throughput_bp(5117, 5400), combine_bp(9990, 9700, 9475)) == (9475, 9181)
    assert (name_of(9686, spec), name_of(9181, spec)) == ("G95", "G90")
    assert throughput_bp(6000, 5400) == 10_000  # faster than the reference earns nothing


@pytest.mark.rule("CERT-004")
def test_goodput_follows_from_a_day_of_telemetry() -> None:
    day = telemetry()
    assert measured_tenths(day) == 5398
    # A = 690508 * 10000 // 691200 = 9989, R = 9700, T = 9996
    assert daily_goodput(day, 5400) == 9989 * 9700 // 10_000 * 9996 // 10_000 == 9685


@pytest.mark.rule("CERT-004")
def test_one_program_start_of_up_to_900_seconds_is_not_held_against_the_provider() -> None:
    slow = daily_goodput(telemetry(elapsed_s=87_300), 5400)
    assert daily_goodput(telemetry(elapsed_s=87_300, start_s=900), 5400) == daily_goodput(telemetry(), 5400) > slow
    assert daily_goodput(telemetry(elapsed_s=88_000, start_s=1600), 5400) == daily_goodput(
        telemetry(elapsed_s=88_000, start_s=900), 5400
    )


@pytest.mark.rule("CERT-004")
def test_a_day_without_one_productive_second_is_worth_nothing() -> None:
    assert daily_goodput(telemetry(productive_s=0), 5400) == 0


@pytest.mark.parametrize(
    ("productive_s", "elapsed_s", "start_s"), [(86_401, 86_400, 0), (-1, 86_400, 0), (0, 900, 900)]
)
def test_telemetry_that_cannot_be_is_refused(productive_s: int, elapsed_s: int, start_s: int) -> None:
    with pytest.raises(ValueError, match="productive_step_s"):
        daily_goodput(telemetry(productive_s, elapsed_s, start_s), 5400)


@pytest.mark.parametrize(
    ("changes", "ref_tenths", "text"),
    [
        ({"gpus": 0}, 5400, "gpus 0 must be at least 1"),
        ({"gpus": -1}, 5400, "gpus -1 must be at least 1"),
        ({"model_flop": -1}, 5400, "model_flop -1 must be at least 0"),
        ({"program_start_s": -5000}, 5400, "program_start_s -5000 must be at least 0"),
        ({}, 0, "ref_tenths 0 must be at least 1"),
    ],
)
def test_counts_that_cannot_be_are_refused(changes: dict[str, int], ref_tenths: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        daily_goodput(telemetry()._replace(**changes), ref_tenths)


@pytest.mark.rule("CERT-005")
@pytest.mark.parametrize("day_bp", [-5, 20_000])
def test_a_day_outside_basis_points_is_not_certified(day_bp: int) -> None:
    with pytest.raises(ValueError, match=f"goodput {day_bp} of a day not in 0..10000"):
        certified_goodput([day_bp, *WEEK[1:]])


@pytest.mark.rule("CERT-006")
def test_a_chip_without_fabric_floors_is_not_certified(spec: Spec) -> None:
    with pytest.raises(ValueError, match="chip MI300X has no fabric floors"):
        certify(spec.chip("MI300X"), spec.tiers, WEEK, (1_000, 1_000))


@pytest.mark.rule("CERT-005")
def test_the_certificate_is_the_second_lowest_day(spec: Spec) -> None:
    assert certified_goodput(WEEK) == 9084
    assert name_of(9084, spec) == "G90"
    assert [name_of(g, spec) for g in (10_000, 9500, 9499, 8000, 7999, 0)] == [
        *("G95", "G95", "G90", "G80"),
        *("REJECTED", "REJECTED"),
    ]


@pytest.mark.rule("CERT-005")
def test_one_day_without_record_is_forgiven_and_two_reject(spec: Spec) -> None:
    assert certified_goodput([None, *WEEK[1:]]) == 9022
    assert name_of(certified_goodput([None, None, *WEEK[2:]]), spec) == "REJECTED"
    with pytest.raises(ValueError, match="6 days given, the window has 7"):
        certified_goodput(WEEK[:6])


@pytest.mark.rule("CERT-006")
def test_a_slow_fabric_rejects_whatever_the_goodput_is(spec: Spec) -> None:
    h100, rack = spec.chip("H100"), spec.chip("GB300")
    assert [meets_fabric(h100, *speeds) for speeds in ((300, 35), (299, 35), (300, 34))] == [True, False, False]
    assert meets_fabric(spec.chip("A100"), 150, 15)
    assert meets_fabric(rack, 800, 500)
    assert not meets_fabric(rack, 487, 79)
    assert certify(h100, spec.tiers, WEEK, (337, 40)) == spec.tier("G90")
    assert certify(h100, spec.tiers, [10_000] * 7, (299, 40)) is None


@pytest.mark.rule("CERT-010")
def test_a_grade_depends_on_measurements_only(spec: Spec) -> None:
    """No argument of `certify` names a provider or a rating; tiers come from telemetry and fabric."""
    parameters = certify.__annotations__.keys() - {"return"}
    assert parameters == {"chip", "tiers", "daily_bp", "fabric"}
    assert certify(spec.chip("H100"), spec.tiers, sorted(WEEK), (300, 35)) == spec.tier("G90")


@pytest.mark.rule("CERT-005")
@given(week=st.lists(st.none() | st.integers(0, 10_000), min_size=7, max_size=7), day=st.integers(0, 6))
def test_no_single_day_can_lower_a_certificate_below_the_lowest_of_the_others(week: list[int | None], day: int) -> None:
    others = [g or 0 for place, g in enumerate(week) if place != day]
    assert min(others) <= certified_goodput(week) <= sorted(others)[1]


@pytest.mark.rule("SPEC-011")
@pytest.mark.rule("CERT-009")
def test_mean_goodput_weighs_hours_and_floors() -> None:
    assert mean_goodput([(744, 9200), (24, 8000)]) == (744 * 9200 + 24 * 8000) // 768 == 9162


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


@pytest.mark.rule("ROUTE-001")
@pytest.mark.parametrize(
    ("price", "goodput", "tenths", "expected"),
    [
        (2810, 9000, 5400, 5782),
        (5870, 9000, 12_285, 5310),
        (1650, 9000, 1703, 10_766),
        (2810, 8000, 5400, 6505),
        (2810, 8500, 5400, 6123),
        (2810, 9500, 5400, 5478),
        (1650, 9000, 1100, 16_667),
        (2810, 9000, 1700, 18_367),
        (5870, 9000, 2300, 28_358),
    ],
)
def test_effective_price_is_mills_for_a_useful_pflop_hour_rounded_up(
    price: int, goodput: int, tenths: int, expected: int
) -> None:
    assert effective_price(price, goodput, tenths) == expected


@pytest.mark.rule("ROUTE-002")
def test_the_ratio_of_prices_decides_for_each_workload() -> None:
    training = [Offer(1, 1650, 9000, 1703), Offer(2, 2810, 9000, 5400), Offer(4, 5870, 9000, 12_285)]
    small_model = [Offer(1, 1650, 9000, 1100), Offer(2, 2810, 9000, 1700), Offer(4, 5870, 9000, 2300)]
    assert [offer.chip_code for offer in rank_offers(training)] == [4, 2, 1]
    assert [offer.chip_code for offer in rank_offers(small_model)] == [1, 2, 4]
    beaten = Offer(1, 814, 9000, 1703)
    assert rank_offers([*training, beaten])[0].chip_code == 4
    assert rank_offers([*training, beaten._replace(price_mills=813)])[0].chip_code == 1


@pytest.mark.rule("ROUTE-002")
def test_ranking_is_exact_where_displayed_prices_are_equal() -> None:
    close = [Offer(2, 100_000, 9000, 5401), Offer(3, 99_999, 9000, 5401)]
    scaled = [Offer(2, 10**15 + 1, 9999, 29_999), Offer(1, 10**15, 9999, 29_999)]
    assert [offer.chip_code for offer in rank_offers(close)] == [3, 2]
    assert [offer.chip_code for offer in rank_offers(scaled)] == [1, 2]
    small = [Offer(2, 2, 9000, 29_999), Offer(3, 2, 9000, 30_000)]
    assert effective_price(2, 9000, 29_999) == effective_price(2, 9000, 30_000)
    assert [offer.chip_code for offer in rank_offers(small)] == [3, 2]


@pytest.mark.rule("ROUTE-002")
def test_equal_offers_go_to_the_lower_chip_code_and_unusable_ones_are_left_out() -> None:
    same = [Offer(3, 2810, 9000, 5400), Offer(2, 2810, 9000, 5400)]
    unusable = [Offer(10, 1, 9000, None), Offer(1, 1, 0, 1703), Offer(4, 1, 9000, 12_285, suspended=True)]
    assert [offer.chip_code for offer in rank_offers([*unusable, *same])] == [2, 3]


@pytest.mark.rule("ROUTE-002")
@given(offers=st.lists(OFFERS, max_size=8))
def test_ranking_agrees_with_exact_fractions(offers: list[Offer]) -> None:
    def price(offer: Offer) -> tuple[Fraction, int]:
        assert offer.ref_tenths is not None
        return Fraction(offer.price_mills, offer.goodput_bp * offer.ref_tenths), offer.chip_code

    assert [price(offer) for offer in rank_offers(offers)] == sorted(map(price, offers))


@pytest.mark.rule("ROUTE-002")
def test_a_stale_quote_gives_way_to_the_settlement_and_is_marked_so(spec: Spec) -> None:
    limit_s = spec.products.routing.quote_age_s_max
    assert limit_s == 60
    assert quote_or_settlement(2840, 60 * 10**9 - 1, 2810, limit_s) == RankedPrice(2840, False)
    assert quote_or_settlement(2840, 60 * 10**9, 2810, limit_s) == RankedPrice(2810, True)
    assert quote_or_settlement(None, 0, 2810, limit_s) == RankedPrice(2810, True)
