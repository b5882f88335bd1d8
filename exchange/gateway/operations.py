"""One operation of a batch: why it never reaches the engine, or its row (ENTRY-013)."""

from typing import TYPE_CHECKING

from exchange.codes import CommandFlag
from exchange.gateway.session import Seat
from exchange.gateway.translate import (
    Batch,
    Listed,
    pack_cancel,
    pack_new,
    pack_replace,
    refusal_of_cancel,
    refusal_of_new,
    refusal_of_replace,
)
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import BatchCancel, BatchNew, BatchReplace, BatchResult, Err

if TYPE_CHECKING:
    from exchange.gateway.gateway import Room

Operation = BatchNew | BatchReplace | BatchCancel


def refusal_of_operation(room: "Room", seat: Seat, operation: Operation, request_id: int) -> Err | None:
    """Why an operation is refused for what it says, None if it gets a row."""
    account = _account(seat, operation)
    if account not in seat.accounts:
        return error(request_id, ErrorCode.SCOPE, f"acc {account} is not of this key")
    if isinstance(operation, BatchNew):
        return refusal_of_new(operation, room.instruments.get(operation.instrument))
    if isinstance(operation, BatchReplace):
        return refusal_of_replace(operation)
    return refusal_of_cancel(operation)


def pack_operation(room: "Room", seat: Seat, rows: Batch, operation: Operation, request_id: int) -> Err | None:
    """Append the row of an operation; the caller appends its ticket. Or why it has none."""
    refusal = refusal_of_operation(room, seat, operation, request_id)
    if refusal is not None:
        return refusal
    account, place = _account(seat, operation), len(rows.tickets)
    if isinstance(operation, BatchNew):
        listed: Listed = room.instruments[operation.instrument]
        pack_new(rows, operation, listed.index, account, seat.number, request_id)
    elif isinstance(operation, BatchReplace):
        pack_replace(rows, operation, account, seat.number, request_id)
    else:
        pack_cancel(rows, operation, account, seat.number, request_id)
    rows.rows["flags"][place] |= CommandFlag.BATCHED
    return None


def refused_result(operation: Operation, refusal: Err) -> BatchResult:
    """The result of an operation that is refused for what it says."""
    return BatchResult(
        client_order_id=operation.client_order_id,
        code=refusal.code,
        name=refusal.name,
        message=refusal.message,
        applied=refusal.applied,
    )


def _account(seat: Seat, operation: Operation) -> int:
    return operation.account or seat.account
