"""The statistics that are scored, against slow twins."""

import math

import numpy as np
import pytest

from bench.facts.collector import CANCEL, LIMIT, REDUCE
from bench.facts.statistics import WINDOW, ask_lots, spreads, statistics, statistics_of, volatilities
from exchange.codes import Side
from tests.bench.facts.books import quoted, recorded, trade, written

KEYS = """spread orderbook_imbalance log_inter_arrival_time log_time_to_cancel ask_volume_touch bid_volume_touch
ask_volume bid_volume limit_ask_order_depth limit_ask_order_levels limit_bid_order_depth limit_bid_order_levels
cancellation_ask_order_depth cancellation_ask_order_levels cancellation_bid_order_depth
cancellation_bid_order_levels"""


def test_the_statistics_of_lob_bench_are_there() -> None:
    assert [one.key for one in statistics()] == KEYS.split() == list(statistics_of(recorded()))


@pytest.mark.parametrize("seed", range(3))
def test_statistics_are_those_of_a_slow_twin(seed: int) -> None:
    series = recorded("mixed", 900, seed)
    rows, found = series.messages, statistics_of(series)
    mids = [(int(row["bid_tick"]) + int(row["ask_tick"])) / 2 for row in rows]
    for name, side in (("ask", Side.SELL), ("bid", Side.BUY)):
        for what, kinds in (("limit", (LIMIT,)), ("cancellation", (REDUCE, CANCEL))):
            own = [
                (row, mid) for row, mid in zip(rows, mids, strict=True) if row["side"] == side and row["kind"] in kinds
            ]
            depths = [abs(int(row["price_tick"]) - mid) for row, mid in own]
            assert found[f"{what}_{name}_order_depth"].tolist() == depths
            levels = [int(row["level"]) for row, _ in own if row["level"] <= 10]
            assert found[f"{what}_{name}_order_levels"].tolist() == levels and levels
        assert found[f"{name}_volume"].tolist() == [int(row[f"{name}_total_lots"]) for row in rows]
    ages = [
        math.log(max(int(row["age_ns"]), 1) / 1e9) for row in rows if row["is_aged"] and row["kind"] in (REDUCE, CANCEL)
    ]
    assert found["log_time_to_cancel"].tolist() == pytest.approx(ages)
    assert ask_lots(series).tolist() == found["ask_volume_touch"].tolist()


def test_prices_are_in_increments_of_the_book() -> None:
    rows = [quoted(90, 110, price_tick=80, level=1), trade(90, 115, 1)]
    assert spreads(written(rows, min_inc=5)).tolist() == [4, 5]
    assert statistics_of(written(rows, min_inc=5))["limit_bid_order_depth"].tolist() == [4]


def test_a_time_of_zero_counts_as_one_nanosecond() -> None:
    series = written([quoted(9, 11, time_ns=time_ns) for time_ns in (5, 5, 1_000_000_005)])
    assert statistics_of(series)["log_inter_arrival_time"].tolist() == pytest.approx([math.log(1e-9), 0])


def test_volatility_is_that_of_the_window() -> None:
    steps = np.concatenate([np.tile([1, -1], WINDOW // 2), np.tile([3, -3], WINDOW // 2), [9]])
    rows = [quoted(int(mid) - 1, int(mid) + 1) for mid in 100 + np.cumsum(steps)]
    found = volatilities(written(rows))
    assert len(found) == 2 * WINDOW
    assert found[0] == found[WINDOW - 1] == pytest.approx(1, abs=0.01)
    assert found[WINDOW] == pytest.approx(3, abs=0.01)
