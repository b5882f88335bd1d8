"""Delays between the own side and the exchange: constant, drawn from a distribution, or from a file.

A drawn delay depends on its seed and its number alone: the n-th command sent, the n-th answer, the n-th command of the
source. So the same actions give the same delays.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from bench.extras import check_package
from bench.flows.flow import random_words
from exchange.errors import UserError
from exchange.units import NS_PER_S, NS_PER_US

PARTS = ("place", "cancel", "response", "feed")
DELAY_MAX_US = 3_600 * NS_PER_S // NS_PER_US  # an hour: more is a wrong unit
SEED_MAX = (1 << 56) - 1  # the word of a seed has eight bits for the stream
FIRST_DRAWS = 1_024


class LatencyError(UserError):
    """A delay is negative, too long or not a number, or a file of delays is wrong."""


class Delay(Protocol):
    """One of the four delays."""

    def ns(self, number: int, time_ns: int) -> int:
        """Delay of the message with this number, from 0 or 1, that begins at a time, ns."""

    def many(self, times_ns: np.ndarray) -> np.ndarray:
        """Delays of messages 0, 1, 2 ... that begin at these times, ns, int64."""

    def table(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Times and delays for a compiled loop (`strategy_loop`), ns, int64: the last delay at or before a
        time holds. No times: the delays of messages 0 to count - 1."""


