"""What is not built is named, and such a scenario is counted apart."""

from exchange.conformance.engine_house import unbuilt
from tests.conformance.engine_house.scenes import outcome_of


def test_every_reason_names_a_rule() -> None:
    assert all("(" in reason and reason.endswith(")") for reason in unbuilt.EXPECTATIONS.values())


def test_a_line_that_came_out_wrong_before_is_a_failure_all_the_same() -> None:
    outcome, _ = outcome_of("expect cash A 1\nexpect statement A vm 0\n")
    assert (outcome.missing, [one.actual for one in outcome.failures]) == ("", ["mills 0"])


def test_an_answer_that_is_not_built_is_named() -> None:
    outcome, _ = outcome_of("expect statement A vm 0\n")
    assert (outcome.missing, outcome.passes) == (unbuilt.STATEMENTS, False)
