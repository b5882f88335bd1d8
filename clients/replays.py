"""Ranges of the past that a session asks for again (RECOV-014): the reply, then the messages, then the end.

Only what the venue marks as replayed belongs to one; new messages come in between and go their own way. The venue
serves one replay at a time, in the order asked.
"""

from clients.events import Replied
from exchange.wire.messages import Ok, ReplayEnd, Request, ServerMessage


class RunningReplay:
    """The replay that is running."""

    def __init__(self) -> None:
        self._running: Ok | None = None
        self._messages: list[ServerMessage] = []

    def begin(self, reply: Ok) -> None:
        """The venue has granted one."""
        self._running, self._messages = reply, []

    def take(self, message: ServerMessage) -> bool:
        """Whether a message is one of the running replay; it is kept."""
        if self._running is None or not getattr(message, "replay", False):
            return False
        self._messages.append(message)
        return True

    def end(self, message: ReplayEnd, request: Request) -> list[Replied]:
        """All that was asked for has come."""
        reply, messages = self._running, self._messages
        self.forget()
        return [] if reply is None or reply.reply_to != message.reply_to else [Replied(request, reply, messages)]

    def forget(self) -> None:
        self._running, self._messages = None, []
