"""What does a researcher pay for an engine: a new one, a fork of a used one, its state hash, a look at its book?

The engine has the size of a tape, 564 MB reserved, and a book filled by the first orders of the flow `mixed`. Times are
processor time of the thread, system calls and page faults included; calls are made from Python. Checked before the
times: a fork has every byte and goes on apart; depth and statistics are those of a count over all orders. Not shown:
the first engine of a size in a process, which loads or compiles machine code.
"""

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from bench.flows.flow import FLOWS, make_flow
from bench.record import Distribution, Report, distribution, time_ns
from bench.warm_engine import WarmEngine, prepare_engine_for
from exchange.codes import OrderState, Side
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.engine.used_chunks import CHUNK_BYTES, used_chunks
from exchange.engine.views import BOOK_VIEW, LEVEL_VIEW, views

PASSES = 25
CALLS = 200  # of a view in one time
BOOK, TEN = 1, 10


def run_forks(report: Report, name: str) -> None:
    """Measure an engine of a tape's size; a quick look has a smaller book."""
    flow = make_flow(replace(FLOWS["mixed"], commands=20_000, warm_orders=3_000 if report.quick else 30_000))
    measure(report, name, prepare_engine_for(flow, "tape"))


def measure(report: Report, name: str, warm: WarmEngine) -> None:
    """Check and measure copies of an engine and views of its book. AssertionError: a result is wrong."""
    engine = warm.engine
    check_fork(warm)
    levels = check_views(engine)
    used = len(used_chunks(engine.states)) * CHUNK_BYTES / 1e6
    passes = report.passes(PASSES)
    figures = {
        f"new engine of size {engine.limits.name}": repeated(lambda: Engine(engine.limits), passes, 1, "us"),
        f"fork of {used:.1f} MB in use": repeated(engine.fork, passes, 1, "us"),
        f"state hash of {used:.1f} MB": repeated(engine.state_hash, passes, 1, "us"),
        "ten levels a side": repeated(look(engine, TEN), passes, CALLS, "us"),
        f"whole book of {levels:,} levels": repeated(look(engine, levels), passes, CALLS, "us"),
        f"statistics of {levels:,} levels": repeated(statistics(engine), passes, CALLS, "us"),
    }
    for what, figure in figures.items():
        report.row(what, figure.text(), f"{engine.states.nbytes / 1e6:,.0f} MB reserved")
    report.keep(name, {what: asdict(figure) for what, figure in figures.items()}, warm.flow.parameters)


def repeated(call: Callable[[], object], passes: int, calls: int, unit: str) -> Distribution:
    """Processor time of one call, us."""

    def run() -> None:
        for _ in range(calls):
            call()

    run()
    return distribution([time_ns(run) / calls / 1e3 for _ in range(passes)], unit)


def look(engine: Engine, levels: int) -> Callable[[], object]:
    """A call that copies so many levels a side into buffers of its own."""
    copy, states, rows = views(engine.states.dtype).copy_depth, engine.states, np.zeros((2, levels), LEVEL_VIEW)
    bids, asks = rows
    return lambda: copy(states, BOOK, bids, asks)


def statistics(engine: Engine) -> Callable[[], object]:
    """A call that copies the book's statistics."""
    copy, states, row = views(engine.states.dtype).copy_statistics, engine.states, np.zeros(1, BOOK_VIEW)
    return lambda: copy(states, BOOK, row)


def check_fork(warm: WarmEngine) -> None:
    """AssertionError unless a fork has every byte, and runs the flow to the state to which the engine runs it."""
    warm.reset()
    engine = warm.engine
    fork = engine.fork()
    assert np.array_equal(fork.states.view(np.uint8), engine.states.view(np.uint8)), "a fork differs"
    assert fork.state_hash() == engine.state_hash(), "the hash of a fork differs"
    fork.run_silently(warm.rows)
    assert fork.state_hash() != engine.state_hash(), "a fork and its engine go on together"
    engine.run_silently(warm.rows)
    assert fork.state_hash() == engine.state_hash(), "a fork ends in another state"
    warm.reset()


def check_views(engine: Engine) -> int:
    """AssertionError unless views say what a count over all orders says. Returns the levels of the larger side."""
    orders = engine.states["orders"][0][: int(engine.states["used_orders"][0]) + 1]
    orders = orders[(orders["state"] == OrderState.OPEN) & (orders["book"] == BOOK) & (orders["resting"] == 1)]
    found, counted = query.statistics(engine.states, BOOK), []
    for side in Side:
        own = orders[orders["side"] == side]
        prices, places = np.unique(own["price"], return_inverse=True)
        lots = np.bincount(places, own["shown_lots"], len(prices)).astype(np.int64)
        levels = list(zip(prices.tolist(), lots.tolist(), strict=True))
        counted.append(levels[::-1] if side == Side.BUY else levels)
        assert (found.levels[side], found.orders[side]) == (len(levels), len(own)), "statistics differ"
    assert query.depth(engine.states, BOOK) == tuple(counted), "depth differs"
    return max(map(len, counted))
