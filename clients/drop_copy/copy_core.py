"""The client side of a session at `/v1/dc` without sockets: a `Core` whose one stream is the drop copy.

On the wire the drop copy is account 0 and its numbers are `d`. A number that comes again is ignored, and a missing one
ends the connection: the core resumes after the last message that it has taken (RECOV-003).
"""

from msgspec.structs import replace

from clients.account import AccountState, StreamGap
from clients.core import Core
from clients.events import Event
from exchange.wire.messages import AccountMessage, ServerMessage, Welcome

STREAM = 0  # in place of an account: the drop copy


class CopyState(AccountState):
    """How far the drop copy has come: `sequence` is the last `d`. What messages say is for the program."""

    def take(self, message: AccountMessage) -> list[Event]:
        """Take the next message. One taken before is ignored; a missing one raises StreamGap."""
        number: int = message.drop_sequence  # type: ignore[attr-defined]  # every account message has it
        if number <= self.sequence:
            return []
        if number != self.sequence + 1:
            raise StreamGap(STREAM, self.sequence + 1, number)
        self.sequence, self._behind = number, 0
        return [message]


class CopyCore(Core):
    """A session at `/v1/dc`. `members`: the accounts of the firm when the session last logged on."""

    members: tuple[int, ...] = ()

    @property
    def sequence(self) -> int:
        """Number of the last message taken, 0: none."""
        stream = self.accounts.get(STREAM)
        return stream.sequence if stream else 0

    def go_on(self, session_id: str, sequence: int) -> None:
        """Continue the session of an earlier run of the program, before the first connection."""
        self.session_id = session_id
        self.accounts[STREAM] = CopyState(STREAM, self.orders)
        self.accounts[STREAM].sequence = sequence

    def _take(self, message: ServerMessage) -> list[Event]:
        if isinstance(message, AccountMessage) and not self._replay.take(message):
            return self.accounts[STREAM].take(message)
        return [] if isinstance(message, AccountMessage) else super()._take(message)

    def _take_welcome(self, message: Welcome) -> list[Event]:
        """The accounts are members of the firm: their snapshots are events, the only stream is the drop copy."""
        self.members = tuple(message.accounts)
        stream = self.accounts.setdefault(STREAM, CopyState(STREAM, self.orders))
        if not message.resumed:
            stream.sequence = dict(message.sequences)[STREAM]
        return super()._take_welcome(replace(message, accounts=[STREAM]))
