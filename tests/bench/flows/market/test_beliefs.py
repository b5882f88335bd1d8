"""What makers expect of the next trade, and how far an unexpected one moves them."""

import numpy as np
import pytest

from bench.flows.draws import STREAM, first_word, next_below, next_power_law
from bench.flows.market.beliefs import believed, learn, predict, prediction, sign_autocorrelation, worth
from bench.flows.market.layout import LENGTH_EXPONENT, LENGTH_MAX, MEMORIES, PARENTS, WORLD
from bench.flows.market.process import compute_market
from exchange.kernel import bind


def made_signs(count: int) -> np.ndarray:
    """Signs of parents that take turns by chance, made the slow way."""
    made = np.zeros(1, STREAM)
    made["word"] = first_word(5, 0)
    stream, left, side, signs = made[0], [0] * PARENTS, [1] * PARENTS, []
    for _ in range(count):
        place = int(next_below(stream, PARENTS))
        if left[place] == 0:
            left[place] = int(next_power_law(stream, LENGTH_EXPONENT, LENGTH_MAX))
            side[place] = 1 - 2 * int(next_below(stream, 2))
        left[place] -= 1
        signs.append(side[place])
    return np.array(signs, float)


def test_the_autocorrelation_is_that_of_signs_made_the_slow_way() -> None:
    signs = made_signs(60_000)
    known = sign_autocorrelation(30)
    for lag in (1, 2, 5, 10, 30):
        assert np.mean(signs[lag:] * signs[:-lag]) == pytest.approx(known[lag], abs=0.05)


def test_its_exponent_is_a_half_over_two_decades() -> None:
    lags = np.unique(np.geomspace(1, 100, 12).round().astype(int))
    slope = np.polyfit(np.log(lags), np.log(sign_autocorrelation(100)[lags]), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.05)


def test_the_prediction_leaves_the_variance_that_it_says_and_no_memory() -> None:
    signs = made_signs(40_000)
    world = np.zeros(1, WORLD)
    world["weights"], surprise = prediction()
    row, book, expected = world[0], world[0].books[1], [0.0]
    following = bind(predict, row, book, 1.0)
    for sign in signs.tolist():
        expected.append(following(row, book, sign))
    left = signs - np.array(expected[:-1])
    assert left.var() == pytest.approx(surprise, abs=0.03)
    for lag in (1, 2, 5, 20, 100):
        assert abs(np.mean(left[lag:] * left[:-lag])) < 0.03, lag
    assert len(MEMORIES) == len(world["weights"][0])


def test_an_unexpected_trade_moves_the_book_and_less_the_chip() -> None:
    world = compute_market(1).worlds
    before = [believed(world[0], book) for book in (2, 3, 9)]
    learn(world[0], 2, 1)
    after = [believed(world[0], book) for book in (2, 3, 9)]
    impact = world["books"][0]["impact"][2]
    assert after[0] - before[0] == pytest.approx(impact, rel=0.01)
    assert 0.3 * impact < after[1] - before[1] < 0.6 * impact and after[2] == before[2]
    assert world["stale"][0] >> 2 & 1


def test_belief_stays_inside_the_daily_limits() -> None:
    world = compute_market(1).worlds
    for _ in range(3_000):
        learn(world[0], 2, 1)
        world["books"]["predicted"] = -1.0
    assert believed(world[0], 2) <= 1.01 * world["books"][0]["most"][2], "news comes on top until the next trade"
    assert worth(world[0], 2) == pytest.approx(2_810, rel=0.1)