@dataclass(frozen=True)
class Constant:
    """Always the same delay."""

    delay_ns: int = 0

    def ns(self, number: int, time_ns: int) -> int:
        return self.delay_ns

    def many(self, times_ns: np.ndarray) -> np.ndarray:
        return np.full(len(times_ns), self.delay_ns, np.int64)

    def table(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(1, np.int64), np.full(1, self.delay_ns, np.int64)


@dataclass(eq=False)
class Drawn:
    """Delays drawn one by one.

    quantiles   array of uniform numbers, shape (n, 2), to array of n delays, us
    """

    seed: int
    stream: int  # of random words; each part of a latency has another
    quantiles: "Quantiles"
    _drawn: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)

    def ns(self, number: int, time_ns: int) -> int:
        if number >= len(self._drawn):
            self._drawn = self._draw(max(FIRST_DRAWS, 2 * (number + 1)))
        return int(self._drawn[number])

    def many(self, times_ns: np.ndarray) -> np.ndarray:
        return self._draw(len(times_ns))

    def table(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(0, np.int64), self._draw(count)

    def _draw(self, count: int) -> np.ndarray:
        columns = [random_words(self.seed, 2 * self.stream + column, count) for column in range(2)]
        uniform = np.stack([(words >> np.uint64(11)) * 2.0**-53 for words in columns], axis=1)
        delays: np.ndarray = np.rint(self.quantiles(uniform) * NS_PER_US).astype(np.int64)
        return delays


class Quantiles(Protocol):
    def __call__(self, uniform: np.ndarray) -> np.ndarray: ...


def _lognormal(median_us: float, sigma: float, uniform: np.ndarray) -> np.ndarray:
    normal = np.sqrt(-2 * np.log1p(-uniform[:, 0])) * np.cos(2 * np.pi * uniform[:, 1])  # Box and Muller 1958
    found: np.ndarray = np.minimum(median_us * np.exp(sigma * normal), DELAY_MAX_US)
    return found


def _sampled(samples_us: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    found: np.ndarray = samples_us[(uniform[:, 0] * len(samples_us)).astype(np.int64)]
    return found


@dataclass(frozen=True, eq=False)
class RecordedDelays:
    """Delays measured at some times: the last one measured up to a time holds, before the first the first."""

    times_ns: np.ndarray  # int64, ascending
    delays_ns: np.ndarray  # int64

    def ns(self, number: int, time_ns: int) -> int:
        return int(self.many(np.array([time_ns]))[0])

    def many(self, times_ns: np.ndarray) -> np.ndarray:
        places = np.searchsorted(self.times_ns, times_ns, "right") - 1
        found: np.ndarray = self.delays_ns[np.maximum(places, 0)]
        return found

    def table(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return self.times_ns, self.delays_ns


@dataclass(frozen=True)
class Latency:
    """Delays of a replay.

    place      from sending a new order until it reaches the engine
    cancel     the same for a cancel or replace
    response   from an event of an own order until the own side sees it; never before the feed of the same command
    feed       from a command of the source until the own side sees what it has changed
    """

    place: Delay = Constant()
    cancel: Delay = Constant()
    response: Delay = Constant()
    feed: Delay = Constant()

    @classmethod
    def constant(
        cls, *, place_us: float = 0, cancel_us: float | None = None, response_us: float = 0, feed_us: float = 0
    ) -> "Latency":
        """Constant delays, us. `cancel_us` None: as `place_us`. LatencyError: one is not in 0 to an hour."""
        delays = (place_us, place_us if cancel_us is None else cancel_us, response_us, feed_us)
        return cls(*(Constant(round(_in_range(*pair) * NS_PER_US)) for pair in zip(PARTS, delays, strict=True)))

    @classmethod
    def lognormal(
        cls,
        *,
        place_us: float = 0,
        cancel_us: float | None = None,
        response_us: float = 0,
        feed_us: float = 0,
        sigma: float = 0.5,
        seed: int = 1,
    ) -> "Latency":
        """Log-normal delays by their medians, us. `sigma`: standard deviation of their logarithm."""
        if not 0 <= sigma <= 10:
            raise LatencyError(f"sigma {sigma} is not in 0..10")
        delays = (place_us, place_us if cancel_us is None else cancel_us, response_us, feed_us)
        return cls(
            *(
                Drawn(_seed(seed), stream, partial(_lognormal, median, sigma))
                if _in_range(part, median)
                else Constant()
                for stream, (part, median) in enumerate(zip(PARTS, delays, strict=True))
            )
        )

    @classmethod
    def empirical(
        cls,
        *,
        place_us: Sequence[float] = (0,),
        cancel_us: Sequence[float] | None = None,
        response_us: Sequence[float] = (0,),
        feed_us: Sequence[float] = (0,),
        seed: int = 1,
    ) -> "Latency":
        """Delays drawn from samples, us, with replacement. `cancel_us` None: as `place_us`."""
        samples = (place_us, place_us if cancel_us is None else cancel_us, response_us, feed_us)
        return cls(
            *(
                _drawn_of(_seed(seed), stream, _samples(part, values))
                for stream, (part, values) in enumerate(zip(PARTS, samples, strict=True))
            )
        )

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "Latency":
        """Delays from a CSV or Parquet file with the column time_ns and some of place_us, cancel_us, response_us and
        feed_us. A part without column is 0, cancel without column is as place. LatencyError names what is wrong."""
        columns = _read(Path(path))
        if "cancel_us" not in columns and "place_us" in columns:
            columns["cancel_us"] = columns["place_us"]
        times = columns["time_ns"].astype(np.int64)
        delays: dict[str, Delay] = {}
        for part in PARTS:
            if f"{part}_us" in columns:
                values = columns[f"{part}_us"].astype(np.float64)
                wrong = np.flatnonzero(~((values >= 0) & (values <= DELAY_MAX_US)))
                for index in wrong[:1].tolist():
                    found = values[index]
                    raise LatencyError(f"{path}: row {index + 1}: {part}_us {found} is not in 0..{DELAY_MAX_US}")
                delays[part] = RecordedDelays(times, np.rint(values * NS_PER_US).astype(np.int64))
        return cls(**delays)


def _drawn_of(seed: int, stream: int, samples_us: np.ndarray) -> Delay:
    """Delays drawn from samples, constant if there is one sample alone."""
    if len(samples_us) == 1:
        return Constant(round(samples_us[0] * NS_PER_US))
    return Drawn(seed, stream, partial(_sampled, samples_us))


def _in_range(part: str, delay_us: float) -> float:
    if not 0 <= delay_us <= DELAY_MAX_US:
        raise LatencyError(f"{part}_us {delay_us} is not in 0..{DELAY_MAX_US}")
    return delay_us


def _seed(seed: int) -> int:
    if not 0 <= seed <= SEED_MAX:
        raise LatencyError(f"seed {seed} is not in 0..{SEED_MAX}")
    return seed


def _samples(part: str, values: Sequence[float]) -> np.ndarray:
    if not len(values):
        raise LatencyError(f"{part}_us: no samples, at least one is needed")
    return np.array([_in_range(part, value) for value in values], np.float64)


def _read(path: Path) -> dict[str, np.ndarray]:
    """The columns of a file of delays. LatencyError: it cannot be read, or has other columns or no order."""
    check_package(f"reading {path}", "polars", "research")
    import polars as pl

    if not path.is_file():
        raise LatencyError(f"{path}: no such file")
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LatencyError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    allowed = ["time_ns", *(f"{part}_us" for part in PARTS)]
    for name in frame.columns:
        if name not in allowed:
            raise LatencyError(f"{path}: column {name!r}, allowed: {', '.join(allowed)}")
        if not frame[name].dtype.is_numeric() or frame[name].null_count():
            raise LatencyError(f"{path}: column {name!r} has cells that are no numbers")
    if "time_ns" not in frame.columns or len(frame.columns) == 1 or not len(frame):
        raise LatencyError(f"{path}: needs rows, the column time_ns and at least one of {', '.join(allowed[1:])}")
    times = frame["time_ns"].to_numpy()
    for index in np.flatnonzero(times[1:] < times[:-1])[:1].tolist():
        raise LatencyError(f"{path}: row {index + 2}: time_ns {times[index + 1]} is before that of the row above")
    return {name: frame[name].to_numpy() for name in frame.columns}
