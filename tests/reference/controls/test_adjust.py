"""Adjustments on the reference: cash moves over the account of variation, and accounts are told."""

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.reference.controls.adjust import adjust
from tests.engine.control.house.test_adjust import PAY, adjusted
from tests.funded import F27, RICH


@pytest.mark.rule("SETTLE-011", "INV-018")
def test_amounts_move_and_the_house_keeps_nothing() -> None:
    market = adjusted().pair.reference
    before = {number: account.cash_mills for number, account in market.clearing.accounts.items()}
    market.events = []
    adjust(market, PAY)
    moved = {number: account.cash_mills - before[number] for number, account in market.clearing.accounts.items()}
    assert moved == {7: 7_440, 8: 0, RICH: -7_440}
    assert market.clearing.house_mills[HouseAccount.VARIATION] == 0
    assert [(event.account, event.instrument) for event in market.events] == [(7, F27), (RICH, F27)]
    first, second = market.events
    assert first.account_sequence == market.clearing.accounts[7].sequence - 1 and second.amount_mills == -7_440


@pytest.mark.rule("SETTLE-011")
def test_an_instrument_that_is_not_there_any_more_is_no_book() -> None:
    market = adjusted().pair.reference
    market.events = []
    adjust(market, PAY | {"instrument_id": 5})
    assert {event.instrument for event in market.events} == {0}
