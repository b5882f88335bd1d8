"""Estimators of stylised facts: functions of arrays, which know nothing of books.

Series of a market depend on their past, so the usual standard error of a mean is far too small. Errors here are made
from batches: the series is cut into BATCHES equal parts, and the estimate is made again without each of them (a
jackknife over batches: Carlstein 1986; Efron, Tibshirani 1993, chapter 11). A batch has to be longer than the memory
of the series; with a memory that decays as a power law the error is still too small.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BATCHES = 50
BATCH_LENGTH_MIN = 4
NORMAL_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution
RESAMPLES = 200
RATIO_SPANS = 4  # a variance ratio over some steps needs so many times as many changes


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error (NaN: unknown) and the number of values that it is made from."""

    value: float
    error: float
    count: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of a normal distribution."""
        return self.value - NORMAL_95 * self.error, self.value + NORMAL_95 * self.error


NOTHING = Estimate(np.nan, np.nan, 0)


def mean(values: np.ndarray, weights: np.ndarray | None = None) -> Estimate:
    """Mean, weighted if weights are given, with a batch error. Without values or weight: NaN."""
    weights = np.ones(len(values)) if weights is None else weights.astype(np.float64)
    total = float(weights.sum())
    if not len(values) or total <= 0:
        return NOTHING
    value = float((values * weights).sum() / total)
    if len(values) < BATCHES * BATCH_LENGTH_MIN:
        return Estimate(value, np.nan, len(values))
    starts = np.linspace(0, len(values), BATCHES, endpoint=False).astype(int)
    above, below = np.add.reduceat(values * weights, starts), np.add.reduceat(weights, starts)
    rest = total - below
    if (rest <= 0).any():
        return Estimate(value, np.nan, len(values))
    without = (above.sum() - above) / rest
    error = np.sqrt((BATCHES - 1) / BATCHES * ((without - without.mean()) ** 2).sum())
    return Estimate(value, float(error), len(values))


def block_bootstrap(values: np.ndarray, statistic: Callable[[np.ndarray], float], seed: int = 1) -> tuple[float, float]:
    """95 % interval of a statistic from RESAMPLES moving-block resamples (Kuensch 1989).

    A resample is made of blocks of ceil(n^(1/3)) consecutive values that begin at random places. The same values and
    seed give the same interval.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    length = int(np.ceil(len(values) ** (1 / 3)))
    blocks = -(-len(values) // length)
    found = []
    for _ in range(RESAMPLES):
        starts = generator.integers(0, len(values) - length + 1, blocks)
        resample = values[(starts[:, None] + np.arange(length)).ravel()[: len(values)]]
        found.append(statistic(resample))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def excess_kurtosis(values: np.ndarray) -> float:
    """Fourth central moment over the squared variance, less 3: 0 for a normal distribution. NaN without variance."""
    centred = values - values.mean()
    variance = (centred**2).mean()
    return float((centred**4).mean() / variance**2 - 3) if variance > 0 else np.nan


def coefficient_of_variation(values: np.ndarray) -> float:
    """Standard deviation over mean: 1 for an exponential distribution. NaN if the mean is 0."""
    average = values.mean()
    return float(values.std() / average) if average else np.nan


def autocorrelation(values: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation at lags 0 to `lags`: sums over n - lag products, divided by n times the variance.

    NaN without variance. Of independent values the standard error is 1 / sqrt(n) at each lag (Bartlett 1946).
    """
    centred = values - values.mean()
    scale = (centred**2).sum()
    return _products(centred, lags) / scale if scale > 0 else np.full(lags + 1, np.nan)


def _products(values: np.ndarray, lags: int) -> np.ndarray:
    """Sums of products of values that are 0 to `lags` places apart, by a Fourier transform."""
    size = 1 << (2 * len(values) - 1).bit_length()
    spectrum = np.fft.rfft(values, size)
    found: np.ndarray = np.fft.irfft(spectrum * spectrum.conj(), size)[: lags + 1]
    return found


def power_law(x: np.ndarray, y: np.ndarray) -> Estimate:
    """Exponent b of y = a * x^b: the slope of a least-squares line through the logarithms, over points with y > 0.

    NaN with fewer than 3 such points. The error is that of the line for independent points, so it is too small for
    points of one autocorrelation.
    """
    kept = (x > 0) & (y > 0)
    count = int(np.count_nonzero(kept))
    if count < 3:
        return Estimate(np.nan, np.nan, count)
    across, up = np.log(x[kept]), np.log(y[kept])
    across = across - across.mean()
    scale = (across**2).sum()
    slope = float((across * up).sum() / scale)
    rest = up - up.mean() - slope * across
    return Estimate(slope, float(np.sqrt((rest**2).sum() / (count - 2) / scale)), count)


def hill(values: np.ndarray, share: float = 0.05) -> Estimate:
    """Exponent a of a tail P(X > x) ~ x^-a (Hill 1975), from the largest `share` of the values above 0.

    The standard error is a / sqrt(k) with the k largest values. NaN with fewer than 10 of them, or if they are equal.
    """
    positive = values[values > 0].astype(np.float64)
    tail = int(share * len(positive))
    if tail < 10:
        return Estimate(np.nan, np.nan, tail)
    largest = np.partition(positive, len(positive) - tail - 1)[-tail - 1 :]
    excess = float(np.log(largest / largest.min()).sum())
    if excess <= 0:
        return Estimate(np.nan, np.nan, tail)
    return Estimate(tail / excess, np.sqrt(tail) / excess, tail)


def variance_ratio(prices: np.ndarray, steps: int) -> tuple[float, float]:
    """Variance ratio of overlapping `steps`-step changes, and its z* statistic, robust to changing variance.

    VR(q) and z*(q) of Lo and MacKinlay 1988, equations 12a, 12b, 17 to 20: VR is 1 for a random walk, and z* then has a
    standard normal distribution. NaN without variance, or with fewer than `RATIO_SPANS` times `steps` changes.
    """
    changes = np.diff(prices)
    count = len(changes)
    if count < RATIO_SPANS * steps:
        return np.nan, np.nan
    drift = (prices[-1] - prices[0]) / count
    centred = changes - drift
    squares = centred**2
    if squares.sum() == 0:
        return np.nan, np.nan
    long = prices[steps:] - prices[:-steps] - steps * drift
    scale = steps * (count - steps + 1) * (1 - steps / count)
    ratio = float((long**2).sum() / scale / (squares.sum() / (count - 1)))
    delta = _products(squares, steps - 1)[1:] / squares.sum() ** 2
    spread = float(((2 * np.arange(steps - 1, 0, -1) / steps) ** 2 * delta).sum())
    return ratio, float((ratio - 1) / np.sqrt(spread)) if spread > 0 else np.nan


def signature(prices: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Mean squared change over a lag, per step: flat for a random walk (signature plot, Andersen et al. 2000)."""
    return np.array([((prices[lag:] - prices[:-lag]) ** 2).mean() / lag for lag in lags.tolist()])


def response(mids: np.ndarray, signs: np.ndarray, lags: np.ndarray) -> list[Estimate]:
    """Response function R(l) = mean of (mid at trade t + l - mid at trade t) * sign of trade t (Bouchaud et al. 2004).

    mids    just before each trade
    signs   +1 the aggressor buys, -1 it sells
    """
    return [mean((mids[lag:] - mids[:-lag]) * signs[:-lag]) for lag in lags.tolist()]


def log_lags(count: int, parts: int = 10) -> np.ndarray:
    """Lags from 1 up to `count`, `parts` to a power of ten, each once."""
    if count < 1:
        return np.zeros(0, np.int64)
    found = 10 ** np.arange(0, np.log10(count) + 1e-9, 1 / parts)
    return np.unique(np.round(found).astype(np.int64))
