"""Calculations and configurations of clearing scenarios: ours, and the published ones if they are there."""

from pathlib import Path

import pytest

from contracts_spec.load import load_spec
from exchange.cli.conformance import clearing_report
from exchange.conformance.clearing.calc import Functions
from exchange.conformance.clearing.lines import ClearingScenario
from exchange.conformance.clearing.notation import is_clearing, read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ScenarioPlayer
from exchange.conformance.clearing.twins import TWINS

OWN = Path(__file__).parent / "functions.txt"
PUBLISHED = Path(__file__).parents[4] / "shared" / "conformance" / "clearing_scenarios.txt"
FUNCTIONS = {"product": PRODUCT, "reference": TWINS}
SPEC = load_spec()


def scenarios(file: Path) -> list[ClearingScenario]:
    return read_clearing(file.read_text(), file.name) if file.exists() else []


def own_cases() -> list[object]:
    return [
        pytest.param(scenario, id=scenario.name, marks=[pytest.mark.rule(code) for code in scenario.codes])
        for scenario in scenarios(OWN)
    ]


@pytest.mark.parametrize("scenario", own_cases())
@pytest.mark.parametrize("functions", FUNCTIONS.values(), ids=FUNCTIONS)
def test_our_own_scenarios_pass(scenario: ClearingScenario, functions: Functions) -> None:
    outcome = ScenarioPlayer(functions, SPEC).play(scenario)
    assert outcome.passes, "\n".join(clearing_report(outcome))


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published scenarios are not part of the project")
@pytest.mark.parametrize("functions", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_figure_of_the_published_scenarios_agrees(functions: Functions) -> None:
    assert is_clearing(PUBLISHED.read_text())
    outcomes = [ScenarioPlayer(functions, SPEC).play(scenario) for scenario in scenarios(PUBLISHED)]
    assert len(outcomes) > 80
    failed = [line for outcome in outcomes if outcome.failures for line in clearing_report(outcome)]
    assert not failed, "\n".join(failed)
