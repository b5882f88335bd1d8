"""Quotes of makers: around the belief, never crossed, smaller against inventory; passed orders are taken back."""

import numpy as np
import pytest

from bench.flows.market.beliefs import believed, impact_of
from bench.flows.market.layout import FIRST_PASSIVE, MAKER_LOTS, MAKERS
from bench.flows.market.makers import quote_price
from bench.flows.market.process import compute_market
from bench.flows.stepping import opening_of, run_steps
from bench.tapes.market import engine_at
from exchange.book.layout import BOOK
from exchange.codes import CommandKind, Side
from exchange.engine import query


def test_the_first_steps_quote_every_book_on_both_sides() -> None:
    process = compute_market(1)
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    rows = run_steps(process, engine, 14 * 2 * MAKERS)
    assert np.all(rows["kind"] == CommandKind.NEW) and np.all(rows["account"] < FIRST_PASSIVE)
    for book in range(1, 15):
        bids, asks = query.depth(engine.states, book, 5)
        value = believed(process.worlds[0], book)
        half = impact_of(process.worlds[0].books[book])
        assert bids[0][0] < value < asks[0][0]
        assert asks[0][0] - bids[0][0] == pytest.approx(2 * half, abs=1.01)
        assert [lots for _, lots in asks] == [MAKER_LOTS * (1 + maker) for maker in range(MAKERS)]


@pytest.mark.parametrize("value", [2_500.0, 2_500.3, 2_500.5, 2_500.8])
@pytest.mark.parametrize("half", [0.1, 1.4, 6.0])
def test_a_bid_is_below_every_ask(value: float, half: float) -> None:
    books = np.zeros(1, BOOK)
    books["low_tick"], books["high_tick"] = 2_000, 3_000
    prices = [[quote_price(books[0], value, half, side, maker) for maker in range(MAKERS)] for side in (0, 1)]
    assert max(prices[Side.BUY]) < min(prices[Side.SELL])
    assert prices[Side.BUY] == sorted(prices[Side.BUY], reverse=True) and prices[Side.SELL] == sorted(prices[Side.SELL])
    assert (prices[Side.BUY][0] + prices[Side.SELL][0]) / 2 == pytest.approx(value, abs=1.0)


def test_a_maker_quotes_less_on_the_side_that_adds_to_what_it_holds() -> None:
    process = compute_market(2)
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    run_steps(process, engine, 60_000)
    seen = 0
    for account in range(1, 1 + MAKERS):
        for order in query.open_orders(engine.states, account):
            held = query.position(engine.states, account, order.instrument).lots
            if abs(held) >= 100:
                adds = (held > 0) == (order.side == Side.BUY)
                full = MAKER_LOTS * account
                assert order.leaves_lots < full if adds else order.leaves_lots <= full
                seen += 1
    assert seen > 0
