"""Many equal markets side by side, run by one kernel call (GPU-002)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from bench.flows.draws import STREAM
from bench.many.layout import FLOW, RESULT
from bench.many.play import play_books, step_books
from bench.tapes.market import PlainMarket, engine_at, market_tape
from exchange.engine.apply import apply_commands
from exchange.engine.state import new_outbox, new_state
from exchange.kernel import bind, code_of
from exchange.limits import NAMED, Limits
from exchange.records import COMMAND, blank_rows

NO_ROWS = blank_rows(COMMAND, 0)
DRAWS = 1 << 32  # what a message is comes from 32 random bits (`noise.below`), so weights add up to less than this
# Kernels by size of the states, bound: to find out the types of their arguments takes milliseconds.
BOUND: dict[tuple[Any, Limits], Callable[..., None]] = {}
MARKET, LIMITS = PlainMarket(1, 900, 450, accounts=16), NAMED["small"]  # of a book, unless others are asked for
# About 210 orders rest in a book in the long run: (adds - takes) / cancels for each order.
USUAL_FLOW = {
    "add_weight": 1_000,
    "take_weight": 150,
    "cancel_weight": 4,
    "step_ns": 1_000_000,
    "depth_ticks": 40,
    "lots_max": 10,
    "first_account": 2,
    "accounts": 15,
    "middle_tick": 450,
    "instrument": 1,
}


def flow_rows(count: int, **parameters: int) -> np.ndarray:
    """FLOW rows, shape (count,): USUAL_FLOW, with these parameters instead."""
    rows = np.zeros(count, FLOW)
    for name, value in (USUAL_FLOW | parameters).items():
        rows[name] = value
    return rows


def check_weights(flows: np.ndarray, limits: Limits) -> None:
    """Raise ValueError if `noise.below` cannot draw by the weights of a flow when the state holds most orders.

    flows   FLOW rows, shape (n,)
    """
    total = np.zeros(len(flows), np.uint64)
    for name, most in (("add_weight", 1), ("take_weight", 1), ("cancel_weight", limits.orders)):
        # Clipped, so that no sum is beyond 64 bits; a weight below 0 becomes a very large one.
        total += np.minimum(flows[name].astype(np.uint64), DRAWS) * np.uint64(most)
    wrong = np.flatnonzero(total >= DRAWS)
    if len(wrong):
        add, take, cancel = (int(flows[name][wrong[0]]) for name in ("add_weight", "take_weight", "cancel_weight"))
        raise ValueError(
            f"flow of book {wrong[0]}: add_weight {add}, take_weight {take}, cancel_weight {cancel}: want 0 or more, "
            f"and add_weight + take_weight + {limits.orders} * cancel_weight below {DRAWS}"
        )


@cache
def opened_state(market: PlainMarket, limits: str) -> np.ndarray:
    """Bytes of a state whose market is open, read-only."""
    tape = market_tape(market, [np.zeros(0, COMMAND)], limits=limits)
    data = engine_at(tape, len(tape.commands)).states.view(np.uint8).copy()
    data.flags.writeable = False
    return data


@cache
def engine_code(limits: Limits) -> Any:
    """The compiled engine for states of one size (`play.apply_rows`)."""
    return code_of(apply_commands, new_state(limits), NO_ROWS, 0, 0, new_outbox(limits))


def join_rows(parts: Sequence[np.ndarray], sequence: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put the rows of all books into one array and number them, each book's after `sequence`.

    returns   COMMAND rows; first row of each book; row to stop before
    """
    stops = np.cumsum([len(part) for part in parts])
    rows = blank_rows(COMMAND, int(stops[-1]))
    starts = stops - [len(part) for part in parts]
    for part, start, stop in zip(parts, starts, stops, strict=True):
        rows[start:stop] = part
        rows["sequence"][start:stop] = sequence + 1 + np.arange(len(part))
    return rows, starts, stops


