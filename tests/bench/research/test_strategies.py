"""Strategies with callbacks."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from bench import Latency, Replay
from bench.research.orders import OrderError, OwnFill
from bench.research.strategies import Callbacks
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, OrderState, Side, TimeInForce
from exchange.records import COMMAND
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


def sparse(times_ns: list[int]) -> Tape:
    """A bid at each of these times."""
    rows = np.zeros(len(times_ns), COMMAND)
    rows["kind"], rows["side"], rows["tif"] = CommandKind.NEW, Side.BUY, TimeInForce.GTC
    rows["price"], rows["lots"], rows["account"], rows["instrument"] = 10, 1, 1, 1
    rows["client_order_id_0"], rows["time_ns"] = 1 + np.arange(len(rows)), times_ns
    return market_tape(PlainMarket(1, 200, 100), [rows])


@pytest.mark.parametrize("latency", [None, Latency.constant(feed_us=0.001)])
def test_intervals_without_a_command_are_left_out(latency: Latency | None) -> None:
    year_2026 = 1_767_225_600 * 10**9
    replay = Replay(sparse([0, 0, 45, 47, year_2026, year_2026 + 17, year_2026 + 999]), latency=latency)
    places = []
    run = replay.run(lambda replay: places.append(replay.place), interval_ns=10)
    before = replay.length - 7
    assert places == [before + count for count in (2, 4, 5, 6, 7)]
    assert (run.steps, run.commands) == (5, 7)
    assert Replay(replay.tape, latency=latency).run(lambda replay: None, interval_ns=1 << 62).steps == 1


def test_answers_that_come_between_commands_are_seen_in_their_interval() -> None:
    replay = Replay(sparse([1_000, 9_000_000]), latency=Latency.constant(place_us=2, response_us=30))
    seen = []

    def quote(replay: Replay) -> None:
        seen.append((replay.time_ns, [order.state for order in replay.orders]))
        if not replay.orders:
            replay.submit("buy", 20, 1)

    replay.run(quote, interval_ns=1_000)
    assert seen == [
        (2_000, []),
        (4_000, [OrderState.NONE]),  # its effect on the book
        (31_000, [OrderState.NONE]),  # the answer to the deposit, which was there at once
        (34_000, [OrderState.OPEN]),
        (9_000_000, [OrderState.OPEN]),
    ]


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(OrderError, match="has none of on_start, on_fill, on_book, on_end and is no function"):
        Callbacks(5)
    with pytest.raises(OrderError, match="every 0 is not a whole number in 1"):
        Replay(small()).run(Recorder(), every=0)
    with pytest.raises(OrderError, match="interval_ns 0 is not a whole number in 1"):
        Replay(small()).run(Recorder(), interval_ns=0)
