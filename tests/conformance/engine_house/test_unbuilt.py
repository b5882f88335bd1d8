"""What is not built is named, and such a scenario is counted apart."""

import pytest

from exchange.conformance.engine_house import unbuilt
from tests.conformance.engine_house.scenes import outcome_of


@pytest.mark.parametrize("table", [unbuilt.SETUP, unbuilt.VERBS, unbuilt.EXPECTATIONS], ids=["setup", "verbs", "asked"])
def test_every_reason_names_a_rule(table: dict[str, str]) -> None:
    assert all("(" in reason and reason.endswith(")") for reason in table.values())


def test_a_line_that_came_out_wrong_before_is_a_failure_all_the_same() -> None:
    outcome, _ = outcome_of("expect cash A 1\nblock A buys 5 H100.G90.F27 @2810 from B\n")
    assert (outcome.missing, [one.actual for one in outcome.failures]) == ("", ["mills 0"])


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("block A buys 5 H100.G90.F27 @2810 from B\n", unbuilt.BLOCKS),
        ("source H100.G90 CDP\nclose\n", unbuilt.INDEX),
        ("expect statement A vm 0\n", unbuilt.STATEMENTS),
        ("trade A buys 1 H100.G90.X26/I @2810 from B\nclose\nclose\n", unbuilt.IN_PROGRESS),
        ("close\nexpect settle H100.G90.X26/I 2810\n", unbuilt.IN_PROGRESS),
    ],
)
def test_a_verb_an_answer_or_a_point_that_is_not_built_is_named(lines: str, reason: str) -> None:
    outcome, _ = outcome_of(lines)
    assert (outcome.missing, outcome.passes) == (reason, False)
