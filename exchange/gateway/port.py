"""The interface of the venue to the gateway: submit commands, ask questions, listen to accounts.

    pack_new(port.gathering.open, ...)                      append the row of a command,
    port.gathering.open.add_request(us)                     and say that its session answers it when it is released
    port.wake()                                             submit at the end of this loop tick
    port.ask(lambda: port.questions.position_views(7))      ask about the released state
    port.listen(account, queue)                             send the account's messages as they are released

The gateway learns the result of a command only from its events. `exchange.venue.venue.Venue` implements this Protocol.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from exchange.engine.event_rows import Row
from exchange.engine.order_rows import OrderRow
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.outbox import SendQueue
from exchange.gateway.translate import ListedInstrument
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import (
    AccountSnapshot,
    BatchResult,
    ChannelMessage,
    ChannelSpec,
    DayView,
    Err,
    MarginView,
    Ok,
    OrderView,
    PositionView,
    Query,
    StatementView,
    VenueMargin,
)


class AnsweredSession(Protocol):
    """A session with requests, as the venue sees it."""

    @property
    def number(self) -> int: ...

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        """Send and store a reply that only Python can make."""

    def take_answers(
        self, request_ids: bytes, sequences: bytes, received_us: bytes, operations: Sequence[int], sent_us: int
    ) -> None:
        """Store which commands of a release answered which requests."""


class KeptEvents(Protocol):
    """Stored released events. A method returns None if one of the events is no longer kept."""

    def of_command(self, sequence: int) -> list[Row] | None:
        """Events of a command."""

    def of_account(self, account: int, first: int, last: int) -> list[Row] | None:
        """Events of an account's stream with numbers from `first` to `last`."""

    def oldest(self, account: int) -> int:
        """Number of the oldest kept event of an account's stream; 0 if none is kept."""


class WideFeed(Protocol):
    """Channels that a row of `sub` for a chip, or for all instruments, brings (MDATA-023)."""

    @property
    def listing(self) -> int:
        """Rises whenever the listed instruments may have changed."""

    def count_of(self, spec: ChannelSpec) -> int:
        """How many instruments a row is about."""

    def count_of_channel(self, number: int) -> int:
        """How many instruments the row of a channel is about."""

    def rows_among(self, specs: Sequence[ChannelSpec]) -> int:
        """How many rows are for a chip, or for all."""

    def instruments_of(self, number: int) -> list[int] | None:
        """The listed instruments that a row brings channels of; None: the channel is not that of such a row."""

    def name_of(self, number: int) -> str:
        """The name that the row has."""

    def subscribe(self, number: int, instruments: Sequence[int]) -> list[int]:
        """Add a subscriber to the channels of these listed instruments; returns their numbers."""


class MarketFeed(Protocol):
    """Market data channels, by channel number."""

    @property
    def wide(self) -> WideFeed: ...

    def subscribe(self, spec: ChannelSpec) -> tuple[int, int]:
        """Add a subscriber: (channel number, 0), or (0, ErrorCode) if there is no such channel."""

    def unsubscribe(self, number: int) -> None:
        """Remove a subscriber from a channel."""

    def knows(self, number: int) -> bool:
        """Whether a channel with this number exists."""

    def is_event_channel(self, number: int) -> bool:
        """Whether it is an event channel: never conflated, can be replayed (MDATA-001)."""

    def sequence_of(self, number: int) -> int:
        """Last sequence of a channel."""

    def snapshot(self, number: int) -> list[ChannelMessage]:
        """The state of a channel after its last message, in pages."""

    def merged(self, number: int, since: int) -> list[ChannelMessage]:
        """Messages that bring a slow reader of a state channel up to date; `since`: last sequence that it has."""

    def oldest(self, number: int) -> int:
        """The oldest sequence of an event channel from which on `replay` is complete."""

    def replay(self, number: int, first: int, last: int, reply_to: int) -> Iterator[ChannelMessage]:
        """Messages `first` to `last` of an event channel, as far as they are kept, for request `reply_to`."""


class AccountQuestions(Protocol):
    """Questions about an account, answered with messages of the wire."""

    def account_pages(self, account: int) -> list[AccountSnapshot]:
        """Pages of the account's snapshot."""

    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]:
        """A page of live orders with ids above `after`, and whether more follow."""

    def order_view(self, order: OrderRow) -> OrderView:
        """A live order as the wire shows it."""

    def position_views(self, account: int) -> list[PositionView]:
        """Positions of the account."""

    def timer_until_us(self, account: int) -> int:
        """When the account's dead-man timer fires, us since 1970; 0: it is not armed."""

    def what_if(self, account: int, asked: Query) -> MarginView | Err:
        """Equity and margins of the account with what a `query` adds to it, or why a row of that is refused."""

    def statements(self, account: int) -> tuple[StatementView | None, StatementView]:
        """What moved cash in the day settled last, if there is one, and since."""

    def day_view(self, now_us: int) -> DayView:
        """The schedule of the trading day that ends next."""

    def margin_terms(self) -> VenueMargin | None:
        """What full margin is computed with, besides the rates in definitions."""

    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]:
        """(account, stream number, message) of events read back from the history, marked as replayed."""


class PastQuestions(Protocol):
    """Questions about past trades, which are public."""

    def answer(self, asked: Query) -> Ok | Err:
        """The page of trades or candles that a query asks for."""


