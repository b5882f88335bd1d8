"""Makes the reply to a request from the event rows of its command (ENTRY-001).

    replies = Replies(table, find_order)         # find_order(account, coid) -> OrderRow | None: query.find_order
    replies.take(batch)                          # every released batch, before its replies: notes how orders ended
    reply = replies.reply(request_id, rows)      # Ok or Err, without `in`, `out`, `rl`: the gateway sets those
    replies.result(rows)                         # the same for one operation of a batch (ENTRY-013)
    replies.done_order(account, order_id, coid)  # OrderView of an order that has ended; None if it is not remembered

`rows` are all rows of the command, in order: tuples of `event_rows.read_rows`. A reply shows the state after the whole
command. Which reply it is follows from the rows, and what it says is in `wire.table.REPLY_FORMS`, unless it says what
events alone do not. The gateway itself answers a logon (SESSION).
"""

from collections.abc import Callable

import numpy as np

from exchange.codes import EventFlag, EventKind, OrderType, QuoteState, RejectReason
from exchange.engine.event_rows import (
    ACCOUNT,
    ASK_ID,
    ASK_STATE,
    BID_ID,
    BID_STATE,
    BOOK_STATE,
    CANCEL_REASON,
    CLIENT_ORDER_ID_0,
    CLIENT_ORDER_ID_2,
    FILLED_LOTS,
    FIRES_NS,
    FLAGS,
    INSTRUMENT,
    KIND,
    LEAVES_LOTS,
    LEVEL_TICK,
    ORDER_COUNT,
    ORDER_ID,
    ORDER_LOTS,
    ORDER_TYPE,
    PRICE,
    PROTECTION_NUMBER,
    PROTECTION_STATE,
    REASON,
    SEQUENCE,
    SIDE,
    STATE,
    TIF,
    VALUE_TICK_LOTS,
    Row,
    client_order_id_text,
)
from exchange.engine.order_rows import OrderRow
from exchange.publish.account_views import order_view
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.done_orders import DoneOrders
from exchange.publish.instruments import InstrumentTable
from exchange.publish.message_makers import REFUSAL_VALUES, REPLY_VALUES, maker_of, priority_of, reply_row
from exchange.records import pack_client_order_id
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode, error, reason_code, reason_text
from exchange.wire.messages import BatchResult, Err, Ok, OrderView
from exchange.wire.table import REPLY_FORMS, Reply
from exchange.wire.words import ORDER_STATES, ORDER_TYPES, PROTECTION_STATES, SIDES, TIFS

# Plain integers, because comparing enum members costs several times as much.
_REFUSALS = frozenset(
    map(
        int,
        (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED),
    )
)
_ORDER_KINDS = frozenset(
    map(
        int,
        (
            EventKind.ORDER_ACCEPTED,
            EventKind.ORDER_RESTED,
            EventKind.FILL,
            EventKind.ORDER_CANCELLED,
            EventKind.ORDER_REPLACED,
            EventKind.SELF_MATCH_DECREMENTED,
            EventKind.STOP_TRIGGERED,
        ),
    )
)
_REJ = int(EventKind.ORDER_REJECTED)
_QUOTED = int(EventKind.QUOTE_ACCEPTED)
_QUOTE = int(OrderType.QUOTE)
_REFUSED_SIDE = int(QuoteState.REFUSED)
_PROTECTION = frozenset(map(int, (EventKind.PROTECTION_RESET, EventKind.PROTECTION_DEFINED)))
_TIMER = int(EventKind.TIMER_SET)
_ACK = int(EventKind.ORDER_ACCEPTED)
_RPL = int(EventKind.ORDER_REPLACED)
_CXL = int(EventKind.ORDER_CANCELLED)
_FILL = int(EventKind.FILL)
_MASS = int(EventKind.MASS_CANCELLED)
_LEAVES_ONE = frozenset((_CXL, int(EventKind.IMPLIED_PRICE)))  # rows of a command that cancels one order
_KIL = int(EventKind.KILLED)
_SAME = int(EventFlag.SAME)
_DUP_ID = int(RejectReason.DUP_ID)
_UNKNOWN = int(RejectReason.UNKNOWN)
_BAND = int(RejectReason.BAND)
_RISK = int(RejectReason.INSUFFICIENT_MARGIN)
_REFUSED = int(EventKind.COMMAND_REFUSED)

