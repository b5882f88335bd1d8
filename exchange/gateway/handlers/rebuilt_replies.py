"""Rebuilds the reply to a request that is sent again (RECOV-011).

Most of the reply follows from the events of the request's command. The rest is in the request itself, which the client
sends unchanged: the terms of a `cod`, and the operations of a batch that did not become commands.
"""

from typing import Any

from exchange.codes import EventKind
from exchange.engine.event_rows import KIND
from exchange.gateway.handlers.operations import Operation, check_operation, refused_result
from exchange.gateway.port import VenuePort
from exchange.gateway.session import Session, must_store_whole
from exchange.gateway.stored_replies import Stored
from exchange.wire.messages import Batch, BatchResult, CancelOnDisconnect, CancelTerms, Err, Ok, echoed

_SESSION = int(EventKind.SESSION_OPENED)


def rebuild_reply(port: VenuePort, session: Session, message: Any, stored: Stored) -> Ok | Err | None:
    """The reply to a request, None if it can no longer be rebuilt.

    message   the request, as the client sent it again
    stored    the entry of its first copy
    """
    if stored.operations:
        return _batch_reply(port, session, message, stored) if isinstance(message, Batch) else None
    events = port.history.of_command(stored.sequence)
    if events is None or must_store_whole(events[0]):
        return None
    reply = port.reply_to(message.request_id, events)
    if events[0][KIND] == _SESSION and isinstance(message, CancelOnDisconnect) and isinstance(reply, Ok):
        reply.cancel_terms = echoed(cancel_terms_of(message))
    return reply


def cancel_terms_of(message: CancelOnDisconnect) -> CancelTerms:
    return CancelTerms(mode=message.mode, orders=message.orders, on=message.on, grace_ms=message.grace_ms)


def _batch_reply(port: VenuePort, session: Session, message: Batch, stored: Stored) -> Ok | None:
    """Rebuild each result from the events of its operation's command, or by repeating the check that refused it."""
    refusals = [check_operation(port, session, operation, message.request_id) for operation in message.operations]
    if refusals.count(None) != stored.operations:
        return None  # operations had expired (ENTRY-005), or a check has another outcome now
    sequence, results = stored.sequence, []
    for operation, refusal in zip(message.operations, refusals, strict=True):
        if refusal is not None:
            results.append(refused_result(operation, refusal))
            continue
        events = port.history.of_command(sequence)
        if events is None or must_store_whole(events[0]):
            return None
        result = port.result_of(events)
        if not _is_of(operation, result):
            return None
        results.append(result)
        sequence += 1
    return Ok(message.request_id, results=results)


def _is_of(operation: Operation, result: BatchResult) -> bool:
    """Whether a result is about the order that its operation names."""
    named = operation.client_order_id
    if named and result.client_order_id not in ("", named):
        return False
    order_id = getattr(operation, "order_id", 0)
    return not order_id or result.order_id in (None, order_id)
