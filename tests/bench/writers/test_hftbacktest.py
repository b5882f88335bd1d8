"""The npz has the dtype and the codes of the installed hftbacktest, whose own reader finds the same book in it."""

from pathlib import Path

import hftbacktest
import numpy as np
import pytest
from hftbacktest import types

from bench.writers import hftbacktest as ours
from bench.writers.hftbacktest import EVENT_DTYPE, level_events, write_hftbacktest
from bench.writers.order_flow import order_flow
from exchange.engine import query
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.rule("TAPE-014")
def test_dtype_and_codes_are_those_of_the_installed_package() -> None:
    assert types.event_dtype == EVENT_DTYPE and EVENT_DTYPE.itemsize == 64
    for name in ("DEPTH_EVENT", "TRADE_EVENT", "EXCH_EVENT", "LOCAL_EVENT", "BUY_EVENT", "SELL_EVENT"):
        assert getattr(ours, name) == getattr(types, name), name


@pytest.mark.rule("TAPE-014")
def test_events_lead_to_the_levels_and_trades_of_the_tape(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(600))
    path = tmp_path / "book.npz"
    count = write_hftbacktest(flow, 0, path, latency_ns=7)
    events = np.load(path)["data"]
    assert len(events) == count and np.all(events["local_ts"] - events["exch_ts"] == 7)
    sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for event in events[events["ev"] & 0xFF == ours.DEPTH_EVENT]:
        side = 0 if event["ev"] & ours.BUY_EVENT else 1
        sides[side][round(float(event["px"]) * 1_000)] = int(event["qty"])
    levels = [sorted((item for item in side.items() if item[1]), reverse=side is sides[0]) for side in sides]
    assert tuple(levels) == query.depth(flow.engine.states, 1)
    trades = events[events["ev"] & 0xFF == ours.TRADE_EVENT]
    executed = flow.messages[flow.messages["kind"] == 5]
    assert trades["qty"].tolist() == executed["lots"].tolist()
    assert np.array_equal(trades["ev"] & ours.SELL_EVENT != 0, executed["side"] == 0)


@pytest.mark.rule("TAPE-014")
def test_their_reader_ends_with_the_same_best_prices(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(600))
    path = tmp_path / "book.npz"
    write_hftbacktest(flow, 0, path)
    asset = hftbacktest.BacktestAsset().data([str(path)]).linear_asset(1.0).constant_order_latency(0, 0)
    asset.risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0, 0)
    asset.tick_size(0.001).lot_size(1.0)
    backtest = hftbacktest.HashMapMarketDepthBacktest([asset])
    first_ns, last_ns = (int(level_events(flow.messages, flow.tick)["exch_ts"][place]) for place in (0, -1))
    assert backtest.elapse(last_ns - first_ns + 1) in (0, 1)
    depth = backtest.depth(0)
    (bid, bid_lots), (ask, ask_lots) = (side[0] for side in query.depth(flow.engine.states, 1))
    assert (depth.best_bid_tick, depth.best_ask_tick) == (bid, ask)
    assert (depth.bid_qty_at_tick(bid), depth.ask_qty_at_tick(ask)) == (bid_lots, ask_lots)
    backtest.close()
