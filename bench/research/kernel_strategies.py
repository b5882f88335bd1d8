"""Runs a kernel strategy: compiled into one loop with the engine, without Python between its steps."""

from functools import cache
from typing import Any, Protocol

import numpy as np

from bench.research.driver import Driver
from bench.research.latency import FIRST_DRAWS, Constant, Latency
from bench.research.orders import Fields, OrderError, number_in
from bench.research.strategies import Playable, StrategyRun
from bench.research.strategy_loop import (
    ASKED_ROWS,
    DONE,
    FEW_DELAYS,
    PLAY,
    TOO_MANY,
    WAITING_ROWS,
    make_loop,
)
from bench.research.strategy_name import loop_name
from bench.research.timeline import NEVER
from exchange.engine.apply import apply_commands
from exchange.engine.engine import blank_commands
from exchange.kernel import KERNELS, bind, code_of
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.records import COMMAND_STRUCT, EVENT, blank_rows

BATCH_ROWS = 1_024
LOG_ROWS = 1 << 15
SENT_ROWS = 1 << 12


class KernelPlayable(Playable, Protocol):
    """What a kernel strategy runs against."""

    requests: int

    @property
    def latency(self) -> Latency | None: ...
    def open_for_kernel(self) -> Driver: ...
    @property
    def sends(self) -> int: ...
    def send_later(self, commands: list[tuple[int, Fields]], sends: int) -> None: ...


def is_kernel(strategy: Any) -> bool:
    """Whether a strategy was decorated with `exchange.kernel.kernel`."""
    return any(strategy is one for one in KERNELS)


def run_kernel(
    replay: KernelPlayable, strategy: Any, *, every: int, commands: int | None, memory: np.ndarray | None
) -> StrategyRun:
    """StrategyRun a kernel until the source ends. `Replay.run` says what the arguments are."""
    driver, fills, start = replay.open_for_kernel(), len(replay.fills), replay.place
    stop = replay.length
    if commands is not None:
        stop = min(stop, start + number_in("commands", commands, 0, 1 << 62))
    loop = Loop(driver, strategy, number_in("every", every, 1, 1 << 62), replay.latency, memory)
    loop.play["requests"], loop.play["sends"] = replay.requests, replay.sends
    error: Exception | None = None
    try:
        while driver.place < stop:
            loop.run(stop)
    except Exception as raised:  # of the strategy, which is the caller's: what it has done so far is kept
        loop.flush()
        error = raised
    replay.requests = int(loop.play["requests"][0])
    replay.send_later(loop.waiting(), int(loop.play["sends"][0]))
    replay.catch_up()
    return StrategyRun(driver.place - start, int(loop.play["calls"][0]), replay.fills[fills:], error)


def check_latency(latency: Latency) -> None:
    """OrderError: a kernel, which reads the state itself, cannot see with these delays."""
    feed, response = latency.feed, latency.response
    if not (isinstance(feed, Constant) and isinstance(response, Constant)):
        raise OrderError(
            "a kernel strategy reads the state itself, so its feed and response are constant delays; run a strategy "
            "with callbacks for drawn or recorded ones"
        )
    if response.delay_ns > feed.delay_ns:
        raise OrderError(
            f"a kernel strategy reads its orders in the state, so response {response.delay_ns} ns must not be above "
            f"feed {feed.delay_ns} ns"
        )


@cache
def loop_of(strategy: Any) -> Any:
    """The loop of a kernel strategy, made once. OrderError: there can be none for it (`loop_name`)."""
    return make_loop(strategy, loop_name(strategy))


class Loop:
    """The buffers of a compiled loop, and what it hands to its driver."""

    def __init__(
        self, driver: Driver, strategy: Any, every: int, latency: Latency | None, memory: np.ndarray | None
    ) -> None:
        """OrderError: `check_latency`."""
        self._driver = driver
        self.play = np.zeros(1, PLAY)
        self.play["every"] = self.play["until_call"] = every
        self.play["account"] = driver.own[0]
        self._latency = latency or Latency()
        check_latency(self._latency)
        self.play["delayed"], self.play["feed_ns"] = latency is not None, self._latency.feed.ns(0, 0)
        self._log, self._sent = blank_rows(EVENT, LOG_ROWS), blank_commands(SENT_ROWS)
        self._waiting = blank_commands(WAITING_ROWS)
        self._buffers = (
            blank_commands(BATCH_ROWS + QUOTE_ENTRIES_MAX),
            blank_commands(ASKED_ROWS),
            self._waiting,
            self._log,
            self._sent,
        )
        self._memory = np.zeros(1, np.int64) if memory is None else memory
        self._draw(FIRST_DRAWS)
        engine = driver.engine
        rows = blank_commands(0)
        self._code = code_of(apply_commands, engine.states, rows, 0, 0, engine.outs)
        self._loop = bind(loop_of(strategy), self._code, engine.states, engine.outs, rows, *self._rest())

    def _draw(self, count: int) -> None:
        """Have the delays of the first `count` own commands."""
        self._delays = (*self._latency.place.table(count), *self._latency.cancel.table(count))

    def _rest(self) -> tuple[np.ndarray, ...]:
        """Arguments of the loop after the rows of the source."""
        return (*self._buffers, *self._delays, self.play, self._memory)

    def run(self, stop: int) -> None:
        """Play up to the next control of the source, and carry it out; or up to place `stop`, or the end of its quote.

        OrderError: the strategy has asked for too many commands
        """
        driver, play = self._driver, self.play
        first, end = driver.next_row, driver.row_before_control
        is_last = stop - driver.place <= end - first
        stop_row = driver.source.quote_end(first + stop - driver.place, end) if is_last else end
        play["next_row"], play["stop_row"], play["shift"] = first, stop_row, driver.shift
        play["ends"] = is_last
        play["stop_ns"] = self._stop_ns(is_last, driver.place + stop_row - first)
        engine = driver.engine
        code = -1
        while code != DONE:
            code = self._loop(self._code, engine.states, engine.outs, driver.rows, *self._rest())
            self.flush()
            if code == FEW_DELAYS:
                self._draw(2 * int(play["sends"][0]) + FIRST_DRAWS)
            if code == TOO_MANY:
                raise OrderError(
                    f"the strategy asks for more than {ASKED_ROWS} commands in a call, or has more than "
                    f"{WAITING_ROWS} on their way"
                )
        if driver.place < stop:
            driver.advance(1)
            play["until_call"] = np.maximum(0, play["until_call"] - 1)

    def _stop_ns(self, is_last: bool, stop: int) -> int:
        """`stop_ns` of a PLAY whose rows end before place `stop`; `is_last`: the run ends there."""
        if stop == self._driver.length:
            return NEVER
        return 0 if is_last else int(self._driver.source.times_ns[stop])

    def waiting(self) -> list[tuple[int, Fields]]:
        """Own commands that have not arrived yet: time of arrival, and fields after sequence and time."""
        first, end = (int(self.play[name][0]) for name in ("waiting_first", "waiting_end"))
        rows = self._waiting[np.arange(first, end) % WAITING_ROWS]
        return [(row[1], row[2:]) for row in COMMAND_STRUCT.iter_unpack(rows.tobytes())]

    def flush(self) -> None:
        """Hand events and own commands so far to the driver."""
        play = self.play
        events, sent = self._log[: play["log_count"][0]], self._sent[: play["sent_count"][0]]
        self._driver.take_played(int(play["next_row"][0]), sent, events)
        play["log_count"] = play["sent_count"] = 0
