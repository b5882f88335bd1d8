"""Marks and settlements of a house are timed only if the reference has the same money and prices."""

import numpy as np
import pytest

from bench.clearing import daily
from bench.clearing.daily import check_accounts, check_payments, reference_account, time_marks, time_settlements
from exchange.reference.clearing import Account
from tests.bench.clearing.small_house import small_house


@pytest.mark.rule("MARGIN-014", "MARGIN-013")
def test_marks_move_and_every_pass_ends_in_the_money_of_the_reference() -> None:
    house = small_house()
    before = house.engine.states[0].books["mark_tick"].copy()
    times = time_marks(house, 2)
    moved = np.count_nonzero(house.engine.states[0].books["mark_tick"] != before)
    assert len(times) == 2 and min(times) > 0 and moved >= 5


@pytest.mark.rule("SETTLE-003", "SETTLE-007")
def test_a_settlement_pays_what_the_reference_pays() -> None:
    house = small_house()
    time_marks(house, 1)
    cash = house.engine.states[0].accounts["cash_mills"].copy()
    assert min(time_settlements(house, 2)) > 0
    assert np.count_nonzero(house.engine.states[0].accounts["cash_mills"] != cash) > 10


def test_a_hold_that_is_wrong_is_found() -> None:
    house = small_house()
    house.engine.states[0].accounts[1].initial_margin_mills += 1
    with pytest.raises(AssertionError, match="account 1: "):
        check_accounts(house)


def test_a_payment_and_a_price_that_are_wrong_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    house = small_house()
    before: dict[int, Account] = {1: reference_account(house, 1)[0]}
    before[1].cash_mills += 1
    with pytest.raises(AssertionError, match="account 1: "):
        check_payments(house, before)
    monkeypatch.setattr(daily, "quoted", lambda spec, last, prior, bid, ask: prior + 1)
    with pytest.raises(AssertionError, match="the reference has"):
        time_settlements(house, 1)
