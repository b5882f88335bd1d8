"""Random draws for kernels: SplitMix64, and variates that need no library of mathematics.

Only additions, multiplications, divisions and comparisons are used. Each of these has one correct result in IEEE 754,
so a seed gives the same bytes on every machine, compiled or not. Functions like `log` differ in their last bits.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.records import record_type
from exchange.units import NS_PER_S

STREAM = record_type([("word", "<u8")])
STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SEED_STEP = 0xD1342543DE82EF95
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
UNIT = 2.0**-53
TERMS = 13  # of the series of `decay`
UNDERFLOW = 700.0  # exp(-700) is about 1e-304


def first_word(seed: int, column: int) -> int:
    """Start of a stream, as in `flow.random_words`: each column of a seed is a stream of its own."""
    return (seed << 8 | column) * SEED_STEP & 0xFFFFFFFFFFFFFFFF


@leaf_kernel
def next_word(stream):
    """The next uint64 of SplitMix64 (Steele, Lea, Flood 2014). `stream`: a row with the field `word`, changed."""
    stream.word += STEP
    word = stream.word
    word = (word ^ (word >> SHIFT_30)) * FIRST
    word = (word ^ (word >> SHIFT_27)) * SECOND
    return word ^ (word >> SHIFT_31)


@kernel
def next_unit(stream):
    """A number in 0 to 1, 1 not included."""
    return np.float64(next_word(stream) >> SHIFT_11) * UNIT


@kernel
def next_below(stream, count):
    """An integer in 0 to `count` - 1; `count` below 2**32, so that the bias is below 2**-21."""
    return np.int64(next_unit(stream) * count)


@kernel
def next_exponential(stream):
    """A number of the exponential distribution with mean 1, by comparisons alone (von Neumann 1951).

    A trial draws numbers as long as they fall. It succeeds if their number is odd; then the first one is the fraction,
    and the failed trials before it are the whole part.
    """
    whole = 0.0
    while True:
        first = next_unit(stream)
        last, odd = first, True
        while True:
            following = next_unit(stream)
            if following >= last:
                break
            last, odd = following, not odd
        if odd:
            return whole + first
        whole += 1.0


@kernel
def draw_event(world, total, count):
    """Draw which of `count` events comes next, and move the time to it. Returns its number.

    world   a row with `rates` of the events, a second, their `stream` and `time_ns`, both changed
    total   sum of the rates
    """
    world.time_ns += np.int64(next_exponential(world.stream) / total * NS_PER_S) + 1
    left = next_unit(world.stream) * total
    event = 0
    while event < count - 1 and left >= world.rates[event]:
        left -= world.rates[event]
        event += 1
    return event


@kernel
def decay(x):
    """exp(-x) for x >= 0, to about 14 digits: a series for x / 2**n below a half, squared n times."""
    if x > UNDERFLOW:
        return 0.0
    halvings = 0
    while x > 0.5:
        x *= 0.5
        halvings += 1
    total = 1.0
    for term in range(TERMS, 0, -1):
        total = 1.0 - x * total / term
    for _ in range(halvings):
        total = total * total
    return total


@kernel
def next_power_law(stream, exponent, largest):
    """An integer L from 1 to `largest` with P(L > l) = l ** -exponent, the last value taking the rest of the tail."""
    value = 1.0 / max(decay(next_exponential(stream) / exponent), 1.0 / largest)
    return min(np.int64(value), largest)
