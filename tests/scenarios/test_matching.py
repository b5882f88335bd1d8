"""The scenarios of the tables here, and of the published tables of matching if they are there, on engine and
reference."""

from pathlib import Path

import pytest

from exchange.cli.conformance import read_file, report, run
from exchange.conformance.notation import Scenario
from exchange.conformance.venues import ConformanceVenue, ReferenceVenue
from tests.venues import CheckedEngine

HERE = Path(__file__).parent
TABLES = sorted(HERE.glob("*.txt"))
CONFORMANCE = HERE.parents[2] / "shared" / "conformance"
PUBLISHED = [CONFORMANCE / name for name in ("matching_scenarios.txt", "implied_of_one_maker.txt")]
VENUES: dict[str, type[ConformanceVenue]] = {"reference": ReferenceVenue, "engine": CheckedEngine}
OWN = [scenario for table in TABLES for scenario in read_file(str(table))]


def _cases() -> list[object]:
    published = [scenario for table in PUBLISHED if table.exists() for scenario in read_file(str(table))]
    cases = [*((scenario, scenario.name) for scenario in OWN), *((s, f"published-{s.name}") for s in published)]
    return [
        pytest.param(scenario, id=name, marks=[pytest.mark.rule(code) for code in scenario.codes])
        for scenario, name in cases
    ]


@pytest.mark.parametrize("scenario", _cases())
@pytest.mark.parametrize("venue", VENUES)
def test_scenario_yields_the_events_of_its_line(scenario: Scenario, venue: str) -> None:
    outcome = run(scenario, VENUES[venue])
    assert outcome.passes, "\n".join(report(outcome))


def test_no_scenario_is_named_twice() -> None:
    names = [scenario.name for scenario in OWN]
    assert len(names) == len(set(names))
