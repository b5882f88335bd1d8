"""Independent small markets in turn: each begins open and empty, runs its messages, and leaves one RESULT."""

from concurrent.futures import Executor
from itertools import pairwise

import numpy as np

from bench.many.books import Books, flow_rows

TOGETHER = 8  # markets in one kernel call: few, so that their states stay in the cache


def run_markets(first: int, count: int, messages: int, **parameters: int) -> np.ndarray:
    """Make and run markets `first` to `first + count - 1`; each number is a seed of its own. Returns their RESULT rows.

    parameters   fields of FLOW, see `books.flow_rows`
    """
    books, flows = Books(TOGETHER), flow_rows(TOGETHER, **parameters)
    results = np.zeros(-(-count // TOGETHER) * TOGETHER, books.results.dtype)
    for start in range(0, count, TOGETHER):
        books.reset()
        books.streams["word"] = np.uint64(first + start) + np.arange(TOGETHER, dtype=np.uint64)
        results[start : start + TOGETHER] = books.step(flows, messages)
    return results[:count]


def spread_markets(executor: Executor, tasks: int, count: int, messages: int) -> np.ndarray:
    """As `run_markets` for markets 0 to `count - 1`, in so many tasks of an executor."""
    edges = np.linspace(0, count, tasks + 1).astype(int).tolist()
    parts = [executor.submit(run_markets, start, stop - start, messages) for start, stop in pairwise(edges)]
    return np.concatenate([part.result() for part in parts])
