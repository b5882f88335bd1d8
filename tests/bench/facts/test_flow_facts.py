"""Facts of the flow against slow twins over the messages, and against known flows."""

import statistics
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from bench.facts.collector import CANCEL, FILL, LIMIT, REDUCE
from bench.facts.flow_facts import distances, flow_facts
from bench.facts.series import BookSeries
from bench.facts.sheet import Fact
from exchange.codes import Side
from tests.bench.facts.books import quoted, recorded, trade, written

SEEDS = range(3)


def facts(series: BookSeries) -> dict[str, Fact]:
    return {one.key: one for one in flow_facts(series)}


def value(series: BookSeries, key: str) -> float:
    found = facts(series)[key].value
    assert found is not None, facts(series)[key].missing
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_sizes_and_lives_are_those_of_a_slow_twin(seed: int) -> None:
    series = recorded("mixed", 900, seed)
    rows = series.messages
    kinds = rows["kind"].tolist()
    counts = kinds.count(LIMIT), kinds.count(CANCEL) + kinds.count(REDUCE), len(series.trades)
    for key, count in zip(("limit", "cancel", "trade"), counts, strict=True):
        assert value(series, f"share_{key}") == pytest.approx(count / sum(counts))
    lots = [int(row["lots"]) for row in rows if row["kind"] == LIMIT]
    assert value(series, "order_size_mean_lots") == pytest.approx(statistics.mean(lots))
    assert value(series, "order_size_median_lots") == statistics.median(lots)
    ends: dict[str, Callable[[np.void], bool]] = {
        "cancelled": lambda row: row["kind"] == CANCEL,
        "filled": lambda row: row["kind"] == FILL and row["leaves_lots"] == 0,
    }
    ages = {key: [int(row["age_ns"]) for row in rows if row["is_aged"] and is_end(row)] for key, is_end in ends.items()}
    for key, found in ages.items():
        assert value(series, f"lifetime_{key}_mean_ns") == pytest.approx(statistics.mean(found))
        assert value(series, f"lifetime_{key}_median_ns") == statistics.median(found)
    share = len(ages["cancelled"]) / sum(map(len, ages.values()))
    assert value(series, "share_ended_by_cancel") == pytest.approx(share)


@pytest.mark.parametrize("seed", SEEDS)
def test_distances_are_those_to_the_best_price_just_before(seed: int) -> None:
    rows = recorded("mixed", 900, seed).messages
    wanted = []
    for before, row in pairwise(rows):
        if row["kind"] == LIMIT:
            is_buy = row["side"] == Side.BUY
            best, lots = ("bid_tick", "bid_lots") if is_buy else ("ask_tick", "ask_lots")
            if before[lots]:
                behind = int(before[best]) - int(row["price_tick"])
                wanted.append(behind if is_buy else -behind)
    assert distances(recorded("mixed", 900, seed)).tolist() == wanted
    assert value(recorded("mixed", 900, seed), "placement_mean_ticks") == pytest.approx(statistics.mean(wanted))
    at_best = sum(one <= 0 for one in wanted) / len(wanted)
    assert value(recorded("mixed", 900, seed), "placement_at_best_share") == pytest.approx(at_best)


def test_durations_are_between_commands_and_between_trades() -> None:
    times = [(1, 10), (1, 10), (2, 14), (3, 30)]
    rows = [quoted(99, 101, sequence=sequence, time_ns=time_ns) for sequence, time_ns in times]
    series = written([*rows, trade(99, 101, 1, sequence=4, time_ns=40), trade(99, 101, -1, sequence=5, time_ns=60)])
    assert value(series, "event_duration_mean_ns") == pytest.approx((4 + 16 + 10 + 20) / 4)
    assert value(series, "trade_duration_mean_ns") == 20
    assert value(series, "trade_duration_variation") == 0


def test_poisson_flow_has_a_variation_of_one() -> None:
    times = np.cumsum(np.random.default_rng(1).exponential(1e6, 5_000)).astype(int).tolist()
    series = written([quoted(99, 101, time_ns=time_ns) for time_ns in times])
    fact = facts(series)["event_duration_variation"]
    assert fact.low is not None and fact.high is not None and fact.low < 1 < fact.high


def test_sizes_with_a_pareto_tail_have_its_exponent() -> None:
    lots = np.ceil(1_000 * (np.random.default_rng(2).pareto(2.0, 40_000) + 1)).astype(int).tolist()
    fact = facts(written([quoted(99, 101, lots=one) for one in lots]))["order_size_tail"]
    assert fact.low is not None and fact.high is not None and fact.low < 2 < fact.high


def test_what_did_not_happen_is_said() -> None:
    found = facts(written([quoted(99, 101)]))
    assert found["trade_size_mean_lots"].missing == "no trades"
    assert found["trade_duration_mean_ns"].missing == "fewer than two trades"
    assert found["event_duration_mean_ns"].missing == "fewer than two events"
    assert found["lifetime_cancelled_mean_ns"].missing == "no order was cancelled"
    assert found["share_ended_by_cancel"].missing == "no order ended"
    assert found["placement_mean_ticks"].missing == "no limit order behind a best price"
    assert found["order_size_tail"].missing == "fewer than 200 values above 0"
    assert facts(written([]))["share_limit"].missing == "no messages"
