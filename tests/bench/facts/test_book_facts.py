"""Facts of the book against slow twins, and of books that are one-sided."""

import statistics

import numpy as np
import pytest

from bench.facts.book_facts import book_curves, book_facts
from bench.facts.collector import LEVELS
from bench.facts.series import BookSeries
from bench.facts.sheet import Curve, Fact
from tests.bench.facts.books import quoted, recorded, written

SEEDS = range(3)


def facts(series: BookSeries) -> dict[str, Fact]:
    return {one.key: one for one in book_facts(series)}


def curves(series: BookSeries) -> dict[str, Curve]:
    return {one.key: one for one in book_curves(series)}


@pytest.mark.parametrize("seed", SEEDS)
def test_spread_and_depth_are_those_of_a_slow_twin(seed: int) -> None:
    series = recorded("sweep", 900, seed)
    rows = series.messages
    both = [row for row in rows if row["bid_lots"] and row["ask_lots"]]
    spreads = [int(row["ask_tick"]) - int(row["bid_tick"]) for row in both]
    found = facts(series)
    assert found["spread_message_mean_ticks"].value == pytest.approx(statistics.mean(spreads))
    assert found["spread_median_ticks"].value == statistics.median(spreads)
    assert found["two_sided_share"].value == pytest.approx(len(both) / len(rows))
    bids = [int(row["bid_total_lots"]) for row in rows if row["bid_lots"]]
    assert found["depth_bid_total_lots"].value == pytest.approx(statistics.mean(bids))
    tilts = [(int(r["bid_lots"]) - int(r["ask_lots"])) / (int(r["bid_lots"]) + int(r["ask_lots"])) for r in both]
    assert found["imbalance_mean"].value == pytest.approx(statistics.mean(tilts))
    shares = dict(zip(curves(series)["spread_distribution"].x, curves(series)["spread_distribution"].y, strict=True))
    assert shares == pytest.approx({one: spreads.count(one) / len(spreads) for one in set(spreads)})


def test_spread_over_time_weighs_with_the_time_it_stood() -> None:
    rows = [quoted(99, 101, time_ns=0), quoted(99, 105, time_ns=30), quoted(99, 101, time_ns=40)]
    found = facts(written(rows))
    assert found["spread_mean_ticks"].value == pytest.approx((2 * 30 + 6 * 10) / 40)
    assert found["spread_message_mean_ticks"].value == pytest.approx(10 / 3)


def test_depth_curves_are_means_of_the_samples() -> None:
    levels = np.random.default_rng(1).integers(0, 50, (40, 2, int(LEVELS))).astype(np.int32)
    found = curves(written([quoted(99, 101)], level_lots=levels))
    for side, name in enumerate(("bid", "ask")):
        curve = found[f"depth_by_level_{name}_lots"]
        assert curve.x == [float(number) for number in range(1, 11)]
        assert curve.y == pytest.approx(levels[:, side].mean(axis=0).tolist())


@pytest.mark.parametrize("name", ["depth_by_distance_bid_lots", "depth_by_level_ask_lots"])
def test_depth_curves_of_a_flow_have_intervals_around_them(name: str) -> None:
    curve = curves(recorded())[name]
    assert curve.low is not None and curve.high is not None
    for low, middle, high in zip(curve.low, curve.y, curve.high, strict=True):
        assert low is not None and middle is not None and high is not None and low <= middle <= high


def test_peak_is_where_the_mean_depth_is_most() -> None:
    series = recorded()
    lots = series.distance_lots[:, 0].mean(axis=0)
    assert facts(series)["depth_bid_peak_ticks"].value == int(np.argmax(lots))


def test_one_sided_book_says_so() -> None:
    series = written([quoted(99, 0, ask_lots=0), quoted(98, 0, ask_lots=0)])
    found = facts(series)
    for key in ("spread_mean_ticks", "spread_message_mean_ticks", "spread_median_ticks", "imbalance_mean"):
        assert (found[key].value, found[key].missing) == (None, "the book never had both sides")
    assert found["two_sided_share"].value == 0
    assert (
        found["depth_ask_best_lots"].missing == "the side was always empty" and found["depth_bid_best_lots"].value == 5
    )
    assert curves(series)["spread_distribution"].missing == "the book never had both sides"


def test_messages_of_one_time_have_no_spread_over_time() -> None:
    found = facts(written([quoted(99, 101, time_ns=5), quoted(99, 103, time_ns=5)]))
    assert found["spread_mean_ticks"].missing == "all messages have one time"
    assert found["spread_message_mean_ticks"].value == 3
