"""The commands of a tape as a driver reads them. All drivers of a tape share them: what is computed here, once."""

from functools import cached_property

import numpy as np

from bench.research.order_names import named_by_client
from bench.tapes.tape import Tape
from exchange.codes import CommandFlag, CommandKind
from exchange.engine.engine import blank_commands
from exchange.records import COMMAND


class TapeRows:
    """A tape, and what a driver asks about it.

    rows           its COMMAND rows, with the memory layout that kernels are compiled for
    control_rows   number of rows before each control, and of all rows
    """

    def __init__(self, tape: Tape) -> None:
        self.tape, self.rows = tape, _whole_rows(tape.commands)
        found = np.searchsorted(self.rows["sequence"], [control.sequence for control in tape.controls])
        self.control_rows: list[int] = [*found.tolist(), len(self.rows)]
        is_open = (self.rows["kind"] == CommandKind.QUOTE) & (self.rows["flags"] & CommandFlag.MORE != 0)
        self._open_quotes = is_open if is_open.any() else None

    @property
    def length(self) -> int:
        """Number of commands, controls included."""
        return len(self.rows) + len(self.tape.controls)

    @cached_property
    def renamed(self) -> np.ndarray:
        """The rows with names of orders that stay right when own orders take ids."""
        renamed = named_by_client(self.tape)
        return self.rows if renamed is None else renamed

    @cached_property
    def times_ns(self) -> np.ndarray:
        """Times of all commands in order, ns, int64, ascending."""
        return np.maximum.accumulate(self._merged("time_ns"))

    @cached_property
    def sequences(self) -> np.ndarray:
        """Sequences of all commands in order, as the tape has them, int64."""
        return self._merged("sequence")

    def _merged(self, name: str) -> np.ndarray:
        controls = [int(control.row[name][0]) for control in self.tape.controls]
        return np.insert(self.rows[name], self.control_rows[:-1], controls)

    def controls_before(self, row: int) -> int:
        """Number of controls before a row."""
        return int(np.searchsorted(self.control_rows[:-1], row, "left"))

    def quote_end(self, row: int, last: int) -> int:
        """The row, or the first behind it that goes on with no mass quote; at most `last`."""
        while self._open_quotes is not None and 0 < row < last and self._open_quotes[row - 1]:
            row += 1
        return row


def _whole_rows(rows: np.ndarray) -> np.ndarray:
    """The rows of a tape with the memory layout that kernels are compiled for."""
    if rows.flags.c_contiguous and rows.flags.aligned and rows.dtype == COMMAND:
        return rows
    copy = blank_commands(len(rows))
    copy[:] = rows
    return copy
