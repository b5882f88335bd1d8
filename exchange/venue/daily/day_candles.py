"""Candles of trading days that are over, in `days/`, a file a day: they outlive the kept events (HIST-005).

    days = DayCandles(disk, folder, history, prints, warn)
    days.load(sequence)                        # once: the files of earlier runs
    job = days.begin_write(time_us, sequence)  # each turn; when a day is over, a job for the helper thread

A file is derived from the journal and written without need: what is damaged, of another journal or ahead of it is left
out, and with it all days before. Days before the first file can be had from the journal with `gpux history`.
"""

from collections.abc import Callable

import msgspec
import numpy as np
from blake3 import blake3

from exchange.journal.files import replace_file
from exchange.publish.past.candle_rows import CANDLE, DAY
from exchange.publish.prints import Prints
from exchange.seams import Disk

DAYS = "days"
SUFFIX = ".candles"
HASH_BYTES = 32
DAYS_MAX = 4_000  # files that are read: ten years


class DayHead(msgspec.Struct):
    """The first line of a file, JSON. `sequence`: last command when it was written; `is_first`: no trade was before."""

    history: str
    start_us: int
    sequence: int
    is_first: bool


class DayCandles:
    """The files of one venue."""

    def __init__(self, disk: Disk, folder: str, history: str, prints: Prints, warn: Callable[[str], None]) -> None:
        self._disk, self._folder, self._history, self._prints, self._warn = disk, folder, history, prints, warn
        self._next_us = -1  # the first day that is not written; -1: not known yet
        self._has_first = False

    def load(self, sequence: int) -> None:
        """Read the files of earlier runs. `sequence`: the journal's last command."""
        if not self._disk.exists(self._folder):
            return
        for name in sorted(name for name in self._disk.list(self._folder) if name.endswith(SUFFIX))[-DAYS_MAX:]:
            path = f"{self._folder}/{name}"
            try:
                head, rows = read_day(self._disk, path)
            except (OSError, ValueError) as error:
                self._warn(f"{path}: left out, with the candles of days before: {error}")
                continue
            if head.history == self._history and head.sequence <= sequence:
                self._prints.candles.keep_day(head.start_us, rows, head.is_first)
                self._next_us, self._has_first = head.start_us + DAY.length_us, self._has_first or head.is_first

    def begin_write(self, time_us: int, sequence: int) -> Callable[[], None] | None:
        """A job that writes the days that are over, if there are any. `time_us`, `sequence`: of the last command."""
        today_us: int = DAY.start_us(time_us)
        if not sequence or self._next_us >= today_us:
            return None
        candles = self._prints.candles
        first_us = max(self._next_us, candles.first_day_us()) if self._next_us < 0 else self._next_us
        self._next_us = today_us
        files: list[tuple[str, bytes]] = []
        for start_us in range(first_us, today_us, DAY.length_us) if first_us >= 0 else ():
            rows = candles.day(start_us)
            if rows is not None:
                is_first = candles.knows_all and not self._has_first
                self._has_first = True
                candles.keep_day(start_us, rows, is_first)
                files.append(_file_of(DayHead(self._history, start_us, sequence, is_first), rows))
        return (lambda: self._write(files)) if files else None

    def _write(self, files: list[tuple[str, bytes]]) -> None:
        self._disk.make_folder(self._folder)
        for name, data in files:
            replace_file(self._disk, self._folder, name, data)


def _file_of(head: DayHead, rows: np.ndarray) -> tuple[str, bytes]:
    """Name and bytes of a file."""
    data = msgspec.json.encode(head) + b"\n" + rows.tobytes()
    return f"{head.start_us}{SUFFIX}", data + blake3(data).digest()


def read_day(disk: Disk, path: str) -> tuple[DayHead, np.ndarray]:
    """A file's head, and its candles by instrument id. ValueError: it is damaged."""
    handle = disk.open(path, write=False)
    try:
        data = disk.pread(handle, disk.size(handle), 0)
    finally:
        disk.close(handle)
    body = data[:-HASH_BYTES]
    if len(data) <= HASH_BYTES or blake3(body).digest() != data[-HASH_BYTES:]:
        raise ValueError("it is damaged: its hash is another")
    line, _, rows = body.partition(b"\n")
    return msgspec.json.decode(line, type=DayHead), np.frombuffer(rows, CANDLE)