# Fields that a reply and the result of one operation of a batch have in common (ENTRY-013).
_OK_RESULT = tuple(name for name in BatchResult.__struct_fields__ if name in Ok.__struct_fields__)
_ERR_RESULT = tuple(name for name in BatchResult.__struct_fields__ if name in Err.__struct_fields__)
_made_order, _made_replaced, _made_quoted, _made_same, _made_refused, _made_refused_band, _made_refused_margin = (
    maker_of(REPLY_FORMS[reply], REPLY_VALUES, REFUSAL_VALUES) for reply in Reply
)


class Replies:
    """Makes `ok` and `err`. Its only state is how the latest orders ended."""

    def __init__(self, table: InstrumentTable, find_order: Callable[[int, str], OrderRow | None]) -> None:
        self._table = table
        self._find_order = find_order
        self._done = DoneOrders()

    def take(self, batch: ReleasedBatch) -> None:
        self._done.note(batch.data)

    def load(self, rows: np.ndarray) -> None:
        """Note orders that ended in earlier runs. `rows`: their last rows, EVENT, shape (n,), in order."""
        self._done.note(rows.tobytes())

    def reply(self, request_id: int, rows: list[Row]) -> Ok | Err:
        """The reply to one request. `rows`: all rows of its command, at least one."""
        first = rows[0]
        kind = first[KIND]
        if kind == _QUOTED or first[ORDER_TYPE] == _QUOTE:
            quoted = [row for row in rows if row[KIND] == _QUOTED or (row[KIND] == _REJ and row[ORDER_TYPE] == _QUOTE)]
            if quoted:
                return self._quote_reply(request_id, quoted)
        if kind == _ACK or (kind == _CXL and all(row[KIND] in _LEAVES_ONE for row in rows)):
            return _order_reply(request_id, rows)
        if kind in _REFUSALS:
            return self._refusal(request_id, first)
        if kind == _RPL:
            return _replace_reply(request_id, rows)
        reply = Ok(request_id, engine_sequence=first[SEQUENCE])
        if kind in _PROTECTION:
            reply.group, reply.group_state = first[PROTECTION_NUMBER], PROTECTION_STATES[first[PROTECTION_STATE]]
        elif kind == _TIMER:
            reply.until_us = first[FIRES_NS] // NS_PER_US or None
        for row in rows:
            if row[KIND] == _MASS:
                reply.count = row[ORDER_COUNT]
            elif row[KIND] == _KIL:
                reply.count = _cancelled(rows)
        return reply

    def result(self, rows: list[Row]) -> BatchResult:
        """The result of one operation of a batch. `rows`: all rows of its command, at least one."""
        reply = self.reply(0, rows)
        result = BatchResult()
        for name in _OK_RESULT if isinstance(reply, Ok) else _ERR_RESULT:
            setattr(result, name, getattr(reply, name))
        return result

    def done_order(self, account: int, order_id: int = 0, client_order_id: str = "") -> OrderView | None:
        """An ended order of the account, for `query`; None if it is not remembered."""
        row = self._done.find(account, order_id, pack_client_order_id(client_order_id))
        return None if row is None else _done_view(self._table, row)

    def _quote_reply(self, request_id: int, quoted: list[Row]) -> Ok:
        """The reply to a mass quote: for each entry the state of both sides, or its refusal (ENTRY-020, ENTRY-021)."""
        reply: Ok = _made_quoted(reply_row(quoted[0], request_id))
        reply.quotes = []
        for row in quoted:
            instrument = self._table.id_at(row[INSTRUMENT], row[SEQUENCE])
            if row[KIND] == _QUOTED:
                sides = row[BID_STATE], row[BID_ID], row[ASK_STATE], row[ASK_ID], 0
            else:
                sides = _REFUSED_SIDE, 0, _REFUSED_SIDE, 0, int(reason_code(row[REASON], row[BOOK_STATE]))
            reply.quotes.append((instrument, *sides))
        return reply

    def _refusal(self, request_id: int, row: Row) -> Ok | Err:
        reason, make = row[REASON], _made_refused
        if reason == _DUP_ID:
            return self._duplicate(request_id, row)
        if reason == _UNKNOWN:
            words = row[CLIENT_ORDER_ID_0 : CLIENT_ORDER_ID_2 + 1]
            done = self._done.find(row[ACCOUNT], row[ORDER_ID], words, row[SEQUENCE])
            if done is not None:
                return _order_done(request_id, row, done)
        elif reason == _BAND:
            make = _made_refused_band
        elif reason == _RISK and row[KIND] != _REFUSED:
            make = _made_refused_margin
        reply: Err = make(reply_row(row, request_id))
        return reply

    def _duplicate(self, request_id: int, row: Row) -> Ok | Err:
        """The reply to a `new` whose `coid` is live: ok for the same order, an error for another (ENTRY-003)."""
        if row[FLAGS] & _SAME:
            same: Ok = _made_same(reply_row(row, request_id))
            return same
        text = client_order_id_text(*row[CLIENT_ORDER_ID_0 : CLIENT_ORDER_ID_2 + 1])
        live = self._find_order(row[ACCOUNT], text)
        reply = error(request_id, ErrorCode.DUP_COID, reason_text(_DUP_ID))
        reply.client_order_id = text
        reply.engine_sequence = row[SEQUENCE]
        if live is not None:
            reply.order = order_view(self._table, live)
        return reply


