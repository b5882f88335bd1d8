"""A book's statistics of the day, against the fills that were told."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import EventKind, Liquidity
from exchange.limits import STEP_EVENTS, TAPE


@pytest.mark.parametrize("capacity", [TAPE.event_rows, STEP_EVENTS], ids=["whole orders", "orders cut in two"])
def test_statistics_are_those_of_all_fills(capacity: int) -> None:
    """Orders that trade at several prices on both sides; with little room their fills are told in several steps."""
    stage = prepare_engine(replace(FLOWS["sweep"], commands=3_000, warm_orders=2_000, accounts=9), "tape")
    stage.reset()
    engine = stage.engine
    engine.outs["capacity"] = capacity
    events = engine.apply(stage.rows)
    fills = events[(events["kind"] == EventKind.FILL) & (events["liquidity"] == Liquidity.TAKER)]
    prices, lots = fills["price"].astype(np.int64), fills["lots"].astype(np.int64)
    assert len(fills) > 500 and len(set(prices.tolist())) > 20
    book = engine.states[0].books[1]
    assert (int(book.open_tick), int(book.last_tick)) == (prices[0], prices[-1])
    assert (int(book.day_high), int(book.day_low)) == (prices.max(), prices.min())
    assert (int(book.volume_lots), int(book.volume_tick_lots)) == (lots.sum(), (prices * lots).sum())
    assert int(book.last_trade_id) == int(engine.states[0].trade_id) == len(fills)
