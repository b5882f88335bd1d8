"""Batches: operations of one request, run in order, each with its own result; or, atomic, all or none (ENTRY-013).

The rows of an atomic batch are a commit of their own. When its turn has come the engine is asked, in the state that
they will change, whether it would take each of them; only then they are sequenced.
"""

from operator import itemgetter
from typing import TYPE_CHECKING

from exchange.engine.event_rows import Row
from exchange.gateway.operations import Operation, pack_operation, refused_result
from exchange.gateway.session import Seat, tells_its_moment
from exchange.gateway.trading import admit_trade, send_answer
from exchange.gateway.translate import Batch as RowBatch
from exchange.gateway.translate import Verdict
from exchange.wire.errors import ErrorCode, error, reason_code, reason_text
from exchange.wire.messages import Batch, BatchCancel, BatchResult, Err, Ok

if TYPE_CHECKING:
    from exchange.gateway.connection import Session


def batch(session: "Session", seat: Seat, message: Batch) -> None:
    """Admit it as a whole: it costs the sum of its parts (RATE-001)."""
    operations = message.operations
    orders = orders_in(message)
    allowed = seat.may_trade if orders else seat.may_cancel
    account = admit_trade(session, seat, message, seat.order_bucket, "order", allowed, orders)
    if not account:
        return
    bucket = seat.cancel_bucket or session.hub.bucket("cancel", account)
    wait = bucket.take(session.now_ns, len(operations) - orders)
    if wait:
        session.refuse_rate(message.request_id, bucket, wait)
        return
    collector = BatchReply(session, seat, message.request_id, len(operations))
    seat.last_id = message.request_id
    session.expect_answer()
    if message.atomic:
        _run_whole(session, seat, message, collector)
    else:
        _run_singly(session, seat, message, collector)


def orders_in(message: Batch) -> int:
    """How many operations draw on the order bucket; the others do on the cancel bucket."""
    return sum(type(operation) is not BatchCancel for operation in message.operations)


def _run_singly(session: "Session", seat: Seat, message: Batch, collector: "BatchReply") -> None:
    """Each operation as a row among those of others, or its refusal."""
    room = session.hub.room
    for place, operation in enumerate(message.operations):
        refusal = pack_operation(room, seat, room.batch, operation, message.request_id)
        if refusal is not None:
            collector.refuse(place, operation, refusal)
            continue
        expires_us = operation.expires_us or message.expires_us
        if expires_us:
            room.batch.expires.append((len(room.batch.tickets), expires_us))
        room.batch.tickets.append((collector.take, place, session.now_us))
        room.wake()
    collector.finish_if_done()


def _run_whole(session: "Session", seat: Seat, message: Batch, collector: "BatchReply") -> None:
    """All operations in rows of their own, up to the first that is refused for what it says."""
    rows = RowBatch(len(message.operations))
    refusal = None
    for place, operation in enumerate(message.operations):
        refusal = pack_operation(session.hub.room, seat, rows, operation, message.request_id)
        if refusal is not None:
            break
        rows.tickets.append((collector.take, place, session.now_us))

    def may_run(verdict: Verdict | None, now_us: int) -> bool:
        found = _first_refusal(message, len(rows.tickets), refusal, verdict, now_us)
        if found is not None:
            collector.answer(found)
        return found is None

    rows.atomic = may_run
    session.hub.room.submit_alone(rows)


def _first_refusal(
    message: Batch, packed: int, refusal: Err | None, verdict: Verdict | None, now_us: int
) -> Err | None:
    """Why an atomic batch is refused; None: it runs.

    packed    how many operations have a row
    refusal   of the one behind them, for what it says
    verdict   the engine's, about the rows
    """
    if 0 < message.expires_us < now_us:
        late = error(message.request_id, ErrorCode.EXPIRED_REQUEST, "exp has passed")
        late.time_us = now_us
        return late
    found = [(packed, refusal.name, refusal.message)] if refusal is not None else []
    for place, operation in enumerate(message.operations):
        if 0 < operation.expires_us < now_us:
            found.append((place, ErrorCode.EXPIRED_REQUEST.name, "exp has passed"))
    if verdict is not None:
        place, reason, phase = verdict
        found.append((place, reason_code(reason, phase).name, reason_text(reason)))
    if not found:
        return None
    place, name, text = min(found, key=itemgetter(0))
    whole = error(message.request_id, ErrorCode.BATCH_REFUSED, f"operation {place}: {name}: {text}")
    whole.index = place
    return whole


class BatchReply:
    """Collects the results of one batch; answers when all are there."""

    def __init__(self, session: "Session", seat: Seat, request_id: int, count: int) -> None:
        self._session = session
        self._seat = seat
        self._request_id = request_id
        self._received_us = session.now_us
        self._results: list[BatchResult | None] = [None] * count
        self._missing = count
        self._first = 0  # command of those that were sequenced, one behind the other,
        self._sequenced = 0  # and how many they are
        self._told_by_events = True

    def refuse(self, place: int, operation: Operation, refusal: Err) -> None:
        self._put(place, refused_result(operation, refusal))

    def take(self, place: int, _received_us: int, events: list[Row]) -> None:
        """The events of one operation's command."""
        if events:
            self._first = self._first or events[0][0]
            self._sequenced += 1
            self._told_by_events &= not tells_its_moment(events[0])
            self._put(place, self._session.hub.room.result_of(events))
        else:
            self._told_by_events = False
            code, text = self._session.hub.room.not_sequenced
            self._put(place, BatchResult(code=int(code), name=code.name, message=text, applied="no"))
        self.finish_if_done()

    def finish_if_done(self) -> None:
        if self._missing == 0:
            self._missing = -1
            self.answer(Ok(self._request_id, results=self._results))  # type: ignore[arg-type]  # all are there

    def answer(self, reply: Ok | Err) -> None:
        """The one answer to the request; a resend has it again. Where the events do not tell it, it is kept for a
        while; once it is forgotten, that there was one is not: what is sequenced was released in order, so ids rise."""
        if self._sequenced:
            release = self._session.hub.room.release
            self._seat.replies.add(self._request_id, self._first, self._received_us, release, self._sequenced)
        if not self._sequenced or not self._told_by_events:
            self._seat.keep_whole(self._request_id, reply)
        send_answer(self._seat, reply, self._received_us)

    def _put(self, place: int, result: BatchResult) -> None:
        self._results[place] = result
        self._missing -= 1
