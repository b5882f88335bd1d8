"""What GPU-hours are worth in the living market: prices that wander and return, from a seed.

The logarithm of a chip's price is an Ornstein-Uhlenbeck process around the price at the start: the one-factor model of
E. Schwartz (1997), "The stochastic behavior of commodity prices", Journal of Finance 52(3). In it a month that is
delivered later moves less, by `reach` for each month. A part of each chip's process is common to all chips. Steps are
exact for any length of time, so that the values do not depend on how often somebody looks.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date
from math import exp, log, sqrt

from contracts_spec.periods import month_index
from exchange.wire.messages import InstrumentDefinition

COMMON = 0.6  # part of a chip's variance that it shares with the others


class Reverting:
    """An Ornstein-Uhlenbeck process around zero.

    deviation     its standard deviation in the long run
    half_life_s   time in which half of a distance from zero is lost
    now_s         the clock
    """

    def __init__(self, rng: random.Random, deviation: float, half_life_s: float, now_s: Callable[[], float]) -> None:
        self._rng, self._deviation, self._rate, self._now_s = rng, deviation, log(2) / half_life_s, now_s
        self._time_s = now_s()
        self._value = 0.0

    @property
    def value(self) -> float:
        passed_s = self._now_s() - self._time_s
        if passed_s > 0:
            keep = exp(-self._rate * passed_s)
            self._value = keep * self._value + self._rng.gauss(0.0, self._deviation * sqrt(1 - keep * keep))
            self._time_s += passed_s
        return self._value


class Fundamental:
    """The value of every instrument of some chips now.

    deviation     standard deviation of a front month's logarithm in the long run
    half_life_s   time in which half of a move is undone
    reach         what the next month keeps of a move
    """

    def __init__(
        self,
        chips: Sequence[str],
        seed: int,
        now_s: Callable[[], float],
        deviation: float = 0.012,
        half_life_s: float = 1_800.0,
        reach: float = 0.97,
    ) -> None:
        self._reach = reach
        self._common = Reverting(random.Random(f"{seed} common"), deviation * sqrt(COMMON), half_life_s, now_s)
        self._own = {
            chip: Reverting(random.Random(f"{seed} {chip}"), deviation * sqrt(1 - COMMON), half_life_s, now_s)
            for chip in chips
        }
        self._anchors: dict[str, int] = {}  # by symbol: the price at the start
        self._first_month = 0

    def anchor(self, rows: Sequence[InstrumentDefinition]) -> None:
        """Take the last settlement of these instruments as the prices to which they return."""
        self._anchors |= {row.symbol: row.settle_tick for row in rows}
        self._first_month = min(month_of(row) for row in rows)

    def tick(self, row: InstrumentDefinition) -> float:
        """The value of an outright, in ticks."""
        middle = month_of(row) + MIDDLES.get(row.period_kind, 0.0) - self._first_month
        move = (self._common.value + self._own[row.chip].value) * self._reach**middle
        return self._anchors.get(row.symbol, row.settle_tick) * exp(move)


# Months from the first month of a period to its middle one.
MIDDLES = {"quarter": 1.0, "year": 5.5, "term3": 17.5, "term5": 29.5}


def month_of(row: InstrumentDefinition) -> int:
    """Number of the first month of delivery."""
    return month_index(date.fromisoformat(row.first_day))


class View:
    """A participant's opinion: the fundamental value, and an error of its own that comes and goes.

    error_tick    standard deviation of the error of each instrument
    """

    def __init__(
        self, fundamental: Fundamental, name: str, error_tick: float, half_life_s: float, now_s: Callable[[], float]
    ) -> None:
        self.fundamental, self._name, self._error, self._half_life_s = fundamental, name, error_tick, half_life_s
        self._now_s = now_s
        self._errors: dict[str, Reverting] = {}

    def __call__(self, row: InstrumentDefinition) -> float:
        error = self._errors.get(row.symbol)
        if error is None:
            rng = random.Random(f"{self._name} {row.symbol}")
            error = self._errors[row.symbol] = Reverting(rng, self._error, self._half_life_s, self._now_s)
        return self.fundamental.tick(row) + error.value
