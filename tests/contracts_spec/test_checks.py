"""Values that do not make sense together: one example a CONFIG- rule, at load and on a date."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.checks import CAP_BP_MAX, check_date
from contracts_spec.errors import CONFIG_NAMES, SpecError
from contracts_spec.load import load_spec
from contracts_spec.schema import Spec

Edit = Callable[..., Path]
RULED = [
    pytest.param(code, *row, marks=pytest.mark.rule(code))
    for code, row in [
        ("CONFIG-001", ("chips.toml", "code = 2\n", "code = 1\n", "chip code = 1: must be unique")),
        ("CONFIG-001", ("chips.toml", "code = 14", "code = 128", "chip.MAIA.code = 128: must be in 1..127")),
        ("CONFIG-001", ("chips.toml", 'name = "VR"', 'name = "INF"', "chip.INF.name = 'INF'")),
        ("CONFIG-001", ("chips.toml", "unit_lots = 8\n", "", "chip.A100.unit_lots: missing: a listed chip needs it")),
        ("CONFIG-001", ("chips.toml", '"2027-07"', '"07/2027"', "chip.VR.first_delivery = '07/2027'")),
        ("CONFIG-001", ("chips.toml", "unit_lots = 72", "unit_lots = 0", "chip.GB200.unit_lots = 0: must be in")),
        ("CONFIG-001", ("chips.toml", 'reason = "no mat', 'title2 = ""\n#', "unknown key")),
        ("CONFIG-002", ("tiers.toml", "floor_bp = 8500", "floor_bp = 8600", "multiple of 500 in 500..10000")),
        ("CONFIG-002", ("tiers.toml", "floor_bp = 9500", "floor_bp = 9000", "must ascend")),
        ("CONFIG-002", ("tiers.toml", 'benchmark = "G90"', 'benchmark = "G91"', "benchmark = 'G91': must be one of")),
        ("CONFIG-002", ("tiers.toml", 'name = "G80"', 'name = "G81"', "tier.G81.name = 'G81': must be 'G80'")),
        ("CONFIG-002", ("products.toml", '["G95", "G90"]', '["G99", "G90"]', "combinations.tier_spreads = 'G99'")),
        ("CONFIG-003", ("margin.toml", "maintenance_bp = 8000", "maintenance_bp = 10001", "must be in 1..10000")),
        ("CONFIG-003", ("margin.toml", "credit_bp = 4000", "credit_bp = -1", "credit_bp = -1: must be in 0..10000")),
        ("CONFIG-003", ("tiers.toml", "cap_bp = 11000", "cap_bp = 9999", "must be in 10000..30000")),
        ("CONFIG-004", ("chips.toml", "seed_mills = 2810", "seed_mills = 100001", "must be in 1..100000")),
        ("CONFIG-004", ("chips.toml", "psr_mills = 400", "psr_mills = 2811", "must be in 1..2810, the seed price")),
        ("CONFIG-004", ("chips.toml", "psr_mills = 400", "psr_mills = 0", "chip.H100.psr_mills = 0")),
        ("CONFIG-003", ("margin.toml", "maintenance_bp = 8000", "maintenance_bp = 0", "= 0: must be in 1..10000")),
        ("CONFIG-004", ("margin.toml", "intra_mills = 60", "intra_mills = -1", "mills = -1: must be in 0..10000")),
        ("CONFIG-004", ("margin.toml", "prefund_days = 7", "prefund_days = -1", "prefund_days = -1")),
        ("CONFIG-004", ("products.toml", "min_inc_ticks = 1", "min_inc_ticks = 0", "orders.min_inc_ticks = 0")),
        ("CONFIG-004", ("products.toml", "show_ratio = 100 ", "show_ratio = -1 ", "orders.show_ratio = -1")),
        ("CONFIG-004", ("products.toml", "reject_ticks = 200", "reject_ticks = 0", "bands.reject_ticks = 0")),
        ("CONFIG-004", ("products.toml", "spot_floor_lots = 500", "spot_floor_lots = 0", "limits.spot_floor_lots = 0")),
        ("CONFIG-004", ("products.toml", "breaker_reserved_s = ", "breaker_reserved_s = -", "reserved_s = -")),
        ("CONFIG-005", ("products.toml", "price_ticks_max = 100000", "price_ticks_max = 2000000", "below 2^63")),
        ("CONFIG-006", ("products.toml", "months = 12", "months = 11", "product.PHY.months = 11: must be at least 12")),
        ("CONFIG-006", ("products.toml", "quarters = 8", "quarters = 7", "must be at least 8 while TOP is on")),
        ("CONFIG-006", ("products.toml", "years = 5", "years = 4", "product.PHY.years = 4")),
        ("CONFIG-007", ("calendar.toml", "2027-01-18", "2027-01-16", "2027-01-16: falls on a weekend")),
        ("CONFIG-007", ("calendar.toml", "2027-01-18", "2027-01-01", "2027-01-01: is listed twice")),
        ("CONFIG-007", ("calendar.toml", "2027-01-18", "2028-01-18", "holidays.2027 = 2028-01-18: is not in 2027")),
        ("CONFIG-008", ("margin.toml", '["H100", "B200"]', '["H100", "B999"]', "pair[6].legs = 'B999'")),
        ("CONFIG-008", ("margin.toml", '["H100", "B200"]', '["H100/I", "H100"]', "must be unique, with two different")),
        ("CONFIG-008", ("margin.toml", "ratio = [2, 1]", "ratio = [0, 1]", "ratio = [0, 1]: must be in 1..1000")),
        ("CONFIG-008", ("margin.toml", "ratio = [2, 1]", "ratio = [1001, 1]", "[1001, 1]: must be in 1..1000")),
        ("CONFIG-009", ("products.toml", 'index_source = "CDP"', "", "product.IDX.index_source: needed")),
        ("CONFIG-009", ("products.toml", '"PHY_FRONT"', '"CDP"', "index.fallback = 'CDP': may not name the source")),
        ("CONFIG-011", ("tiers.toml", "enabled = false", "enabled = true ", "certification.workload_hash: needed")),
    ]
]  # fmt: skip


@pytest.mark.parametrize(("code", "file", "old", "new", "text"), RULED)
def test_a_senseless_value_is_refused_with_its_code(
    edited: Edit, code: str, file: str, old: str, new: str, text: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(edited(file, old, new))
    lines = [str(problem) for problem in caught.value.problems if text in str(problem)]
    assert lines
    assert all(line.startswith(f"{file}: ") for line in lines)
    assert text == "unknown key" or any(line.endswith(f"({code} {CONFIG_NAMES[code]})") for line in lines)


@pytest.mark.rule("CONFIG-009")
@pytest.mark.rule("SPEC-010")
def test_powered_shell_cannot_be_switched_on_before_its_index_is_named(edited: Edit) -> None:
    off = 'enabled = false\nreason = "no index source is named yet"'
    with pytest.raises(SpecError, match=r"product.PWS.index_source: needed"):
        load_spec(edited("products.toml", off, "enabled = true"))


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("products.toml", '"USD"', '"x"', "currency = 'x': must be three capitals like 'USD'"),
        ("chips.toml", 'region = "US"', 'region = ""', "chip.A100.region = '': must be capitals like 'US'"),
        ("products.toml", "code = 1\n", "code = 6\n", "product.IDX.code = 6: must be 1"),
        ("products.toml", 'family = "INF"', 'family = "GPX"', "product.GPX = 2 times: must stand once"),
        ("products.toml", 'reason = "needs a history of certified goodput"', "", "product.GPX.reason: missing"),
        ("products.toml", "taker_mills = 2", "taker_mills = -1", "fees.taker_mills = -1: must be in 0..10000"),
        ("chips.toml", 'reason = "liquidity kept in B200 and GB300"\n', "", "chip.B300.reason: missing"),
        ("calendar.toml", "2026 = [", "26 = [", "holidays.26: must be a year like 2027"),
        ("calendar.toml", "close_hour_utc = 21", "close_hour_utc = 24", "close_hour_utc = 24: must be in 0..23"),
    ],
)
def test_other_senseless_values_are_refused(edited: Edit, file: str, old: str, new: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(edited(file, old, new))
    assert text in str(caught.value)


@pytest.mark.rule("SPEC-004")
def test_the_largest_money_of_the_defaults_fits_into_64_bits(spec: Spec) -> None:
    orders = spec.products.orders
    assert (orders.price_ticks_max, orders.position_lots_max, orders.order_lots_max) == (100_000, 10**6, 10**4)
    assert orders.price_ticks_max * orders.position_lots_max * 43_824 == 4_382_400_000_000_000
    assert orders.price_ticks_max * orders.position_lots_max * 744 * CAP_BP_MAX < 1 << 63


@pytest.mark.rule("SPEC-031")
@pytest.mark.rule("CONFIG-001")
def test_a_provisional_rate_is_refused_from_90_days_before_the_first_last_trading_day(spec: Spec) -> None:
    assert check_date(spec, date(2027, 3, 19)) == []
    # The first LTD of VR is that of its first quarter, Q3-27.
    problems = check_date(spec, date(2027, 3, 24))
    assert [problem.key for problem in problems] == ["chip.VR.ref_provisional"]
    with pytest.raises(SpecError, match=r"chip.VR.ref_provisional = true: must be measured 90 days before"):
        load_spec(day=date(2027, 3, 24))


@pytest.mark.rule("CONFIG-007")
def test_a_year_without_a_list_that_a_listed_instrument_needs_is_refused(spec: Spec) -> None:
    assert load_spec(day=date(2026, 11, 23)) == spec
    with pytest.raises(SpecError, match=r"calendar.toml: holidays.2037: a holiday list is needed for 2037"):
        load_spec(day=date(2033, 1, 3))


@pytest.mark.rule("CONFIG-007")
def test_a_missing_year_names_the_key_that_reaches_so_far(edited: Edit) -> None:
    with pytest.raises(SpecError, match=r"holidays.2037: .*, as products.toml: product.PHY.years = 30 reaches so far"):
        load_spec(edited("products.toml", "years = 5", "years = 30"), date(2026, 11, 23))
