"""CASCADE: a parent becomes its children, without money (CASCADE-001 to CASCADE-004)."""

import pytest

from exchange.book.check import check_books
from exchange.clearing_codes import Life
from exchange.codes import CancelReason, CommandKind, EventKind, MarketState, Side
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from tests.ending import F27, G27, H27, HOURS, Q1, SPREAD, Ending
from tests.funded import MARK, RICH

CHILDREN = (F27, G27, H27)


def held(market: Ending, account: int) -> dict[int, tuple[int, int]]:
    rows = query.positions(market.pair.fast.engine.states, account)
    return {row.instrument: (row.lots, row.open_value_tick_lots) for row in rows if row.lots}


@pytest.mark.rule("CASCADE-002")
def test_a_quarter_becomes_its_months_at_its_own_price_and_no_money_moves() -> None:
    """V6: 4 lots at 2826, whose months next settle at 2850, 2829 and 2806, gain 19,968."""
    market = Ending()
    market.trade(1, Side.BUY, 4, 2_826, Q1)
    market.settle(2_826, Q1)
    cash = {account: market.cash(account) for account in (1, RICH)}
    market.close()
    events = market.cascade()
    assert {account: market.cash(account) for account in (1, RICH)} == cash
    assert held(market, 1) == dict.fromkeys(CHILDREN, (4, 4 * 2826))
    assert held(market, RICH) == dict.fromkeys(CHILDREN, (-4, -4 * 2826))
    mine = [(event.kind, event.instrument, event.position_lots) for event in events if event.account == 1]
    assert mine == [
        (EventKind.POSITION_CASCADED, Q1, 4),
        *((EventKind.POSITION_CHANGED, book, 4) for book in CHILDREN),
        (EventKind.POSITION_CHANGED, Q1, 0),
    ]
    assert [(e.instrument, e.life) for e in events if e.kind == EventKind.INSTRUMENT_ENDED] == [(Q1, Life.CASCADED)]
    prices = {F27: 2_850, G27: 2_829, H27: 2_806}
    limits = [{"index": i, "settle_tick": p, "low_tick": p - 500, "high_tick": p + 500} for i, p in prices.items()]
    market.control(CommandKind.DAY_LIMITS, {"books": limits, "by_two": True})
    assert market.cash(1) - cash[1] == 19_968
    check_books(market.pair.fast.engine.states)


@pytest.mark.rule("CASCADE-003")
def test_orders_in_the_parent_are_cancelled_first() -> None:
    market = Ending()
    market.new(1, Side.BUY, 3, MARK - 5, Q1)
    market.new(2, Side.SELL, 3, MARK + 5, Q1)
    market.new(2, Side.SELL, 3, MARK + 5, F27)
    market.close()
    events = market.cascade()
    assert [(e.account, e.instrument, e.cancel_reason) for e in events if e.kind == EventKind.ORDER_CANCELLED] == [
        (1, Q1, CancelReason.CASCADED), (2, Q1, CancelReason.CASCADED)
    ]  # fmt: skip
    market.states(MarketState.PREOPEN, MarketState.OPEN)
    assert market.new(1, Side.BUY, 3, MARK, Q1) == "REJ STATE"
    assert market.new(1, Side.BUY, 3, MARK + 5, F27) == "ACK"


@pytest.mark.rule("CASCADE-002", "MARGIN-003")
def test_lots_join_what_an_account_holds_and_margin_follows() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 4, MARK, Q1)
    market.trade(1, Side.SELL, 4, MARK, G27)
    market.trade(2, Side.SELL, 6, MARK, Q1)
    market.settle(MARK, F27, G27, H27, Q1)
    market.close()
    market.cascade()
    assert held(market, 1) == {F27: (4, 4 * MARK), H27: (4, 4 * MARK)}
    assert market.lots(1, G27) == 0, "4 bought by the cascade and 4 sold before"
    assert market.held(1) == 4 * (HOURS[F27] + HOURS[H27]) * 400
    assert {book: market.lots(2, book) for book in CHILDREN} == dict.fromkeys(CHILDREN, -6)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"parent": Q1, "children": [F27, G27]}, "children have 1416 hours, their parent 2160"),
        ({"parent": Q1, "children": [F27, G27, G27]}, "a book stands once"),
        ({"parent": Q1, "children": [F27, G27, SPREAD]}, "book 5 is a combination"),
        ({"parent": Q1, "children": []}, "children 0 not in"),
        ({"parent": 77, "children": [F27]}, "book 77 not in"),
    ],
)
def test_what_cannot_cascade_is_refused(payload: dict[str, object], words: str) -> None:
    market = Ending()
    market.close()
    with pytest.raises(ControlError, match=words):
        market.pair.fast.control(CommandKind.CASCADE, payload)


def test_an_open_parent_and_an_ended_child_are_refused() -> None:
    market = Ending()
    payload = {"parent": Q1, "children": list(CHILDREN)}
    with pytest.raises(ControlError, match="not CLOSED"):
        market.pair.fast.control(CommandKind.CASCADE, payload)
    market.close()
    market.expire(F27)
    with pytest.raises(ControlError, match="book 1 is SETTLED, not LISTED"):
        market.pair.fast.control(CommandKind.CASCADE, payload)
