"""The state of one account, built from its stream: orders, positions, margin. Checks that no event is missing."""

from clients.events import Event, Filled, OrderChanged
from clients.orders import Order, OrderTable
from exchange.wire.messages import (
    AccountMessage,
    AccountSnapshot,
    Exec,
    Fill,
    Margin,
    MarginView,
    OrderView,
    Position,
    PositionView,
)

_HEARTBEATS_BEHIND_MAX = 2


class StreamGap(Exception):
    """An event of an account's stream is missing. The session must be resumed after the last event applied."""

    def __init__(self, account: int, expected: int, received: int) -> None:
        super().__init__(f"account {account}: event {expected} is missing, {received} came")
        self.account, self.expected, self.received = account, expected, received


class AccountState:
    """The state of an account: `sequence` of the last event applied, `positions` by instrument, the latest `margin`.

    Without `margin` of `auth` the latest margin is that of the last fill or payment (MARGIN-017).
    """

    def __init__(self, account: int, orders: OrderTable) -> None:
        self.account, self.orders = account, orders
        self.sequence = 0
        self.live = False
        self.positions: dict[int, Position | PositionView] = {}
        self.margin: Margin | MarginView | None = None
        self._pages: list[OrderView] = []
        self._behind = 0

    def position_lots(self, instrument: int) -> int:
        """Signed lots held, long > 0."""
        position = self.positions.get(instrument)
        return position.lots if position else 0

    def take(self, message: AccountMessage) -> list[Event]:
        """Apply the next event. An event applied before is ignored; a missing one raises StreamGap (RECOV-003)."""
        if isinstance(message, Margin) and not message.sequence:  # it is not one of the stream's events
            self.margin = message
            return [message]
        if message.sequence <= self.sequence:
            return []
        if message.sequence != self.sequence + 1:
            raise StreamGap(self.account, self.sequence + 1, message.sequence)
        self.sequence, self._behind = message.sequence, 0
        if isinstance(message, Fill):
            return [Filled(self.orders.take_fill(message), message)]
        if isinstance(message, Exec):
            order = self.orders.take_exec(message)
            return [OrderChanged(order, message) if order is not None else message]
        if isinstance(message, Position):
            self._hold(message)
        elif isinstance(message, Margin):
            self.margin = message
        return [message]

    def load(self, snapshot: AccountSnapshot) -> list[Order]:
        """Apply one page of a snapshot. The last page returns the live orders that the snapshot does not contain."""
        if not self._pages:
            self.positions.clear()
        self._pages += snapshot.orders
        for position in snapshot.positions:
            self._hold(position)
        if snapshot.more:
            return []
        self.sequence, self.margin = snapshot.sequence, snapshot.margin
        pages, self._pages = self._pages, []
        return self.orders.take_snapshot(self.account, pages, snapshot.engine_sequence)

    def heartbeat(self, sequence: int) -> None:
        """Compare our sequence with the stream's last number, from a heartbeat.

        StreamGap: two consecutive heartbeats had a larger number, so an event was lost (SESS-010).
        """
        self._behind = self._behind + 1 if sequence > self.sequence else 0
        if self._behind >= _HEARTBEATS_BEHIND_MAX:
            raise StreamGap(self.account, self.sequence + 1, sequence)

    def _hold(self, position: Position | PositionView) -> None:
        if position.lots:
            self.positions[position.instrument] = position
        else:
            self.positions.pop(position.instrument, None)
