"""Scores of two books: known distances, groups of conditions, and what cannot be compared."""

import numpy as np
import pytest

from bench.facts.scores import GROUP_MIN, VALUES_MAX, Conditioned, Score, conditional, scores_of, thinned
from tests.bench.facts.books import quoted, recorded, written


def by_key(scores: list[Score]) -> dict[str, Score]:
    return {one.key: one for one in scores}


def test_a_book_is_as_itself_and_differs_from_others() -> None:
    same = scores_of(recorded(), recorded())
    assert len(same) == 18 and all(one.l1 == one.wasserstein == 0 for one in same)
    other = by_key(scores_of(recorded(), recorded("sweep")))
    for key in ("spread", "ask_volume", "ask_volume_touch|spread"):
        score = other[key]
        assert score.l1 is not None and score.l1_halves is not None and 0.05 < score.l1 < 1
        assert score.wasserstein is not None and score.wasserstein > 0


def test_scores_are_the_distances_of_the_values() -> None:
    first = written([quoted(99, 101)] * 30 + [quoted(99, 103)] * 10)
    other = written([quoted(99, 101)] * 20 + [quoted(99, 103)] * 20)
    score = by_key(scores_of(first, other))["spread"]
    assert score.l1 == pytest.approx(0.25)
    both = np.repeat([2.0, 4.0], [50, 30])
    assert score.wasserstein == pytest.approx(0.25 * 2 / both.std())
    assert (score.count, score.other_count, score.covered) == (40, 40, 1)
    assert score.l1_halves == pytest.approx(0.5)  # all of the first half are 2, half of the second


def test_scores_are_the_same_each_time() -> None:
    assert scores_of(recorded(), recorded("sweep")) == scores_of(recorded(), recorded("sweep"))


def pair(values: list[float], condition: list[float]) -> Conditioned:
    return Conditioned(np.array(values), np.array(condition))


def test_conditional_score_is_the_weighted_mean_over_groups() -> None:
    """In group 0 the values are equal, in group 1 disjoint; the books have it in 1/4 and 3/4."""
    first = pair([5.0] * 30 + [1.0] * 10, [0.0] * 30 + [1.0] * 10)
    other = pair([5.0] * 10 + [2.0] * 30, [0.0] * 10 + [1.0] * 30)
    score = conditional("x|y", "x", [first, other], True, True)
    assert score.l1 == pytest.approx((1 / 4 + 3 / 4) / 2) and score.covered == pytest.approx(1)


def test_small_groups_are_left_out() -> None:
    few = GROUP_MIN - 1
    first = pair([1.0] * 30 + [1.0] * few, [0.0] * 30 + [1.0] * few)
    other = pair([1.0] * 30 + [2.0] * 30, [0.0] * 30 + [1.0] * 30)
    score = conditional("x|y", "x", [first, other], True, True)
    assert score.l1 == 0 and score.covered == pytest.approx((30 / (30 + few) + 1 / 2) / 2)
    apart = conditional("x|y", "x", [pair([1.0] * 30, [0.0] * 30), pair([1.0] * 30, [7.0] * 30)], True, True)
    assert apart.l1 is None and "no group of the condition has 10 values in both books" in apart.missing


def test_continuous_condition_is_cut_at_its_quantiles() -> None:
    generator = np.random.default_rng(1)
    condition = generator.uniform(size=4_000)
    values = np.round(10 * condition)
    halves = [Conditioned(values[part::2], condition[part::2]) for part in (0, 1)]
    score = conditional("x|y", "x", halves, True, False)
    assert score.l1 is not None and score.l1 < 0.1 and score.covered == pytest.approx(1)


def test_book_without_values_is_named() -> None:
    empty, full = written([quoted(99, 0, ask_lots=0)] * 20), recorded()
    scores = by_key(scores_of(full, empty))
    assert scores["spread"].missing == "the other book has no values"
    assert scores["ask_volume_touch|spread"].missing == "a book has no values"
    assert by_key(scores_of(empty, empty))["spread"].missing == "the first and the other book has no values"


def test_long_samples_are_thinned_evenly() -> None:
    assert thinned(np.arange(VALUES_MAX)) is not None and len(thinned(np.arange(VALUES_MAX))) == VALUES_MAX
    assert thinned(np.arange(2 * VALUES_MAX + 1)).tolist() == list(range(0, 2 * VALUES_MAX + 1, 3))
