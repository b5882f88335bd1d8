"""Questions to a state: what a snapshot of market data or of an account is made from."""

import numpy as np
import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind, MarketState, Side
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import definitions
from exchange.limits import MEDIUM
from exchange.records import column, pack_client_order_id, pack_tag


def row(engine: Engine, kind: CommandKind, **fields: int) -> np.ndarray:
    command = blank_commands(1)
    command["sequence"] = engine.sequence + 1
    command["kind"] = kind
    for name, value in fields.items():
        column(command, name)[:] = value
    return command


@pytest.fixture
def engine() -> Engine:
    """Accounts 1 and 2 with money, one OPEN book at 100."""
    engine = Engine(MEDIUM)
    second = (int(CommandKind.DEFINE_ACCOUNT), encode_payload(AccountPayload(2)))
    for kind, payload in [*definitions(), second]:
        engine.control(row(engine, CommandKind(kind)), payload)
    for account in (1, 2):
        engine.apply(row(engine, CommandKind.DEPOSIT, account=account, amount_mills=10**9))
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        engine.apply(row(engine, CommandKind.SET_STATE, group=1, market_state=state))
    return engine


def enter(engine: Engine, account: int, side: Side, price: int, lots: int, name: str) -> None:
    words = dict(zip([f"client_order_id_{n}" for n in range(3)], pack_client_order_id(name), strict=True))
    fields = {"account": account, "instrument": 1, "side": side, "price": price, "lots": lots, "tag": pack_tag("grid")}
    engine.apply(row(engine, CommandKind.NEW, **fields, **words))


def test_depth_and_queue_list_best_price_and_first_order_first(engine):
    for place, (price, lots) in enumerate([(99, 5), (98, 7), (99, 2)]):
        enter(engine, 1, Side.BUY, price, lots, f"b{place}")
    enter(engine, 2, Side.SELL, 103, 4, "a")
    assert query.depth(engine.states, 1) == ([(99, 7), (98, 7)], [(103, 4)])
    assert query.depth(engine.states, 1, levels=1) == ([(99, 7)], [(103, 4)])
    assert [lots for _, lots in query.queue(engine.states, 1, Side.BUY, 99)] == [5, 2]


def test_an_order_is_found_by_either_id_and_only_by_its_owner(engine):
    enter(engine, 1, Side.BUY, 99, 5, "mm7-000000012345")
    (order,) = query.open_orders(engine.states, 1)
    assert (order.client_order_id, order.tag, order.leaves_lots) == ("mm7-000000012345", "grid", 5)
    assert query.find_order(engine.states, 1, order_id=order.order_id) == order
    assert query.find_order(engine.states, 1, client_order_id="mm7-000000012345") == order
    assert query.find_order(engine.states, 2, order_id=order.order_id) is None
    assert query.find_order(engine.states, 2, client_order_id="mm7-000000012345") is None


@pytest.mark.rule("INV-017", "INV-018")
def test_a_trade_shows_in_positions_margin_totals_and_statistics(engine):
    enter(engine, 1, Side.BUY, 101, 5, "b")
    enter(engine, 2, Side.SELL, 101, 3, "s")
    (bought,), (sold,) = (query.positions(engine.states, account) for account in (1, 2))
    assert (bought.lots, bought.open_value_tick_lots, bought.unrealised_pnl_mills) == (3, 303, -3 * 720)
    assert (sold.lots, sold.unrealised_pnl_mills) == (-3, 3 * 720)
    margin = query.margin(engine.states, 1)
    assert margin.equity_mills == 10**9 - 3 * 720 == margin.free_margin_mills + margin.initial_mills
    totals = query.totals(engine.states)
    fees, paid_in = (totals.house_mills[house] for house in (HouseAccount.FEES, HouseAccount.DEPOSITS))
    assert totals.cash_mills + fees == -paid_in > 0 and totals.ledger_mills == totals.gains_mills == 0
    stats = query.statistics(engine.states, 1)
    assert (stats.last, stats.volume, stats.open_interest) == (101, 3, 3)


@pytest.mark.rule("INV-017", "INV-018")
def test_positions_sum_to_zero_by_book_and_what_does_not_is_seen(engine):
    enter(engine, 1, Side.BUY, 101, 5, "b")
    enter(engine, 2, Side.SELL, 101, 3, "s")
    assert not any(sums.any() for sums in query.position_sums(engine.states))
    engine.states["positions"]["lots"][0, 1] += 2
    engine.states["positions"]["open_value_tick_lots"][0, 2] += 7
    lots, values = query.position_sums(engine.states)
    assert (lots[1], values[1], lots.sum(), values.sum()) == (2, 7, 2, 7)


@pytest.mark.rule("SETTLE-002", "SETTLE-003")
def test_how_many_books_closed_is_read_together_as_one_by_one(engine):
    enter(engine, 1, Side.BUY, 99, 5, "b")
    for _ in range(2):
        assert query.closings(engine.states, [1]) == [(0, 0, 100)]
        engine.apply(row(engine, CommandKind.SET_STATE, group=1, market_state=MarketState.CLOSED))
    assert query.closings(engine.states, []) == []


@pytest.mark.rule("MDATA-001")
def test_numbers_of_event_channels_follow_from_the_journal(engine):
    before = query.channel_sequences(engine.states)
    assert before["instruments", 0] == 1
    assert before["status", 1] == engine.sequence and before["trades", 1] == 0
    enter(engine, 1, Side.BUY, 101, 5, "b")
    enter(engine, 2, Side.SELL, 101, 3, "s")
    after = query.channel_sequences(engine.states)
    assert after["trades", 1] == 1 and after["status", 1] == before["status", 1]


def test_statistics_take_in_both_ends_of_an_order_that_trades_at_several_prices(engine):
    """Each order's first or last price is the highest or the lowest of the day so far."""
    prints: list[int] = []
    for side, prices in [
        (Side.BUY, [100, 101, 102]),
        (Side.SELL, [110, 109]),
        (Side.BUY, [92, 95]),
        (Side.SELL, [91, 90]),
        (Side.BUY, [111, 112]),
    ]:
        for price in prices:
            enter(engine, 1, Side.SELL if side == Side.BUY else Side.BUY, price, 2, f"m{price}")
        enter(engine, 2, side, prices[-1], 2 * len(prices), f"t{prices[0]}")
        prints += prices
        stats = query.statistics(engine.states, 1)
        assert (stats.open, stats.high, stats.low) == (100, max(prints), min(prints))
        assert (stats.last, stats.volume, stats.value_tick_lots) == (prices[-1], 2 * len(prints), 2 * sum(prints))
