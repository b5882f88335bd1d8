"""Runs a strategy against a replay: an object with callbacks, a function, or a kernel (`kernel_strategies`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bench.research.orders import OrderError, OwnFill, number_in
from bench.research.timeline import NEVER

CALLBACKS = ("on_start", "on_fill", "on_book", "on_end")


class Playable(Protocol):
    """What a strategy runs against: a Replay, without its module."""

    @property
    def fills(self) -> list[OwnFill]: ...
    @property
    def place(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def at_end(self) -> bool: ...
    @property
    def next_seen_ns(self) -> int: ...
    def advance(self, count: int | None = None, *, until_ns: int | None = None) -> int: ...
    def catch_up(self) -> None: ...


@dataclass(frozen=True)
class StrategyRun:
    """What a run of a strategy has done.

    commands   of the source that were applied
    steps      calls of the strategy's `on_book`, or of the kernel
    fills      own fills seen in the run
    error      what the strategy has raised; the run ended there and its results are those up to then. None: it is whole
    """

    commands: int
    steps: int
    fills: list[OwnFill]
    error: Exception | None = None

    @property
    def is_whole(self) -> bool:
        return self.error is None


class Callbacks:
    """The callbacks of a strategy; those that it does not have do nothing. A function is an `on_book`."""

    def __init__(self, strategy: Any) -> None:
        """OrderError: it has no callback."""
        found = {name: getattr(strategy, name) for name in CALLBACKS if callable(getattr(strategy, name, None))}
        if not found and callable(strategy):
            found["on_book"] = strategy
        if not found:
            raise OrderError(f"strategy {strategy!r} has none of {', '.join(CALLBACKS)} and is no function")
        self.on_start, self.on_fill, self.on_book, self.on_end = (found.get(name, _nothing) for name in CALLBACKS)

    def report(self, replay: Playable, seen: int) -> int:
        """Call on_fill for the own fills behind the first `seen`. Returns how many there are."""
        while seen < len(replay.fills):
            self.on_fill(replay, replay.fills[seen])
            seen += 1
        return seen


def _nothing(*arguments: Any) -> None:
    pass


def run_callbacks(
    replay: Playable, strategy: Any, *, every: int, interval_ns: int | None, commands: int | None
) -> StrategyRun:
    """Run a strategy until the source ends. `Replay.run` says what the arguments are."""
    callbacks = Callbacks(strategy)
    number_in("every", every, 1, 1 << 62)
    if interval_ns is not None:
        number_in("interval_ns", interval_ns, 1, 1 << 62)
    fills = replay.fills
    first, seen, start, steps = len(fills), len(fills), replay.place, 0
    stop = replay.length if commands is None else start + number_in("commands", commands, 0, 1 << 62)
    error: Exception | None = None
    advance = _advance_by(replay, every, interval_ns)
    try:
        callbacks.on_start(replay)
        while replay.place < stop and advance(stop - replay.place):
            seen = callbacks.report(replay, seen)
            callbacks.on_book(replay)
            steps += 1
        replay.catch_up()
        callbacks.report(replay, seen)
        callbacks.on_end(replay)
    except Exception as raised:  # anything: the strategy is the caller's, and what it has done so far is kept
        error = raised
    return StrategyRun(replay.place - start, steps, fills[first:], error)


def _advance_by(replay: Playable, every: int, interval_ns: int | None) -> Callable[[int], bool]:
    """A function that advances by one step, at most so many commands. It returns False at the end."""
    if interval_ns is None:
        return lambda left: replay.advance(min(every, left)) > 0
    step_ns, due_ns = interval_ns, replay.time_ns

    def by_time(left: int) -> bool:
        nonlocal due_ns
        if replay.at_end:
            return False
        # A source may be silent for years, and time 0 may come before 1970 plus a trillion intervals.
        due_ns += step_ns * max(1, -((due_ns - replay.next_seen_ns) // step_ns))
        replay.advance(left, until_ns=min(due_ns, NEVER))
        return True

    return by_time
