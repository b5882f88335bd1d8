"""Draws of kernels: the published words, and distributions against the functions that they avoid."""

import math

import numpy as np
import pytest

from bench.flows.draws import (
    STREAM,
    decay,
    draw_event,
    first_word,
    next_below,
    next_exponential,
    next_power_law,
    next_word,
)
from bench.flows.flow import random_words
from exchange.kernel import bind
from exchange.records import record_type
from exchange.units import NS_PER_S


def stream(seed: int, column: int = 0) -> np.ndarray:
    made = np.zeros(1, STREAM)
    made["word"] = first_word(seed, column)
    return made


@pytest.mark.parametrize(("seed", "column"), [(0, 0), (7, 3), ((1 << 23) - 1, 255), ((1 << 56) - 1, 1)])
def test_words_are_those_of_the_flows(seed: int, column: int) -> None:
    row = stream(seed, column)[0]
    assert [int(next_word(row)) for _ in range(5)] == random_words(seed, column, 5).tolist()


def test_exponentials_have_the_distribution_function_of_their_name() -> None:
    row = stream(1)[0]
    found = np.sort([next_exponential(row) for _ in range(20_000)])
    gap = np.abs(1 - np.exp(-found) - np.arange(len(found)) / len(found)).max()
    assert gap < 1.95 / math.sqrt(len(found)), "Kolmogorov-Smirnov, one in a thousand"


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.3, 0.5, 1.0, 7.7, 50.0, 650.0])
def test_decay_is_the_exponential_function(x: float) -> None:
    assert decay(x) == pytest.approx(math.exp(-x), rel=1e-12)
    assert decay(800.0) == 0.0


def test_power_law_has_its_exponent_and_its_largest_value() -> None:
    row = stream(2)[0]
    found = np.array([next_power_law(row, 1.5, 10_000) for _ in range(20_000)])
    assert found.min() == 1 and found.max() <= 10_000
    for over in (2, 10, 50):
        share = over**-1.5
        assert np.mean(found >= over) == pytest.approx(share, abs=4 * math.sqrt(share / len(found)))
    assert max(next_power_law(row, 1.5, 3) for _ in range(1_000)) == 3


def test_integers_stay_below_their_bound_and_take_every_value() -> None:
    row = stream(3)[0]
    below = bind(next_below, row, 5)
    assert {int(below(row, 5)) for _ in range(200)} == set(range(5))


def test_an_event_comes_as_often_as_its_rate_says_and_the_sum_of_rates_is_the_pace() -> None:
    world = np.zeros(1, record_type([("stream", STREAM), ("time_ns", "<i8"), ("rates", "<f8", (4,))]))
    world["stream"]["word"], world["rates"] = first_word(3, 0), [1.0, 0.0, 6.0, 3.0]
    row, draws = world[0], 20_000
    counts = np.bincount([draw_event(row, 10.0, 4) for _ in range(draws)], minlength=4)
    assert counts[1] == 0
    assert np.abs(counts / draws - [0.1, 0.0, 0.6, 0.3]).max() < 4 * math.sqrt(0.25 / draws)
    assert row["time_ns"] / NS_PER_S == pytest.approx(draws / 10.0, rel=4 / math.sqrt(draws))
