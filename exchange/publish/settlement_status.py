"""Which product groups have the settlement of the day that ended last: PREOPEN waits for it (SESSION-003).

A settlement is published when the terms of every book of the group have been set again since it closed (LISTED events
of the DAY_LIMITS control). The engine does not keep it: a start knows what the replayed tail of the journal shows, and
a closed group of which nothing is known has no settlement.
"""

from collections.abc import Iterable

import numpy as np

from exchange.codes import EventKind, MarketState
from exchange.engine.event_rows import GROUP, INSTRUMENT, KIND, MARKET_STATE, TIME_NS, Row
from exchange.publish.consumer import ReleasedBatch

_STA, _LISTED = int(EventKind.STATE_CHANGED), int(EventKind.INSTRUMENT_LISTED)
_CLOSED = int(MarketState.CLOSED)


class SettlementStatus:
    """Follows the released events of one venue."""

    def __init__(self, states: np.ndarray) -> None:
        """`states`: the engine's, read between batches."""
        self._states = states
        self._missing: dict[int, set[int]] = {}  # books of a group that have no settlement since its close
        self._since_ns: dict[int, int] = {}

    def take(self, batch: ReleasedBatch) -> None:
        self.note(batch.rows)

    def note(self, rows: Iterable[Row]) -> None:
        """Events that were replayed or released, in order."""
        for row in rows:
            if row[KIND] == _LISTED:
                self._settle(row[INSTRUMENT], row[TIME_NS])
            elif row[KIND] == _STA and not row[INSTRUMENT] and row[MARKET_STATE] == _CLOSED:
                group = row[GROUP]
                self._missing[group] = self._books(group)
                self._since_ns.pop(group, None)

    def since_ns(self, group: int, now_ns: int) -> int:
        """When the settlement of a group was published, 0 if it is not. A group that has left CLOSED has one: if its
        time is not known, it is taken to be now."""
        if group not in self._since_ns and self._states["groups"]["state"][0, group] != _CLOSED:
            self._since_ns[group] = now_ns
        return self._since_ns.get(group, 0)

    def published(self, group: int) -> bool:
        """Whether a group that is CLOSED has its settlement."""
        return group in self._since_ns

    def missing(self, group: int) -> int:
        """How many books of a closed group wait for a settlement."""
        return len(self._missing.get(group, self._books(group)))

    def _settle(self, index: int, time_ns: int) -> None:
        group = int(self._states["books"]["group"][0, index])
        missing = self._missing.setdefault(group, self._books(group))
        missing.discard(index)
        if not missing:
            self._since_ns[group] = time_ns

    def _books(self, group: int) -> set[int]:
        books = self._states["books"][0]
        listed = (books["group"] == group) & (books["listed"] != 0)
        return set(np.flatnonzero(listed).tolist())
