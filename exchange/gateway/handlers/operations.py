"""Checks one operation of a batch and packs it into a row (ENTRY-013)."""

from exchange.codes import CommandFlag
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.port import VenuePort
from exchange.gateway.session import Session
from exchange.gateway.translate import pack_cancel, pack_new, pack_replace
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import BatchCancel, BatchNew, BatchReplace, BatchResult, Err
from exchange.wire.request_checks import check_cancel, check_new, check_replace

_OF_REFUSAL = tuple(name for name in BatchResult.__struct_fields__ if name in Err.__struct_fields__)

Operation = BatchNew | BatchReplace | BatchCancel


def check_operation(port: VenuePort, session: Session, operation: Operation, request_id: int) -> Err | None:
    """Why an operation is refused before it reaches the engine, None if it is not."""
    account = _account(session, operation)
    if account not in session.accounts:
        return error(request_id, ErrorCode.SCOPE, f"acc {account} is not of this key")
    if isinstance(operation, BatchNew):
        return check_new(operation, port.instruments.get(operation.instrument))
    if isinstance(operation, BatchReplace):
        return check_replace(operation)
    return check_cancel(operation)


def pack_operation(
    port: VenuePort, session: Session, batch: CommandBatch, operation: Operation, request_id: int
) -> Err | None:
    """Append the row of an operation and return None; the caller appends the ticket. Or return the refusal."""
    refusal = check_operation(port, session, operation, request_id)
    if refusal is not None:
        return refusal
    account, index = _account(session, operation), batch.count
    if isinstance(operation, BatchNew):
        listed = port.instruments[operation.instrument]
        pack_new(batch, operation, listed.index, account, session.number, request_id)
    elif isinstance(operation, BatchReplace):
        pack_replace(batch, operation, account, session.number, request_id)
    else:
        pack_cancel(batch, operation, account, session.number, request_id)
    batch.rows["flags"][index] |= CommandFlag.BATCHED
    return None


def refused_result(operation: Operation, refusal: Err) -> BatchResult:
    """The result of an operation that never became a command: all that the refusal says, and the order as named."""
    result = BatchResult()
    for name in _OF_REFUSAL:
        setattr(result, name, getattr(refusal, name))
    result.client_order_id = refusal.client_order_id or operation.client_order_id
    result.order_id = refusal.order_id or getattr(operation, "order_id", 0) or None
    return result


def _account(session: Session, operation: Operation) -> int:
    return operation.account or session.account
