"""What a settlement pays, and what each account is sent about it."""

from typing import Any

import pytest

from exchange.clearing_codes import CashReason
from exchange.codes import CommandKind, EventFlag, EventKind, MarketState, Side
from tests.funded import F27, G27, HOURS, MARK, RICH, SPREAD, Funded

DAY = 20_800  # days since 1970; its limits follow the settlement of the day before


def settled(funded: Funded, *prices: tuple[int, int], day: int = DAY) -> list[Any]:
    """The events of a settlement of these books, without RST and LISTED."""
    books = [
        {"index": book, "settle_tick": tick, "low_tick": tick - 900, "high_tick": tick + 900} for book, tick in prices
    ]
    funded.states(MarketState.CLOSED)
    events = funded.pair.control(CommandKind.DAY_LIMITS, {"books": books, "by_two": True, "day": day})
    funded.states(MarketState.PREOPEN, MarketState.OPEN)
    return [event for event in events if event.account and event.kind != EventKind.ORDER_RESTED]


def cash(funded: Funded, account: int) -> int:
    return int(funded.pair.fast.engine.states[0].accounts[account].cash_mills)


@pytest.mark.rule("SETTLE-007")
def test_variation_pays_from_settlement_to_settlement_whatever_the_path() -> None:
    """V2: 25 lots bought at 2810 gain 36 mills to 2846 and lose 17 to 2829, on 744 hours each."""
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 25, MARK)
    settled(funded, (F27, MARK + 36))
    assert cash(funded, 1) - 10**12 == 36 * 744 * 25 == 669_600
    settled(funded, (F27, MARK + 19), day=DAY + 1)
    assert cash(funded, 1) - 10**12 == 353_400
    assert cash(funded, 1) + cash(funded, RICH) == 10**12 + 10**15
    assert funded.free(1) == cash(funded, 1) - funded.held(1), "a gain that is paid is free"


@pytest.mark.rule("SETTLE-007")
def test_a_position_closed_during_the_day_is_paid_its_gain_at_the_close() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 4, MARK)
    funded.trade(1, Side.SELL, 4, MARK + 3)
    assert cash(funded, 1) == 10**12
    kinds = [(event.kind, event.position_lots) for event in settled(funded, (F27, MARK)) if event.account == 1]
    assert kinds == [(EventKind.CASH_MOVED, 0), (EventKind.POSITION_CHANGED, 0)]
    assert cash(funded, 1) == 10**12 + 4 * 3 * HOURS[F27]
    assert [event for event in settled(funded, (F27, MARK), day=DAY + 1) if event.account == 1] == [], "nothing is left"


@pytest.mark.rule("SETTLE-012")
def test_an_account_gets_one_payment_then_its_positions_and_its_margin_once() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.account(2, 10**12)
    funded.trade(1, Side.BUY, 5, MARK)
    funded.trade(1, Side.SELL, 2, MARK, G27)
    before = funded.pair.fast.engine.states["accounts"]["stream"][0].copy()
    events = settled(funded, (F27, MARK + 10), (G27, MARK + 10), (SPREAD, 0))
    assert [event.account for event in events] == sorted([1, 1, 1, RICH, RICH, RICH]), "no one else is affected"
    mine = [event for event in events if event.account == 1]
    assert [event.kind for event in mine] == [EventKind.CASH_MOVED] + [EventKind.POSITION_CHANGED] * 2
    assert [event.account_sequence for event in mine] == [before[1] + 1, before[1] + 2, before[1] + 3]
    assert [event.flags & EventFlag.MARGIN for event in mine] == [0, 0, EventFlag.MARGIN]
    payment = mine[0]
    assert (payment.cash_reason, payment.trading_day) == (CashReason.VARIATION, DAY - 1)
    assert payment.amount_mills == 10 * (5 * HOURS[F27] - 2 * HOURS[G27])
    assert [(event.instrument, event.open_value_tick_lots) for event in mine[1:]] == [
        (F27, 5 * (MARK + 10)), (G27, -2 * (MARK + 10))
    ]  # fmt: skip
    assert {event.equity_mills for event in mine[1:]} == {payment.equity_after_mills} == {cash(funded, 1)}
    assert {event.margin_held_mills for event in mine} == {funded.held(1)}


@pytest.mark.rule("SETTLE-007")
def test_books_that_are_not_settled_pay_nothing() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 5, MARK - 8)
    funded.trade(1, Side.BUY, 2, MARK - 8, G27)
    settled(funded, (G27, MARK))
    assert cash(funded, 1) == 10**12 + 8 * 2 * HOURS[G27]
    position = funded.pair.fast.engine.states[0].positions
    assert 5 * (MARK - 8) in position["open_value_tick_lots"].tolist()
