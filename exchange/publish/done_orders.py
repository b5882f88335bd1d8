"""How the latest orders ended, for requests that come too late and for queries (ENTRY-011).

    done = DoneOrders()
    done.note(batch.data)                        # every released batch
    done.find(account, order_id, words, last)    # the last row of an ended order, None if it is not remembered

Hardly anybody asks, so released rows only wait, and the ends among them are taken many at a time: 0.07 us an event,
where an index kept up to date took 1.4 us an end. A question adds a bounded number of rows to the index and searches
the rest: 4 us if all are indexed, 1 to 4 ms for the first ones after 65,536 ends. Indexing them all took 90 ms.
"""

import struct

import numpy as np

from exchange.codes import EventKind, OrderState
from exchange.engine.event_rows import ACCOUNT, SEQUENCE, Row
from exchange.records import EVENT, EVENT_STRUCT, ROW_BYTES

DONE_KEPT = 32_768  # ended orders that are remembered: so many to twice as many
NEW_ROWS = 1_024  # EVENT rows that may wait
INDEXED_AT_ONCE = 2_048  # rows that one question adds to an index
ALL = 2**63  # higher than every sequence

_WHOLE = np.dtype(("V", EVENT.itemsize))
_CLIENT_ID_WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")
_KEY = struct.Struct("<4Q")  # account and client order id
_KEY_TYPE = np.dtype(("V", _KEY.size))
# By code: whether a kind of row may end an order, and whether a state is an end.
_MAY_END, _IS_END = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_MAY_END[[EventKind.FILL, EventKind.ORDER_CANCELLED, EventKind.SELF_MATCH_DECREMENTED]] = True
_IS_END[[OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED]] = True


def ends_order(events: np.ndarray) -> np.ndarray:
    """Mask of the EVENT rows that end an order."""
    ends: np.ndarray = _IS_END[events["state"]] & _MAY_END[events["kind"]]
    return ends


class DoneOrders:
    """The last rows of the latest ended orders: `kept` to twice as many.

    There are two generations. When the new one is full, it becomes the old one, and the old one is dropped.
    """

    def __init__(self, kept: int = DONE_KEPT) -> None:
        self._kept = kept
        self._latest, self._older = _Generation(kept), _Generation(0)
        self._new: list[bytes] = []  # not looked through yet
        self._new_bytes = 0

    def note(self, data: bytes) -> None:
        """Remember the orders that end in these EVENT rows, given as bytes."""
        self._new.append(data)
        self._new_bytes += len(data)
        if self._new_bytes >= NEW_ROWS * ROW_BYTES:
            self._take_new()

    def find(self, account: int, order_id: int, words: Row, last: int = ALL) -> Row | None:
        """The last row of an ended order of an account; None if it is not remembered.

        order_id   0: find it by client order id
        words      the client order id as three integers
        last       ignore orders that ended after this command
        """
        self._take_new()
        for generation in (self._latest, self._older):
            if order_id:
                row = generation.find_id(order_id)
                if row is not None:
                    return row if row[ACCOUNT] == account and row[SEQUENCE] <= last else None
            elif (row := generation.find_client_id((account, *words), last)) is not None:
                return row
        return None

    def _take_new(self) -> None:
        """Keep the ends among the waiting rows."""
        if not self._new:
            return
        rows = np.frombuffer(b"".join(self._new), EVENT)
        self._new, self._new_bytes = [], 0
        ends = rows.view(_WHOLE)[ends_order(rows)].view(EVENT)  # copies whole rows, not field by field
        while len(ends):
            ends = ends[self._latest.add(ends) :]
            if self._latest.is_full:
                self._older, self._latest = self._latest, _Generation(self._kept)


class _Generation:
    """Last rows of ended orders, in order of their ends. The oldest of them are indexed, by each of two names."""

    def __init__(self, capacity: int) -> None:
        self._rows = np.zeros(capacity, EVENT)
        self._data = self._rows.view(np.uint8).data
        self._count = 0
        self._by_id: dict[int, int] = {}  # order id -> place of its row
        self._by_client_id: dict[bytes, int] = {}  # account and client order id -> place of the latest such row
        self._with_id = self._with_client_id = 0  # rows in these indexes

    @property
    def is_full(self) -> bool:
        return self._count == len(self._rows)

    def add(self, rows: np.ndarray) -> int:
        """Copy as many rows as there is space for; returns how many."""
        count = min(len(rows), len(self._rows) - self._count)
        self._rows[self._count : self._count + count].view(_WHOLE)[:] = rows[:count].view(_WHOLE)
        self._count += count
        return count

    def find_id(self, order_id: int) -> Row | None:
        start, stop = self._with_id, min(self._count, self._with_id + INDEXED_AT_ONCE)
        if start < stop:
            ids = self._rows["order_id"][start:stop].tolist()
            self._by_id.update(zip(ids, range(start, stop), strict=True))
            self._with_id = stop
        place = self._by_id.get(order_id)
        if place is None and stop < self._count:
            found = np.flatnonzero(self._rows["order_id"][stop : self._count] == order_id)
            place = stop + int(found[-1]) if len(found) else None
        return None if place is None else self._row(place)

    def find_client_id(self, name: tuple[int, ...], last: int) -> Row | None:
        """The latest row of an account's client order id whose command is `last` or earlier.

        name   account and the three words of the client order id
        """
        start, stop = self._with_client_id, min(self._count, self._with_client_id + INDEXED_AT_ONCE)
        if start < stop:
            self._by_client_id.update(zip(_keys(self._rows[start:stop]), range(start, stop), strict=True))
            self._with_client_id = stop
        row = self._search(name, last, stop, self._count)
        if row is None and (place := self._by_client_id.get(_KEY.pack(*name))) is not None:
            row = self._row(place)
            if row[SEQUENCE] > last:
                row = self._search(name, last, 0, place)
        return row

    def _search(self, name: tuple[int, ...], last: int, start: int, stop: int) -> Row | None:
        """As `find_client_id`, among the rows from `start` to `stop`, without the index."""
        if start == stop:
            return None
        rows = self._rows[start:stop]
        fits = rows["account"] == name[0]
        for field, word in zip(_CLIENT_ID_WORDS, name[1:], strict=True):
            fits &= rows[field] == word
        places = start + np.flatnonzero(fits & (rows["sequence"] <= last))
        return self._row(int(places[-1])) if len(places) else None

    def _row(self, place: int) -> Row:
        return EVENT_STRUCT.unpack_from(self._data, place * ROW_BYTES)


def _keys(rows: np.ndarray) -> list[bytes]:
    """Account and client order id of each row, as `_KEY` packs them."""
    words = np.empty((len(rows), 4), np.uint64)
    words[:, 0] = rows["account"]
    for place, field in enumerate(_CLIENT_ID_WORDS, 1):
        words[:, place] = rows[field]
    keys: list[bytes] = words.view(_KEY_TYPE)[:, 0].tolist()
    return keys
