"""Events of a session. One ordered stream has these events and messages of the venue.

Messages of `exchange.wire.messages` (positions, margin, shutdown, ...) come unchanged. The classes below are events
that the client makes: changes of orders and books, lost and new connections, gaps.
"""

from collections.abc import Sequence

from msgspec import Struct

from clients.books.order_book import OrderBook
from clients.local_book import LocalBook
from clients.orders import Order
from exchange.wire.messages import ChannelMessage, Err, Exec, Fill, Ok, Request, ServerMessage


class Connected(Struct, frozen=True):
    """The first logon is complete: orders and positions are known, requests are served."""

    session_id: str


class Reconnected(Struct, frozen=True):
    """The session is live again. `resumed`: all missed events came before this event; else a new snapshot came."""

    resumed: bool


class Disconnected(Struct, frozen=True):
    """The connection is closed, and `reason` says why. `final`: the client does not reconnect."""

    code: int
    reason: str
    final: bool = False


class HistoryChanged(Struct, frozen=True):
    """The venue has another journal (RECOV-001); the client has dropped its state."""

    history: str


class OrderChanged(Struct, frozen=True):
    """The state of an order changed; `cause`: the reply or event that reported it."""

    order: Order
    cause: Ok | Err | Exec | None = None


class Filled(Struct, frozen=True):
    """One of our orders traded."""

    order: Order
    fill: Fill


class BookChanged(Struct, frozen=True):
    """A book changed, was loaded, or became stale (see `book.synced`)."""

    book: LocalBook


class ChannelData(Struct, frozen=True):
    """A message of a subscribed channel; `instrument`: 0 for channels of the whole venue."""

    instrument: int
    message: ChannelMessage


class Replied(Struct, frozen=True):
    """The reply to a request; the session gives it to the caller. `replayed`: the messages of a `replay`."""

    request: Request
    reply: Ok | Err
    replayed: Sequence[ServerMessage] = ()


class Gap(Struct, frozen=True):
    """Messages of `stream` are missing. The client resumes or gets a snapshot by itself; trades need a `replay`."""

    stream: str
    expected: int
    received: int


class BookMismatch(Struct, frozen=True):
    """A book failed its checksum, is crossed, or differs from the other book of its instrument; the client has
    requested a snapshot."""

    book: LocalBook | OrderBook
    problem: str


class OrderBookChanged(Struct, frozen=True):
    """An order book (L3) changed, was loaded, or became stale (see `book.synced`)."""

    book: OrderBook


class Stale(Struct, frozen=True):
    """A book, the stream of an account, or the connection has been silent for longer than its limit."""

    stream: str
    silent_ms: int
    limit_ms: int
    book: LocalBook | None = None


class Fresh(Struct, frozen=True):
    """What was `Stale` has been heard again."""

    stream: str
    book: LocalBook | None = None


class RecordingEnded(Struct, frozen=True):
    """The recording of the session has ended before the session, and `reason` says why. The session goes on."""

    reason: str


class Overflow(Struct, frozen=True):
    """The queue was full and this many events were dropped. Books, orders and positions are still correct."""

    events: int


Event = object  # one of the above, or a message of exchange.wire.messages
