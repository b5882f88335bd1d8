"""Which product groups have the settlement of the last trading day. PREOPEN waits for it (SESSION-003).

A group's settlement is published once the terms of all its books were set after its close (LISTED events of the
DAY_LIMITS control). The engine does not keep this. After a start it is known only from replayed events; a closed group
without any counts as not settled.
"""

from collections.abc import Iterable

import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import EventKind, MarketState
from exchange.engine.event_rows import GROUP, INSTRUMENT, KIND, MARKET_STATE, TIME_NS, Row, read_rows
from exchange.publish.consumer import ReleasedBatch

_STA, _LISTED = int(EventKind.STATE_CHANGED), int(EventKind.INSTRUMENT_LISTED)
_CLOSED = int(MarketState.CLOSED)


class SettlementStatus:
    """Follows the released events of one venue."""

    def __init__(self, states: np.ndarray) -> None:
        """`states`: the engine's STATE, read between batches."""
        self._states = states
        self._missing: dict[int, set[int]] = {}  # group -> its books without a settlement since its close
        self._published_ns: dict[int, int] = {}

    def take(self, batch: ReleasedBatch) -> None:
        if _STA in batch.kinds or _LISTED in batch.kinds:
            self.note(read_rows(batch.events[np.isin(batch.events["kind"], (_STA, _LISTED))]))

    def note(self, rows: Iterable[Row]) -> None:
        """Read events that were replayed or released, in order."""
        for row in rows:
            if row[KIND] == _LISTED:
                self._settle(row[INSTRUMENT], row[TIME_NS])
            elif row[KIND] == _STA and not row[INSTRUMENT] and row[MARKET_STATE] == _CLOSED:
                self.close([row[GROUP]])

    def close(self, groups: Iterable[int]) -> None:
        """CLOSED groups wait for a settlement from now on."""
        for group in groups:
            self._missing[group] = self._books(group)
            self._published_ns.pop(group, None)

    def published_ns(self, group: int, now_ns: int) -> int:
        """When the settlement of a group was published, in ns; 0: it is not.

        A group that is not CLOSED has one. If its time is not known, `now_ns` is taken.
        """
        if group not in self._published_ns and self._states["groups"]["state"][0, group] != _CLOSED:
            self._published_ns[group] = now_ns
        return self._published_ns.get(group, 0)

    def when_published(self, group: int) -> int:
        """When the settlement of a group was published, in ns; 0: it is not, or its time is not known."""
        return self._published_ns.get(group, 0)

    def is_published(self, group: int) -> bool:
        """Whether a CLOSED group has its settlement."""
        return group in self._published_ns

    def missing(self, group: int) -> int:
        """How many books of a closed group wait for a settlement."""
        return len(self._missing.get(group, self._books(group)))

    def _settle(self, index: int, time_ns: int) -> None:
        group = int(self._states["books"]["group"][0, index])
        missing = self._missing.get(group)
        if missing is None:
            missing = self._missing[group] = self._books(group)
        missing.discard(index)
        if not missing:
            self._published_ns[group] = time_ns

    def _books(self, group: int) -> set[int]:
        books = self._states["books"][0]
        listed = (books["group"] == group) & (books["life"] == Life.LISTED)
        return set(np.flatnonzero(listed).tolist())
