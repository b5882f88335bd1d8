"""What does a step of a strategy in Python cost: read ten levels, act, advance by 100 commands?

The strategy keeps one lot at the best bid. The same steps through the engine by hand, with `query.depth` and rows in
arrays, are in the same run for comparison. Checked: both end with the same state hash, and every pass does. Not shown:
what a strategy computes itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.record import Report, distribution, timed
from bench.research.accounts import FUNDS_MILLS, opening
from bench.research.orders import Order
from bench.research.replay import Replay
from bench.research.sources import open_source
from bench.tapes.market import engine_at
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.engine import query
from exchange.records import COMMAND, column, pack_client_order_id

PASSES = 7
LEVELS, EVERY = 10, 100


@dataclass(frozen=True)
class Steps:
    """Parameters of the measured loop."""

    flow: str = "mixed"
    commands: int = 500_000
    seed: int = 1
    levels: int = LEVELS
    every: int = EVERY


def run_research(report: Report, name: str) -> None:
    """Measure microseconds and steps a second of the loop, and of the same loop by hand."""
    parameters = Steps(commands=50_000 if report.quick else Steps.commands)
    tape = open_source(parameters.flow, commands=parameters.commands, seed=parameters.seed)
    count, hashes = parameters.commands // EVERY, set()
    times: dict[str, list[float]] = {"face": [], "by hand": []}
    for _ in range(report.passes(PASSES)):
        replay, hand = Replay(tape), ByHand(tape)
        for what, steps in (("face", replay_steps(replay)), ("by hand", hand.step)):
            taken, _ = timed(repeat, steps, count)
            times[what].append(taken / count / 1e3)
        hashes |= {replay.state_hash(), hand.engine.state_hash().hex()}
    if len(hashes) != 1:
        raise AssertionError(f"{len(hashes)} final states, expected one: {', '.join(one[:16] for one in hashes)}")
    figures = {what: distribution(values, "us") for what, values in times.items()}
    face, hand_figure = figures["face"], figures["by hand"]
    ratio = hand_figure.median / face.median
    detail = f"{1e6 / face.least:,.0f} steps/s at the least, {1e6 / face.median:,.0f} at the median; {count:,} steps"
    report.row("step in Python: 10 levels, act, 100 commands", face.text(), detail)
    report.row("the same by hand", hand_figure.text(), f"{ratio:.1f}x as long at the median")
    report.keep(name, {**figures, "ratio": ratio, "state_hash": hashes.pop()}, parameters)


def repeat(step: Callable[[], Any], count: int) -> None:
    for _ in range(count):
        step()


def replay_steps(replay: Replay) -> Callable[[], None]:
    """One step of the loop through the face."""
    order: Order | None = None

    def step() -> None:
        nonlocal order
        best = replay.book(LEVELS).best_bid
        if best is not None:
            if order is None or not order.is_live:
                order = replay.submit("buy", best, 1)
            elif order.price != best:
                replay.replace(order, price=best, lots=1)
        replay.advance(EVERY)

    return step


class ByHand:
    """The same steps with an engine, rows and questions of the engine: slow and plain."""

    def __init__(self, tape: Tape) -> None:
        self.engine, self._rows, self._next = engine_at(tape, tape.resting_rows), tape.commands, tape.resting_rows
        self._account, self._requests, self._shift = self.engine.limits.accounts, 0, 0
        self._order_id = self._price = 0

    def step(self) -> None:
        bids, _ = query.depth(self.engine.states, 1, LEVELS)
        if bids and (not self._order_id or self._price != bids[0][0]):
            self._quote(bids[0][0])
        rows = self._rows[self._next : self._next + EVERY].copy()
        self._next += len(rows)
        rows["sequence"] += self._shift
        self._follow(self.engine.apply(rows))

    def _quote(self, price: int) -> None:
        if not self._requests:
            self._open()
        self._requests += 1
        row = np.zeros(1, COMMAND)
        row["request_id"], row["price"], row["lots"], self._price = self._requests, price, 1, price
        if self._order_id:
            row["kind"], row["order_id"] = CommandKind.REPLACE, self._order_id
        else:
            row["kind"], row["side"], row["tif"], row["instrument"] = CommandKind.NEW, Side.BUY, TimeInForce.GTC, 1
            for place, word in enumerate(pack_client_order_id(f"own-{self._requests}")):
                row[f"client_order_id_{place}"] = word
        self._own(row)

    def _open(self) -> None:
        row = np.zeros(1, COMMAND)
        row["kind"], row["sequence"] = CommandKind.DEFINE_ACCOUNT, self.engine.sequence + 1
        row["time_ns"] = self.engine.time_ns
        self.engine.control(row, opening(self._account))
        self._shift += 1
        row["kind"] = CommandKind.DEPOSIT
        column(row, "amount_mills")[:] = FUNDS_MILLS
        self._own(row)

    def _own(self, row: np.ndarray) -> None:
        row["account"], row["sequence"], row["time_ns"] = self._account, self.engine.sequence + 1, self.engine.time_ns
        self._shift += 1
        self._follow(self.engine.apply(row))

    def _follow(self, events: np.ndarray) -> None:
        for event in events[events["account"] == self._account]:
            if event.kind == EventKind.ORDER_ACCEPTED:
                self._order_id = int(event.order_id)
            if event.kind == EventKind.FILL and event.leaves_lots == 0:
                self._order_id = 0
