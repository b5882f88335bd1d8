"""The interface of the venue to the gateway: submit commands, ask questions, listen to accounts.

    pack_new(port.batch, ...)                       append the row of a command,
    port.batch.tickets.append((answer, id, us))     and its ticket; `answer` is called when the command is released
    port.wake()                                     submit at the end of this loop tick
    port.ask(lambda: port.questions.margin_view(7)) ask about the released state
    port.listen(account, queue)                     send the account's messages as they are released

The gateway learns the result of a command only from its events. `exchange.venue.venue.Venue` implements this Protocol.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from exchange.engine.event_rows import Row
from exchange.engine.order_rows import OrderRow
from exchange.gateway.outbox import SendQueue
from exchange.gateway.stored_replies import Release
from exchange.gateway.translate import CommandBatch, ListedInstrument
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import (
    AccountSnapshot,
    BatchResult,
    ChannelMessage,
    ChannelSpec,
    Err,
    MarginView,
    Ok,
    OrderView,
    PositionView,
)


class KeptEvents(Protocol):
    """Stored released events. A method returns None if one of the events is no longer kept."""

    def of_command(self, sequence: int) -> list[Row] | None: ...
    def of_account(self, account: int, first: int, last: int) -> list[Row] | None: ...
    def oldest(self, account: int) -> int: ...


class MarketFeed(Protocol):
    """Market data channels, by channel number."""

    def subscribe(self, spec: ChannelSpec) -> tuple[int, int]: ...
    def unsubscribe(self, number: int) -> None: ...
    def knows(self, number: int) -> bool: ...
    def is_event_channel(self, number: int) -> bool: ...
    def sequence_of(self, number: int) -> int: ...
    def snapshot(self, number: int) -> list[ChannelMessage]: ...
    def merged(self, number: int, since: int) -> list[ChannelMessage]: ...
    def oldest(self, number: int) -> int: ...
    def replay(self, number: int, first: int, last: int, reply_to: int) -> Iterator[ChannelMessage]: ...


class AccountQuestions(Protocol):
    """Questions about an account, answered with messages of the wire."""

    def account_pages(self, account: int) -> list[AccountSnapshot]: ...
    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]: ...
    def order_view(self, order: OrderRow) -> OrderView: ...
    def position_views(self, account: int) -> list[PositionView]: ...
    def margin_view(self, account: int) -> MarginView: ...
    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]: ...


class VenuePort(Protocol):
    """The venue: takes commands, and answers questions about the released state."""

    @property
    def batch(self) -> CommandBatch:
        """The batch that gathers the commands of this loop tick."""

    @property
    def full_batches(self) -> int:
        """Number of full batches that wait for the journal."""

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
    def released(self) -> dict[int, int]:
        """By account, the last number of its stream that is released."""

    @property
    def release(self) -> Release:
        """The release of the batch that is being answered."""

    @property
    def history(self) -> KeptEvents: ...

    @property
    def market(self) -> MarketFeed: ...

    @property
    def questions(self) -> AccountQuestions: ...

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

    def make_space(self, rows: int) -> None:
        """Start a new batch unless the present one has space for `rows` more. The rows of one request stay together."""

    def submit_alone(self, alone: CommandBatch) -> None:
        """Submit a batch as a separate commit, after the commands gathered so far."""

    def ask(self, question: Callable[[], None]) -> None:
        """Run a question when the engine's state is the released state: now, or after the running batch."""

    def ask_after_release(self, question: Callable[[], None]) -> None:
        """Run a question after the next release."""

    def listen(self, account: int, queue: SendQueue) -> None:
        """Send an account's messages to this connection as they are released."""

    def unlisten(self, account: int, queue: SendQueue) -> None: ...
