"""Candles of trading days that are over, in `days/`, a file a day: they outlive the kept events (HIST-005).

    days = DayCandles(disk, folder, history, prints, warn)
    days.load(sequence)                        # once: the files of earlier runs
    job = days.begin_write(time_us, sequence)  # each turn; when a day is over, a job for the helper thread
    days.end_write(error)                      # the job is done, or has failed

A file is derived from the journal and written without need: what is damaged, of another journal or ahead of it is left
out, and with it all days before. Days before the first file can be had from the journal with `gpux history`.
"""

from collections.abc import Callable

import msgspec
import numpy as np
from blake3 import blake3

from exchange.journal.files import replace_file
from exchange.publish.past.candle_rows import CANDLE, DAY
from exchange.publish.past.candles import DAYS_MAX
from exchange.publish.prints import Prints
from exchange.seams import Disk

DAYS = "days"
SUFFIX = ".candles"
HASH_BYTES = 32
UNWRITTEN_MAX = 32  # files that are kept in memory after writes have failed


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
        self._unwritten: dict[str, bytes] = {}  # files by name, oldest first, until they are written
        self._writing = False

    def load(self, sequence: int) -> None:
        """Read the files of earlier runs. `sequence`: the journal's last command."""
        if not self._disk.exists(self._folder):
            return
        others = []
        for name in sorted(name for name in self._disk.list(self._folder) if name.endswith(SUFFIX))[-DAYS_MAX:]:
            path = f"{self._folder}/{name}"
            try:
                head, rows = read_day(self._disk, path)
            except (OSError, ValueError) as error:
                self._warn(f"{path}: left out, with the candles of days before: {error}")
                continue
            if head.history != self._history or head.sequence > sequence:
                others.append(name)
                continue
            self._prints.candles.keep_day(head.start_us, rows, head.is_first)
            self._next_us, self._has_first = head.start_us + DAY.length_us, self._has_first or head.is_first
        if others:
            names = others[0] if len(others) == 1 else f"{others[0]} to {others[-1]}, {len(others)} files"
            self._warn(
                f"{self._folder}/{names}: left out: of another journal, or ahead of command {sequence}, its last"
            )

    def begin_write(self, time_us: int, sequence: int) -> Callable[[], None] | None:
        """A job that writes a day that is over, if there is one. `time_us`, `sequence`: of the last command.

        What could not be written before is tried again first. Of several days that were missed each turn takes one.
        """
        today_us: int = DAY.start_us(time_us)
        if not sequence or self._writing or self._next_us >= today_us:
            return None
        if self._next_us < 0:
            first_us = self._prints.candles.first_day_us()
            self._next_us = first_us if 0 <= first_us < today_us else today_us
        name = ""
        while not name and self._next_us < today_us:
            name = self._add(self._next_us, sequence)
            self._next_us += DAY.length_us
        if not name:
            return None
        self._writing, files = True, list(self._unwritten.items())
        return lambda: self._write(files)

    def end_write(self, error: BaseException | None) -> None:
        """The job is done. After an error its files are written with the next day."""
        self._writing = False
        if error is None:
            self._unwritten.clear()

    def _add(self, start_us: int, sequence: int) -> str:
        """Keep a day, and its file until it is written. Returns the file's name; "": not all of the day is known."""
        candles = self._prints.candles
        rows = candles.day(start_us)
        if rows is None:
            return ""
        is_first = candles.knows_all and not self._has_first
        self._has_first = True
        candles.keep_day(start_us, rows, is_first)
        name, self._unwritten[name] = _file_of(DayHead(self._history, start_us, sequence, is_first), rows)
        if len(self._unwritten) > UNWRITTEN_MAX:
            del self._unwritten[next(iter(self._unwritten))]
        return name

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
