"""Estimators against slow obvious twins, and against series whose answer is known in closed form."""

import math
from itertools import pairwise

import numpy as np
import pytest

from bench.facts.estimators import (
    BATCHES,
    autocorrelation,
    block_bootstrap,
    coefficient_of_variation,
    excess_kurtosis,
    hill,
    log_lags,
    mean,
    power_law,
    response,
    signature,
    variance_ratio,
)

SEEDS = range(5)


def random_walk(seed: int, count: int = 400) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).integers(-3, 4, count)).astype(float)


def ar1(coefficient: float, count: int, seed: int) -> np.ndarray:
    """A stationary first-order autoregression: autocorrelation coefficient^lag."""
    noise = np.random.default_rng(seed).standard_normal(count)
    values = np.zeros(count)
    values[0] = noise[0] / math.sqrt(1 - coefficient**2)
    for index in range(1, count):
        values[index] = coefficient * values[index - 1] + noise[index]
    return values


def slow_autocorrelation(values: list[float], lag: int) -> float:
    average = sum(values) / len(values)
    products = sum((values[i] - average) * (values[i + lag] - average) for i in range(len(values) - lag))
    return products / sum((value - average) ** 2 for value in values)


def slow_variance_ratio(prices: list[float], steps: int) -> tuple[float, float]:
    count = len(prices) - 1
    drift = (prices[-1] - prices[0]) / count
    one = [after - before - drift for before, after in pairwise(prices)]
    variance = sum(change**2 for change in one) / (count - 1)
    long = sum((prices[k] - prices[k - steps] - steps * drift) ** 2 for k in range(steps, count + 1))
    ratio = long / (steps * (count - steps + 1) * (1 - steps / count)) / variance
    theta = 0.0
    for lag in range(1, steps):
        above = count * sum(one[k] ** 2 * one[k - lag] ** 2 for k in range(lag, count))
        theta += (2 * (steps - lag) / steps) ** 2 * above / sum(change**2 for change in one) ** 2
    return ratio, math.sqrt(count) * (ratio - 1) / math.sqrt(theta)


@pytest.mark.parametrize("seed", SEEDS)
def test_estimators_are_those_of_slow_twins(seed: int) -> None:
    walk = random_walk(seed)
    values = walk.tolist()
    for lag in (1, 2, 17):
        assert autocorrelation(walk, 20)[lag] == pytest.approx(slow_autocorrelation(values, lag))
    for steps in (2, 5):
        assert variance_ratio(walk, steps) == pytest.approx(slow_variance_ratio(values, steps))
    for lag in (1, 9):
        squares = [(values[i + lag] - values[i]) ** 2 for i in range(len(values) - lag)]
        assert signature(walk, np.array([lag]))[0] == pytest.approx(sum(squares) / len(squares) / lag)
    average = sum(values) / len(values)
    moments = [sum((value - average) ** power for value in values) / len(values) for power in (2, 4)]
    assert excess_kurtosis(walk) == pytest.approx(moments[1] / moments[0] ** 2 - 3)
    assert coefficient_of_variation(walk) == pytest.approx(math.sqrt(moments[0]) / average)


@pytest.mark.parametrize("seed", SEEDS)
def test_response_is_the_mean_signed_change_after_a_trade(seed: int) -> None:
    mids = random_walk(seed, 60)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], 60)
    for lag, found in zip((1, 7), response(mids, signs, np.array([1, 7])), strict=True):
        changes = [(mids[i + lag] - mids[i]) * signs[i] for i in range(60 - lag)]
        assert found.value == pytest.approx(sum(changes) / len(changes)) and found.count == 60 - lag


@pytest.mark.parametrize("seed", SEEDS)
def test_hill_is_the_inverse_mean_log_excess_of_the_largest_values(seed: int) -> None:
    values = np.random.default_rng(seed).pareto(2.0, 400)
    ranked = sorted(values.tolist(), reverse=True)
    excess = [math.log(value / ranked[20]) for value in ranked[:20]]
    found = hill(values)
    assert found.count == 20 and found.value == pytest.approx(20 / sum(excess))
    assert found.error == pytest.approx(found.value / math.sqrt(20))


