"""A trade: price, both sides of it, and the day's statistics of its book (MATCH-002, SETTLE-007, FEE-001)."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import EventKind, Liquidity
from exchange.limits import MEDIUM, STEP_EVENTS
from exchange.records import column
from tests.played import play


@pytest.mark.parametrize("capacity", [MEDIUM.event_rows, STEP_EVENTS], ids=["whole orders", "orders cut in two"])
def test_statistics_are_those_of_all_fills(capacity: int) -> None:
    """Orders that trade at several prices on both sides; with little room their fills are told in several steps."""
    stage = prepare_engine(replace(FLOWS["sweep"], commands=3_000, warm_orders=700, accounts=9), "medium")
    stage.reset()
    engine = stage.engine
    engine.outs["capacity"] = capacity
    events = engine.apply(stage.rows)
    fills = events[(events["kind"] == EventKind.FILL) & (events["liquidity"] == Liquidity.TAKER)]
    prices, lots = column(fills, "trade_tick").astype(np.int64), fills["lots"].astype(np.int64)
    assert len(fills) > 500 and len(set(prices.tolist())) > 20
    book = engine.states[0].books[1]
    assert (int(book.open_tick), int(book.last_tick)) == (prices[0], prices[-1])
    assert (int(book.day_high), int(book.day_low)) == (prices.max(), prices.min())
    assert (int(book.volume_lots), int(book.volume_tick_lots)) == (lots.sum(), (prices * lots).sum())
    assert int(book.last_trade_id) == int(engine.states[0].trade_id) == len(fills)


@pytest.mark.rule("MATCH-002")
@pytest.mark.parametrize(("resting", "order"), [("S3@100", "B2@105"), ("B3@100", "S2@95")], ids=["buy", "sell"])
def test_a_trade_is_at_the_resting_order_s_price(resting: str, order: str) -> None:
    market = play(f"N t {order}", f"a {resting}")
    assert market.text == "ACK t; TRD a t 2@100"
    assert (market.book().last_tick, market.order("a").leaves_lots, market.order("a").filled_lots) == (100, 1, 2)


@pytest.mark.rule("SETTLE-007", "FEE-001", "INV-018")
def test_what_one_buys_the_other_sells_and_the_house_takes_its_fee() -> None:
    market = play("N t B2@101 acct=B", "a S2@101 acct=A", "fee=1 hours=10 ref=100")
    buyer, seller = (market.state.accounts[number] for number in (2, 1))
    assert buyer.unrealised_pnl_mills == -seller.unrealised_pnl_mills == -2 * 10
    assert market.fees_mills == 2 * 2 * 10, "the taker's rate, lots and hours"


@pytest.mark.rule("STOP-004")
def test_every_single_print_elects_stops_not_the_last_alone() -> None:
    stops = "s B1@90 stop=103; v B1@90 stop=102; w B1@90 stop=104"
    market = play("N t S3@101", f"a B1@103; b B1@102; c B1@101; {stops}", "ltp=100")
    assert market.book().last_tick == 101
    assert {event for event in market.events if event.startswith("TRG")} == {"TRG s", "TRG v"}
