"""Replies made up again for requests that are sent again (RECOV-011).

The events of its command tell the reply to a request. What they do not tell the request itself says, which comes again
unchanged: the terms of a `cod`, and of a batch the operations that never became commands.
"""

from typing import TYPE_CHECKING, Any

from exchange.codes import EventKind
from exchange.engine.event_rows import KIND
from exchange.gateway.operations import Operation, refusal_of_operation, refused_result
from exchange.gateway.session import Seat, tells_its_moment
from exchange.gateway.stored_replies import Stored
from exchange.wire.messages import Batch, BatchResult, CancelOnDisconnect, CancelTerms, Err, Ok, echoed

if TYPE_CHECKING:
    from exchange.gateway.gateway import Room

_SESSION = int(EventKind.SESSION_OPENED)


def made_again(room: "Room", seat: Seat, message: Any, stored: Stored) -> Ok | Err | None:
    """The reply to a request, None if it cannot be known any more.

    message   the request as it is sent again
    """
    if stored.operations:
        return _batch_reply(room, seat, message, stored) if isinstance(message, Batch) else None
    events = room.history.of_command(stored.sequence)
    if events is None or tells_its_moment(events[0]):
        return None
    reply = room.reply_to(message.request_id, events)
    if events[0][KIND] == _SESSION and isinstance(message, CancelOnDisconnect) and isinstance(reply, Ok):
        reply.cancel_terms = echoed(terms_of(message))
    return reply


def terms_of(message: CancelOnDisconnect) -> CancelTerms:
    return CancelTerms(mode=message.mode, orders=message.orders, on=message.on, grace_ms=message.grace_ms)


def _batch_reply(room: "Room", seat: Seat, message: Batch, stored: Stored) -> Ok | None:
    """Results in order: each from its own command, or its refusal for what it says."""
    refusals = [refusal_of_operation(room, seat, operation, message.request_id) for operation in message.operations]
    if refusals.count(None) != stored.operations:
        return None  # some came too late (ENTRY-005), or what is refused for what it says has changed
    sequence, results = stored.sequence, []
    for operation, refusal in zip(message.operations, refusals, strict=True):
        if refusal is not None:
            results.append(refused_result(operation, refusal))
            continue
        events = room.history.of_command(sequence)
        if events is None or tells_its_moment(events[0]):
            return None
        result = room.result_of(events)
        if not _is_of(operation, result):
            return None
        results.append(result)
        sequence += 1
    return Ok(message.request_id, results=results)


def _is_of(operation: Operation, result: BatchResult) -> bool:
    """Whether a result names the order that its operation does."""
    named = operation.client_order_id
    if named and result.client_order_id not in ("", named):
        return False
    order_id = getattr(operation, "order_id", 0)
    return not order_id or result.order_id in (None, order_id)
