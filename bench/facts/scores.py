"""How far two books differ: the statistics of LOB-Bench (Nagy et al. 2025), each scored with two distances.

Unconditional scores compare the distribution of a statistic (`statistics`) in both books. A conditional score compares
it within groups of a second statistic, and is the mean over groups, weighted with the share of the group in both books
together, each book counted half. Groups in which a book has fewer than GROUP_MIN values are left out; `covered` is the
share of the others.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from bench.facts.distances import RESAMPLES, Distance, total_variation, wasserstein
from bench.facts.series import BookSeries
from bench.facts.statistics import Statistic, ask_lots, spreads, statistics, volatilities

GROUP_MIN = 10
GROUPS = 10  # quantile groups of a continuous condition
VALUES_MAX = 100_000  # of a sample: longer ones are thinned evenly
Pair = tuple[Distance, Distance]  # L1 and Wasserstein-1


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Distances of one statistic between two books, with 99 % intervals.

    key          name of the statistic, `value|condition` if conditional
    count, other_count   values in each book
    l1_halves, wasserstein_halves   the same distances between the two halves of the first book: what a difference of
                 this size means, as intervals take values as independent
    covered      share of the values that a conditional score covers; 1 for others
    missing      why there is no score; empty: there is one
    """

    key: str
    name: str
    count: int
    other_count: int
    l1: float | None = None
    l1_low: float | None = None
    l1_high: float | None = None
    l1_halves: float | None = None
    wasserstein: float | None = None
    wasserstein_low: float | None = None
    wasserstein_high: float | None = None
    wasserstein_halves: float | None = None
    covered: float = 1.0
    missing: str = ""


def scores_of(series: BookSeries, other: BookSeries) -> list[Score]:
    """All scores: unconditional ones, then conditional ones."""
    return [*(unconditional(one, series, other) for one in statistics()), *conditional_scores(series, other)]


def thinned(values: np.ndarray) -> np.ndarray:
    """At most VALUES_MAX of the values, at equal steps."""
    return values[:: _step(len(values))]


def _step(count: int) -> int:
    return max(1, -(-count // VALUES_MAX))


def unconditional(statistic: Statistic, series: BookSeries, other: BookSeries) -> Score:
    """Score of one statistic over all its values."""
    first, second = statistic.of(series), statistic.of(other)
    empty = [which for which, values in (("the first", first), ("the other", second)) if not len(values)]
    plain = Score(key=statistic.key, name=statistic.name, count=len(first), other_count=len(second))
    if empty:
        return msgspec.structs.replace(plain, missing=f"{' and '.join(empty)} book has no values")
    first, second = thinned(first), thinned(second)
    middle = len(first) // 2
    halves = _distances(first[:middle], first[middle:], statistic.is_discrete, 0) if middle else None
    return _filled(plain, _distances(first, second, statistic.is_discrete, RESAMPLES), halves, 1.0)


def _distances(first: np.ndarray, second: np.ndarray, is_discrete: bool, resamples: int) -> Pair:
    return total_variation(first, second, is_discrete, resamples), wasserstein(first, second, is_discrete, resamples)


def _filled(score: Score, pair: Pair, halves: Pair | None, covered: float) -> Score:
    l1, area = pair
    return msgspec.structs.replace(
        score,
        l1=l1.value,
        l1_low=l1.low,
        l1_high=l1.high,
        l1_halves=halves[0].value if halves else None,
        wasserstein=area.value,
        wasserstein_low=area.low,
        wasserstein_high=area.high,
        wasserstein_halves=halves[1].value if halves else None,
        covered=covered,
    )


@dataclass(frozen=True)
class Conditioned:
    """Values of a book, and the condition of each."""

    values: np.ndarray
    condition: np.ndarray

    def part(self, kept: slice) -> "Conditioned":
        return Conditioned(self.values[kept], self.condition[kept])


def conditional_scores(series: BookSeries, other: BookSeries) -> list[Score]:
    """Best ask lots given the spread, and the spread given the volatility of its window."""
    books = (series, other)
    touches = [Conditioned(ask_lots(one), spreads(one)) for one in books]
    windows = [(spreads(one), volatilities(one)) for one in books]
    calms = [Conditioned(spread[: len(found)], found) for spread, found in windows]
    return [
        conditional("ask_volume_touch|spread", "best ask lots, given the spread", touches, False, True),
        conditional("spread|volatility", "spread, given the volatility", calms, True, False),
    ]


def conditional(key: str, name: str, pair: list[Conditioned], is_discrete: bool, is_grouped: bool) -> Score:
    """Score of values within groups of a condition.

    pair          values and condition of the first and the other book
    is_discrete   of the values
    is_grouped    each value of the condition is a group; else its GROUPS quantiles over both books are
    """
    first, second = pair
    plain = Score(key=key, name=name, count=len(first.values), other_count=len(second.values))
    if not (len(first.values) and len(second.values)):
        return msgspec.structs.replace(plain, missing="a book has no values")
    first, second = (one.part(slice(None, None, _step(len(one.values)))) for one in pair)
    found = _within_groups(first, second, is_discrete, is_grouped, RESAMPLES)
    if found is None:
        return msgspec.structs.replace(plain, missing=f"no group of the condition has {GROUP_MIN} values in both books")
    middle = len(first.values) // 2
    parts = first.part(slice(middle)), first.part(slice(middle, None))
    halves = _within_groups(*parts, is_discrete, is_grouped, 0)
    return _filled(plain, found[0], halves[0] if halves else None, found[1])


def _within_groups(
    first: Conditioned, second: Conditioned, is_discrete: bool, is_grouped: bool, resamples: int
) -> tuple[Pair, float] | None:
    """Mean distances over groups of the condition, and the share that they cover; None: no group is large enough."""
    both = np.concatenate([first.condition, second.condition])
    edges = np.unique(both) if is_grouped else np.unique(np.percentile(both, np.linspace(0, 100, GROUPS + 1)[1:-1]))
    groups = [np.searchsorted(edges, one.condition, side="left") for one in (first, second)]
    shares, found = [], []
    for group in np.union1d(*groups):
        inside = [one.values[own == group] for one, own in zip((first, second), groups, strict=True)]
        if min(map(len, inside)) >= GROUP_MIN:
            shares.append((len(inside[0]) / len(first.values) + len(inside[1]) / len(second.values)) / 2)
            found.append(_distances(inside[0], inside[1], is_discrete, resamples))
    if not shares:
        return None
    l1, area = (_weighted([pair[place] for pair in found], shares) for place in (0, 1))
    return (l1, area), float(sum(shares))


def _weighted(distances: list[Distance], shares: list[float]) -> Distance:
    """Mean of distances, and of their bounds: an interval that is too wide, as groups are independent."""
    weights = np.array(shares) / sum(shares)
    parts = np.array([(one.value, one.low, one.high) for one in distances])
    value, low, high = (weights @ parts).tolist()
    return Distance(value, low, high)
