"""The client side of the protocol without sockets: takes frames, returns events, and gives frames to send.

    core = Core(Dial("localhost", "/v1/oe"), key, secret)
    core.opened(now)                           when a connection is open
    events = core.receive(data, now)           for every received frame
    for frame in core.frames(): ...            frames to send, after every call above or below
    events = core.tick(now)                    a few times a second
    if core.close_wanted: ...                  close the connection; the text is the reason
    events = core.closed(code, reason)         when the connection is closed; reconnect unless core.final

`now` is any monotonic clock in seconds. A Core lasts over many connections: after a reconnect it resumes the session,
takes the missed events, resends unanswered requests and subscribes again (RECOV-010, RECOV-011).
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import UNSET, UnsetType

from clients import order_replies
from clients.account import AccountStates, StreamGap
from clients.books.staleness import DEFAULT_SILENCE, SilenceAlarm, SilenceLimits
from clients.credentials import Secret
from clients.events import Connected, Disconnected, Event, Gap, HistoryChanged, OrderChanged, Reconnected, Replied
from clients.feeds import Feed, Feeds
from clients.logon import (
    FINAL_CLOSES,
    RETRIED_LOGONS,
    ClientPhase,
    Dial,
    check_credentials,
    check_sendable,
    logon,
    why_unusable,
)
from clients.order_replies import CompoundRequest
from clients.orders import Order, OrderRequest, OrderTable
from clients.replays import RunningReplay
from clients.requests import Requests
from exchange.wire.codec import CODECS
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import (
    AccountMessage,
    AccountSnapshot,
    Auth,
    CancelOnDisconnect,
    CancelTerms,
    ChannelMessage,
    ChannelSpec,
    Err,
    FullCancelTerms,
    Heartbeat,
    Hello,
    Live,
    Logout,
    New,
    Ok,
    Ping,
    Query,
    Replay,
    ReplayEnd,
    Request,
    Resync,
    ServerMessage,
    Shutdown,
    Subscribe,
    Unsubscribe,
    Welcome,
)
from exchange.wire.version import JSON_SUBPROTOCOL

SPECS_PER_REQUEST = 40  # a `sub` with so many channels fits into a frame
HELLO_WAIT_S = 5.0  # longest wait for the `hello` of the first connection
PING_SHARE = 3  # after a third of `dead_ms` without sending, send a ping


class Core:
    """One session. `orders`, `accounts` and `feeds` are its state; it stays correct if a program reads no events."""

    def __init__(
        self,
        dial: Dial,
        key: str = "",
        secret: Secret | None = None,
        *,
        subprotocol: str = JSON_SUBPROTOCOL,
        cancel_terms: CancelTerms | UnsetType = UNSET,
        margin: bool = False,
        orders: OrderTable | None = None,
        limits: SilenceLimits = DEFAULT_SILENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`margin`: ask for `margin` without `s` (MARGIN-017); `orders`: an empty table of the caller's own kind;
        `limits`: of silence; `clock`: monotonic, in seconds, for the age of books between calls."""
        check_credentials(key, secret, margin)
        self.dial, self.key, self._secret, self._terms, self.margin = dial, key, secret, cancel_terms, margin
        self.requests = Requests(CODECS[subprotocol])
        self.orders = orders if orders is not None else OrderTable()
        self.accounts = AccountStates()
        self.feeds = Feeds(clock)
        self.alarm = SilenceAlarm(limits)
        self.phase = ClientPhase.CLOSED
        self.hello: Hello | None = None
        self.welcome: Welcome | None = None
        self.logon_error: Err | None = None  # the venue's refusal of the last logon
        self.session_id = ""
        self.close_wanted = ""  # if not empty: why the transport must close the connection
        self.final = False  # the session is over: do not reconnect
        self.cancel_terms = FullCancelTerms(mode="off")  # present terms of cancel on disconnect
        self.retry_ms: tuple[int, int] | None = None  # range of pauses that the venue asked for in `shutdown`
        self.venue_us = 0  # venue time of `hello` or the last heartbeat
        self._was_live = self._left = False
        self._lost: list[Order] = []  # orders whose state is unknown, to query when the session is live
        self._replay = RunningReplay()
        self._now = self._received = self._sent = 0.0
        self._takers: dict[type[ServerMessage], Callable[[Any], list[Event]]] = {
            Ok: self._take_reply,
            Err: self._take_reply,
            Heartbeat: self._take_heartbeat,
            Hello: self._take_hello,
            Welcome: self._take_welcome,
            AccountSnapshot: self._take_snapshot,
            Live: self._take_live,
            ReplayEnd: self._take_replay_end,
            Shutdown: self._take_shutdown,
        }

    # -- the transport's side -----------------------------------------------------------------------------------------

    def opened(self, now: float) -> None:
        """Begin with a new connection. The venue sends the first message."""
        self.phase, self.close_wanted, self.retry_ms = ClientPhase.OPENED, "", None
        self._now = self._received = self._sent = now

    def receive(self, data: bytes | str, now: float) -> list[Event]:
        """Apply one received frame; returns its events."""
        self._now = self._received = now
        events: list[Event] = []
        for message in self.requests.codec.decode_server(data):
            try:
                events.extend(self._take(message))
            except StreamGap as gap:
                events.append(Gap(f"account {gap.account}", gap.expected, gap.received))
                self.close_wanted = str(gap)
                break
        return events

    def frames(self) -> list[bytes]:
        """Take the frames that must be sent now."""
        frames = self.requests.frames(self.hello.frame_bytes_max if self.hello else 4096)
        if frames:
            self._sent = self._now
        return frames

    def tick(self, now: float) -> list[Event]:
        """Check the venue's heartbeats, send our ping, and queue the requests whose retry time has come."""
        self._now = now
        if self.phase == ClientPhase.CLOSED:
            return []
        dead_s = self.hello.dead_ms / 1000 if self.hello is not None else HELLO_WAIT_S
        if now - self._received > dead_s:
            self.close_wanted = f"the venue was silent for {dead_s:g} s"
        elif now - self._sent > dead_s / PING_SHARE and self.phase == ClientPhase.LIVE:
            self._ask(Ping(request_id=1))
        for request in self.requests.due(now):
            self._ask(request)
        if self.phase != ClientPhase.LIVE or self.hello is None:
            return []
        return self.alarm.check(now, self._received, self.accounts, self.feeds.books())

    def closed(self, code: int, reason: str) -> list[Event]:
        """Note that the connection is closed; returns a Disconnected event."""
        reason = self.close_wanted or reason or f"connection closed ({code})"
        self.final = self.final or self._left or code in FINAL_CLOSES
        was_open, self.phase = self.phase != ClientPhase.CLOSED, ClientPhase.CLOSED
        self.feeds.disconnected()
        self.requests.disconnected()
        self._replay.drop()
        self.accounts.disconnected()
        return [Disconnected(code, reason, self.final)] if was_open or self.final else []

    # -- the user's side ----------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        return self.phase == ClientPhase.LIVE

    @property
    def account(self) -> int:
        """The first account of the session; 0 if there is none."""
        return next(iter(self.accounts), 0)

    def send(self, request: Request) -> int:
        """Queue a request and return its id. NotLive, Refused: it is not queued; the venue would not serve it."""
        check_sendable(request, self.live, bool(self.key))
        if isinstance(request, Logout):
            self._left = True
        elif isinstance(request, OrderRequest | CompoundRequest):
            order_replies.note_sent(self.orders, self.account, request)
        return self._ask(request)

    def place(self, request: New) -> tuple[Order, int]:
        """Queue a `new`; returns its order and the request id."""
        check_sendable(request, self.live, bool(self.key))
        order = self.orders.place(request.account or self.account, request)
        return order, self.send(request)

    def subscribe(self, specs: Iterable[ChannelSpec]) -> list[Feed]:
        """The feeds of these channels. New ones are requested now, or as soon as the session is live."""
        feeds, wanted = [], []
        for spec in specs:
            feed, new = self.feeds.add(spec)
            feeds.append(feed)
            if new:
                wanted.append(spec)
        if self.live:
            self._subscribe(wanted)
        return feeds

    def unsubscribe(self, feeds: Iterable[Feed]) -> int:
        """Unsubscribe; returns the request id, 0 if no channel was subscribed."""
        numbers = [feed.channel for feed in feeds if feed.channel]
        for feed in feeds:
            self.feeds.remove(feed)
        return self._ask(Unsubscribe(request_id=1, channel=numbers)) if numbers and self.live else 0

    def _ask(self, request: Request) -> int:
        numbered = self.requests.number(request)
        self.requests.send(numbered)
        return numbered.request_id

    def _subscribe(self, specs: list[ChannelSpec]) -> None:
        for start in range(0, len(specs), SPECS_PER_REQUEST):
            self._ask(Subscribe(request_id=1, channels=specs[start : start + SPECS_PER_REQUEST]))

    # -- messages -----------------------------------------------------------------------------------------------------

    def _take(self, message: ServerMessage) -> list[Event]:
        if self._replay.running and self._replay.take(message):
            return []
        if isinstance(message, ChannelMessage):
            events = self.feeds.take(message)
            if self.feeds.resyncs:
                self._resync()
            return events
        if isinstance(message, AccountMessage):
            return self.accounts.take(message, self._now)
        take = self._takers.get(type(message))
        return take(message) if take is not None else [message]

    def _take_shutdown(self, message: Shutdown) -> list[Event]:
        self.retry_ms = message.retry_ms
        return [message]

    def _resync(self) -> None:
        """Request a snapshot of every channel that has a gap."""
        resyncs, self.feeds.resyncs = self.feeds.resyncs, []
        for channel in resyncs:
            self._ask(Resync(request_id=1, channel=channel))

    def _take_heartbeat(self, message: Heartbeat) -> list[Event]:
        self.venue_us = message.time_us
        self.accounts.heartbeat(message.account_sequences, self._now)
        events = self.feeds.heartbeat(message.channels)
        self._resync()
        return events

    # -- logon and resume ---------------------------------------------------------------------------------------------

    def _take_hello(self, message: Hello) -> list[Event]:
        if unusable := why_unusable(message.version, self.margin):
            self.final, self.close_wanted = True, unusable
            return []
        events: list[Event] = []
        if self.hello is not None and self.hello.history != message.history:
            self._drop_state()
            events.append(HistoryChanged(message.history))
        self.hello, self.venue_us = message, message.time_us
        self.feeds.limit_age(self.alarm.learn(message.heartbeat_ms).book_ms or 0)
        if not self.key:
            return events + self._become_live(resumed=False)
        assert self._secret is not None
        self.phase = ClientPhase.LOGON
        mine = self.key, self.session_id, self.accounts.applied()
        self._ask(logon(self._secret, self.dial, message.nonce, *mine, self._terms, self.margin))
        return events

    def _take_welcome(self, message: Welcome) -> list[Event]:
        self.requests.answered(message.reply_to)
        same_session, self.session_id = message.session_id == self.session_id, message.session_id
        self.welcome, self.phase = message, ClientPhase.CATCHING_UP
        self.cancel_terms = message.cancel_terms
        self.requests.last_id = max(self.requests.last_id, message.last_id)
        self.accounts.expect(message.accounts, self.orders)
        if self._was_live and not same_session:
            return self._give_up_requests()
        return []

    def _take_snapshot(self, message: AccountSnapshot) -> list[Event]:
        account = self.accounts.get(message.account)
        if account is not None:
            self._lost += account.load(message)
        return [message]

    def _take_live(self, message: Live) -> list[Event]:
        if self.phase != ClientPhase.CATCHING_UP or not self.accounts.go_live(message.account, self._now):
            return []
        assert self.welcome is not None
        return self._become_live(self.welcome.resumed)

    def _become_live(self, resumed: bool) -> list[Event]:
        """Begin to send requests: resend unanswered ones, query orders of unknown state, subscribe again."""
        self.phase = ClientPhase.LIVE
        self.requests.resend()
        lost, self._lost = self._lost, []
        for order in lost:
            self._query_order(order)
        self._subscribe(self.feeds.specs())
        if self._was_live:
            return [Reconnected(resumed)]
        self._was_live = True
        return [Connected(self.session_id)]

    def _drop_state(self) -> None:
        """Drop all state, because the venue has another history (RECOV-001)."""
        for order in self.orders:
            order.mark_unknown()
        self.orders.clear()
        self.accounts.clear()
        self._lost.clear()
        self.session_id = ""

    def _give_up_requests(self) -> list[Event]:
        """Answer all unanswered requests with TIMEOUT: the venue has dropped the session, so no reply will come."""
        events: list[Event] = []
        for number in sorted(self.requests.pending):
            events += self._take_reply(error(number, ErrorCode.TIMEOUT, "the venue has released the session"))
        return events

    # -- replies ------------------------------------------------------------------------------------------------------

    def _take_reply(self, reply: Ok | Err) -> list[Event]:
        if isinstance(reply, Ok) and isinstance(self.requests.unanswered(reply.reply_to), Replay):
            self._replay.begin(reply)
            return []
        request = self.requests.answered(reply.reply_to)
        if request is None:
            return []
        events: list[Event] = [Replied(request, reply)]
        if isinstance(request, Subscribe):
            self._take_subscribed(request, reply)
        elif isinstance(request, Resync):
            self.requests.schedule_retry(request, reply, self._now)
        elif isinstance(request, CancelOnDisconnect) and isinstance(reply, Ok):
            self._terms = CancelTerms(
                mode=request.mode, orders=request.orders, on=request.on, grace_ms=request.grace_ms
            )
            self.cancel_terms = reply.cancel_terms or self.cancel_terms
        elif isinstance(request, Logout):
            self.close_wanted = "logged out"
        elif isinstance(request, Auth):
            assert isinstance(reply, Err)
            self.logon_error = reply
            self.close_wanted = f"logon refused: {reply.name} {reply.message}".rstrip()
            self.final = reply.code not in RETRIED_LOGONS
        elif isinstance(request, Query) and self.requests.schedule_retry(request, reply, self._now):
            pass
        elif isinstance(request, OrderRequest | CompoundRequest):
            events += self._take_order_reply(request, reply)
        return events

    def _take_replay_end(self, message: ReplayEnd) -> list[Event]:
        request = self.requests.answered(message.reply_to)
        return [*self._replay.end(message, request)] if request is not None else []

    def _take_subscribed(self, request: Subscribe, reply: Ok | Err) -> None:
        if isinstance(reply, Ok):
            self.feeds.answered(request.channels, reply.channels or [])
        elif not self.requests.schedule_retry(request, reply, self._now):
            self.feeds.answered(request.channels, [(0, reply.code)] * len(request.channels))

    def _take_order_reply(self, request: OrderRequest | CompoundRequest, reply: Ok | Err) -> list[Event]:
        changed, unsure = order_replies.take_reply(self.orders, self.account, request, reply)
        for order in unsure:
            self._query_order(order)
        return [OrderChanged(order, reply) for order in changed]

    def _query_order(self, order: Order) -> None:
        """Query an order whose state is unknown (WIRE-020), now or when the session is live."""
        if not self.live:
            self._lost.append(order)
            return
        self._ask(Query(request_id=1, what="order", account=order.account, client_order_id=order.client_order_id))
