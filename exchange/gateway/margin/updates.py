"""Sends `margin` without `s`: what orders and marks alone have changed of an account's money (MARGIN-017).

    updates = MarginUpdates(port, wheel)
    updates.add(account, queue)      # its session has asked for it: the present figures now, and then each change
    updates.drop(queue)              # its connection has ended, or is to be closed

Every 100 ms the present figures of all these accounts are compared with those that each connection was last sent, in a
`margin` with or without `s`. So an order costs nothing more, changes are merged, and a slow reader gets the newest
figures when it has caught up. The comparison needs the engine's state to be what has been released: a venue with one
batch after another delays it until its next release, not for ever (`VenuePort.ask`).
"""

import numpy as np

from exchange.engine.query import MAINTENANCE_BP
from exchange.gateway.margin.figures import figures_copier
from exchange.gateway.outbox import SendQueue
from exchange.gateway.port import VenuePort
from exchange.gateway.timers import TimerWheel
from exchange.units import share_ceil
from exchange.wire.messages import Margin
from exchange.wire.table import CURRENCY

CADENCE_MS = 100
SLICE_MESSAGES = 256  # that are sent at a time: about 1 ms of work; a mark can change every account


class MarginUpdates:
    """The connections that listen to margin, a row for each of their accounts."""

    def __init__(self, port: VenuePort, wheel: TimerWheel) -> None:
        self._port, self._wheel = port, wheel
        self._copy_figures = figures_copier(port.states.dtype)
        self._queues: list[SendQueue] = []
        self._accounts: np.ndarray = np.zeros(0, np.int64)
        # What each was last sent without `s`: `e`; equity, initial margin, free margin.
        self._sequences: np.ndarray = np.zeros(0, np.int64)
        self._figures: np.ndarray = np.zeros((0, 4), np.int64)
        self._next = 0  # row whose turn is first
        self._is_scheduled = False

    def add(self, account: int, queue: SendQueue) -> None:
        """Send a connection the present figures of an account, and from now on each change.

        Call it when the engine's state is what has been released, after `VenuePort.listen`.
        """
        self._queues.append(queue)
        self._accounts = np.append(self._accounts, account)
        self._sequences = np.append(self._sequences, 0)
        self._figures = np.append(self._figures, np.zeros((1, 4), np.int64), axis=0)
        self._send(len(self._queues) - 1, self._present(self._accounts[-1:])[0])
        self._schedule(CADENCE_MS)

    def drop(self, queue: SendQueue) -> None:
        """Send nothing more to a connection."""
        left = [row for row, other in enumerate(self._queues) if other is not queue]
        if len(left) < len(self._queues):
            self._queues = [self._queues[row] for row in left]
            self._accounts, self._sequences = self._accounts[left], self._sequences[left]
            self._figures = self._figures[left]

    def _schedule(self, delay_ms: int) -> None:
        if self._queues and not self._is_scheduled:
            self._is_scheduled = True
            self._wheel.after(delay_ms, lambda: self._port.ask(self._compare))

    def _compare(self) -> None:
        """Send the figures that have changed, as many as fit into a slice. Rows take turns."""
        self._is_scheduled = False
        figures = self._present(self._accounts)
        rows = np.flatnonzero((figures != self._last_sent()).any(axis=1))
        rows = np.roll(rows, -int(np.searchsorted(rows, self._next)))
        sent = 0
        for row in rows.tolist():
            if self._queues[row].is_behind:
                continue
            if sent == SLICE_MESSAGES:
                self._schedule(0)  # at the next step of the wheel
                return
            self._send(row, figures[row])
            self._next = row + 1
            sent += 1
        self._schedule(CADENCE_MS)

    def _present(self, accounts: np.ndarray) -> np.ndarray:
        """Equity, full margin, margin held and free margin of accounts now: int64, shape (n, 4), mills."""
        figures = np.empty((len(accounts), 4), np.int64)
        self._copy_figures(self._port.states, accounts, figures)
        return figures

    def _last_sent(self) -> np.ndarray:
        """The figures of the last `margin` of each row, with or without `s`: int64, shape (n, 4)."""
        sequences, figures = self._port.streamed_margins(self._accounts)
        return np.where((sequences > self._sequences)[:, None], figures, self._figures)

    def _send(self, row: int, figures: np.ndarray) -> None:
        """Send a row its figures, as `_present` has them."""
        port = self._port
        equity, required, hold, free = figures.tolist()
        self._sequences[row], self._figures[row] = port.sequence, figures
        self._queues[row].send(
            Margin(
                account=int(self._accounts[row]),
                engine_sequence=port.sequence,
                time_us=port.time_us,
                currency=CURRENCY,
                equity_mills=equity,
                initial_margin_mills=hold,
                maintenance_margin_mills=share_ceil(hold, MAINTENANCE_BP),
                free_margin_mills=free,
                hold_mills=hold,
                required_mills=required,
            )
        )
