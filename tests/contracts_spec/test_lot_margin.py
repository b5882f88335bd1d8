"""Margin of one lot, by hand."""

from collections.abc import Mapping

import pytest

from contracts_spec.instruments import Instrument
from contracts_spec.lot_margin import lot_margin
from contracts_spec.schema import Spec


@pytest.mark.rule("MARGIN-001")
def test_a_combination_costs_what_its_legs_cost(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    by_id = {one.id: one for one in launch.values()}

    def cost(symbol: str) -> int:
        return lot_margin(spec, launch[symbol], by_id).total

    assert cost("H100.G90.F27-G27") == 69_120
    assert cost("H100.G95-G90.F27") == 37_200
    assert cost("H100.G90.F27:H27") == cost("H100.G90.Q1-27") == 2160 * 400
    assert cost("H100.G90.F27/I") == 744 * 400
    assert cost("H100.G90.T5-27") == 17_529_600
