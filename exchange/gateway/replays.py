"""Ranges that are sent again, in slices: one budget for all connections, so that nobody's replays hold up the loop.

    replays = Replays(hub)
    replays.send(session, granted, messages)   # the reply, the messages (made as they are read), `replay_end`
    replays.open_bucket(address)               # what those draw on who have not logged on
    replays.is_sending(session)

A small range leaves at once, a long one as fast as its reader takes it, those of other sessions in between. A session
is sent one after another, in the order asked.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from exchange.gateway.throttle import Bucket
from exchange.gateway.timers import STEP_MS
from exchange.wire.messages import Ok, ReplayEnd

if TYPE_CHECKING:
    from exchange.gateway.connection import Session
    from exchange.gateway.gateway import Hub

SLICE_MESSAGES = 256  # of all connections in a step of the wheel: about 1 ms
ADDRESSES_MAX = 1_024


class Replays:
    """What is being sent again, in turn."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._waiting: dict[Session, deque[Iterator[Any]]] = {}  # whose turn it is, first
        self._left = self._step = 0
        self._scheduled = False
        self._open: dict[str, Bucket] = {}

    def open_bucket(self, address: str) -> Bucket:
        """Of a peer without a logon: a connection more brings it no more (RECOV-014)."""
        bucket = self._open.pop(address, None) or Bucket(self._hub.profile.rate("replay"))
        self._open[address] = bucket
        if len(self._open) > ADDRESSES_MAX:
            del self._open[next(iter(self._open))]  # who has not asked for longest
        return bucket

    def send(self, session: "Session", granted: Ok, messages: Iterator[Any]) -> None:
        """Answer a request for a range, send it and its end: behind what the session has asked for before."""
        granted.received_us = session.now_us
        self._waiting.setdefault(session, deque()).append(self._all(granted, messages))
        if not self._scheduled:
            self._send()

    def _all(self, granted: Ok, messages: Iterator[Any]) -> Iterator[Any]:
        granted.sent_us = self._hub.clock.wall_us()
        yield granted
        yield from messages
        yield ReplayEnd(granted.reply_to, granted.last_sequence or 0)

    def is_sending(self, session: "Session") -> bool:
        return session in self._waiting

    def _send(self) -> None:
        """As much as this step of the wheel has room for. A session whose bytes pile up is passed over."""
        self._scheduled = False
        step = self._hub.clock.mono_ns() // (STEP_MS * 1_000_000)
        if step != self._step:
            self._left, self._step = SLICE_MESSAGES, step
        for session in list(self._waiting):
            asked = self._waiting[session]
            while asked and self._left and self._takes_more(session):
                self._send_of(session, asked)
            if session.closed or not asked:
                del self._waiting[session]
            elif not self._left:
                self._waiting[session] = self._waiting.pop(session)  # the others first
                break
        if self._waiting:
            self._scheduled = True
            self._hub.wheel.after(0, self._send)

    def _takes_more(self, session: "Session") -> bool:
        return not session.closed and session.line.transport.pending() <= self._hub.outbox.soft_bytes

    def _send_of(self, session: "Session", asked: deque[Iterator[Any]]) -> None:
        sent = 0
        for message in islice(asked[0], self._left):
            session.line.send(message)
            sent += 1
        if sent < self._left:
            asked.popleft()
        self._left -= sent
