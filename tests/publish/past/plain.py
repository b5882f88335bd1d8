"""Random prints, and candles of them made the slow, obvious way: one print after the other, in dictionaries."""

import random
from typing import NamedTuple

import numpy as np

from exchange.publish.prints import PRINT

BEGIN_NS = 1_795_000_000_000_000_000
SECONDS = {"1m": 60, "1h": 3_600, "1d": 86_400}


class Made(NamedTuple):
    """A print as a test remembers it."""

    number: int
    sequence: int
    time_us: int
    book: int
    tick: int
    lots: int


def made_prints(seed: int, count: int, step_s: int = 90, books: tuple[int, ...] = (1, 2, 7)) -> list[Made]:
    """Prints in order of time, some by one command, with prices on both sides of zero."""
    rng, made, time_us, sequence = random.Random(seed), [], BEGIN_NS // 1_000, 0
    for number in range(1, count + 1):
        if rng.random() < 0.7:
            time_us += rng.choice([0, 1, 7, rng.randrange(step_s * 1_000_000), rng.randrange(step_s * 40_000_000)])
            sequence += 1
        tick = rng.choice([rng.randint(-5, 5), 10**6, -(10**6)])
        made.append(Made(number, sequence, time_us, rng.choice(books), tick, rng.choice([1, 2, 3, 10_000])))
    return made


def print_rows(made: list[Made]) -> np.ndarray:
    """PRINT rows of these."""
    rows = np.zeros(len(made), PRINT)
    for place, one in enumerate(made):
        rows[place]["sequence"], rows[place]["time_ns"] = one.sequence, one.time_us * 1_000 + 999
        rows[place]["instrument"], rows[place]["trade_tick"], rows[place]["lots"] = one.book, one.tick, one.lots
    return rows


def plain_candles(made: list[Made], book: int, interval: str) -> list[tuple[int, ...]]:
    """(start, open, high, low, close, lots, value, trades) of each interval with a print, in order."""
    found: dict[int, list[Made]] = {}
    for one in made:
        if one.book == book:
            second = one.time_us // 1_000_000
            shift = 21 * 3_600 if interval == "1d" else 0
            start = (second - shift) // SECONDS[interval] * SECONDS[interval] + shift
            found.setdefault(start * 1_000_000, []).append(one)
    return [
        (
            start,
            prints[0].tick,
            max(one.tick for one in prints),
            min(one.tick for one in prints),
            prints[-1].tick,
            sum(one.lots for one in prints),
            sum(one.tick * one.lots for one in prints),
            len(prints),
        )
        for start, prints in sorted(found.items())
    ]
