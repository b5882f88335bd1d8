"""A problem of a specification is one line with file, key, value, the allowed values and the rule."""

import pytest

from contracts_spec.errors import CONFIG_NAMES, OutOfRange, Problem, SpecError, need_range
from tests.test_rules import rules


def test_a_problem_is_one_line_with_all_its_parts() -> None:
    problem = Problem("chips.toml", "chip.H100.psr_mills", "2811", "must be in 1..2810", "CONFIG-004")
    text = str(problem)
    assert all(part in text for part in problem) and "PRICE_RANGE" in text and "\n" not in text


def test_a_missing_value_and_an_unknown_rule_leave_no_trace() -> None:
    assert str(Problem("tiers.toml", "tier", "", "missing")) == "tiers.toml: tier: missing"


def test_an_error_has_a_line_for_each_problem_and_keeps_them() -> None:
    problems = [Problem("a.toml", "x", "1", "missing"), Problem("b.toml", "y", "2", "missing")]
    error = SpecError(problems)
    assert str(error).splitlines() == [str(problem) for problem in problems] and error.problems == tuple(problems)


def test_every_configuration_rule_has_its_name() -> None:
    texts = {code: text for code, text in rules() if code.startswith("CONFIG-")}
    assert texts.keys() == CONFIG_NAMES.keys()
    assert all(text.startswith(f"`{CONFIG_NAMES[code]}`") for code, text in texts.items())


def test_a_figure_that_cannot_be_is_named_with_its_range() -> None:
    assert [need_range("lots", value, 1, 3) for value in (1, 3)] == [1, 3]
    assert need_range("lots", 10**30, 1) == 10**30
    with pytest.raises(OutOfRange, match=r"^lots 4 not in 1\.\.3$"):
        need_range("lots", 4, 1, 3)
    with pytest.raises(OutOfRange, match=r"^lots 0 must be at least 1$"):
        need_range("lots", 0, 1)
