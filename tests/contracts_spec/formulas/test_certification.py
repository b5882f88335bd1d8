"""Certified goodput and grades, with the numbers of the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.certification import (
    DayTelemetry,
    certified_goodput,
    certify,
    combine_bp,
    daily_goodput,
    given_goodput,
    grade,
    is_below_audit,
    mean_goodput,
    measured_tenths,
    meets_fabric,
    throughput_bp,
)
from contracts_spec.schema import Spec

WEEK = [9231, 9178, 9260, 9084, 9195, 9022, 9240]
FLOP_PER_TENTH = 10**11


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
    with pytest.raises(ValueError, match=r"productive_step_s|elapsed_s"):
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
    with pytest.raises(ValueError, match=f"goodput of a day {day_bp} not in 0..10000"):
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


@pytest.mark.rule("CERT-009")
def test_an_audit_more_than_300_basis_points_below_revokes(spec: Spec) -> None:
    tolerance_bp = spec.certification.audit_tolerance_bp
    assert [is_below_audit(9084, audit_bp, tolerance_bp) for audit_bp in (9084, 8784, 8783)] == [False, False, True]


@pytest.mark.rule("CERT-009")
def test_a_mean_without_hours_is_refused() -> None:
    with pytest.raises(OutOfRange, match="hours of all days 0"):
        mean_goodput([])


@pytest.mark.rule("CERT-004")
def test_goodput_from_given_measures_is_that_of_the_rule() -> None:
    assert [given_goodput(5400, 9990, 9700, rate) for rate in (5398, 5117)] == [9686, 9181]
    with pytest.raises(OutOfRange, match="A 10001"):
        given_goodput(5400, 10_001, 9700, 5398)
