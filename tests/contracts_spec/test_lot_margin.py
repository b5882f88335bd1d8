"""Margin of a few lots, by hand."""

from collections.abc import Mapping

import pytest

from contracts_spec.instruments import Instrument
from contracts_spec.lot_margin import LotMargin, initial_margin, lot_margin, maintenance_mills
from contracts_spec.schema import Spec


@pytest.mark.rule("MARGIN-003")
def test_scan_is_net_gpu_hours_times_the_scan_range(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    assert initial_margin(spec, [(launch["H100.G90.F27"], 10)]) == LotMargin(2_976_000, 0, 0)
    assert initial_margin(spec, [(launch["H100.G90.T5-27"], 1)]).initial == 17_529_600
    assert initial_margin(spec, [(launch["H100.G90.F27"], -16)]).initial == 4_761_600


@pytest.mark.rule("MARGIN-005")
def test_a_calendar_pays_for_the_hours_left_over_and_for_the_matched_ones(
    spec: Spec, launch: Mapping[str, Instrument]
) -> None:
    positions = [(launch["H100.G90.F27"], 10), (launch["H100.G90.G27"], -10)]
    assert initial_margin(spec, positions) == LotMargin(288_000, 403_200, 0)


@pytest.mark.rule("MARGIN-006")
def test_a_tier_spread_pays_for_its_matched_hours_only(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    positions = [(launch["H100.G95.F27"], 10), (launch["H100.G90.F27"], -10)]
    assert initial_margin(spec, positions) == LotMargin(0, 0, 372_000)


@pytest.mark.rule("MARGIN-002")
def test_all_months_have_one_scan(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    positions = [(launch["H100.G90.F27"], 10), (launch["H100.G90.C28"], -10)]
    assert initial_margin(spec, positions) == LotMargin(32_160_000, 446_400, 0)


@pytest.mark.rule("MARGIN-001")
def test_a_combination_costs_what_its_legs_cost(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    by_id = {one.id: one for one in launch.values()}

    def cost(symbol: str) -> int:
        return lot_margin(spec, launch[symbol], by_id).initial

    assert cost("H100.G90.F27-G27") == 69_120
    assert cost("H100.G95-G90.F27") == 37_200
    assert cost("H100.G90.F27:H27") == cost("H100.G90.Q1-27") == 2160 * 400
    assert cost("H100.G90.F27/I") == 744 * 400


@pytest.mark.rule("MARGIN-012")
def test_maintenance_is_four_fifths_rounded_up(spec: Spec) -> None:
    assert maintenance_mills(spec, 297_600) == 238_080
    assert maintenance_mills(spec, 1) == 1
