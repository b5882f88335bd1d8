"""Collects the messages of a replay (RECOV-014). The venue sends the reply, then the messages, then the end.

The venue marks replayed messages; unmarked messages between them are new and not part of the replay. It serves one
replay at a time, in the order of the requests.
"""

from clients.events import Replied
from exchange.wire.messages import Ok, ReplayEnd, Request, ServerMessage


class RunningReplay:
    """The replay that is running, if any."""

    def __init__(self) -> None:
        self.running = False
        self._running: Ok | None = None
        self._messages: list[ServerMessage] = []

    def begin(self, reply: Ok) -> None:
        """Begin to collect, after the reply that accepts the replay."""
        self.running, self._running, self._messages = True, reply, []

    def take(self, message: ServerMessage) -> bool:
        """Keep a message if it is part of the running replay; returns whether it is."""
        if self._running is None or not getattr(message, "replay", False):
            return False
        self._messages.append(message)
        return True

    def end(self, message: ReplayEnd, request: Request) -> list[Replied]:
        """Complete the replay; returns the event that answers its request."""
        reply, messages = self._running, self._messages
        self.drop()
        return [] if reply is None or reply.reply_to != message.reply_to else [Replied(request, reply, messages)]

    def drop(self) -> None:
        """Drop the running replay, because the connection is closed and the rest will not come."""
        self.running, self._running, self._messages = False, None, []