@pytest.mark.parametrize("seed", SEEDS)
def test_weighted_mean_has_the_jackknife_error_of_its_batches(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values, weights = generator.standard_normal(1_000), generator.integers(1, 9, 1_000)
    found = mean(values, weights)
    assert found.value == pytest.approx(float((values * weights).sum() / weights.sum()))
    parts = np.array_split(np.arange(1_000), BATCHES)
    without = []
    for part in parts:
        kept = np.setdiff1d(np.arange(1_000), part)
        without.append(float((values[kept] * weights[kept]).sum() / weights[kept].sum()))
    average = sum(without) / BATCHES
    squares = sum((one - average) ** 2 for one in without)
    assert found.error == pytest.approx(math.sqrt((BATCHES - 1) / BATCHES * squares))


def test_batch_error_of_a_mean_is_that_of_theory() -> None:
    """Of n values of an AR(1) with coefficient a the variance of the mean is about 1 / (1 - a)^2 / n."""
    independent = mean(np.random.default_rng(1).standard_normal(100_000)).error
    assert independent == pytest.approx(1 / math.sqrt(100_000), rel=0.3)
    dependent = mean(ar1(0.9, 100_000, 1)).error
    assert dependent == pytest.approx(10 / math.sqrt(100_000), rel=0.3)


def test_autocorrelation_of_an_autoregression_decays_geometrically() -> None:
    found = autocorrelation(ar1(0.7, 100_000, 2), 10)
    assert found[0] == pytest.approx(1)
    assert found[1:6] == pytest.approx([0.7**lag for lag in range(1, 6)], abs=0.02)


def test_independent_signs_have_no_memory() -> None:
    signs = np.random.default_rng(3).choice([-1.0, 1.0], 40_000)
    assert np.abs(autocorrelation(signs, 50)[1:]).max() < 4 / math.sqrt(40_000)


@pytest.mark.parametrize("exponent", [1.5, 3.0])
def test_hill_finds_the_exponent_of_a_pareto_tail(exponent: float) -> None:
    found = hill(np.random.default_rng(4).pareto(exponent, 400_000) + 1)
    low, high = found.interval
    assert low < exponent < high and high - low < 0.1 * exponent


def test_power_law_is_found_exactly_without_noise() -> None:
    x = np.arange(1.0, 50)
    found = power_law(x, 3 * x**-0.6)
    assert found.value == pytest.approx(-0.6) and found.error == pytest.approx(0, abs=1e-9) and found.count == 49


def test_kurtosis_of_known_distributions() -> None:
    generator = np.random.default_rng(5)
    assert excess_kurtosis(generator.standard_normal(200_000)) == pytest.approx(0, abs=0.05)
    assert excess_kurtosis(generator.uniform(size=200_000)) == pytest.approx(-1.2, abs=0.02)
    assert excess_kurtosis(generator.laplace(size=400_000)) == pytest.approx(3, abs=0.2)


def test_variance_ratio_of_known_processes() -> None:
    """VR(2) is 1 plus the autocorrelation of changes: 1 for a random walk, 1 + a for changes that are an AR(1)."""
    walk = np.cumsum(np.random.default_rng(6).standard_normal(100_000))
    ratio, z = variance_ratio(walk, 2)
    assert ratio == pytest.approx(1, abs=0.015) and abs(z) < 3
    ratio, z = variance_ratio(np.cumsum(ar1(0.3, 100_000, 7)), 2)
    assert ratio == pytest.approx(1.3, abs=0.02) and z > 10


def test_variance_ratio_over_many_steps_is_that_of_the_slow_sums() -> None:
    """White noise as prices has a ratio of 1 / q. z* against equations 19 and 20, lag by lag."""
    prices = np.random.default_rng(12).standard_normal(6_000)
    ratio, z = variance_ratio(prices, 1_000)
    assert ratio == pytest.approx(0.001, rel=0.3)
    changes = np.diff(prices)
    squares, spread = (changes - changes.mean()) ** 2, 0.0
    for lag in range(1, 1_000):
        delta = (squares[lag:] * squares[:-lag]).sum() / squares.sum() ** 2
        spread += (2 * (1_000 - lag) / 1_000) ** 2 * delta
    assert z == pytest.approx((ratio - 1) / math.sqrt(spread))
    assert np.isnan(variance_ratio(prices, 1_500)).all(), "5,999 changes"


def test_variation_of_poisson_times_is_one() -> None:
    assert coefficient_of_variation(np.random.default_rng(8).exponential(5, 100_000)) == pytest.approx(1, abs=0.02)


def test_bootstrap_interval_covers_the_mean_and_is_the_same_each_time() -> None:
    values = np.random.default_rng(9).standard_normal(2_000)
    found = block_bootstrap(values, lambda one: float(one.mean()))
    assert found == block_bootstrap(values, lambda one: float(one.mean()))
    low, high = found
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(2_000), rel=0.3)


def test_what_cannot_be_estimated_is_not_a_number() -> None:
    same = np.ones(300)
    assert math.isnan(mean(np.zeros(0)).value) and math.isnan(mean(same, np.zeros(300)).value)
    assert math.isnan(mean(same[:9]).error)
    assert math.isnan(excess_kurtosis(same)) and np.isnan(autocorrelation(same, 3)).all()
    assert math.isnan(hill(same).value) and math.isnan(hill(np.arange(20.0)).value)
    assert math.isnan(power_law(np.ones(2), np.ones(2)).value)
    assert np.isnan(variance_ratio(same, 2)).all() and np.isnan(variance_ratio(np.arange(5.0), 2)).all()
    assert math.isnan(coefficient_of_variation(np.zeros(3)))


def test_lags_are_whole_and_ascend() -> None:
    assert log_lags(0).tolist() == [] and log_lags(1).tolist() == [1]
    lags = log_lags(1_000)
    assert lags[0] == 1 and lags[-1] == 1_000 and (np.diff(lags) > 0).all()
