"""Blocks on the reference: positions at the block's price, fees, no print."""

import pytest

from exchange.clearing_codes import HouseAccount, Life
from exchange.codes import CommandKind, EventKind, MarketState
from exchange.reference.controls.block import block_refusal, book_block
from tests.engine.control.house.test_block import FEE, block, met, refused
from tests.funded import F27, HOURS, RICH


@pytest.mark.rule("LIMIT-006", "FEE-001")
def test_both_sides_are_booked_at_the_price_and_pay_the_fee() -> None:
    market = met().pair.reference
    market.events = []
    book_block(market, block())
    accounts, fee = market.clearing.accounts, FEE * HOURS[F27] * 50
    held = {number: accounts[number].positions[F27] for number in (7, RICH)}
    assert {number: (one.lots, one.open_value_tick_lots) for number, one in held.items()} == {
        7: (50, 145_000), RICH: (-50, -145_000),
    }  # fmt: skip
    assert market.clearing.house_mills[HouseAccount.FEES] == 2 * fee
    assert [event.kind for event in market.events].count(EventKind.CASH_MOVED) == 2
    assert market.books[F27].last_tick is None and market.books[F27].window_lots == 0


@pytest.mark.rule("LIMIT-006")
def test_without_a_fee_no_cash_moves() -> None:
    market = met().pair.reference
    market.events = []
    book_block(market, block(fee_mills=0))
    kinds = [event.kind for event in market.events]
    assert kinds == [EventKind.BLOCKED, EventKind.POSITION_CHANGED, EventKind.POSITION_CHANGED]


@pytest.mark.rule("LIMIT-006")
def test_the_first_check_that_fails_gives_the_reason() -> None:
    market = met(0).pair.reference
    assert block_refusal(market, block()) == "RISK"
    assert block_refusal(market, block(lots=4, tick=0)) == "BAD_LOT"
    assert block_refusal(market, block(tick=0, now_ns=0)) == "BAND"


@pytest.mark.rule("LIMIT-006")
def test_an_instrument_that_has_ended_is_not_known() -> None:
    funded = met()
    funded.states(MarketState.CLOSED)
    assert refused(funded) == "STATE"
    funded.pair.control(CommandKind.EXPIRE, {"books": [{"index": F27, "life": Life.SETTLED}], "fee_mills": 0, "day": 1})
    assert refused(funded) == "UNKNOWN_INST"
