"""Batches: the operations of one request run in order, each with its own result (ENTRY-013).

An atomic batch runs all of its operations or none. Its rows are a separate commit. When the commit is next, the engine
checks every row in the present state, and the rows are sequenced only if it would accept all of them.
"""

from collections.abc import Sequence
from operator import itemgetter

from exchange.engine.event_rows import Row
from exchange.gateway.command_batch import CommandBatch, Verdict
from exchange.gateway.connection import Connection
from exchange.gateway.handlers.operations import Operation, pack_operation, refused_result
from exchange.gateway.handlers.trading import admit_trade, send_answer
from exchange.gateway.session import Session, must_store_whole
from exchange.wire.errors import ErrorCode, error, reason_code, reason_text
from exchange.wire.messages import Batch, BatchCancel, BatchResult, Err, Ok
from exchange.wire.request_checks import EXPIRED


def run_batch(connection: Connection, session: Session, message: Batch) -> None:
    """Admit and run a batch. It costs the tokens of all its operations (RATE-001)."""
    operations = message.operations
    orders = count_orders(message)
    allowed = session.may_trade if orders else session.may_cancel
    account = admit_trade(connection, session, message, session.order_bucket, "order", allowed, orders)
    if not account:
        return
    bucket = session.cancel_bucket or connection.gateway.buckets.of("cancel", account)
    wait = bucket.take(connection.now_ns, len(operations) - orders)
    if wait:
        connection.refuse_rate(message.request_id, bucket, wait)
        return
    collector = BatchReply(session, message.request_id, operations, connection.now_us)
    session.note_request(message.request_id)
    connection.expect_answer()
    if message.atomic:
        _run_atomic(connection, session, message, collector)
    else:
        _run_singly(connection, session, message, collector)


def count_orders(message: Batch) -> int:
    """Number of operations that take tokens from the order bucket; the others take them from the cancel bucket."""
    return sum(type(operation) is not BatchCancel for operation in message.operations)


def _run_singly(connection: Connection, session: Session, message: Batch, collector: "BatchReply") -> None:
    """Add a row for each operation to the commands of this tick, or record its refusal."""
    port = connection.gateway.port
    for index, operation in enumerate(message.operations):
        refusal = pack_operation(port, session, port.gathering.open, operation, message.request_id)
        if refusal is not None:
            collector.refuse(index, refusal)
            continue
        expires_us = operation.expires_us or message.expires_us
        if expires_us:
            port.gathering.open.expires.append((port.gathering.open.count, expires_us))
        port.gathering.open.add_ticket(collector.add, index, connection.now_us)
        connection.note_queued(port.gathering.open_number)
        port.wake()
    collector.finish_if_complete()


def _run_atomic(connection: Connection, session: Session, message: Batch, collector: "BatchReply") -> None:
    """Submit the operations as a separate commit, with rows up to the first operation that is refused here."""
    rows = CommandBatch(len(message.operations))
    refusal = None
    for index, operation in enumerate(message.operations):
        refusal = pack_operation(connection.gateway.port, session, rows, operation, message.request_id)
        if refusal is not None:
            break
        rows.add_ticket(collector.add, index, connection.now_us)

    def may_run(verdict: Verdict | None, now_us: int) -> bool:
        found = _first_refusal(message, rows.count, refusal, verdict, now_us)
        if found is not None:
            collector.answer(found)
        return found is None

    rows.make_atomic(may_run)
    gathering = connection.gateway.port.gathering
    connection.gateway.port.submit_alone(rows)
    connection.note_queued(gathering.open_number)


def _first_refusal(
    message: Batch, packed: int, refusal: Err | None, verdict: Verdict | None, now_us: int
) -> Err | None:
    """Why an atomic batch is refused: the error of its first bad operation. None: it runs.

    packed    number of operations that have a row
    refusal   of the next operation, if the gateway refused it
    verdict   of the engine about the rows; None: it would accept all
    now_us    venue time, to compare with the expiry of requests
    """
    if 0 < message.expires_us < now_us:
        late = error(message.request_id, ErrorCode.EXPIRED_REQUEST, EXPIRED)
        late.time_us = now_us
        return late
    found = [(packed, refusal.name, refusal.message)] if refusal is not None else []
    for index, operation in enumerate(message.operations):
        if 0 < operation.expires_us < now_us:
            found.append((index, ErrorCode.EXPIRED_REQUEST.name, EXPIRED))
    if verdict is not None:
        index, reason, phase = verdict
        found.append((index, reason_code(reason, phase).name, reason_text(reason)))
    if not found:
        return None
    index, name, text = min(found, key=itemgetter(0))
    refused = error(message.request_id, ErrorCode.BATCH_REFUSED, f"operation {index}: {name}: {text}")
    refused.index = index
    return refused


class BatchReply:
    """Collects the results of one batch, and replies when it has all of them."""

    def __init__(self, session: Session, request_id: int, operations: Sequence[Operation], received_us: int) -> None:
        self._session = session
        self._port = session.port
        self._request_id = request_id
        self._received_us = received_us
        self._operations = operations
        self._results: list[BatchResult | None] = [None] * len(operations)
        self._missing = len(operations)
        self._first = 0  # sequence of the first operation that became a command; the others have the next sequences
        self._sequenced = 0  # number of operations that became commands
        self._can_rebuild = True  # the events of these commands are enough to rebuild the reply

    def refuse(self, index: int, refusal: Err) -> None:
        """Record an operation that never became a command."""
        self._put(index, refused_result(self._operations[index], refusal))

    def add(self, index: int, _received_us: int, events: list[Row]) -> None:
        """Record the result of an operation whose command is released; without events it was not sequenced."""
        if events:
            self._first = self._first or events[0][0]
            self._sequenced += 1
            self._can_rebuild &= not must_store_whole(events[0])
            self._put(index, self._port.result_of(events))
        else:
            self._can_rebuild = False
            self.refuse(index, error(self._request_id, *self._port.refusal))
        self.finish_if_complete()

    def finish_if_complete(self) -> None:
        if self._missing == 0:
            self._missing = -1
            self.answer(Ok(self._request_id, results=self._results))  # type: ignore[arg-type]  # none is missing

    def answer(self, reply: Ok | Err) -> None:
        """Send the reply to the batch, and store what is needed to send it again.

        A reply that cannot be rebuilt from events is stored whole for a limited time. The entry in `replies` stays
        longer and shows that the request was answered.
        """
        if self._sequenced:
            session, first, received_us = self._session.number, self._first, self._received_us
            self._port.note_reply(session, self._request_id, first, received_us, self._sequenced)
        if not self._sequenced or not self._can_rebuild:
            self._session.store_whole_reply(self._request_id, reply)
        send_answer(self._session, reply, self._received_us, self._sequenced > 0)

    def _put(self, index: int, result: BatchResult) -> None:
        self._results[index] = result
        self._missing -= 1
