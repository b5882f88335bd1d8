"""Sends the messages of a clearing firm's accounts to its connections, and finds those of a range again (ACCT-010).

    copies = DropCopies(firms, reports, history)
    copies.listen(5, queue)                          # firm 5: every later message, with its number `d`
    found = copies.range_of(5, 100, 200)             # None: not kept
    for message in copies.messages(found, 100, 200): ...

While no firm has a connection, a batch costs one look at whether it defines accounts. The messages of a firm are made
once, in Python, for all of its connections; a binary connection gets them as JSON.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from exchange.codes import EventKind
from exchange.engine.event_rows import Row, read_rows
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.drop_copy.firms import Firms, HistoryChunk, Move, NumberedRows
from exchange.publish.execution_reports import ExecutionReports
from exchange.wire.messages import AccountMessage

SLICE_ROWS = 256
_DEFINED, _LEG = int(EventKind.ACCOUNT_DEFINED), int(EventKind.LEG_FILLED)


class Listener(Protocol):
    """A connection's queue."""

    def send(self, message: Any) -> None: ...


class MoveStore(Protocol):
    """Keeps the moves of accounts between firms."""

    @property
    def moves(self) -> Iterable[tuple[int, int, int, int, int]]:
        """Those of earlier runs, in order."""

    def put_move(self, move: tuple[int, int, int, int, int]) -> None:
        """Keep a move that is durable in the journal."""


class DropCopies:
    """The drop copies of all firms."""

    def __init__(self, firms: Firms, reports: ExecutionReports, chunks: Callable[[], Iterable[HistoryChunk]]) -> None:
        """`chunks`: of the kept events, the newest first."""
        self._firms, self._reports, self._chunks = firms, reports, chunks
        self._listeners: dict[int, list[Listener]] = {}
        self._numbers: dict[int, int] = {}  # of the last message sent, by firm with listeners
        self._keep: Callable[[Move], None] = lambda move: None

    def keep_moves_in(self, store: MoveStore) -> None:
        """Load the moves of earlier runs, and keep later ones there."""
        self._firms.load(store.moves)
        self._keep = store.put_move

    def take(self, batch: ReleasedBatch) -> None:
        if _DEFINED in batch.kinds:
            for move in self._firms.follow(batch.events):
                self._keep(move)
        if not self._listeners:
            return
        for firm, listeners in self._listeners.items():
            number = self._numbers[firm]
            for _, _, message in self._reports.messages(read_rows(self._firms.rows_of(firm, batch.events))):
                number += 1
                _set_number(message, number)
                for queue in listeners:
                    queue.send(message)
            self._numbers[firm] = number

    def listen(self, firm: int, queue: Listener) -> None:
        """Send the firm's messages to a connection from now on. Call it between batches."""
        self._numbers.setdefault(firm, self._firms.number(firm))
        self._listeners.setdefault(firm, []).append(queue)

    def unlisten(self, queue: Listener) -> None:
        """Send nothing more to a connection."""
        for firm, listeners in list(self._listeners.items()):
            if queue in listeners:
                listeners.remove(queue)
            if not listeners:
                del self._listeners[firm], self._numbers[firm]

    def number(self, firm: int) -> int:
        """Number of the firm's last message that is released. Of a firm without listeners: call it between batches."""
        known = self._numbers.get(firm)
        return self._firms.number(firm) if known is None else known

    def accounts(self, firm: int) -> list[int]:
        """The accounts of a firm, ascending."""
        return self._firms.accounts(firm)

    def range_of(self, firm: int, first: int, last: int) -> NumberedRows | None:
        """What makes the messages `first` to `last` of a firm; None: they are not kept, or there are none yet."""
        return self._firms.range_of(firm, first, last, self._chunks()) if last <= self.number(firm) else None

    def slice_of(self, firm: int, first: int, last: int) -> tuple[NumberedRows, int] | None:
        """What makes the first of the messages `first` to `last`, and the number of the last of these; None: as above.

        A long range is found in steps, each of which reads one chunk of the history at most.
        """
        return self._firms.slice_of(firm, first, last, self._chunks()) if last <= self.number(firm) else None

    def oldest(self, firm: int) -> int:
        """Number of the firm's oldest message that is kept; 0: none is."""
        return self._firms.oldest(firm, self._chunks())

    def messages(self, found: NumberedRows, first: int, last: int) -> Iterator[AccountMessage]:
        """The messages `first` to `last`, marked as replayed, made as they are taken."""
        number = found.first - 1
        for rows in _slices(found.rows):
            for _, _, message in self._reports.messages(rows, replay=True):
                number += 1
                if first <= number <= last:
                    _set_number(message, number)
                    yield message


def _set_number(message: AccountMessage, number: int) -> None:
    message.drop_sequence = number  # type: ignore[attr-defined]  # every account message has it


def _slices(events: np.ndarray) -> Iterator[list[Row]]:
    """The rows in slices. A fill and the legs behind it stay together."""
    start = 0
    while start < len(events):
        stop = start + SLICE_ROWS
        while stop < len(events) and events["kind"][stop] == _LEG:
            stop += 1
        yield read_rows(events[start:stop])
        start = stop
