"""Collects the messages of a replay (RECOV-014): first the reply, then the messages, then the end.

The venue marks replayed messages; new messages between them are not part of the replay. The venue serves one replay
at a time, in the order of the requests.
"""

from clients.events import Replied
from exchange.wire.messages import Ok, ReplayEnd, Request, ServerMessage


class RunningReplay:
    """The replay that is running, if any."""

    def __init__(self) -> None:
        self._running: Ok | None = None
        self._messages: list[ServerMessage] = []

    def begin(self, reply: Ok) -> None:
        """The venue has accepted a replay."""
        self._running, self._messages = reply, []

    def take(self, message: ServerMessage) -> bool:
        """Keep a message of the running replay; False: it is not part of one."""
        if self._running is None or not getattr(message, "replay", False):
            return False
        self._messages.append(message)
        return True

    def end(self, message: ReplayEnd, request: Request) -> list[Replied]:
        """The replay is complete: the event that answers its request."""
        reply, messages = self._running, self._messages
        self.drop()
        return [] if reply is None or reply.reply_to != message.reply_to else [Replied(request, reply, messages)]

    def drop(self) -> None:
        """The connection is closed: the venue sends no more of it."""
        self._running, self._messages = None, []
