"""Strategies with callbacks."""

from functools import cache
from itertools import pairwise

import pytest

from bench import Replay
from bench.research.orders import OrderError, OwnFill
from bench.research.strategies import Callbacks
from tests.bench.research.small_flow import small_flow

small = cache(small_flow)


class Recorder:
    """Buys one lot at the best price at each call, and notes what it is called with."""

    def __init__(self, fails_at: int = 0) -> None:
        self.calls: list[str] = []
        self.fails_at = fails_at

    def on_start(self, replay: Replay) -> None:
        self.calls.append("start")

    def on_book(self, replay: Replay) -> None:
        self.calls.append("book")
        if self.calls.count("book") == self.fails_at:
            raise ZeroDivisionError("a mistake")
        replay.submit("buy", replay.book(1).best_ask or 0, 1)

    def on_fill(self, replay: Replay, fill: OwnFill) -> None:
        self.calls.append(f"fill {fill.lots}")

    def on_end(self, replay: Replay) -> None:
        self.calls.append("end")


def test_callbacks_come_in_order() -> None:
    replay, strategy = Replay(small()), Recorder()
    run = replay.run(strategy, every=300, commands=750)
    assert strategy.calls == ["start", "book", "fill 1", "book", "fill 1", "book", "fill 1", "end"]
    assert (run.commands, run.steps, len(run.fills), run.is_whole) == (750, 3, 3, True)
    rest = replay.run(Recorder(), every=300)
    assert (rest.commands, replay.at_end, len(rest.fills)) == (250, True, 1)


def test_a_strategy_that_raises_leaves_what_it_has_done() -> None:
    replay, strategy = Replay(small()), Recorder(fails_at=3)
    run = replay.run(strategy, every=100)
    assert isinstance(run.error, ZeroDivisionError) and not run.is_whole
    assert (run.commands, run.steps, len(run.fills), replay.position) == (300, 2, 2, 2)
    assert strategy.calls[-1] == "book"
    assert replay.advance(10) == 10


def test_a_function_is_called_by_time() -> None:
    replay, times = Replay(small()), []
    run = replay.run(lambda replay: times.append(replay.time_ns), interval_ns=100_000)
    assert (run.steps, run.commands) == (10, 1_000)
    assert {later - earlier for earlier, later in pairwise(times)} == {100_000}


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(OrderError, match="has none of on_start, on_fill, on_book, on_end and is no function"):
        Callbacks(5)
    with pytest.raises(OrderError, match="every 0 is not a whole number in 1"):
        Replay(small()).run(Recorder(), every=0)
    with pytest.raises(OrderError, match="interval_ns 0 is not a whole number in 1"):
        Replay(small()).run(Recorder(), interval_ns=0)
