"""The state of one account, built from its stream: orders, positions, margin. Checks that no event is missing."""

from collections import deque
from collections.abc import Iterable

from clients.events import Event, Filled, OrderChanged
from clients.orders import Order, OrderTable
from exchange.wire.fields import Pair
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
FILLS_KEPT = 100_000


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
        self.first = 0  # number of the first event that the session could see
        self.fills_seen: deque[int] = deque(maxlen=FILLS_KEPT)  # numbers of the latest fills
        self.live = False
        self.heard = 0.0  # when its last event came, or a heartbeat with its number
        self.positions: dict[int, Position | PositionView] = {}
        self.margin: Margin | MarginView | None = None
        self._moved: dict[int, int] = {}  # by instrument: command that changed its position last
        self._pages: list[OrderView] = []
        self._behind = 0

    def position_lots(self, instrument: int) -> int:
        """Signed lots held, long > 0."""
        position = self.positions.get(instrument)
        return position.lots if position else 0

    def begin(self) -> None:
        """A connection begins or ends: pages of a snapshot that was cut off belong to no later one."""
        self.live = False
        self._pages.clear()

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
            self.fills_seen.append(message.sequence)
            return [Filled(self.orders.take_fill(message), message)]
        if isinstance(message, Exec):
            order = self.orders.take_exec(message)
            return [OrderChanged(order, message) if order is not None else message]
        if isinstance(message, Position):
            self._hold(message, message.engine_sequence)
        elif isinstance(message, Margin):
            self.margin = message
        return [message]

    def load(self, snapshot: AccountSnapshot) -> list[Order]:
        """Apply one page of a snapshot. The last page returns the live orders that the snapshot does not contain."""
        if not self._pages:
            self.positions.clear()
        self._pages += snapshot.orders
        for position in snapshot.positions:
            self._hold(position, snapshot.engine_sequence)
        if snapshot.more:
            return []
        self.sequence, self.margin = snapshot.sequence, snapshot.margin
        self.first = self.first or snapshot.sequence + 1
        pages, self._pages = self._pages, []
        return self.orders.take_snapshot(self.account, pages, snapshot.engine_sequence)

    def heartbeat(self, sequence: int) -> None:
        """Compare our sequence with the stream's last number, from a heartbeat.

        StreamGap: two consecutive heartbeats had a larger number, so an event was lost (SESS-010).
        """
        self._behind = self._behind + 1 if sequence > self.sequence else 0
        if self._behind >= _HEARTBEATS_BEHIND_MAX:
            raise StreamGap(self.account, self.sequence + 1, sequence)

    def settled_positions(self, engine_sequence: int, instruments: Iterable[int]) -> set[int]:
        """Those of these instruments whose position no later command than this has changed."""
        return {number for number in instruments if self._moved.get(number, 0) <= engine_sequence}

    def repair(self, positions: Iterable[PositionView], engine_sequence: int, fills: Iterable[Fill]) -> None:
        """Take over the venue's report of a command, where no later event is known; `fills` are seen now."""
        reported = {position.instrument: position for position in positions}
        for instrument in self.settled_positions(engine_sequence, {*reported, *self.positions}):
            position = reported.get(instrument)
            if position is None:
                self.positions.pop(instrument, None)
            else:
                self._hold(position, engine_sequence)
        self.fills_seen.extend(fill.sequence for fill in fills if fill.sequence not in set(self.fills_seen))

    def _hold(self, position: Position | PositionView, engine_sequence: int) -> None:
        self._moved[position.instrument] = engine_sequence
        if position.lots:
            self.positions[position.instrument] = position
        else:
            self.positions.pop(position.instrument, None)


class AccountStates(dict[int, AccountState]):
    """The accounts of a session by number."""

    def expect(self, numbers: Iterable[int], orders: OrderTable) -> None:
        """Begin a logon: each account is live again after its snapshot or its missed events."""
        for number in numbers:
            self.setdefault(number, AccountState(number, orders)).begin()

    def disconnected(self) -> None:
        for account in self.values():
            account.begin()

    def take(self, message: AccountMessage, now: float) -> list[Event]:
        """Apply an event to its account; an account that is not the session's is ignored."""
        account = self.get(message.account)
        if account is None:
            return []
        account.heard = now
        return account.take(message)

    def heartbeat(self, pairs: Iterable[Pair], now: float) -> None:
        """Compare with the (account, last number) pairs of a heartbeat. StreamGap: an event was lost."""
        for number, sequence in pairs:
            account = self.get(number)
            if account is not None and account.live:
                account.heard = now
                account.heartbeat(sequence)

    def go_live(self, number: int, now: float) -> bool:
        """Note that an account has all its events; returns whether now all accounts have."""
        account = self.get(number)
        if account is None:
            return False
        account.live, account.heard = True, now
        return all(state.live for state in self.values())

    def applied(self) -> list[Pair]:
        """(account, last event applied) of each."""
        return [(number, account.sequence) for number, account in self.items()]
