"""A session whose venue is a recording: what the strategy reads is as it was, what it sends goes nowhere.

The recorded requests and frames build the state, so books, orders and positions are those of the recorded session. A
request of the strategy is kept in `asked`. If the recorded session sent the same one, its order and its reply are the
recorded ones; any other stays unanswered.
"""

import random
from collections import deque
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from clients.client import Session
from clients.core import Core
from clients.credentials import Hmac
from clients.events import Event, Replied
from clients.logon import Dial
from clients.orders import LiveOrder
from clients.recording.file_format import RecordedFrame, RecordingHeader, RecordKind
from clients.requests import TRADING, UnansweredRequest
from clients.session_base import Options
from exchange.wire.messages import ChannelSpec, New, Request, Subscribe

KEPT_MAX = 10_000  # recorded replies kept for a request that the strategy sends later


class ReplaySession(Session):
    """A session that takes records instead of a connection."""

    def __init__(self, header: RecordingHeader) -> None:
        def make_core(orders: Any) -> Core:
            secret = Hmac(b"of a recording") if header.key else None
            return Core(
                Dial(header.host, header.path), header.key, secret, subprotocol=header.subprotocol,
                margin=header.margin, orders=orders, clock=lambda: self.now,
            )  # fmt: skip

        self.now = 0.0
        options = Options(header.subprotocol, events_max=1)
        super().__init__(f"recording of {header.host}{header.path}", make_core, random.Random(0), options)
        self._order_prefix = header.order_prefix
        self.asked: list[Request] = []  # trading requests of the strategy, in order
        self.recorded: list[Request] = []  # what the recorded session has sent
        self._waiting: deque[tuple[int, Request]] = deque()  # requests of the strategy without a recorded reply
        self._answered_early: deque[Replied] = deque(maxlen=KEPT_MAX)
        self._numbers = 0
        self._wanted: list[ChannelSpec] = []  # channels of the strategy
        self._had: list[ChannelSpec] = []  # channels of the recorded session

    # -- the recording's side -----------------------------------------------------------------------------------------

    def take_record(self, record: RecordedFrame) -> list[Event]:
        """Apply one record; returns the events of the session, without replies."""
        self.now = record.time_us / 1e6
        events: list[Event] = []
        if record.kind == RecordKind.OPENED:
            self.core.opened(self.now)
        elif record.kind == RecordKind.SENT:
            self._take_sent(record.data)
        elif record.kind == RecordKind.RECEIVED:
            events = self.core.receive(record.data, self.now)
        elif record.kind == RecordKind.CLOSED:
            events = self.core.closed(*msgspec.json.decode(record.data, type=tuple[int, str]))
        self.core.frames()  # what the core would send now was recorded when it was sent
        self._take(events)
        return [event for event in events if not isinstance(event, Replied)]

    def _take_sent(self, frame: bytes) -> None:
        """Note the requests of a recorded frame as unanswered, as the recorded session had them."""
        requests = self.core.requests
        for request in requests.codec.decode_client(frame):
            if not isinstance(request, Request):
                continue
            requests.restore(UnansweredRequest(request, b""))
            if isinstance(request, Subscribe):
                self._had += request.channels
                for spec in request.channels:
                    self.core.feeds.add(spec)
            elif isinstance(request, New):
                self.core.orders.place(request.account or self.core.account, request)
            if isinstance(request, TRADING):
                self.recorded.append(request)

    def _take_answer(self, answer: Replied) -> None:
        """Give a recorded reply to the request of the strategy that is the same."""
        for waiting in self._waiting:
            number, request = waiting
            if _is_same(request, answer.request):
                self._waiting.remove(waiting)
                super()._take_answer(Replied(answer.request, replace(answer.reply, reply_to=number), answer.replayed))
                return
        self._answered_early.append(answer)

    def missing(self) -> list[str]:
        """Channels that the strategy wants and the recorded session did not have."""
        return [
            f"{spec.name_of_channel} {spec.instrument or spec.topic}".rstrip()
            for spec in self._wanted
            if spec not in self._had
        ]

    # -- the strategy's side ------------------------------------------------------------------------------------------

    def _allow(self, request: Request) -> None:
        self.checks.check(request)  # the recorded session has spent the tokens that it needed

    def _send(self, request: Request) -> int:
        self._allow(request)
        if isinstance(request, TRADING):
            self.asked.append(request)
        self._numbers -= 1  # no number of a recorded request
        self._waiting.append((self._numbers, request))
        return self._numbers

    async def _answered(self, request_id: int) -> Replied:
        for answer in self._answered_early:
            found = next((row for row in self._waiting if row[0] == request_id), None)
            if found is not None and _is_same(found[1], answer.request):
                self._answered_early.remove(answer)
                self._waiting.remove(found)
                return answer
        return await super()._answered(request_id)

    def _place_now(self, request: New) -> LiveOrder:
        self._allow(request)
        self.asked.append(request)
        order = self.core.orders.get(request.account or self.core.account, request.client_order_id)
        order = order or self.core.orders.place(request.account or self.core.account, request)
        assert isinstance(order, LiveOrder)
        return order

    async def subscribe(self, *specs: ChannelSpec) -> Any:
        """The feeds of these channels, when the recorded session has subscribed to them."""
        self._wanted += specs
        feeds = [self.core.feeds.add(spec)[0] for spec in specs]
        await self._until(lambda: all(feed.channel or feed.code for feed in feeds))
        return feeds


def _is_same(one: Request, other: Request) -> bool:
    """Whether two requests are the same but for their ids."""
    return type(one) is type(other) and asdict(one) | {"request_id": 0} == asdict(other) | {"request_id": 0}
