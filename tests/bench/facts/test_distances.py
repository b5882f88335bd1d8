"""Distances against slow twins and known answers."""

from collections import Counter

import numpy as np
import pytest

from bench.facts.distances import BINS_MAX, exact_wasserstein, total_variation, wasserstein


def slow_total_variation(first: list[float], second: list[float]) -> float:
    p, q = Counter(first), Counter(second)
    return sum(abs(p[value] / len(first) - q[value] / len(second)) for value in p | q) / 2


def slow_wasserstein(first: list[float], second: list[float]) -> float:
    """Mean distance of the values in order, each repeated until both samples are equally long."""
    a = sorted(value for value in first for _ in second)
    b = sorted(value for value in second for _ in first)
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


@pytest.mark.parametrize("seed", range(8))
def test_distances_are_those_of_slow_twins(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, 6, 20).astype(float), generator.integers(2, 9, 33).astype(float)
    found = total_variation(first, second, True)
    assert found.value == pytest.approx(slow_total_variation(first.tolist(), second.tolist()))
    assert exact_wasserstein(first, second) == pytest.approx(slow_wasserstein(first.tolist(), second.tolist()))
    both = np.concatenate([first, second])
    scaled = wasserstein(first, second, True)
    assert scaled.value == pytest.approx(exact_wasserstein(first, second) / both.std())


@pytest.mark.parametrize("seed", range(3))
def test_binned_distance_is_that_of_the_bins(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.standard_normal(400), generator.standard_normal(500) + 0.5
    both = np.concatenate([first, second])
    edges = np.histogram_bin_edges(both, "fd")  # Freedman and Diaconis, as NumPy has it
    p, q = (np.histogram(values, edges)[0] / len(values) for values in (first, second))
    assert total_variation(first, second, False).value == pytest.approx(float(np.abs(p - q).sum() / 2))


def test_equal_samples_are_0_apart_and_disjoint_ones_1() -> None:
    values = np.arange(100.0)
    for is_discrete in (True, False):
        assert total_variation(values, values, is_discrete).value == 0
        assert total_variation(values, values + 1_000, is_discrete).value == pytest.approx(1)
        assert wasserstein(values, values, is_discrete).value == 0
    assert wasserstein(np.ones(5), np.ones(7), False).value == 0


def test_shift_of_a_distribution_is_its_wasserstein_distance() -> None:
    values = np.random.default_rng(1).standard_normal(5_000)
    assert exact_wasserstein(values, values + 0.25) == pytest.approx(0.25)


@pytest.mark.parametrize("is_discrete", [True, False])
def test_interval_is_that_of_independent_resamples(is_discrete: bool) -> None:
    """Two coins: the distance is the difference of two shares, whose standard error is known."""
    generator = np.random.default_rng(2)
    first, second = (generator.uniform(size=4_000) < share for share in (0.5, 0.7))
    found = total_variation(first.astype(float), second.astype(float), is_discrete)
    error = np.sqrt((0.5 * 0.5 + 0.7 * 0.3) / 4_000)
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(2 * 2.576 * error, rel=0.35)
    assert found == total_variation(first.astype(float), second.astype(float), is_discrete)


def test_bins_stay_few_and_a_sample_without_width_has_one() -> None:
    heavy = np.concatenate([np.zeros(1_000), [1e12]])
    assert 0 < total_variation(heavy, np.append(heavy[:-1], 1e11), False).value <= 1 / 500
    assert BINS_MAX == 2_000
    assert total_variation(np.ones(4), np.ones(3), False).value == 0
