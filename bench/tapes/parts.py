"""What a tape consists of: slices of rows and single controls, in order of sequence; their order, and their hash."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import blake3
import numpy as np

from exchange.errors import UserError


@dataclass(frozen=True)
class TapeControl:
    """A control: one COMMAND row of kind >= 64, and its payload as JSON bytes."""

    row: np.ndarray  # COMMAND, shape (1,)
    payload: bytes

    @property
    def sequence(self) -> int:
        return int(self.row["sequence"][0])


Part = np.ndarray | TapeControl  # COMMAND rows, or a control


def row_of(part: Part) -> np.ndarray:
    """The rows of a part. A control has one."""
    return part.row if isinstance(part, TapeControl) else part


def merged(rows: Iterable[np.ndarray], controls: Iterable[TapeControl]) -> Iterator[Part]:
    """Slices of rows and single controls in order of sequence. Each of the two must be in order."""
    left = list(reversed(list(controls)))
    for piece in rows:
        start = 0
        while left and len(piece) and left[-1].sequence <= piece["sequence"][-1]:
            end = max(start, int(np.searchsorted(piece["sequence"], left[-1].sequence)))
            if end > start:
                yield piece[start:end]
            yield left.pop()
            start = end
        if start < len(piece):
            yield piece[start:]
    yield from reversed(left)


class OrderCheck:
    """Checks the order of a tape part by part. Messages number rows from 1, controls included.

    title   name of the tape in messages
    """

    def __init__(self, title: Path | str) -> None:
        self._title = title
        self._rows = 0
        self._last: tuple[int, int] | None = None  # sequence and time

    def check(self, part: Part) -> None:
        """Raise UserError if a sequence is not larger than the one before it, or time runs backwards."""
        rows = row_of(part)
        self.compare(rows["sequence"], rows["time_ns"])

    def compare(self, sequences: np.ndarray, times: np.ndarray) -> None:
        """As `check`, for sequences and times of the next rows."""
        if not len(sequences):
            return
        if self._last is not None:
            sequence, time_ns = self._last
            pairs = np.array([sequence, sequences[0]]), np.array([time_ns, times[0]])
            self._neighbours(*pairs, before=self._rows - 1)
        self._neighbours(sequences, times, self._rows)
        self._last = (int(sequences[-1]), int(times[-1]))
        self._rows += len(sequences)

    def _neighbours(self, sequences: np.ndarray, times: np.ndarray, before: int) -> None:
        """Compare neighbours. `before`: number of rows before these."""
        for index in np.flatnonzero(sequences[1:] <= sequences[:-1])[:1].tolist():
            least, found = sequences[index : index + 2].tolist()
            what = f"row {before + index + 2} has {found}, the one before it {least}"
            raise UserError(f"{self._title}: sequences do not ascend: {what}")
        for index in np.flatnonzero(times[1:] < times[:-1])[:1].tolist():
            least, found = times[index : index + 2].tolist()
            what = f"row {before + index + 2} (sequence {sequences[index + 1]}): time_ns {found}"
            raise UserError(
                f"{self._title}: time runs backwards: {what}, allowed: {least}, that of the row before, or more"
            )


class TapeHash:
    """The tape hash, part by part: BLAKE3 over all rows, and then over row and payload of each control (TAPE-002).

    Rows are read where they are, by all cores. The bytes of controls are kept until the end.
    """

    def __init__(self) -> None:
        self._rows = blake3.blake3(max_threads=blake3.blake3.AUTO)
        self._controls: list[bytes] = []

    def update(self, part: Part) -> None:
        if isinstance(part, TapeControl):
            self._controls.append(part.row.tobytes() + len(part.payload).to_bytes(8, "little") + part.payload)
        elif len(part):
            self._rows.update(np.ascontiguousarray(part).data.cast("B"))

    def hexdigest(self) -> str:
        """The hash of all parts so far. Nothing can be added after it."""
        self._rows.update(b"".join(self._controls))
        return str(self._rows.hexdigest())
