"""Facts of returns against series whose answer is known."""

import math

import numpy as np
import pytest

from bench.facts.estimators import log_lags
from bench.facts.return_facts import decay, return_curves, return_facts
from bench.facts.series import BookSeries
from bench.facts.sheet import Fact
from tests.bench.facts.books import quoted, written


def of_mids(mids: np.ndarray) -> BookSeries:
    """A book whose mid takes these values (whole numbers), one in each interval of returns."""
    return written([quoted(int(mid) - 1, int(mid) + 1, time_ns=10 * place) for place, mid in enumerate(mids)])


def facts(series: BookSeries) -> dict[str, Fact]:
    return {one.key: one for one in return_facts(series)}


def inside(fact: Fact, value: float) -> bool:
    assert fact.low is not None and fact.high is not None, fact
    return fact.low < value < fact.high


def test_normal_returns_have_no_memory_and_no_tails() -> None:
    steps = np.round(1_000 * np.random.default_rng(1).standard_normal(4_000))
    found = facts(of_mids(10**6 + np.cumsum(steps)))
    assert found["return_interval_ns"].value == 10
    assert found["return_deviation_ticks"].value == pytest.approx(1_000, rel=0.03)
    for key in ("return_excess_kurtosis", "return_autocorrelation_1", "volatility_autocorrelation_1"):
        assert inside(found[key], 0), key
    assert found["volatility_memory_exponent"].missing.startswith("no memory above noise")


def test_heavy_tails_have_their_exponent() -> None:
    generator = np.random.default_rng(2)
    steps = np.round(100 * (generator.pareto(3.0, 5_000) + 1) * generator.choice([-1, 1], 5_000))
    found = facts(of_mids(10**6 + np.cumsum(steps)))
    assert inside(found["return_tail"], 3)
    assert found["return_excess_kurtosis"].low is not None and found["return_excess_kurtosis"].low > 0


def test_autocorrelated_returns_are_found() -> None:
    noise = 1_000 * np.random.default_rng(3).standard_normal(4_001)
    found = facts(of_mids(10**6 + np.cumsum(np.round(noise[1:] - 0.5 * noise[:-1]))))
    assert inside(found["return_autocorrelation_1"], -0.5 / (1 + 0.25))


def test_slow_decay_has_its_exponent() -> None:
    lags = np.arange(1, 101)
    found = decay(np.concatenate([[1.0], 0.4 * lags**-0.3]), 0.01)
    assert found.value == pytest.approx(0.3) and found.count == len(log_lags(100))
    cut = decay(np.concatenate([[1.0], 0.4 * lags**-0.3]), 0.4 * 10.5**-0.3)
    assert cut.value == pytest.approx(0.3) and cut.count == len(log_lags(10))
    assert math.isnan(decay(np.array([1.0, 0.0, 0.5, 0.5, 0.5]), 0.01).value)


def test_tail_curve_is_the_share_of_returns_at_least_as_large() -> None:
    steps = np.tile([1, -2, 0, 2, -1], 40)
    series = of_mids(1_000 + np.cumsum(steps))
    curve = return_curves(series)[0]
    sizes = np.abs(series.returns)
    scale = np.sqrt((sizes**2).mean())
    assert [round(x * scale) for x in curve.x] == [1, 2]
    assert curve.y == pytest.approx([np.mean(sizes >= 1), np.mean(sizes >= 2)])


def test_too_few_or_no_returns_are_said() -> None:
    few, still = of_mids(np.arange(20) + 100), of_mids(np.full(300, 100))
    assert facts(few)["return_tail"].missing == "19 intervals with messages and a two-sided book, needed: 100"
    assert facts(still)["return_excess_kurtosis"].missing == "the mid never changes"
    at_once = written([quoted(99, 101, time_ns=5)] * 200)
    assert facts(at_once)["return_interval_ns"].missing == "all messages have one time"
    for series in (few, still, at_once, written([])):
        assert all(one.value is None for key, one in facts(series).items() if key != "return_interval_ns")
        assert all(curve.missing and not curve.x for curve in return_curves(series))
