"""An engine with a filled book that can be reset, for all timings of the engine.

Times are processor time of the thread, so other load on the machine slows a pass only through the caches. Each pass
starts from a copy of the same state, in the same memory. So all passes do the same work, and none touches new memory.
"""

from dataclasses import dataclass

import numpy as np

from bench.flows.flow import Flow, Parameters, make_flow
from bench.flows.flow_book import ADD, AGGRESS
from bench.record import time_ns
from bench.research.event_columns import REFUSALS
from bench.tapes.market import engine_at, flow_market, market_tape
from exchange.codes import CommandKind, EventKind
from exchange.engine.engine import Engine
from exchange.engine.event_rows import split_rests
from exchange.records import COMMAND, blank_rows

BATCH_ROWS = 512


class WrongResult(AssertionError):
    """The engine's results are not those that the flow predicts, so its time means nothing."""


@dataclass
class WarmEngine:
    """A flow, an engine with a filled book, and the state to reset it to."""

    flow: Flow
    engine: Engine
    rows: np.ndarray  # COMMAND rows that are timed
    start: np.ndarray  # bytes of the warm state
    hash: str = ""  # state hash after the rows; empty before the first pass

    def __post_init__(self) -> None:
        self._batch = blank_rows(COMMAND, BATCH_ROWS)

    def reset(self) -> None:
        np.copyto(self.engine.states.view(np.uint8), self.start)

    def time_pass(self) -> np.ndarray:
        """Run all rows once; returns the ns of each batch of BATCH_ROWS rows. WrongResult: the state differs.

        Events are written but not copied. A batch is copied into one buffer before its time begins, as in the gateway,
        so that the engine never reads commands from uncached memory.
        """
        self.reset()
        run, rows = self.engine.run_silently, self.rows
        starts = range(0, len(rows), BATCH_ROWS)
        times = np.zeros(len(starts), np.int64)
        for index, start in enumerate(starts):
            batch = self._batch[: min(BATCH_ROWS, len(rows) - start)]
            batch[:] = rows[start : start + BATCH_ROWS]
            times[index] = time_ns(run, batch)
        self.compare(self.engine.state_hash().hex())
        return times

    def compare(self, state_hash: str) -> None:
        """Raise WrongResult if an earlier pass ended in another state."""
        if self.hash not in ("", state_hash):
            raise WrongResult(f"{self.flow.parameters.name}: state {state_hash[:16]}, before it was {self.hash[:16]}")
        self.hash = state_hash

    def verify(self) -> dict[str, int]:
        """Check a pass in batches of another length: predicted trades, no refusal, the same state.

        returns   number of events by name of their kind
        """
        self.reset()
        counts = np.zeros(256, np.int64)
        for start in range(0, len(self.rows), 1_000):
            events = split_rests(self.engine.apply(self.rows[start : start + 1_000]))
            counts += np.bincount(events["kind"], minlength=256)
        self.compare(self.engine.state_hash().hex())
        trades, refused = int(counts[EventKind.FILL]) // 2, int(counts[list(REFUSALS)].sum())
        if (trades, refused) != (self.flow.fills, 0):
            name = self.flow.parameters.name
            raise WrongResult(f"{name}: {trades} trades and {refused} refusals, expected {self.flow.fills} and 0")
        return {EventKind(kind).abbreviation: int(counts[kind]) for kind in np.flatnonzero(counts)}


def prepare_engine(parameters: Parameters, limits: str = "venue") -> WarmEngine:
    """Generate a flow and fill the book of an engine."""
    return prepare_engine_for(make_flow(parameters), limits)


def prepare_engine_for(flow: Flow, limits: str = "venue") -> WarmEngine:
    """Fill the book of an engine with a flow's first orders."""
    tape = market_tape(flow_market(flow), [flow.warm, flow.commands], limits=limits)
    engine = engine_at(tape, tape.resting_rows)
    return WarmEngine(flow, engine, tape.commands[tape.resting_rows :], engine.states.view(np.uint8).copy())


def without_client_ids(warm: WarmEngine) -> WarmEngine:
    """The same flow without client order ids: cancels and replaces name the order id instead."""
    warm.reset()
    entered = np.concatenate([warm.flow.warm_steps, warm.flow.steps])
    entries = entered["order"][np.isin(entered["kind"], (ADD, AGGRESS))]
    tape = market_tape(flow_market(warm.flow), [warm.flow.warm, warm.flow.commands], limits=warm.engine.limits.name)
    opening = len(tape.commands) - len(entered)
    engine = engine_at(tape, opening)
    events = engine.apply(tape.commands[opening:])
    order_ids = np.zeros(1 + len(entries), np.int64)
    order_ids[entries] = events["order_id"][events["kind"] == EventKind.ORDER_ACCEPTED]
    rows = tape.commands[opening:].copy()
    named = np.isin(rows["kind"], (CommandKind.CANCEL, CommandKind.REPLACE))
    rows["order_id"] = np.where(named, order_ids[entered["order"]], 0)
    for word in range(3):
        rows[f"client_order_id_{word}"] = 0
    fresh = engine_at(tape, opening)
    fresh.run_silently(rows[: len(warm.flow.warm)])
    return WarmEngine(warm.flow, fresh, rows[len(warm.flow.warm) :], fresh.states.view(np.uint8).copy())