def _order_reply(request_id: int, rows: list[Row]) -> Ok:
    """The reply with the state, after all rows, of the order in the first row."""
    last, why = _last_of_order(rows)
    reply: Ok = _made_order(reply_row(last, request_id, why))
    return reply


def _replace_reply(request_id: int, rows: list[Row]) -> Ok:
    """The reply to a replace, with new price and lots, and whether the order keeps its priority (ENTRY-010)."""
    first, (last, why) = rows[0], _last_of_order(rows)
    values = reply_row(last, request_id, why, first[PRICE], first[ORDER_LOTS], priority_of(first[FLAGS]))
    reply: Ok = _made_replaced(values)
    return reply


def _last_of_order(rows: list[Row]) -> tuple[Row, int]:
    """The last row that shows the order of the first row; and CancelReason, if a later row has ended the order."""
    first = rows[0]
    order_id = first[ORDER_ID]
    for row in reversed(rows):
        if row[ORDER_ID] == order_id and row[KIND] in _ORDER_KINDS:
            return row, row[CANCEL_REASON] if row[KIND] == _CXL and row is not first else 0
    return first, 0


def _order_done(request_id: int, row: Row, done: Row) -> Err:
    """The reply to a cancel or replace that came too late: it says how the order ended (ENTRY-011)."""
    state = ORDER_STATES[done[STATE]]
    reply = error(request_id, ErrorCode.ORDER_DONE, f"already {state}")
    reply.order_id = done[ORDER_ID]
    reply.client_order_id = client_order_id_text(*done[CLIENT_ORDER_ID_0 : CLIENT_ORDER_ID_2 + 1])
    reply.state = state
    reply.filled_lots = done[FILLED_LOTS]
    reply.engine_sequence = row[SEQUENCE]
    return reply


def _done_view(table: InstrumentTable, row: Row) -> OrderView:
    """The view of an ended order from its last row, with the order's own price, not that of its last fill."""
    words = row[CLIENT_ORDER_ID_0 : CLIENT_ORDER_ID_2 + 1]
    return OrderView(
        table.id_at(row[INSTRUMENT], row[SEQUENCE]),
        row[ORDER_ID],
        client_order_id_text(*words),
        ORDER_STATES[row[STATE]],
        SIDES[row[SIDE]],
        ORDER_TYPES[row[ORDER_TYPE]],
        TIFS[row[TIF]],
        row[LEVEL_TICK] if row[KIND] == _FILL else row[PRICE],
        row[ORDER_LOTS],
        row[LEAVES_LOTS],
        row[FILLED_LOTS],
        row[VALUE_TICK_LOTS],
    )


def _cancelled(rows: list[Row]) -> int:
    return sum(row[KIND] == _CXL for row in rows)
