"""Small books for tests of facts: of a generated flow, and of messages written by hand."""

from dataclasses import replace
from functools import cache

import numpy as np

from bench.facts.collect import collect
from bench.facts.collector import DISTANCES, FILL, LEVELS, LIMIT, MESSAGE
from bench.facts.series import BookSeries
from bench.flows.flow import FLOWS, make_flow
from bench.tapes.market import flow_market, market_tape
from bench.tapes.tape import Tape
from exchange.codes import Side


@cache
def flow_of(name: str = "mixed", commands: int = 3_000, seed: int = 1, books: int = 1, warm: int = 200) -> Tape:
    """A generated flow, small enough for the smallest state with its usual number of orders."""
    flow = make_flow(replace(FLOWS[name], commands=commands, seed=seed, books=books, warm_orders=warm, accounts=20))
    return market_tape(flow_market(flow), [flow.warm, flow.commands], {"fills": flow.fills}, limits="medium")


@cache
def recorded(name: str = "mixed", commands: int = 3_000, seed: int = 1) -> BookSeries:
    """The busiest book of such a flow."""
    return collect(flow_of(name, commands, seed))


def written(
    rows: list[dict[str, int]], min_inc: int = 1, level_lots: np.ndarray | None = None, sample_every: int = 1
) -> BookSeries:
    """A book of messages, each given by the fields that are not 0. Sequences and times ascend by 1 otherwise."""
    messages = np.zeros(len(rows), MESSAGE)
    for place, row in enumerate(rows):
        messages[place]["sequence"] = messages[place]["time_ns"] = place + 1
        for name, value in row.items():
            messages[place][name] = value
    levels = np.zeros((0, 2, int(LEVELS)), np.int32) if level_lots is None else level_lots
    distances = np.zeros((len(levels), 2, int(DISTANCES)), np.int32)
    return BookSeries("HAND", 1, min_inc, messages, levels, distances, sample_every)


def quoted(bid: int, ask: int, **fields: int) -> dict[str, int]:
    """A message after which the book has 5 lots a side at these prices."""
    sides = {"bid_tick": bid, "ask_tick": ask, "bid_lots": 5, "ask_lots": 5}
    return {"kind": int(LIMIT), "lots": 5, **sides, **fields}


def trade(bid: int, ask: int, sign: int, lots: int = 1, **fields: int) -> dict[str, int]:
    """A fill of an aggressor that buys (+1) or sells (-1)."""
    side = Side.SELL if sign > 0 else Side.BUY
    return quoted(bid, ask, **({"kind": int(FILL), "side": int(side), "lots": lots} | fields))


def walk(steps: list[int], signs: list[int], start: int = 100) -> BookSeries:
    """Trades with a mid that moves by a step after each: each is a fill, and then a quote at the new prices."""
    rows, mid = [quoted(start - 1, start + 1)], start
    for step, sign in zip(steps, signs, strict=True):
        rows.append(trade(mid - 1, mid + 1, sign))
        mid += step
        rows.append(quoted(mid - 1, mid + 1))
    return written(rows)
