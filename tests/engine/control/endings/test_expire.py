"""EXPIRE: what becomes of orders, positions, money and the book of an instrument that ends."""

import pytest

from exchange.book.check import check_books
from exchange.clearing_codes import CashReason, HouseAccount, Life
from exchange.codes import CancelReason, CommandKind, EventKind, MarketState, SettleMethod, Side
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from tests.ending import DAY, F27, FEE, G27, H27, SPREAD, STRIP, Ending, calendar, outright
from tests.funded import HIGH, LOW, MARK, RICH


@pytest.mark.rule("DELIVER-002", "FEE-001")
def test_a_settled_month_closes_all_lots_for_a_fee_of_both_sides() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 5, MARK + 7)
    market.settle(MARK + 10, F27)
    before = {account: market.cash(account) for account in (1, RICH)}
    held = market.held(1)
    market.close()
    events = market.expire(F27)
    fee = FEE * 744 * 5
    assert {account: before[account] - market.cash(account) for account in before} == {1: fee, RICH: fee}
    assert market.lots(1) == market.lots(RICH) == 0
    assert market.held(1) == 0 < held
    totals = query.totals(market.pair.fast.engine.states)
    assert totals.house_mills[HouseAccount.FEES] == 2 * fee
    mine = [(event.kind, event.amount_mills) for event in events if event.account == 1]
    assert mine == [(EventKind.CASH_MOVED, -fee), (EventKind.POSITION_CHANGED, market.cash(1))]
    cash = next(event for event in events if event.kind == EventKind.CASH_MOVED)
    assert (cash.cash_reason, cash.trading_day) == (CashReason.FEE, DAY)


@pytest.mark.rule("SESSION-002")
def test_orders_leave_and_combinations_end_with_their_first_leg() -> None:
    market = Ending()
    market.new(1, Side.BUY, 3, MARK - 5)
    market.new(1, Side.BUY, 2, -3, SPREAD)
    market.new(2, Side.SELL, 1, MARK + 9, G27)
    market.new(2, Side.SELL, 1, MARK + 9, STRIP)
    market.close()
    events = market.expire(F27)
    cancels = [(event.instrument, event.cancel_reason) for event in events if event.kind == EventKind.ORDER_CANCELLED]
    assert cancels == [(F27, CancelReason.EXPIRED), (SPREAD, CancelReason.EXPIRED), (STRIP, CancelReason.EXPIRED)]
    ended = [(event.instrument, event.life) for event in events if event.kind == EventKind.INSTRUMENT_ENDED]
    assert ended == [(F27, Life.SETTLED), (SPREAD, Life.DELISTED), (STRIP, Life.DELISTED)]
    states = market.pair.fast.engine.states
    assert [row.index for row in query.instruments(states)] == [G27, H27, 4]
    check_books(states)
    market.states(MarketState.PREOPEN, MarketState.OPEN)
    assert market.new(1, Side.BUY, 1, MARK) == "REJ STATE", "an instrument that has ended is closed for good"
    assert market.new(1, Side.BUY, 1, MARK + 9, G27) == "ACK", "the others trade on"


@pytest.mark.rule("SETTLE-009")
def test_an_expired_month_keeps_its_lots_until_its_final_price_is_known() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 4, MARK)
    market.settle(MARK, F27)
    market.close()
    market.expire(F27, life=Life.EXPIRED)
    assert market.lots(1) == 4, "it waits"
    market.states(MarketState.PREOPEN, MarketState.OPEN)
    assert market.new(1, Side.SELL, 4, MARK) == "REJ STATE"
    before = market.cash(1)
    events = market.expire(F27, final_tick=MARK - 20)
    fee = FEE * 744 * 4
    assert market.cash(1) - before == -20 * 744 * 4 - fee
    settled = [event for event in events if event.kind == EventKind.SETTLED]
    assert [(one.instrument, one.settlement_tick, one.settle_method) for one in settled] == [
        (F27, MARK - 20, SettleMethod.FINAL)
    ]
    assert market.lots(1) == 0


