"""Events for tests of the history, how they are found, and a disk with little space."""

import errno

import numpy as np

from exchange.codes import EventFlag, EventKind
from exchange.records import EVENT
from exchange.seams import RealDisk
from exchange.venue.event_history import EventHistory


def events(first_sequence: int, numbers: dict[int, int], count: int, margin: bool = False) -> np.ndarray:
    """One event a command for accounts 1 and 2 in turn; `numbers` are continued."""
    rows = np.zeros(count, EVENT)
    for place in range(count):
        account = 1 + (first_sequence + place) % 2
        numbers[account] = numbers.get(account, 0) + 1
        rows[place]["sequence"] = first_sequence + place
        rows[place]["kind"] = EventKind.CASH_MOVED if margin else EventKind.ORDER_ACCEPTED
        rows[place]["account"] = account
        rows[place]["account_sequence"] = numbers[account]
        if margin:
            rows[place]["flags"] = EventFlag.MARGIN
            numbers[account] += 1
    return rows


def found(history: EventHistory, account: int, first: int, last: int) -> list[int] | None:
    rows = history.of_account(account, first, last)
    return None if rows is None else [row[EVENT.names.index("account_sequence")] for row in rows]


class PoorDisk(RealDisk):
    """Takes so many bytes a write, and so many in all."""

    def __init__(self, piece: int, room: int) -> None:
        super().__init__()
        self.piece, self.room = piece, room

    def pwrite(self, handle: int, data: bytes, offset: int) -> int:
        taken = min(self.piece, self.room, len(data))
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= taken
        return super().pwrite(handle, data[:taken], offset)
