"""Counting positions against limits."""

from collections.abc import Mapping
from datetime import date

import pytest

from contracts_spec.business_days import BusinessDays
from contracts_spec.instruments import Instrument
from contracts_spec.periods import day_start_ns, parse_period
from contracts_spec.position_limits import (
    index_lots,
    is_accountable,
    physical_lots,
    spot_limit_lots,
    spot_window_ns,
    term_lots,
)
from contracts_spec.schema import Spec
from exchange.units import NS_PER_DAY, NS_PER_HOUR

F27, G27, H27 = (parse_period(code).start_month for code in ("F27", "G27", "H27"))


@pytest.mark.rule("LIMIT-001")
def test_the_spot_limit_grows_with_the_certified_stock_between_floor_and_cap(spec: Spec) -> None:
    limits, h100 = spec.products.limits, spec.chip("H100")
    found = [spot_limit_lots(limits, h100, stock) for stock in (0, 2_000, 2_004, 2_003, 29_999, 30_000, 10**6)]
    assert found == [500, 500, 501, 500, 7499, 7500, 7500]
    assert spot_limit_lots(limits, spec.chip("B200"), 10**6) == 5500
    caps = {chip.name: chip.spot_cap_lots for chip in spec.listed_chips}
    assert caps == {"A100": 7500, "H100": 7500, "H200": 7500, "B200": 5500, "GB300": 5500, "VR": 5500}


@pytest.mark.rule("LIMIT-001")
def test_the_spot_window_opens_at_the_close_ten_business_days_before_the_last_trading_day(spec: Spec) -> None:
    found = spot_window_ns(date(2026, 12, 24), BusinessDays(spec.calendar))
    assert found == day_start_ns(date(2026, 12, 10)) + 21 * NS_PER_HOUR


@pytest.mark.rule("LIMIT-002")
def test_accountability_levels_stand_with_the_chips(spec: Spec) -> None:
    levels = {chip.name: (chip.month_accountability_lots, chip.all_accountability_lots) for chip in spec.listed_chips}
    large, small = (15_000, 22_500), (11_000, 16_500)
    assert levels == {"A100": large, "H100": large, "H200": large, "B200": small, "GB300": small, "VR": small}
    assert spec.products.limits.reportable_lots == 25


@pytest.mark.rule("LIMIT-002")
def test_accountability_is_told_for_a_month_and_for_the_net_of_all(spec: Spec) -> None:
    h100 = spec.chip("H100")
    assert is_accountable({F27: 15_000, G27: 7_500}, h100) == (False, False)
    assert is_accountable({F27: -15_001, G27: 15_001}, h100) == (True, False)
    assert is_accountable({F27: 12_000, G27: 10_501}, h100) == (False, True)
    assert is_accountable({}, h100) == (False, False)


@pytest.mark.rule("LIMIT-003")
def test_a_parent_counts_its_lots_in_each_of_its_months(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    """4,000 F27 + 3,000 Q1-27 + 600 C27 are 7,600 in F27, above the limit of 7,500; G27 and H27 count 3,600."""
    positions = [(launch["H100.G90.F27"], 4000), (launch["H100.G90.Q1-27"], 3000), (launch["H100.G90.C27"], 600)]
    counted = physical_lots(positions, "H100")
    assert counted[F27] == 7600 > spot_limit_lots(spec.products.limits, spec.chip("H100"), 30_000)
    assert counted[G27] == counted[H27] == 3600


@pytest.mark.rule("LIMIT-003")
def test_tiers_and_terms_net_and_other_chips_and_the_index_do_not_count(launch: Mapping[str, Instrument]) -> None:
    positions = [
        (launch["H100.G95.F27"], 10),
        (launch["H100.G80.F27"], -4),
        (launch["H100.G90.T5-27"], 3),
        (launch["B200.G90.F27"], 1000),
        (launch["H100.G90.F27/I"], 1000),
    ]
    assert physical_lots(positions, "H100")[F27] == 9
    assert physical_lots(positions, "H100")[parse_period("C31").start_month] == 3


@pytest.mark.rule("LIMIT-003")
def test_an_index_month_in_progress_counts_by_the_hours_left(launch: Mapping[str, Instrument]) -> None:
    index = launch["H100.G90.F27/I"]
    begin = day_start_ns(date(2027, 1, 1))
    for hours_gone, long, short in ((0, 100, -100), (240, 68, -68), (743, 1, -1), (744, 0, 0)):
        now_ns = begin + hours_gone * NS_PER_HOUR
        assert index_lots([(index, 100)], "H100", now_ns)[F27] == long
        assert index_lots([(index, -100)], "H100", now_ns)[F27] == short
    assert index_lots([(launch["H100.G90.Q1-27/I"], 5)], "H100", begin - NS_PER_DAY)[G27] == 5


@pytest.mark.rule("LIMIT-004")
def test_terms_count_gross(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    positions = [(launch["H100.G90.T5-27"], 700), (launch["A100.G90.T3-28"], -400), (launch["H100.G90.C28"], 50)]
    assert term_lots(positions) == 1100 > spec.products.limits.term_lots == 1000


@pytest.mark.rule("LIMIT-006")
def test_a_block_is_at_least_five_lots_reported_in_fifteen_minutes(spec: Spec) -> None:
    limits = spec.products.limits
    assert (limits.block_lots_min, limits.block_report_minutes) == (5, 15)


@pytest.mark.rule("SPEC-041")
def test_a_combination_is_never_a_position(launch: Mapping[str, Instrument]) -> None:
    with pytest.raises(AssertionError, match="no position exists in a combination"):
        physical_lots([(launch["H100.G90.F27-G27"], 1)], "H100")
