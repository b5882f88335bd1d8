"""The reference house plays clearing scenarios: our own, and the published ones if they are there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts_spec.load import load_spec
from exchange.cli.conformance import clearing_report
from exchange.conformance.clearing.lines import ClearingScenario
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.runner import ScenarioPlayer
from exchange.conformance.clearing.twins import TWINS
from exchange.errors import UserError
from exchange.reference.house.house import ReferenceHouse
from tests.reference.house.scenes import outcome_of, play

PUBLISHED = Path(__file__).parents[4] / "shared" / "conformance" / "clearing_scenarios.txt"
BOOKS = ("H100.G90.F27", "H100.G90.Q1-27", "H100.G90.F27-G27", "H100.G90.F27:H27", "H100.G90.Z26/I", "H100.G80.C27")


def published() -> list[object]:
    found = read_clearing(PUBLISHED.read_text(), PUBLISHED.name) if PUBLISHED.exists() else []
    return [pytest.param(one, id=one.name) for one in found if not one.needs]


@pytest.mark.parametrize("scenario", published())
def test_published_scenarios_come_true(scenario: ClearingScenario) -> None:
    outcome = ScenarioPlayer(TWINS, load_spec(), ReferenceHouse).play(scenario)
    assert outcome.passes, "\n".join(clearing_report(outcome))


def test_a_scenario_that_needs_a_part_that_is_not_built_is_not_played() -> None:
    assert outcome_of("needs delivery\nclose\n")[0].missing == "delivery"


def test_a_verb_of_a_part_that_is_not_built_is_reported() -> None:
    outcome, _ = outcome_of("submit L1\n")
    assert [one.actual for one in outcome.failures] == ["refused not built yet: submit"]


@pytest.mark.rule("SPEC-050")
def test_set_up_lines_open_the_house_as_they_say() -> None:
    state = play("chips H100 VR\nfees on\nsource H100.G90 CDP\nprior H100.G90.F27 2900\naccount A 5\ndeposit A 1\n")
    assert {one.chip for one in state.listed()} == {"H100", "VR"}
    assert state.source == {("H100", "G90"): "CDP", ("VR", "G90"): "EXT"}
    assert [state.prior(f"H100.{tier}.F27").price for tier in ("G80", "G85", "G90", "G95")] == [2497, 2653, 2900, 2966]
    assert state.spec.products.fees.taker_mills == 2
    assert state.member("A").opening_mills == 5


@pytest.mark.parametrize("symbol", ["H100.G90.F30", "B200.G90.F27", "H100.G90.F27-G27"])
def test_a_prior_of_what_is_not_listed_is_a_mistake(symbol: str) -> None:
    with pytest.raises(UserError, match=f"prior {symbol}: no outright of that name is listed on 2026-11-16"):
        play(f"prior {symbol} 2800\nclose\n")


def line_of(act: tuple[str, str, int, str, int, bool]) -> str:
    kind, member, lots, symbol, price, wide = act
    if kind == "money":
        return f"{'deposit' if wide else 'withdraw'} {member} {lots * 100_000}"
    price = price - 2_810 if "-G27" in symbol else price
    if kind == "block" and "7-G" not in symbol and ":" not in symbol:
        return f"block {member} buys {lots} {symbol} @{price} from {'ABCD'[lots % 4]}"
    side = "buys" if wide else "sells"
    return f"order o{lots}{member.lower()} {member} {side} {lots} {symbol} @{price}{' gtc' if lots % 2 else ''}"


ACTS = some.lists(
    some.tuples(
        some.sampled_from(("order", "order", "order", "block", "money")), some.sampled_from("ABCD"),
        some.integers(1, 40), some.sampled_from(BOOKS), some.integers(2_400, 3_200), some.booleans(),
    ),
    min_size=4, max_size=30,
)  # fmt: skip


@given(ACTS)
@settings(max_examples=12)
def test_whatever_is_done_nothing_is_broken_and_a_refusal_changes_nothing(
    acts: list[tuple[str, str, int, str, int, bool]],
) -> None:
    lines = ["start 2026-12-18", "fees on", *(f"account {name} 20000000" for name in "ABCD")]
    for place, act in enumerate(acts):
        lines += [line_of(act), *(["close"] if place % 5 == 4 else [])]
    outcome, house = outcome_of("\n".join([*lines, "close", "day 2027-01-02", "close"]))
    assert not [one for one in outcome.failures if one.expected in ("nothing broken", "nothing changed")]
    state = house.state
    assert state.ledger.balance("variation") == 0
    assert not [one for member in state.members.values() for one in member.positions() if one.endswith(".F27")]
    money = sum(state.ledger.balance(name) for name in state.members) + state.ledger.balance("fees")
    assert money + state.ledger.balance("default") == -state.ledger.balance("bank")