class Books:
    """B equal markets. Each has a state, an event buffer, a stream of random numbers and a result of its own.

    count    number of books
    market   what is listed and funded in each of them; all begin open, with the same state
    limits   name of the size of each state
    seed     book b draws from stream `seed * 2**32 + b`
    """

    def __init__(self, count: int, market: PlainMarket = MARKET, limits: str = LIMITS.name, seed: int = 1) -> None:
        self.count, self.market, self.limits = count, market, NAMED[limits]
        self.opened = opened_state(market, limits)
        self.states, self.outs = new_state(self.limits, count), new_outbox(self.limits, count)
        self.results = np.zeros(count, RESULT)
        self.streams = np.zeros(count, STREAM)
        self._bytes = self.states.view(np.uint8).reshape(count, -1)
        self.buffer = blank_rows(COMMAND, count)
        self._none = np.zeros(count, np.int64)
        self._code = engine_code(self.limits)
        for start, stop in used_parts(self.opened):
            self._bytes[:, start:stop] = self.opened[start:stop]
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Begin the streams of all books again."""
        self.streams["word"] = np.arange(self.count, dtype=np.uint64) + np.uint64(seed << 32)

    def reset(self, books: Any = slice(None)) -> None:
        """Open books again, as they were at first, and clear their results. `books`: an index of an array of them."""
        self._bytes[books] = self.opened
        self.results[books] = 0

    def state(self, book: int) -> np.ndarray:
        """STATE of one book, shape (1,), for `exchange.engine.query`."""
        return self.states[book : book + 1]

    def play(self, rows: np.ndarray, starts: np.ndarray, stops: np.ndarray, threads: int = 1) -> np.ndarray:
        """Run recorded rows: those from `starts[b]` to before `stops[b]` in book b. Returns the results."""
        self.check_rows(rows, starts, stops)
        self._run(play_books, threads, rows, starts, stops)
        return self.results

    def step(
        self,
        flows: np.ndarray,
        messages: int,
        actions: np.ndarray = NO_ROWS,
        starts: np.ndarray | None = None,
        stops: np.ndarray | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        """Run own commands of each book, then messages of its flow. Returns the results.

        flows            FLOW, shape (count,)
        actions          COMMAND rows without sequence and time; book b has those from `starts[b]` to before `stops[b]`
        """
        starts, stops = (self._none if bounds is None else bounds for bounds in (starts, stops))
        self.check_rows(actions, starts, stops)
        self.check_flows(flows)
        self._run(step_books, threads, actions, starts, stops, self.buffer, self.streams, flows, messages)
        return self.results

    def check_rows(self, rows: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> None:
        """Check rows and where those of each book are, because kernels read the memory without checking its layout."""
        if rows.dtype != COMMAND or rows.ndim != 1 or not rows.flags.c_contiguous:
            raise TypeError(f"rows: {rows.dtype}, shape {rows.shape}, want whole COMMAND rows in a row")
        for name, bounds in (("starts", starts), ("stops", stops)):
            if bounds.dtype != np.int64 or bounds.shape != (self.count,) or not bounds.flags.c_contiguous:
                raise TypeError(f"{name}: {bounds.dtype}, shape {bounds.shape}, want int64, shape ({self.count},)")
        if not ((starts >= 0) & (starts <= stops) & (stops <= len(rows))).all():
            raise ValueError(f"starts and stops: want 0 <= start <= stop <= {len(rows)}")

    def check_flows(self, flows: np.ndarray) -> None:
        """As `check_rows`, for FLOW rows."""
        if flows.dtype != FLOW or flows.shape != (self.count,) or not flows.flags.c_contiguous:
            raise TypeError(
                f"flows: {flows.dtype}, shape {flows.shape}, want FLOW rows in a row, shape ({self.count},)"
            )
        check_weights(flows, self.limits)

    def _run(self, kernel: Any, threads: int, *arguments: Any) -> None:
        """Run a kernel over all books, a range of them in each thread."""
        arguments = (self._code, self.states, self.outs, self.results, *arguments)
        key = kernel, self.limits
        if key not in BOUND:
            BOUND[key] = bind(kernel, 0, 0, *arguments)
        run = BOUND[key]
        edges = np.linspace(0, self.count, threads + 1).astype(int).tolist()
        if threads == 1:
            run(0, self.count, *arguments)
            return
        with ThreadPoolExecutor(threads) as pool:
            parts = [pool.submit(run, *part, *arguments) for part in pairwise(edges)]
            for part in parts:
                part.result()


def used_parts(data: np.ndarray, page: int = 4_096) -> list[tuple[int, int]]:
    """Where the pages of some bytes are that are not all zero, as (start, stop) without a gap between them."""
    used = np.add.reduceat(data != 0, np.arange(0, len(data), page)) != 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(np.int8)))
    return [(int(start) * page, min(int(stop) * page, len(data))) for start, stop in edges.reshape(-1, 2)]
