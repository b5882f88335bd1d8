"""What a session tells its user beside the venue's own messages: one ordered stream carries both.

Messages of `exchange.wire.messages` (fills, positions, margin, trades, status, ...) come as they are. Those below are
the client's own: news of orders and books, and everything that a strategy must not overlook.
"""

from collections.abc import Sequence

from msgspec import Struct

from clients.local_book import LocalBook
from clients.orders import Order
from exchange.wire.messages import ChannelMessage, Err, Exec, Fill, Ok, Request, ServerMessage


class Connected(Struct, frozen=True):
    """The first logon is complete: orders and positions are known, requests are served."""

    session_id: str


class Reconnected(Struct, frozen=True):
    """Live again. `resumed`: every missed event came before this one; otherwise a fresh snapshot did."""

    resumed: bool


class Disconnected(Struct, frozen=True):
    """The connection is gone; `final`: it will not be tried again, and `reason` says why."""

    code: int
    reason: str
    final: bool = False


class HistoryChanged(Struct, frozen=True):
    """The venue's journal is another one (RECOV-001): all that was known is dropped."""

    history: str


class OrderChanged(Struct, frozen=True):
    """An order's state changed; `cause` is the reply or the event that told it."""

    order: Order
    cause: Ok | Err | Exec | None = None


class Filled(Struct, frozen=True):
    """An order of ours traded."""

    order: Order
    fill: Fill


class BookChanged(Struct, frozen=True):
    """A verified book changed, was loaded, or went stale (`book.synced`)."""

    book: LocalBook


class ChannelData(Struct, frozen=True):
    """A message of a subscribed channel, in its place; `instrument` 0 for channels of the whole venue."""

    instrument: int
    message: ChannelMessage


class Replied(Struct, frozen=True):
    """The reply to a request; the asyncio face keeps it for whoever waits. `replayed`: what a `replay` brought."""

    request: Request
    reply: Ok | Err
    replayed: Sequence[ServerMessage] = ()


class Gap(Struct, frozen=True):
    """Messages are missing. `stream` names it; it heals by itself (resync or resume) and says so with fresh data."""

    stream: str
    expected: int
    received: int


class BookMismatch(Struct, frozen=True):
    """A book failed its checksum or is crossed: reported, and asked for again."""

    book: LocalBook
    problem: str


class Overflow(Struct, frozen=True):
    """The user's queue was full: so many events were not queued. Books, orders and positions are right all the same."""

    events: int


Event = object  # one of the above, or a message of exchange.wire.messages
