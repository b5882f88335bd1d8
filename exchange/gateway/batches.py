"""Batches: operations of one request, run in order, each with its own result (ENTRY-013)."""

from typing import TYPE_CHECKING, Any

from exchange.gateway.history import EventTuple
from exchange.gateway.seats import Seat
from exchange.gateway.trading import admit_trade, send_answer
from exchange.gateway.translate import (
    pack_cancel,
    pack_new,
    pack_replace,
    refusal_of_cancel,
    refusal_of_new,
    refusal_of_replace,
)
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Batch, BatchCancel, BatchNew, BatchReplace, BatchResult, Err, Ok

if TYPE_CHECKING:
    from exchange.gateway.session import Session


def batch(session: "Session", seat: Seat, message: Batch) -> None:
    """Operations run in order, each with its own result (ENTRY-013)."""
    operations = message.operations
    if message.atomic:
        text = "atomic is not offered yet: operations run one by one"
        session.refuse(message.request_id, ErrorCode.NOT_ALLOWED_TOGETHER, text)
        return
    orders = sum(type(operation) is not BatchCancel for operation in operations)
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
    for place, operation in enumerate(operations):
        _operation(session, seat, collector, place, operation, message)
    collector.finish_if_done()


def _operation(
    session: "Session",
    seat: Seat,
    collector: "BatchReply",
    place: int,
    operation: BatchNew | BatchReplace | BatchCancel,
    message: Batch,
) -> None:
    """One operation as a row of its own, or its refusal."""
    room = session.hub.room
    account = operation.account or seat.account
    request_id = message.request_id
    refusal: Err | None
    if account not in seat.accounts:
        refusal = error(request_id, ErrorCode.SCOPE, f"acc {account} is not of this key")
    elif isinstance(operation, BatchNew):
        listed = room.instruments.get(operation.instrument)
        refusal = refusal_of_new(operation, listed)
        if refusal is None and listed is not None:
            pack_new(room.batch, operation, listed.index, account, seat.number, request_id)
    elif isinstance(operation, BatchReplace):
        refusal = refusal_of_replace(operation)
        if refusal is None:
            pack_replace(room.batch, operation, account, seat.number, request_id)
    else:
        refusal = refusal_of_cancel(operation)
        if refusal is None:
            pack_cancel(room.batch, operation, account, seat.number, request_id)
    if refusal is not None:
        collector.refuse(place, operation, refusal)
        return
    expires_us = operation.expires_us or message.expires_us
    if expires_us:
        room.batch.expires.append((len(room.batch.tickets), expires_us))
    room.batch.tickets.append((collector.take, place, session.now_us))
    room.wake()


class BatchReply:
    """Collects the results of one batch; answers when all are there."""

    def __init__(self, session: "Session", seat: Seat, request_id: int, count: int) -> None:
        self._session = session
        self._seat = seat
        self._request_id = request_id
        self._received_us = session.now_us
        self._results: list[BatchResult | None] = [None] * count
        self._missing = count

    def refuse(self, place: int, operation: Any, refusal: Err) -> None:
        self._put(
            place,
            BatchResult(
                client_order_id=operation.client_order_id,
                code=refusal.code,
                name=refusal.name,
                message=refusal.message,
                applied=refusal.applied,
            ),
        )

    def take(self, place: int, _received_us: int, events: list[EventTuple]) -> None:
        """The events of one operation's command."""
        if events:
            self._put(place, self._session.hub.room.result_of(events))
        else:
            code = ErrorCode.EXPIRED_REQUEST
            self._put(place, BatchResult(code=int(code), name=code.name, message="exp has passed", applied="no"))
        self.finish_if_done()

    def finish_if_done(self) -> None:
        if self._missing == 0:
            self._missing = -1
            reply = Ok(self._request_id, results=self._results)  # type: ignore[arg-type]  # all are there
            self._seat.keep_batch(self._request_id, reply)
            send_answer(self._seat, reply, self._received_us)

    def _put(self, place: int, result: BatchResult) -> None:
        self._results[place] = result
        self._missing -= 1
