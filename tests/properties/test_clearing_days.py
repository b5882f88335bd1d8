"""Random days of the clearing house: engine and reference agree, and the comparison sees planted faults."""

from collections.abc import Callable
from datetime import date

import pytest

from exchange.reference.house import prices, settlement
from tests.properties.clearing_days import Plan, RandomDays
from tests.properties.clearing_pair import Difference, difference_of, shrunk
from tests.soak_clearing import VERBS

CALM = {verb: weight for verb, weight in VERBS.items() if verb != "withdraw"}  # so that nobody is called
PLAN = Plan(date(2026, 11, 16), 6, 2, 15, CALM, ("fees on",), (10, 11), index=False)
# Little money, many trades, large withdrawals: accounts are called, and some are liquidated.
POOR_VERBS = {"order": 8, "trade": 14, "block": 2, "cancel": 1, "deposit": 1, "withdraw": 6}
POOR = Plan(date(2026, 11, 16), 5, 2, 30, POOR_VERBS, ("fees on",), (7, 8), index=False)


@pytest.mark.rule("MARGIN-012", "FALL-003")
@pytest.mark.parametrize("seed", [2, 4])
def test_engine_and_reference_agree_while_accounts_are_called_and_liquidated(seed: int) -> None:
    days = RandomDays(seed, POOR)
    days.run()
    assert "LIQUIDATING" in days.standings, "a run in which no call is left unmet shows nothing"


@pytest.mark.parametrize("seed", [1, 2])
def test_engine_and_reference_agree_on_random_days(seed: int) -> None:
    RandomDays(seed, PLAN).run()


def _higher(found: Callable[..., int]) -> Callable[..., int]:
    return lambda *arguments: found(*arguments) + 1


@pytest.mark.parametrize(
    ("module", "name"), [(settlement, "mean_price"), (settlement, "quoted_price"), (prices, "width")]
)
def test_a_fault_of_a_formula_is_seen(module: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, name, _higher(getattr(module, name)))
    with pytest.raises(Difference):
        RandomDays(1, PLAN).run()


def test_a_difference_shrinks_to_the_lines_that_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "quoted_price", _higher(settlement.quoted_price))
    trade = "trade A buys 1 H100.G90.F27 @2820 from B"
    lines = ["account A 9000000", "deposit A 5", trade, "deposit B 7", "11:00 deposit B 7"]
    difference = difference_of(lines)
    assert difference is not None and difference.kind == "equity"
    assert shrunk(lines, "equity") == [trade, "11:00 deposit B 7"]
