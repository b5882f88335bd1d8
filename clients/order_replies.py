"""Applies order requests and their replies to the order table, including batches and mass quotes.

    note_sent(table, account, request)                             when the request is sent
    changed, unsure = take_reply(table, account, request, reply)   when the reply comes

The result of a batch operation has all fields of a reply (ENTRY-013). The reply to a mass quote has only few of them,
but the account stream reports every side in the same frame, so quotes follow the stream.
"""

from collections.abc import Iterator

from clients.orders import SENT, Order, OrderRequest, OrderTable
from clients.refusals.choice import error_of
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Batch, BatchResult, Err, New, Ok, Quote, Replace
from exchange.wire.requests import SideText

CompoundRequest = Batch | Quote

_NONE, _REFUSED = 0, 4  # states of a side in the reply to `quote`
_IN_OK = tuple(name for name in BatchResult.__struct_fields__ if name in Ok.__struct_fields__)


def note_sent(table: OrderTable, account: int, request: OrderRequest | CompoundRequest) -> None:
    """Add the orders of a request to the table, and count an unanswered request for each.

    account   of the request, if it does not name one
    """
    if isinstance(request, OrderRequest):
        table.note_sent(request.account or account, request)
        return
    if isinstance(request, Quote):
        for index, side, order in _sides(table, account, request):
            row = request.quotes[index]
            price_tick, lots = row[1:3] if side == "b" else row[3:5]
            if lots and (order is None or order.done):
                order = table.open(request.account or account, "", row[0], side)
                order.price_tick, order.order_lots, order.leaves_lots = price_tick, lots, lots
            if order is not None:
                order.unanswered += 1
        return
    for operation in request.operations:
        if isinstance(operation, New):
            table.place(operation.account or account, operation)
        table.note_sent(operation.account or account, operation)


def take_reply(
    table: OrderTable, account: int, request: OrderRequest | CompoundRequest, reply: Ok | Err
) -> tuple[list[Order], list[Order]]:
    """Apply a reply. Returns (orders that changed, orders whose state is unknown and must be queried)."""
    if isinstance(request, Quote):
        return _take_quote_reply(table, account, request, reply), []
    changed: list[Order] = []
    unsure: list[Order] = []
    for part, part_reply in _parts(request, reply):
        order, is_unsure = table.take_reply(part.account or account, part, part_reply)
        if order is not None:
            (unsure if is_unsure else changed).append(order)
    return changed, unsure


def _parts(request: OrderRequest | Batch, reply: Ok | Err) -> Iterator[tuple[OrderRequest, Ok | Err]]:
    """Pairs of operation and reply. The refusal of a batch is the reply to each of its operations."""
    if not isinstance(request, Batch):
        yield request, reply
    elif isinstance(reply, Err):
        for operation in request.operations:
            yield operation, reply
    else:
        for operation, result in zip(request.operations, reply.results or [], strict=False):
            yield operation, _reply_to(operation, result)


def _reply_of(result: BatchResult) -> Ok | Err:
    """The result of a batch operation as the reply to a single request, with all of its fields (ENTRY-013)."""
    if result.code:
        return error_of(result)
    reply = Ok(0)
    for name in _IN_OK:
        setattr(reply, name, getattr(result, name))
    return reply


def _reply_to(operation: object, result: BatchResult) -> Ok | Err:
    """The result of an operation as a reply. A replace that succeeds gets price and lots from its request, if an
    earlier venue has not said them."""
    reply = _reply_of(result)
    if isinstance(operation, Replace) and isinstance(reply, Ok):
        if reply.price_tick is None:
            reply.price_tick = operation.price_tick if isinstance(operation.price_tick, int) else None
        if reply.order_lots is None:
            reply.order_lots = operation.order_lots if isinstance(operation.order_lots, int) else None
    return reply


def _sides(table: OrderTable, account: int, request: Quote) -> Iterator[tuple[int, SideText, Order | None]]:
    """For both sides of every entry: (index of the entry, side, the latest order of that side)."""
    sides: tuple[SideText, SideText] = ("b", "s")
    for index, row in enumerate(request.quotes):
        for side in sides:
            yield index, side, table.quote(request.account or account, row[0], side)


def _take_quote_reply(table: OrderTable, account: int, request: Quote, reply: Ok | Err) -> list[Order]:
    """Apply the refusal of sides that no reply or event has accepted yet; the stream reports all other sides."""
    changed = []
    rows = (reply.quotes or []) if isinstance(reply, Ok) else []
    for index, side, order in _sides(table, account, request):
        if order is None:
            continue
        order.unanswered = max(0, order.unanswered - 1)
        if order.state != SENT or order.unanswered:
            continue
        if isinstance(reply, Err) and reply.applied == "unknown":
            order.mark_unknown()  # an accepted side would have come in the stream before
        elif isinstance(reply, Err):
            order.take_refusal(reply)
        elif index < len(rows) and rows[index][1 if side == "b" else 3] in (_NONE, _REFUSED):
            order.take_refusal(_refusal(reply.reply_to, rows[index][5], index))
        else:
            continue
        table.settle(order)
        changed.append(order)
    return changed


def _refusal(reply_to: int, code: int, index: int) -> Err:
    """A refused entry as an `err`. `name` is empty if this client does not know the code."""
    name = ErrorCode(code).name if code in ErrorCode.__members__.values() else ""
    return Err(reply_to, code, name, f"entry {index} of the quote", "no")