@pytest.mark.rule("SESSION-002")
def test_a_book_whose_instrument_has_ended_is_listed_again_with_another() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 4, MARK)
    market.trade(1, Side.BUY, 2, MARK, G27)
    market.settle(MARK, F27, G27)
    market.close()
    market.expire(F27)
    new = [outright(F27, "J27", 720, [(500, 720)]), calendar(SPREAD, "G27-J27", G27, F27)]
    market.control(CommandKind.LIST, {"commodities": [], "instruments": new})
    states = market.pair.fast.engine.states
    check_books(states)
    assert {row.index: row.symbol for row in query.instruments(states)}[F27] == "J27"
    market.states(MarketState.PREOPEN, MarketState.OPEN)
    market.trade(1, Side.SELL, 3, MARK)
    assert (market.lots(1), market.lots(1, G27)) == (-3, 2)
    assert market.new(2, Side.BUY, 1, 4, SPREAD) == "ACK"
    check_books(states)


@pytest.mark.rule("SESSION-002")
def test_positions_of_other_books_are_found_after_rows_have_moved_up() -> None:
    market = Ending()
    for account in (1, 2):
        for book in (F27, G27, H27):
            market.trade(account, Side.BUY, account * 10 + book, MARK, book)
    market.new(1, Side.SELL, 5, MARK + 1, H27)
    market.settle(MARK, F27, G27, H27)
    market.close()
    market.expire(F27)
    market.states(MarketState.PREOPEN, MarketState.OPEN)
    assert [[market.lots(account, book) for book in (F27, G27, H27)] for account in (1, 2)] == [
        [0, 12, 13], [0, 22, 23]
    ]  # fmt: skip
    market.trade(2, Side.BUY, 5, MARK + 1, H27)
    assert market.lots(2, H27) == 28, "5 lots of account 1 or of RICH"
    market.pair.compare_accounts()


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ([{"index": SPREAD, "life": Life.DELISTED}], "book 5 is a combination"),
        ([{"index": F27, "life": Life.CASCADED}], "life of book 1|cannot become CASCADED"),
        ([{"index": F27, "life": Life.SETTLED}, {"index": F27, "life": Life.SETTLED}], "stands once"),
        ([{"index": 99, "life": Life.SETTLED}], "index 99 not in 1..6"),
        ([{"index": F27, "life": Life.EXPIRED, "final_tick": MARK}], "only a settled instrument has a final price"),
        ([{"index": F27, "life": Life.SETTLED, "final_tick": 0}], "final_tick 0 not in"),
        ([{"index": F27, "life": Life.DELISTED}], "4 lots of open interest"),
    ],
)
def test_what_cannot_end_is_refused(ends: list[dict[str, int]], words: str) -> None:
    market = Ending()
    market.trade(1, Side.BUY, 4, MARK)
    market.close()
    before = market.pair.fast.engine.state_hash()
    with pytest.raises(ControlError, match=words):
        market.pair.fast.control(CommandKind.EXPIRE, {"books": ends})
    assert market.pair.fast.engine.state_hash() == before


def test_an_open_book_and_one_that_has_ended_cannot_end() -> None:
    market = Ending()
    payload = {"books": [{"index": F27, "life": Life.SETTLED}]}
    with pytest.raises(ControlError, match="book 1 is not CLOSED"):
        market.pair.fast.control(CommandKind.EXPIRE, payload)
    market.close()
    market.expire(F27)
    with pytest.raises(ControlError, match="book 1 is SETTLED, it cannot become SETTLED"):
        market.pair.fast.control(CommandKind.EXPIRE, payload)
    day = {"index": F27, "settle_tick": MARK, "low_tick": LOW, "high_tick": HIGH}
    with pytest.raises(ControlError, match="it is not listed"):
        market.pair.fast.control(CommandKind.DAY_LIMITS, {"books": [day], "by_two": True})
