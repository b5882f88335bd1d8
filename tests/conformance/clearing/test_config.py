"""The default configuration with one key changed."""

from datetime import date

import pytest

from exchange.conformance.clearing.config import configure

ENDS = {
    ("chips.H100.psr_mills", None): "refused CONFIG-001",
    ("chips.H100.code", "1"): "refused CONFIG-001",
    ("tiers.G85.floor_bp", "8400"): "refused CONFIG-002",
    ("tiers.benchmark", "G92"): "refused CONFIG-002",
    ("margin.covered_bp", "10001"): "refused CONFIG-003",
    ("margin.covered_bp", "10000"): "accepted",
    ("tiers.certification.conversion_cap_bp", "9999"): "refused CONFIG-003",
    ("tiers.certification.conversion_cap_bp", "12000"): "refused CONFIG-010",
    ("chips.H100.psr_mills", "2811"): "refused CONFIG-004",
    ("chips.H100.psr_mills", "2,810"): "accepted",
    ("products.orders.position_lots_max", "3000000000"): "refused CONFIG-005",
    ("products.PHY.months", "11"): "refused CONFIG-006",
    ("calendar.holidays.2027", None): "refused CONFIG-007",
    ("margin.pair.H100/H300", "H300:1:1:4000"): "refused CONFIG-008",
    ("margin.pair.H100/B200", "B200:0:1:4000"): "refused CONFIG-008",
    ("margin.pair.H100/B200", "B200:3:1:4000"): "accepted",
    ("margin.pair.H100/B200", None): "accepted",
    ("margin.pair.H100/H200", "H200:1:1:10001"): "refused CONFIG-003",
    ("products.IDX.index_source", None): "refused CONFIG-009",
    ("products.index.fallback", "CDP"): "refused CONFIG-009",
    ("chips.H100.ref_tenths", "5500"): "refused CONFIG-010",
    ("tiers.certification.enabled", "true"): "refused CONFIG-011",
    ("margin.colour", "1"): "refused UNKNOWN_KEY",
    ("margin.pair.H100/B300", None): "refused UNKNOWN_KEY",
    ("margin.pair.H100/B200", "B200"): "refused UNKNOWN_KEY",
    ("chips.H900.code", "1"): "refused UNKNOWN_KEY",
    ("fees.taker_mills", "1"): "refused UNKNOWN_KEY",
    ("products.fees.taker.mills", "1"): "refused UNKNOWN_KEY",
    ("margin.covered_bp", "a-half"): "refused WRONG_TYPE",
}


@pytest.mark.parametrize(("change", "end"), ENDS.items(), ids=[f"{key}={value}" for key, value in ENDS])
def test_a_changed_key_is_accepted_or_refused_with_its_code(change: tuple[str, str | None], end: str) -> None:
    assert configure(*change) == end


@pytest.mark.rule("CONFIG-001")
@pytest.mark.rule("CONFIG-007")
def test_the_day_of_the_load_counts() -> None:
    assert configure("margin.covered_bp", "1", date(2027, 3, 19)) == "accepted"
    assert configure("margin.covered_bp", "1", date(2027, 3, 24)) == "refused CONFIG-001"
