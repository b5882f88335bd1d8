"""Our own scenarios of the clearing house, on engine and reference."""

from pathlib import Path

import pytest

from contracts_spec.load import load_spec
from exchange.cli.conformance import clearing_report
from exchange.conformance.clearing.calc import Functions
from exchange.conformance.clearing.house import NewHouse
from exchange.conformance.clearing.lines import ClearingScenario
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ScenarioPlayer
from exchange.conformance.clearing.twins import TWINS
from exchange.conformance.engine_house.house import EngineHouse
from exchange.reference.house.house import ReferenceHouse

OWN = Path(__file__).parent / "house.txt"
HOUSES: dict[str, tuple[Functions, NewHouse]] = {
    "engine": (PRODUCT, EngineHouse),
    "reference": (TWINS, ReferenceHouse),
}


def own_cases() -> list[object]:
    return [
        pytest.param(scenario, id=scenario.name, marks=[pytest.mark.rule(code) for code in scenario.codes])
        for scenario in read_clearing(OWN.read_text(), OWN.name)
    ]


@pytest.mark.parametrize("scenario", own_cases())
@pytest.mark.parametrize("house", HOUSES)
def test_our_own_scenarios_come_true(scenario: ClearingScenario, house: str) -> None:
    functions, new_house = HOUSES[house]
    outcome = ScenarioPlayer(functions, load_spec(), new_house).play(scenario)
    assert outcome.passes, "\n".join(clearing_report(outcome))
