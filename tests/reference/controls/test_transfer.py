"""Transfers on the reference: lots and their value change the account."""

import pytest

from exchange.codes import EventKind
from exchange.reference.controls.transfer import transfer as move
from exchange.reference.controls.transfer import transfer_refusal
from tests.engine.control.house.test_transfer import TAKER, held, transfer
from tests.funded import F27, MARK


@pytest.mark.rule("SETTLE-015")
def test_the_taker_has_the_lots_at_the_price_of_the_transfer() -> None:
    market = held().pair.reference
    market.events = []
    move(market, transfer(5, tick=MARK + 3))
    accounts = market.clearing.accounts
    assert [(accounts[number].positions[F27].lots) for number in (7, TAKER)] == [15, 5]
    assert accounts[TAKER].positions[F27].open_value_tick_lots == 5 * (MARK + 3)
    assert market.events[0].kind == EventKind.TRANSFERRED
    assert transfer_refusal(market, transfer(16)) == "POSITION"
