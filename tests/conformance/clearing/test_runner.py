"""Playing scenarios: calculations, a house that a test scripts, and parts that are not built."""

from contracts_spec.load import load_spec
from exchange.conformance.clearing.house import NewHouse, NotBuilt
from exchange.conformance.clearing.lines import ExpectLine
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ClearingOutcome, ScenarioPlayer
from exchange.conformance.clearing.shapes import Values
from tests.conformance.clearing.scripted_house import ScriptedHouse

SPEC = load_spec()
HEAD = "scenario A1 | SETTLE-001 | a title\n"
STORY = """start 2026-12-14
deposit A 5
12:30 withdraw A 9 -> refused RISK
expect cash A 5
close
"""
CASH = {"expect cash A 5": {"mills": 5}}
WITHDRAWAL = "12:30 withdraw A 9 -> refused RISK"


def play(text: str, new_house: NewHouse | None = None) -> ClearingOutcome:
    return ScenarioPlayer(PRODUCT, SPEC, new_house).play(read_clearing(HEAD + text, "t")[0])


def failures(text: str, house: ScriptedHouse) -> list[tuple[str, str, str]]:
    """(place, expected, actual) of what fails on a house."""
    outcome = play(text, lambda: house)
    return [(failure.line.place, failure.expected, failure.actual) for failure in outcome.failures]


def test_calculations_and_configurations_need_no_house() -> None:
    assert play("calc hours H100.G90.F27 = 744\nconfig margin.covered_bp 10001 -> refused CONFIG-003").passes
    configs = "config margin.covered_bp 10001\nconfig margin.covered_bp 1 -> refused CONFIG-003"
    wrong = play(f"calc hours H100.G90.F27 = 743\n{configs}")
    assert [(failure.expected, failure.actual) for failure in wrong.failures] == [
        ("743", "744"),
        ("accepted", "refused CONFIG-003"),
        ("refused CONFIG-003", "accepted"),
    ]


def test_one_of_several_codes_of_a_refusal_is_enough() -> None:
    assert play("config chips.H100.seed_mills 0 -> refused CONFIG-004").passes


def test_a_part_that_is_missing_is_named_and_the_scenario_neither_passes_nor_fails() -> None:
    for text, new_house, missing in (
        ("close", None, "clearing house"),
        ("needs delivery", None, "delivery"),
        ("needs certificates delivery", lambda: ScriptedHouse({}, {}), "delivery"),
        ("needs certificates", lambda: ScriptedHouse({}, {}), ""),
    ):
        outcome = play(text, new_house)
        assert (outcome.missing, outcome.passes, outcome.failures) == (missing, not missing, ())


class HalfBuilt(ScriptedHouse):
    """Cannot answer."""

    def answer(self, line: ExpectLine) -> Values:
        raise NotBuilt("answers")


def test_what_a_house_has_not_got_yet_ends_the_play_and_is_named() -> None:
    house = HalfBuilt({}, {})
    outcome = play("deposit A 5\nexpect cash A 5\ndeposit A 6\n", lambda: house)
    assert (outcome.missing, outcome.failures, house.done) == ("answers", (), ["deposit A 5"])


def test_a_wrong_figure_fails_even_if_the_house_is_missing() -> None:
    outcome = play("close\ncalc hours H100.G90.F27 = 743")
    assert (outcome.missing, outcome.passes, len(outcome.failures)) == ("", False, 1)


def test_a_house_plays_the_lines_at_their_moments() -> None:
    house = ScriptedHouse({WITHDRAWAL: "RISK"}, CASH)
    assert failures(STORY, house) == []
    start_ns = house.opened[0]
    assert house.opened[1] == ["start 2026-12-14"]
    assert house.done == ["deposit A 5"]
    hours = [(time_ns - start_ns) / 3.6e12 for time_ns in house.times]
    assert hours == [0, 2.5, 2.5, 11 + 1 / 6]


def test_what_ends_otherwise_is_told_and_the_play_goes_on() -> None:
    other = ScriptedHouse({"deposit A 5": "BAD_QTY"}, {"expect cash A 5": {"mills": 4}})
    assert failures(STORY, other) == [
        ("t:3", "accepted", "refused BAD_QTY"),
        ("t:4", "refused RISK", "accepted"),
        ("t:5", "mills 5", "mills 4"),
    ]
    assert failures(STORY, ScriptedHouse({WITHDRAWAL: "BAD_QTY"}, {"expect cash A 5": {}})) == [
        ("t:4", "refused RISK", "refused BAD_QTY"),
        ("t:5", "mills 5", "mills none"),
    ]


def test_a_refused_line_changes_nothing() -> None:
    careless = ScriptedHouse({WITHDRAWAL: "RISK"}, CASH, careless=True)
    assert failures(STORY, careless) == [("t:4", "nothing changed", "another state")]


def test_what_is_broken_is_told_after_every_line() -> None:
    damaged = ScriptedHouse({}, {}, damage=["the ledger sums to 5"])
    assert failures("deposit A 5\nclose", damaged) == [
        ("t:2", "nothing broken", "the ledger sums to 5"),
        ("t:3", "nothing broken", "the ledger sums to 5"),
    ]
