"""Kernel strategies: the same logic as a callback gives the same fills, with and without delays."""

from functools import cache

import numpy as np
import pytest

from bench import Latency, Replay
from bench.research.orders import OrderError
from tests.bench.research.quote_kernel import LOTS_MAX, MOVE, quote
from tests.bench.research.small_flow import small_flow

small = cache(small_flow)


class SameQuotes:
    """The same as callbacks."""

    def __init__(self) -> None:
        self.calls = 0

    def on_book(self, replay: Replay) -> None:
        self.calls += 1
        live = [order for order in replay.orders if order.is_live]
        if self.calls % 2 == MOVE:
            if live:
                replay.replace(live[0], price=live[0].price - 1, lots=2)
            return
        book, held = replay.book(1), replay.position
        bid, ask, lots = book.best_bid, book.best_ask, book.bids["shown_lots"][:1].sum()
        for order in live:
            replay.cancel(order)
        if held < LOTS_MAX and bid is not None and lots > 1:
            replay.submit("buy", bid, 1)
        if held > -LOTS_MAX and ask is not None:
            replay.submit("sell", ask, 1)


def fills(replay: Replay) -> list[tuple[int, int, int, int]]:
    return [(fill.time_ns, fill.side, fill.price, fill.lots) for fill in replay.fills]


@pytest.mark.parametrize("every", [7, 10])
@pytest.mark.parametrize("latency", [None, Latency.constant(place_us=2.5, cancel_us=4, feed_us=1)])
def test_a_kernel_trades_as_the_same_callbacks(every: int, latency: Latency | None) -> None:
    compiled, plain = (Replay(small(), latency=latency) for _ in range(2))
    strategy = SameQuotes()
    runs = compiled.run(quote, every=every, memory=np.zeros(3, np.int64)), plain.run(strategy, every=every)
    assert runs[0].error is runs[1].error is None
    assert fills(compiled) == fills(plain) != []
    assert [(run.commands, run.steps) for run in runs] == [(1_000, strategy.calls)] * 2
    assert (compiled.position, compiled.equity_mills, compiled.sequence, compiled.refused) == (
        plain.position,
        plain.equity_mills,
        plain.sequence,
        plain.refused,
    )
    assert len(compiled.orders) == len(plain.orders)
    assert compiled.at(compiled.sequence - 40).advance(1) == 1


def test_commands_on_their_way_stay_so_when_a_run_ends_before_its_source() -> None:
    delays = Latency.constant(place_us=5, feed_us=1)
    compiled, plain = (Replay(small(), latency=delays) for _ in range(2))
    compiled.run(quote, every=10, commands=335, memory=np.zeros(3, np.int64))
    plain.run(SameQuotes(), every=10, commands=335)
    assert compiled.sequence == plain.sequence
    for replay in (compiled, plain):
        replay.advance(100)
    assert (compiled.sequence, fills(compiled)) == (plain.sequence, fills(plain))


def test_a_kernel_that_fails_leaves_what_it_has_done() -> None:
    memory = np.array([0, 20, 0])
    failed = Replay(small())
    run = failed.run(quote, every=10, memory=memory)
    assert (type(run.error), run.is_whole, run.steps, run.commands) == (IndexError, False, 20, 200)
    whole = Replay(small())
    whole.run(quote, every=10, commands=199, memory=np.zeros(3, np.int64))
    assert fills(failed)[: len(fills(whole))] == fills(whole)
    assert len(failed.events) > 0
    assert failed.advance(10) == 10


def test_a_kernel_that_asks_for_too_much_is_stopped() -> None:
    run = Replay(small()).run(quote, every=10, memory=np.array([0, 0, 5]))
    assert isinstance(run.error, OrderError) and "more than 64 commands in a call" in str(run.error)


def test_delays_that_a_kernel_cannot_have_are_refused() -> None:
    with pytest.raises(OrderError, match="takes constant delays"):
        Replay(small(), latency=Latency.lognormal(place_us=3)).run(quote)
    with pytest.raises(OrderError, match="response 2000 ns must not be above feed 1000 ns"):
        Replay(small(), latency=Latency.constant(response_us=2, feed_us=1)).run(quote)
    with pytest.raises(OrderError, match="interval_ns is for callbacks"):
        Replay(small()).run(quote, interval_ns=5)
