"""The summary of a replay. A tape and the journal that it was made from give the same one."""

from collections import Counter
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from exchange.codes import EventKind, RejectReason
from exchange.engine.engine import Engine
from exchange.records import count_events
from exchange.units import NS_PER_S

REFUSALS = (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED)


@dataclass(frozen=True)
class ReplaySummary:
    """Figures of a replay."""

    rows: int
    controls: int
    engine_ns: int  # of running the rows, without reading and counting
    events: int
    fills: int  # trades: two FILL rows each
    refused: Counter[str]
    state_hash: str

    def lines(self) -> list[str]:
        rate = self.rows * NS_PER_S / max(1, self.engine_ns)
        refused = ", ".join(f"{count:,} {reason}" for reason, count in self.refused.most_common()) or "none"
        return [
            f"commands    {self.rows:,} in {self.engine_ns / NS_PER_S:.3f} s: {rate:,.0f} commands/s, "
            f"and {self.controls:,} controls",
            f"events      {self.events:,}",
            f"fills       {self.fills:,} trades",
            f"refused     {refused}",
            f"state hash  {self.state_hash}",
        ]


class Meter:
    """An engine that counts and times its work; a `journal.replay.EngineLike`."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.states = engine, engine.states
        self._rows = self._controls = self._engine_ns = self._events = self._fill_rows = 0
        self._refused: Counter[str] = Counter()

    @property
    def sequence(self) -> int:
        return self.engine.sequence

    @property
    def time_ns(self) -> int:
        return self.engine.time_ns

    def state_hash(self) -> bytes:
        return self.engine.state_hash()

    def apply(self, commands: np.ndarray) -> np.ndarray:
        start = perf_counter_ns()
        events = self.engine.apply(commands)
        self._engine_ns += perf_counter_ns() - start
        self._rows += len(commands)
        return self._counted(events)

    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
        self._controls += 1
        return self._counted(self.engine.control(row, payload))

    def _counted(self, events: np.ndarray) -> np.ndarray:
        self._events += count_events(events)
        self._fill_rows += int(np.count_nonzero(events["kind"] == EventKind.FILL))
        reasons = events["reason"][np.isin(events["kind"], REFUSALS)]
        self._refused.update(RejectReason(reason).abbreviation for reason in reasons)
        return events

    def summary(self) -> ReplaySummary:
        """The summary so far, with the hash of the present state."""
        state_hash = self.state_hash().hex()
        fills = self._fill_rows // 2
        return ReplaySummary(
            self._rows, self._controls, self._engine_ns, self._events, fills, self._refused, state_hash
        )
