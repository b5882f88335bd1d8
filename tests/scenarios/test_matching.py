"""Every scenario of the tables here, and of the published conformance table where it is present, on both books."""

from pathlib import Path

import pytest

from tests.scenarios.notation import NOT_YET, Scenario, Venue, read_scenarios, run, sorted_runs
from tests.venues import EngineVenue, ReferenceVenue

HERE = Path(__file__).parent
TABLES = sorted(HERE.glob("*.txt"))
CONFORMANCE = HERE.parents[2] / "shared" / "conformance" / "matching_scenarios.txt"
VENUES: dict[str, type[Venue]] = {"reference": ReferenceVenue, "engine": EngineVenue}


def _cases() -> list[object]:
    own = [scenario for table in TABLES for scenario in read_scenarios(table.read_text())]
    published = read_scenarios(CONFORMANCE.read_text()) if CONFORMANCE.exists() else []
    runnable = [scenario for scenario in published if not NOT_YET.search(scenario.line)]
    cases = [*((scenario, scenario.name) for scenario in own), *((s, f"published-{s.name}") for s in runnable)]
    return [
        pytest.param(scenario, id=name, marks=[pytest.mark.rule(code) for code in scenario.codes])
        for scenario, name in cases
    ]


@pytest.mark.parametrize("scenario", _cases())
@pytest.mark.parametrize("venue", VENUES)
def test_scenario_yields_the_events_its_line_tells(scenario: Scenario, venue: str) -> None:
    told, end = run(scenario, VENUES[venue]())
    assert sorted_runs(told) == sorted_runs(scenario.expected), scenario.line
    assert end == scenario.end, scenario.line


def test_no_scenario_is_named_twice() -> None:
    names = [scenario.name for table in TABLES for scenario in read_scenarios(table.read_text())]
    assert len(names) == len(set(names))
