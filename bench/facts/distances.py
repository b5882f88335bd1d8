"""Distances between two distributions, as LOB-Bench has them (Nagy et al. 2025), with bootstrap intervals.

*L1* is half the sum of |p - q| over groups of values: the total variation, from 0 (equal) to 1 (disjoint). The groups
are the values themselves if they are discrete, else bins of equal width over both samples by the rule of Freedman and
Diaconis (1981), at most BINS_MAX.

*Wasserstein-1* is the area between the two distribution functions, of values that are scaled first: less the mean, over
the standard deviation of both samples together. So it has no unit.

Intervals are 99 % percentile intervals of RESAMPLES bootstrap resamples of both samples, the estimate itself included,
as in LOB-Bench. Resamples draw values independently, which LOB-Bench does, too: the values of a market depend on each
other, so that the intervals are too narrow; and a resample adds noise of its own, so that a small distance may lie
below its interval. For a continuous statistic the resampled Wasserstein distance takes values
at the middle of GRID equal shares of both samples; the estimate itself is exact.
"""

from dataclasses import dataclass

import numpy as np

BINS_MAX = 2_000
GRID = 2_000
RESAMPLES = 100
CONFIDENCE = 0.99
SEED = 1


@dataclass(frozen=True)
class Distance:
    """A distance with its interval."""

    value: float
    low: float
    high: float


def total_variation(first: np.ndarray, second: np.ndarray, is_discrete: bool, resamples: int = RESAMPLES) -> Distance:
    """L1 distance of two samples, neither empty."""
    groups = _values(first, second) if is_discrete else _bins(first, second)
    p, q = (_counts(groups, values, is_discrete) for values in (first, second))
    resampled = [_half_l1(a, b) for a, b in _resamples(p, q, resamples)]
    return _with_interval(_half_l1(p, q), resampled)


def wasserstein(first: np.ndarray, second: np.ndarray, is_discrete: bool, resamples: int = RESAMPLES) -> Distance:
    """Wasserstein-1 distance of two samples, neither empty, in standard deviations of both together."""
    both = np.concatenate([first, second]).astype(np.float64)
    deviation = both.std()
    if deviation == 0:
        return Distance(0.0, 0.0, 0.0)
    a, b = ((values - both.mean()) / deviation for values in (first, second))
    grid = _values(a, b)
    if not is_discrete and len(grid) > GRID:
        grid = np.unique(np.percentile(np.concatenate([a, b]), (np.arange(GRID) + 0.5) / GRID * 100))
    p, q = (_nearest_counts(grid, values) for values in (a, b))
    steps = np.diff(grid)
    resampled = [_area(steps, x, y) for x, y in _resamples(p, q, resamples)]
    return _with_interval(exact_wasserstein(a, b), resampled)


def exact_wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """Area between the distribution functions of two samples, in the unit of the values."""
    first, second = np.sort(first), np.sort(second)
    both = np.sort(np.concatenate([first, second]))
    places = both[:-1]
    below = [np.searchsorted(values, places, side="right") / len(values) for values in (first, second)]
    return float((np.abs(below[0] - below[1]) * np.diff(both)).sum())


def _values(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.union1d(first, second)


def _bins(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Edges of bins over both samples. Without a spread between the quartiles the rule has no width: BINS_MAX bins."""
    both = np.concatenate([first, second])
    low, high = both.min(), both.max()
    quartiles = np.percentile(both, [25, 75])
    width = 2 * (quartiles[1] - quartiles[0]) / len(both) ** (1 / 3)
    bins = min(BINS_MAX, int(np.ceil((high - low) / width))) if width > 0 else BINS_MAX
    return np.linspace(low, high, max(bins, 1) + 1) if high > low else np.array([low, low + 1])


def _counts(groups: np.ndarray, values: np.ndarray, is_discrete: bool) -> np.ndarray:
    if is_discrete:
        return np.bincount(np.searchsorted(groups, values), minlength=len(groups))
    return np.histogram(values, groups)[0]


def _nearest_counts(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Number of values nearest to each point of a grid."""
    middles = (grid[1:] + grid[:-1]) / 2
    return np.bincount(np.searchsorted(middles, values), minlength=len(grid))


def _half_l1(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(p / p.sum() - q / q.sum()).sum() / 2)


def _area(steps: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    apart = np.cumsum(p / p.sum() - q / q.sum())[:-1]
    return float((np.abs(apart) * steps).sum())


def _resamples(p: np.ndarray, q: np.ndarray, number: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Counts of resamples of each sample, given its counts: a resample of n values is a multinomial draw."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = [generator.multinomial(counts.sum(), counts / counts.sum(), number) for counts in (p, q)]
    return list(zip(*drawn, strict=True))


def _with_interval(value: float, resampled: list[float]) -> Distance:
    outside = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile([value, *resampled], [outside, 100 - outside])
    return Distance(value, float(low), float(high))
