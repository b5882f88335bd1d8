"""The base class of `client.Session`: start and end of a session, requests and replies, rate limits, events.

`client.Session` adds a method for each request.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Self

from clients.backoff import Backoff
from clients.checks.local_checks import LocalChecks
from clients.core import Core
from clients.errors import ConnectFailed, NotLive, SessionOver, Throttled
from clients.event_queue import EventQueue
from clients.events import Connected, Disconnected, Event, Reconnected, RecordingEnded, Replied
from clients.limiter import Limiter
from clients.recording.recorder import Recorder
from clients.refusals.choice import refusal
from clients.transport import WebsocketTransport, dial_failure
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Err, Logout, Ok, Request
from exchange.wire.version import JSON_SUBPROTOCOL


class Options(NamedTuple):
    """How a session behaves; `client.connect` explains each."""

    subprotocol: str = JSON_SUBPROTOCOL
    events_max: int = 10_000
    check_locally: bool = True
    record: str = ""
    leave_orders: bool = False


LATENCIES_KEPT = 1 << 16
CLOSE_WAIT_S = 1.0
SELDOM = (Connected, Reconnected, Disconnected)
INFLIGHT_WAIT_S = 0.001


class SessionBase:
    """One session over all its connections: sends requests, and gives replies and events to the program."""

    def __init__(self, url: str, core: Core, rng: random.Random, options: Options) -> None:
        self.url, self.core, self._options = url, core, options
        self._order_prefix = rng.randbytes(6).hex()  # of client order ids; a shell reads none as an option
        self.recorder: Recorder | None = None
        self.limiter = Limiter()
        self.checks = LocalChecks(core, options.check_locally)
        self.latencies_us: deque[int] = deque(maxlen=LATENCIES_KEPT)  # of answered trading requests
        self.acks = self.refusals = 0
        self.failure = ""  # reason why the session is over
        self._event_queue = EventQueue(options.events_max)
        self._replies: dict[int, asyncio.Future[Replied]] = {}
        self._sent_ns: dict[int, int] = {}
        self._changed = asyncio.Event()
        self._transport = WebsocketTransport(url, options.subprotocol, core, self._take, Backoff(rng))
        self._running: asyncio.Task[None] | None = None

    # -- life ---------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect and log on. ConnectFailed: the venue cannot be reached or refuses the logon."""
        from websockets.exceptions import InvalidHandshake, InvalidURI  # a fifth of the import of this package

        self._begin_recording()
        try:
            await self._transport.dial()
        except (OSError, InvalidHandshake) as failure:
            raise ConnectFailed(dial_failure(self.url, failure)) from None
        except (InvalidURI, ValueError) as failure:
            raise ConnectFailed(f"{self.url} is no address like ws://127.0.0.1:8443: {failure}") from None
        self._running = asyncio.create_task(self._transport.run())
        self._running.add_done_callback(lambda _: self._end())
        await self._until(lambda: self.live or bool(self.failure))
        if not self.live:
            await self._stop()
            raise ConnectFailed(self.failure, self.core.logon_error)
        return self

    def _begin_recording(self) -> None:
        """Open the file of the recording, if there is to be one. FileExistsError: it is there already."""
        if self._options.record:
            self.recorder = Recorder(self._options.record, self.core, self._options.subprotocol, self._order_prefix)
            self._transport.record(self.recorder)

    async def __aexit__(self, *_: object) -> None:
        """Close, and cancel the session's orders unless it was made with `leave_orders`."""
        await self.close(cancel_orders=not self._options.leave_orders and self.may_cancel)

    async def close(self, cancel_orders: bool = False) -> None:
        """Log out and close the connection; with `cancel_orders` the venue cancels the session's orders.

        Orders with `cancel_on_disconnect=False` stay; the terms' `mode` and `orders` say which others go.
        """
        assert self._running is not None
        if self.live and self.core.key and not self._running.done():
            # Not kept back by `_allow`: a program that has sent too much must end too.
            self._note_sent(self.core.send(Logout(request_id=1, cancel=cancel_orders)))
            await asyncio.wait([self._running], timeout=CLOSE_WAIT_S)
        await self._stop()

    async def _stop(self) -> None:
        assert self._running is not None
        self._running.cancel()
        (failure,) = await asyncio.gather(self._running, return_exceptions=True)
        self._end()
        if isinstance(failure, Exception):
            raise failure

    def _end(self) -> None:
        self.failure = self.failure or "the session is over"
        self._event_queue.close()
        if self.recorder is not None:
            self.recorder.close()
        self._changed.set()
        for future in self._replies.values():
            if not future.done():
                future.set_exception(SessionOver(self.failure))
        self._replies.clear()

    # -- state --------------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether the venue serves requests now."""
        return self.core.live

    @property
    def may_cancel(self) -> bool:
        """Whether the session's key may cancel orders."""
        return self.core.welcome is not None and not {"trade", "cancel"}.isdisjoint(self.core.welcome.scopes)

    @property
    def is_open(self) -> bool:
        """Whether the session has begun and has not ended, connected or not."""
        return self._running is not None and not self._running.done()

    def tokens(self, bucket: str) -> int:
        """Number of tokens in a bucket (`order`, `cancel`, `query`, ...), which most requests take one of."""
        return self.limiter.tokens(bucket, asyncio.get_running_loop().time())

    async def events(self) -> AsyncIterator[Event]:
        """All events in order until the session is over (`clients.events`)."""
        async for event in self._event_queue.read():
            yield event

    async def take_events(self, count: int) -> list[Event]:
        """The next events, at least one and at most `count`, as soon as there is one; none when the session is over."""
        return await self._event_queue.take(count)

    async def request(self, request: Request) -> Ok:
        """Send any request of the protocol and wait for its reply. Refused: the reply is an `err`."""
        return await self._reply(lambda: self._send(request))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _allow(self, request: Request) -> None:
        """Raise Refused or Throttled if the venue would refuse the request, or stop reading."""
        self.checks.check(request)
        now = asyncio.get_running_loop().time()
        wait_s = self.limiter.wait_s(request, now)
        if not wait_s and self.core.hello and len(self.core.requests.pending) >= self.core.hello.inflight:
            wait_s = INFLIGHT_WAIT_S
        if wait_s and self.live:
            raise Throttled(type(request).__name__.lower(), wait_s)
        self.limiter.spend(request, now)

    def _send(self, request: Request) -> int:
        self._allow(request)
        request_id = self.core.send(request)
        self._note_sent(request_id)
        return request_id

    def _note_sent(self, request_id: int) -> None:
        """Note when a request was sent, and wake the writer."""
        self._sent_ns[request_id] = time.perf_counter_ns()
        self._transport.wake()

    async def _reply(self, send: Callable[[], int]) -> Ok:
        reply = (await self._answer(send)).reply
        assert isinstance(reply, Ok)
        return reply

    async def _answer(self, send: Callable[[], int]) -> Replied:
        """Send as soon as the rate limits allow, and wait for the reply. Refused: it is an `err`."""
        while True:
            try:
                request_id = send()
                break
            except Throttled as throttled:
                await asyncio.sleep(throttled.wait_s)
        return await self._answered(request_id)

    async def _answered(self, request_id: int) -> Replied:
        """The reply to a request that was just sent. Refused: it is an `err`."""
        future: asyncio.Future[Replied] = asyncio.get_running_loop().create_future()
        self._replies[request_id] = future
        answer = await future
        if isinstance(answer.reply, Err):
            raise refusal(answer.reply, request=answer.request)
        return answer

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait until messages have made a condition true. SessionOver: the session ended first."""
        while not reached():
            if self.failure:
                raise SessionOver(self.failure)
            self._changed.clear()
            await self._changed.wait()

    def _take(self, events: list[Event]) -> None:
        for event in events:
            kind = type(event)
            if kind is Replied:
                self._take_answer(event)  # type: ignore[arg-type]
                continue
            if kind in SELDOM:
                self._take_seldom(event)
            self._event_queue.put(event)
        if self.recorder is not None and self.recorder.failure:
            self._event_queue.put(RecordingEnded(self.recorder.failure))
            self.recorder = None
        self._changed.set()

    def _take_seldom(self, event: Event) -> None:
        """Follow the connection."""
        if isinstance(event, Disconnected):
            self._drop_unsendable()
            self.failure = event.reason if event.final else ""
        elif self.core.hello is not None:
            self.limiter.learn(self.core.hello.limits, asyncio.get_running_loop().time())

    def _drop_unsendable(self) -> None:
        """Raise NotLive in the callers of requests that concern only the lost connection and are not resent."""
        for request_id in self._replies.keys() - self.core.requests.pending.keys():
            future = self._replies.pop(request_id)
            if not future.done():
                future.set_exception(NotLive("the connection was lost before the reply"))

    def _take_answer(self, answer: Replied) -> None:
        reply = answer.reply
        sent_ns = self._sent_ns.pop(reply.reply_to, None)
        if sent_ns is not None:
            self.latencies_us.append((time.perf_counter_ns() - sent_ns) // 1000)
            self.acks += 1
        if isinstance(reply, Err):
            self.refusals += 1
            if reply.code == ErrorCode.THROTTLED:
                now = asyncio.get_running_loop().time()
                self.limiter.refused(answer.request, (reply.retry_us or 0) / 1e6, now)
        future = self._replies.pop(reply.reply_to, None)
        if future is not None and not future.done():
            future.set_result(answer)
