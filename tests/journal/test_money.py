"""The money of a replay against what its events told: sums that do not wrap (INV-018, SPEC-004)."""

from pathlib import Path

import numpy as np
import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import EventKind, Liquidity
from exchange.engine.state import new_state
from exchange.journal.errors import EXIT_MISMATCH, Refusal
from exchange.journal.money import ReportedMoney
from exchange.journal.verify import verify
from exchange.limits import MEDIUM
from exchange.main import prepare
from exchange.records import EVENT
from tests.venue.test_bootstrap import SETTINGS

pytestmark = pytest.mark.rule("INV-018")


def told_of(cash: list[int], fees: list[int]) -> ReportedMoney:
    """Events one after the other, in two portions."""
    events = np.zeros(len(cash) + len(fees), EVENT)
    events["kind"][: len(cash)], events["kind"][len(cash) :] = EventKind.CASH_MOVED, EventKind.FILL
    events["liquidity"] = Liquidity.TAKER
    events["amount_mills"] = [*cash, *fees]
    told = ReportedMoney()
    for part in np.array_split(events, 2):
        told.add(part)
    return told


def state_of(cash: list[int], fees: list[int], gains: tuple[int, int] = (0, 0)) -> np.ndarray:
    """What the engine would count: in 64 bits."""
    states = new_state(MEDIUM)
    amounts = np.array(cash, np.int64)
    house = states["house_mills"][0]
    house[HouseAccount.DEPOSITS] = -amounts[amounts > 0].sum()
    house[HouseAccount.WITHDRAWALS] = -amounts[amounts < 0].sum()
    house[HouseAccount.FEES] = np.array(fees, np.int64).sum()
    states["accounts"][0]["cash_mills"][1] = amounts.sum() - house[HouseAccount.FEES]
    states["accounts"][0]["unrealised_pnl_mills"][1:3] = gains
    return states


def test_money_that_adds_up_has_no_fault() -> None:
    cash, fees = [10**15, 500, -300], [2, 0, 1]
    assert told_of(cash, fees).faults(state_of(cash, fees, (7, -7))) == []


@pytest.mark.rule("SPEC-004")
def test_deposits_that_wrap_are_told_though_the_books_balance_again() -> None:
    cash = [10**15] * 9_400
    states = state_of(cash, [])
    assert -states["house_mills"][0][HouseAccount.DEPOSITS] == states["accounts"][0]["cash_mills"][1] < 0
    wrapped = 9_400 * 10**15 - 2**64
    assert told_of(cash, []).faults(states) == [
        f"accounts have {wrapped} mills, by the events they should have {9_400 * 10**15}",
        f"DEPOSITS is {-wrapped} in the state, {-9_400 * 10**15} in the events",
    ]


def test_a_mill_that_vanishes_is_told() -> None:
    states = state_of([500], [2], (5, -4))
    states["accounts"][0]["cash_mills"][1] -= 1
    states["house_mills"][0][HouseAccount.FEES] += 1
    assert told_of([500], [2]).faults(states) == [
        "gains sum to 1 mills, not to 0",
        "accounts have 497 mills, by the events they should have 498",
        "FEES is 3 in the state, 2 in the events",
    ]


@pytest.mark.rule("DUR-120")
def test_a_deep_verification_counts_the_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "data")
    with prepare(folder, SETTINGS) as venue:
        venue.make_key("alice", account=1, deposit_mills=1_000)
    assert verify(folder, deep=True).state_hash
    monkeypatch.setattr(ReportedMoney, "add", lambda self, events: None)
    with pytest.raises(
        Refusal, match=r"replay loses money: accounts have 1000 mills, by the events they should have 0"
    ) as refused:
        verify(folder, deep=True)
    assert refused.value.code == EXIT_MISMATCH
