"""Busts on the reference: what the trade has done is undone."""

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import EventKind
from exchange.reference.controls.bust import bust as take_back
from exchange.reference.controls.bust import bust_refusal
from tests.engine.control.house.test_bust import bust, traded
from tests.funded import F27, RICH


@pytest.mark.rule("SETTLE-014")
def test_both_accounts_have_what_they_had_before_the_trade() -> None:
    market = traded().pair.reference
    market.events = []
    take_back(market, bust())
    accounts = market.clearing.accounts
    assert all(accounts[number].positions[F27].lots == 0 for number in (7, RICH))
    assert accounts[7].cash_mills == 10**12 and market.clearing.house_mills[HouseAccount.FEES] == 0
    kinds = [event.kind for event in market.events]
    position = EventKind.POSITION_CHANGED
    assert kinds == [EventKind.BUSTED, EventKind.CASH_MOVED, position, position]
    assert bust_refusal(market, bust()) == "DONE"
