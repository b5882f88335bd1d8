"""The plain market: books, funds and state sizes of generated and imported flow."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.tapes.market import (
    DEPOSIT_MILLS,
    LISTINGS_EACH,
    PlainMarket,
    engine_at,
    fitting_limits,
    flow_market,
    live_orders_max,
    market_tape,
)
from exchange.codes import CommandKind, MarketState, TimeInForce
from exchange.engine import query
from exchange.errors import UserError
from exchange.records import COMMAND, column
from exchange.units import MONEY_MAX

MARKET = PlainMarket(100, 300, 200, books=3, accounts=2)


def orders(count: int, tif: TimeInForce = TimeInForce.GTC) -> np.ndarray:
    rows = np.zeros(count, COMMAND)
    rows["kind"], rows["tif"] = CommandKind.NEW, tif
    return rows


def many(count: int, tif: TimeInForce = TimeInForce.GTC) -> np.ndarray:
    """One order again and again, in the memory of one."""
    return np.broadcast_to(orders(1, tif), count)


def test_listings_come_in_payloads_that_are_small_enough() -> None:
    assert len(replace(MARKET, books=LISTINGS_EACH).controls()) == 1
    assert len(replace(MARKET, books=2 * LISTINGS_EACH + 1).controls()) == 3


def test_a_market_opens_with_its_books_and_funds() -> None:
    tape = market_tape(MARKET, [orders(0)], limits="medium")
    engine = engine_at(tape, len(tape.commands))
    listed = query.instruments(engine.states)
    assert [(row.index, row.symbol) for row in listed] == [(1, "BOOK-1"), (2, "BOOK-2"), (3, "BOOK-3")]
    assert [query.margin(engine.states, account).equity_mills for account in (1, 2)] == [DEPOSIT_MILLS] * 2
    assert {query.market_state(engine.states, row.index) for row in listed} == {MarketState.OPEN}


@pytest.mark.parametrize("accounts", [1, 1_000, 1_001, 2_560, 16_383])
def test_all_accounts_together_have_no_more_than_a_venue_takes(accounts: int) -> None:
    _, _, rows = replace(MARKET, accounts=accounts).opening()
    paid = column(rows, "amount_mills")[:-2]
    assert len(paid) == accounts and 0 < paid.min() == paid.max() <= DEPOSIT_MILLS
    assert int(paid.sum()) <= MONEY_MAX


def test_symbols_of_a_source_are_kept_if_a_listing_allows_them() -> None:
    assert replace(MARKET, symbols=("AAPL", "MSFT", "SPY")).names() == ["AAPL", "MSFT", "SPY"]
    assert replace(MARKET, symbols=("A" * 33, "MSFT", "")).names() == ["BOOK-1", "MSFT", "BOOK-3"]
    assert replace(MARKET, symbols=("AAPL", "AAPL", "BOOK-1")).names() == ["BOOK-1", "BOOK-2", "BOOK-3"]


def test_a_tape_numbers_its_controls_then_its_rows() -> None:
    first, last = orders(4), orders(5)
    first["time_ns"], last["time_ns"] = 7, 9
    tape = market_tape(MARKET, [first, last], {"from": "a test"}, "medium")
    assert [control.sequence for control in tape.controls] == list(range(1, 1 + len(tape.controls)))
    assert np.array_equal(tape.commands["sequence"], len(tape.controls) + 1 + np.arange(len(tape.commands)))
    assert (len(tape.commands) - tape.resting_rows, tape.notes) == (5, {"from": "a test"})
    assert tape.commands["time_ns"].tolist() == [7] * (len(tape.commands) - 5) + [9] * 5


def test_the_market_of_a_flow_has_its_books_accounts_and_prices() -> None:
    flow = make_flow(replace(FLOWS["mixed"], commands=600, warm_orders=300, accounts=10, books=2))
    market = flow_market(flow)
    prices = np.concatenate([flow.warm["price"], flow.commands["price"]])
    assert (market.books, market.accounts) == (2, 10)
    assert (market.low_tick, market.high_tick) == (prices[prices > 0].min(), prices.max())


def test_the_smallest_state_that_holds_every_resting_order_is_taken() -> None:
    assert fitting_limits(MARKET, orders(10)) == "small"
    assert fitting_limits(MARKET, many(600)) == "medium"
    assert fitting_limits(MARKET, many(200_000)) == "tape"
    assert fitting_limits(MARKET, many(10_000_000, TimeInForce.IOC)) == "small", "none of them rests"
    with pytest.raises(UserError, match="10,000,000 orders in 3 books"):
        fitting_limits(MARKET, many(10_000_000))


def test_one_book_and_few_orders_take_a_small_state() -> None:
    one = replace(MARKET, books=1)
    assert fitting_limits(one, many(510)) == "small"
    assert fitting_limits(one, many(511)) == "medium"
    assert fitting_limits(replace(one, high_tick=1_100), many(510)) == "medium", "a window of 1,001 ticks"
    assert fitting_limits(replace(one, accounts=32), many(510)) == "medium"


def slow_live_orders(rows: np.ndarray) -> int:
    live: set[tuple[int, ...]] = set()
    lasting = most = 0
    for row in rows:
        key = (int(row["account"]), *(int(row[f"client_order_id_{word}"]) for word in range(3)))
        if row["kind"] == CommandKind.NEW and row["tif"] != TimeInForce.IOC:
            if key[1]:
                live.add(key)
            else:
                lasting += 1
        elif row["kind"] == CommandKind.CANCEL:
            live.discard(key)
        most = max(most, len(live))
    return most + lasting


@pytest.mark.parametrize("seed", range(5))
def test_live_orders_are_counted_as_a_slow_walk_counts_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = np.zeros(4_000, COMMAND)
    kinds = [CommandKind.NEW, CommandKind.CANCEL, CommandKind.REPLACE]
    rows["kind"] = random.choice(kinds, len(rows), p=[0.6, 0.35, 0.05])
    rows["tif"] = random.choice([TimeInForce.GTC, TimeInForce.IOC], len(rows), p=[0.9, 0.1])
    rows["account"] = random.integers(1, 4, len(rows))
    rows["client_order_id_0"] = random.integers(0, 300, len(rows))
    rows["client_order_id_1"] = random.integers(0, 3, len(rows))
    most = live_orders_max(rows)
    assert most == slow_live_orders(rows)
    assert 511 <= most < np.count_nonzero(rows["kind"] == CommandKind.NEW)


def test_controls_behind_rows_are_not_taken() -> None:
    tape = market_tape(MARKET, [orders(0)], limits="medium")
    tape.controls[0].row["sequence"] = 99
    with pytest.raises(AssertionError):
        engine_at(tape, 0)
