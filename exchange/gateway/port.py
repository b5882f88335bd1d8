"""The venue as the gateway sees it: submit commands, ask questions, listen to accounts.

    pack_new(port.batch, ...)                       a command: its row,
    port.batch.tickets.append((answer, id, us))     and its ticket: `answer` is called when it is released
    port.wake()
    port.ask(lambda: port.questions.margin_view(7)) a question about the released state
    port.listen(account, queue)                     account messages, as they are released

The gateway learns the fate of a command from its events only. `exchange.venue.venue.Venue` implements this Protocol.
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
    """Released events that can be read back; None where one of them is no longer kept."""

    def of_command(self, sequence: int) -> list[Row] | None: ...
    def of_account(self, account: int, first: int, last: int) -> list[Row] | None: ...
    def oldest(self, account: int) -> int: ...


class MarketFeed(Protocol):
    """Market data channels by number."""

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
    """What may be asked about an account, answered in messages of the wire."""

    def account_pages(self, account: int) -> list[AccountSnapshot]: ...
    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]: ...
    def order_view(self, order: OrderRow) -> OrderView: ...
    def position_views(self, account: int) -> list[PositionView]: ...
    def margin_view(self, account: int) -> MarginView: ...
    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]: ...


class VenuePort(Protocol):
    """Where commands go and answers come from."""

    @property
    def batch(self) -> CommandBatch:
        """Gathers the commands of this loop tick."""

    @property
    def full_batches(self) -> int:
        """How many full batches wait behind the one being written."""

    @property
    def short_of_space(self) -> bool:
        """Whether the journal is short of space, so that little more than cancels is accepted (DUR-024)."""

    @property
    def not_sequenced(self) -> tuple[ErrorCode, str]:
        """Why the command that is being answered without events was not sequenced."""

    @property
    def instruments(self) -> dict[int, ListedInstrument]:
        """Listed instruments by the id that clients use."""

    @property
    def groups(self) -> dict[str, int]:
        """Product group by chip."""

    @property
    def states(self) -> np.ndarray:
        """The engine's state, for `exchange.engine.query`."""

    @property
    def sequence(self) -> int:
        """Of the last released command."""

    @property
    def time_us(self) -> int:
        """Of the last released command."""

    @property
    def released(self) -> dict[int, int]:
        """By account, the last number released in its stream."""

    @property
    def release(self) -> Release:
        """Of the batch that is being answered."""

    @property
    def history(self) -> KeptEvents: ...

    @property
    def market(self) -> MarketFeed: ...

    @property
    def questions(self) -> AccountQuestions: ...

    @property
    def reply_to(self) -> Callable[[int, list[Row]], Ok | Err]:
        """(request id, events of its command) -> reply."""

    @property
    def result_of(self) -> Callable[[list[Row]], BatchResult]:
        """Events of the command of one operation of a batch -> its result."""

    @property
    def done_order(self) -> Callable[[int, int, str], OrderView | None]:
        """(account, order id, client order id) -> an order that has ended lately."""

    def wake(self) -> None:
        """A command was added: it is submitted at the end of this loop tick."""

    def make_space(self, rows: int) -> None:
        """Start another batch if this one cannot hold so many more rows: those of a run are never split."""

    def submit_alone(self, alone: CommandBatch) -> None:
        """Submit a batch as a commit of its own, behind what has been gathered so far."""

    def ask(self, question: Callable[[], None]) -> None:
        """Run a question when the engine's state is what has been released: now, or after the running batch."""

    def ask_later(self, question: Callable[[], None]) -> None:
        """Run a question after the next release."""

    def listen(self, account: int, queue: SendQueue) -> None:
        """Send an account's messages to this connection as they are released."""

    def unlisten(self, account: int, queue: SendQueue) -> None: ...
