"""Which settlements were published: an adjustment names one of them."""

import pytest

from exchange.codes import CommandKind, MarketState
from exchange.engine.control.house.settled_days import previous_tick, was_settled
from tests.funded import F27, HIGH, LOW, MARK, SPREAD, Funded, h100_market

DAY = 20_800
F27_ID = 1_000_001  # of the first book of the market; the others count up


def funded_with_ids() -> Funded:
    """The market, whose instruments have ids of their own."""
    market = h100_market()
    for number, terms in enumerate(market["instruments"], F27_ID):
        terms["instrument_id"] = number
    return Funded(market=market)


def settle(funded: Funded, day: int, *books: int, tick: int = MARK) -> None:
    """Publish a settlement of these books for a trading day."""
    limits = {"settle_tick": tick, "low_tick": LOW, "high_tick": HIGH}
    funded.states(MarketState.CLOSED)
    terms = [{"index": book, **limits} for book in books or (F27,)]
    funded.pair.control(CommandKind.DAY_LIMITS, {"books": terms, "day": day + 1, "by_two": True})
    funded.states(MarketState.PREOPEN, MarketState.OPEN)


def days(funded: Funded, instrument_id: int = F27_ID) -> list[int]:
    state = funded.pair.fast.engine.states[0]
    return [day for day in range(DAY - 5, DAY + 9) if was_settled(state, instrument_id, day)]


@pytest.mark.rule("SETTLE-011")
def test_days_from_the_first_settlement_to_the_last_are_known() -> None:
    funded = funded_with_ids()
    assert days(funded) == []
    for day in (DAY, DAY + 1, DAY + 1):
        settle(funded, day)
    assert days(funded) == [DAY, DAY + 1]
    assert days(funded, F27_ID + 1) == [], "the other month was not settled"
    assert funded.pair.reference.published == {F27_ID: {DAY, DAY + 1}}


@pytest.mark.rule("SETTLE-011")
def test_a_settlement_of_an_unknown_day_and_one_of_a_combination_are_not_noted() -> None:
    funded = funded_with_ids()
    funded.settle(MARK, F27)
    assert days(funded) == []
    funded.states(MarketState.CLOSED)
    spread = {"index": SPREAD, "settle_tick": 0, "low_tick": -500, "high_tick": 500}
    funded.pair.control(CommandKind.DAY_LIMITS, {"books": [spread], "day": DAY + 1, "by_two": True})
    assert not funded.pair.fast.engine.states[0].settled_days["instrument_id"].any()


@pytest.mark.rule("SETTLE-011")
def test_the_instrument_that_ended_first_makes_room() -> None:
    funded = funded_with_ids()
    settle(funded, DAY - 1)
    table = funded.pair.fast.engine.states[0].settled_days
    table["instrument_id"][1:], table["first_day"][1:], table["last_day"][1:] = 77, 1, DAY - 2
    table["last_day"][5] = DAY - 4
    settle(funded, DAY, F27, F27 + 1)
    assert days(funded) == [DAY - 1, DAY] and days(funded, F27_ID + 1) == [DAY]
    assert int(table["instrument_id"][5]) == F27_ID + 1


@pytest.mark.rule("SETTLE-012")
def test_the_price_of_the_day_settled_before_is_known() -> None:
    funded, seen = funded_with_ids(), []
    for day, tick in ((DAY, MARK + 1), (DAY, MARK + 1), (DAY + 1, MARK + 2), (DAY + 3, MARK + 3)):
        settle(funded, day, tick=tick)
        seen.append(previous_tick(funded.pair.fast.engine.states[0], F27_ID))
    assert seen == [0, 0, MARK + 1, MARK + 2], "the same settlement again changes nothing"
    assert previous_tick(funded.pair.fast.engine.states[0], F27_ID + 1) == 0
