"""Sends replayed ranges in slices. All connections share one budget, so that replays do not hold up the event loop.

    replays = ReplayQueue(wheel, clock, profile)
    replays.send(connection, granted, messages)   # sends the reply, the messages of the iterator, and `rp_end`
    replays.open_bucket(address)                  # the token bucket of a peer that has not logged on
    replays.is_sending(connection)

A small range is sent at once. A long range is sent as fast as its client reads it, and other connections have their
turn in between. The replays of one connection are sent in the order of their requests.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from exchange.gateway.outbox import SendQueue
from exchange.gateway.throttle import Profile, RateBucket
from exchange.gateway.timers import STEP_MS, TimerWheel
from exchange.seams import Clock
from exchange.units import NS_PER_MS
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Err, Ok, ReplayEnd

SLICE_MESSAGES = 256  # messages that all connections together get in a step of the timer wheel: about 1 ms of work
ADDRESSES_MAX = 1_024


class ReplayConnection(Protocol):
    """What a replay needs of its connection."""

    @property
    def queue(self) -> SendQueue: ...

    @property
    def now_us(self) -> int:
        """Wall clock at the last read."""

    @property
    def closed(self) -> bool: ...


class ReplayQueue:
    """The replays that are being sent. Connections take turns."""

    def __init__(self, wheel: TimerWheel, clock: Clock, profile: Profile) -> None:
        self._wheel = wheel
        self._clock = clock
        self._profile = profile
        self._waiting: dict[
            ReplayConnection, deque[Iterator[Any]]
        ] = {}  # the connection whose turn is next comes first
        self._left = self._step = 0
        self._scheduled = False
        self._open_buckets: dict[tuple[str, str], RateBucket] = {}

    def open_bucket(self, address: str, name: str = "replay") -> RateBucket:
        """A bucket of a peer without a logon, which all connections from its address share (RECOV-014).

        name   of its limit: replay or query
        """
        bucket = self._open_buckets.pop((address, name), None) or RateBucket(self._profile.rate(name))
        self._open_buckets[address, name] = bucket
        if len(self._open_buckets) > ADDRESSES_MAX:
            del self._open_buckets[
                next(iter(self._open_buckets))
            ]  # the bucket that has not been used for the longest time
        return bucket

    def send(self, connection: ReplayConnection, granted: Ok, messages: Iterator[Any]) -> None:
        """Queue the reply to a replay request, the messages and the end, after earlier replays of the connection.

        granted    the reply
        messages   of the range, made while they are sent
        """
        granted.received_us = connection.now_us
        self._waiting.setdefault(connection, deque()).append(self._all(granted, messages))
        if not self._scheduled:
            self._send()

    def _all(self, granted: Ok, messages: Iterator[Any]) -> Iterator[Any]:
        granted.sent_us = self._clock.wall_us()
        yield granted
        yield from messages
        yield ReplayEnd(granted.reply_to, granted.last_sequence or 0)

    def is_sending(self, connection: ReplayConnection) -> bool:
        return connection in self._waiting

    def _send(self) -> None:
        """Spend the rest of this step's budget. A connection that reads too slowly is skipped."""
        self._scheduled = False
        step = self._clock.mono_ns() // (STEP_MS * NS_PER_MS)
        if step != self._step:
            self._left, self._step = SLICE_MESSAGES, step
        for connection in list(self._waiting):
            replays = self._waiting[connection]
            while replays and self._left and not (connection.closed or connection.queue.is_behind):
                self._send_slice(connection, replays)
            if connection.closed or not replays:
                del self._waiting[connection]
            elif not self._left:
                self._waiting[connection] = self._waiting.pop(connection)  # to the end of the line
                break
        if self._waiting:
            self._scheduled = True
            self._wheel.after(0, self._send)

    def _send_slice(self, connection: ReplayConnection, replays: deque[Iterator[Any]]) -> None:
        sent = 0
        for message in islice(replays[0], self._left):
            connection.queue.send(message)
            sent += 1
        if sent < self._left:
            replays.popleft()
        self._left -= sent


def not_kept(request_id: int, oldest: int, newest: int, snapshot: str) -> Err:
    """Refuse a range that begins before `oldest`. `snapshot`: how to get one; empty: the channel has none."""
    which = (
        f"oldest retained is {oldest}, newest is {newest}" if oldest <= newest else f"none is retained up to {newest}"
    )
    refusal = error(request_id, ErrorCode.REPLAY_RANGE, f"{which}; {snapshot}" if snapshot else which)
    refusal.oldest, refusal.newest, refusal.snapshot = oldest, newest, bool(snapshot)
    return refusal
