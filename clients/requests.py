"""Requests that wait for a reply: their ids, and the frames that carry them.

Every request is encoded once and kept until its reply, so that a resend has the same bytes (RECOV-011).
"""

from msgspec import Struct
from msgspec.structs import replace

from exchange.wire.codec import Codec
from exchange.wire.errors import ErrorCode
from exchange.wire.fields import MESSAGES_MAX
from exchange.wire.messages import (
    Batch,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    Err,
    Kill,
    New,
    Ok,
    Ping,
    ProtectionReset,
    ProtectionSet,
    Query,
    Quote,
    Replace,
    Replay,
    Request,
    Resync,
    Subscribe,
    Timer,
    Unkill,
    Unsubscribe,
)
from exchange.wire.requests import PAST_QUERIES

# Sequenced requests are resent after a resume (SESS-007). A query is resent too, because it changes nothing.
TRADING = (New, Replace, Cancel, CancelAll, Batch, Quote)
TERMS = (CancelOnDisconnect, Timer, ProtectionSet, ProtectionReset, Kill, Unkill)
RESENT = (*TRADING, *TERMS, Query)
RETRY_US = 100_000  # time before a retry, after a refusal that states none


def serves_without_key(request: Request) -> bool:
    """Whether /v1/md serves a request without a logon (SESS-004)."""
    if isinstance(request, Query):
        return request.what in PAST_QUERIES
    return isinstance(request, Ping | Subscribe | Unsubscribe | Resync | Replay)


class UnansweredRequest(Struct):
    """A request without a reply, and its encoding."""

    request: Request
    data: bytes


class Requests:
    """Unanswered requests. Ids rise over the whole life of a session, across connections (SESS-007)."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.last_id = 0
        self.pending: dict[int, UnansweredRequest] = {}
        self._queue: list[bytes] = []
        self._later: list[tuple[float, Request]] = []

    def number(self, request: Request) -> Request:
        """A copy of the request with the next id."""
        self.last_id += 1
        return replace(request, request_id=self.last_id)

    def send(self, request: Request) -> None:
        """Queue a numbered request and keep it until its reply."""
        data = self.codec.encode(request)
        self.pending[request.request_id] = UnansweredRequest(request, data)
        self._queue.append(data)

    def restore(self, sent: UnansweredRequest) -> None:
        """Note a request as sent and unanswered, as a recording has it."""
        number = sent.request.request_id
        self.pending[number] = sent
        self.last_id = max(self.last_id, number)

    @property
    def waiting(self) -> bool:
        """Whether a request is queued for the next frame."""
        return bool(self._queue)

    def unanswered(self, request_id: int) -> Request | None:
        """The unanswered request with an id; None: there is none."""
        pending = self.pending.get(request_id)
        return pending.request if pending else None

    def answered(self, request_id: int) -> Request | None:
        """Remove and return the request that a reply answers; None: there is no such request."""
        pending = self.pending.pop(request_id, None)
        return pending.request if pending else None

    def schedule_retry(self, request: Request, reply: Ok | Err, now: float) -> bool:
        """Schedule a retry if the reply says that the venue was busy or throttled the request. False: it is final."""
        if isinstance(reply, Ok) or reply.code not in (ErrorCode.THROTTLED, ErrorCode.BUSY):
            return False
        self._later.append((now + (reply.retry_us or RETRY_US) / 1e6, request))
        return True

    def due(self, now: float) -> list[Request]:
        """The requests whose retry time has come."""
        due = [request for time, request in self._later if time <= now]
        self._later = [(time, request) for time, request in self._later if time > now]
        return due

    def disconnected(self) -> None:
        """Drop the queue and the requests that concern only the connection, which is closed."""
        self._queue.clear()
        self._later.clear()
        self.pending = {number: kept for number, kept in self.pending.items() if isinstance(kept.request, RESENT)}

    def resend(self) -> None:
        """Queue all unanswered requests again, unchanged and in order."""
        self._queue.extend(self.pending[number].data for number in sorted(self.pending))

    def frames(self, frame_bytes_max: int) -> list[bytes]:
        """All queued requests in as few frames as the venue's limits allow (WIRE-003)."""
        queue, self._queue = self._queue, []
        frames: list[bytes] = []
        codec, start, total = self.codec, 0, 0
        for end, data in enumerate(queue):
            is_full = total + len(data) + 8 > frame_bytes_max or end - start == MESSAGES_MAX
            if end > start and (is_full or codec.is_text(data) != codec.is_text(queue[start])):
                frames.append(codec.join(queue[start:end]))
                start, total = end, 0
            total += len(data) + 1
        if start < len(queue):
            frames.append(codec.join(queue[start:]))
        return frames