class DropCopySource(Protocol):
    """The drop copies of clearing firms: the messages of all accounts of a firm, with numbers `d` (ACCT-010)."""

    def number(self, firm: int) -> int:
        """Number of the firm's last message that is released."""

    def oldest(self, firm: int) -> int:
        """Number of the firm's oldest message that is kept; 0: none is."""

    def accounts(self, firm: int) -> list[int]:
        """The accounts of a firm."""

    def range_of(self, firm: int, first: int, last: int) -> Any:
        """The messages `first` to `last` of a firm, for `messages`; None: they are not kept."""

    def slice_of(self, firm: int, first: int, last: int) -> tuple[Any, int] | None:
        """As `range_of`, but only the first messages of a long range, and the number of the last of these."""

    def messages(self, found: Any, first: int, last: int) -> Iterator[Any]:
        """The messages `first` to `last` of a range that was found, marked as replayed, made as they are taken."""

    def listen(self, firm: int, queue: SendQueue) -> None:
        """Send the firm's messages to this connection as they are released."""

    def unlisten(self, queue: SendQueue) -> None:
        """Send no drop copy to this connection any more."""


class CommandQueue(Protocol):
    """Commands that wait for their commit."""

    @property
    def open(self) -> CommandBatch:
        """The batch that gathers the commands of this loop tick."""

    @property
    def full_batches(self) -> int:
        """Number of full batches that wait for the journal."""

    @property
    def open_number(self) -> int:
        """Number of the open batch; batches are taken in the order of their numbers."""

    def prefer(self, count: int, queued_in: int) -> bool:
        """Let the last rows of the open batch, cancels of a connection whose other rows went into batch `queued_in`,
        go before everything else that waits. False: they stay where they are."""

    def make_space(self, rows: int) -> None:
        """Start a new batch unless the open one has space for `rows` more. The rows of one request stay together."""


class VenuePort(Protocol):
    """The venue: takes commands, and answers questions about the released state."""

    @property
    def gathering(self) -> CommandQueue: ...

    @property
    def is_disk_full(self) -> bool:
        """Whether the journal is short of disk space, so that little more than cancels is accepted (DUR-024)."""

    @property
    def refusal(self) -> tuple[ErrorCode, str]:
        """Error code and text of the command that is being answered without events: why it was not sequenced."""

    @property
    def instruments(self) -> dict[int, ListedInstrument]:
        """Listed instruments by instrument id."""

    @property
    def listing(self) -> int:
        """Rises with every change of `instruments`."""

    @property
    def groups(self) -> dict[str, int]:
        """Number of the product group by name of its chip."""

    @property
    def states(self) -> np.ndarray:
        """The engine's state, for `exchange.engine.query`."""

    @property
    def sequence(self) -> int:
        """Sequence of the last released command."""

    @property
    def time_us(self) -> int:
        """Venue time of the last released command."""

    @property
    def sent_us(self) -> int:
        """Time of the replies of the batch that is being released."""

    @property
    def history(self) -> KeptEvents:
        """Released events."""

    @property
    def market(self) -> MarketFeed:
        """Market data channels."""

    @property
    def past(self) -> PastQuestions:
        """Past trades and candles."""

    @property
    def drop_copies(self) -> DropCopySource:
        """Drop copies of clearing firms."""

    @property
    def questions(self) -> AccountQuestions:
        """Questions about accounts."""

    @property
    def reply_to(self) -> Callable[[int, list[Row]], Ok | Err]:
        """Function (request id, events of its command) -> reply."""

    @property
    def result_of(self) -> Callable[[list[Row]], BatchResult]:
        """Function (events of the command of an operation in a batch) -> its result."""

    @property
    def done_order(self) -> Callable[[int, int, str], OrderView | None]:
        """Function (account, order id, client order id) -> an order that has ended and is still kept."""

    def wake(self) -> None:
        """Submit the gathered commands at the end of this loop tick. Call it after adding a command."""

    def submit_alone(self, alone: CommandBatch) -> None:
        """Submit a batch as a separate commit, after the commands gathered so far."""

    def ask(self, question: Callable[[], None]) -> None:
        """Run a question when the engine's state is the released state: now, or after the running batch."""

    def ask_after_release(self, question: Callable[[], None]) -> None:
        """Run a question after the next release."""

    def connect(self, session: AnsweredSession, queue: SendQueue, encoding: int) -> int:
        """A connection has taken a session; returns the slot of the session. `encoding`: its number."""

    def go_live(self, session: AnsweredSession) -> None:
        """The logon of the session's connection is complete: send it replies."""

    def disconnect(self, queue: SendQueue) -> None:
        """Send nothing more to a connection."""

    def forget(self, session: int) -> None:
        """Store nothing more for a session, by its number: it was dropped and may not be resumed."""

    def ask_python(self, session: AnsweredSession, asks: bool) -> None:
        """Let the session make its replies itself, because they say more than their events do."""

    def note_reply(self, session: int, request_id: int, sequence: int, received_us: int, operations: int = 0) -> None:
        """Note which command answered a request, during a release. The session stores it after the release."""

    def stream_number(self, account: int) -> int:
        """The last number of an account's stream that is released."""

    def note_stream_number(self, account: int, number: int) -> None:
        """Note the last number of a stream, from before this run."""

    @property
    def has_space_to_listen(self) -> bool:
        """Whether another connection may listen to an account."""

    def listen(self, account: int, queue: SendQueue) -> None:
        """Send an account's messages to this connection as they are released."""

    def streamed_margins(self, accounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the last `margin` in the stream of each account said, of accounts with listeners: `e`; equity, initial
        margin and free margin. `accounts`: int64, shape (n,); the answers: int64, (n,) and (n, 3)."""

    def unlisten(self, account: int, queue: SendQueue) -> None:
        """Stop sending an account's messages to this connection."""
