"""The queues of one book as clients see them, kept up to date by EVENT rows (MDATA-011).

    queues = OrderQueues(source.queues([index])[0])
    queues.take(row)                 # each EVENT row of the book whose kind is among KINDS
    queues.end_command()             # rows of the message: what the command has changed
    queues.rows()                    # a snapshot: each level from its head

An event says what its level shows afterwards, and it changes one order. So what the order shows follows from what its
level showed before, and lots that are hidden need not be known.
"""

from collections.abc import Iterable
from typing import NamedTuple

from exchange.codes import EventFlag, EventKind, Liquidity, OrderState, Side
from exchange.engine.event_rows import FLAGS, KIND, LEVEL_LOTS, LIQUIDITY, ORDER_ID, PRICE, SHOWN_LOTS, SIDE, STATE, Row
from exchange.publish.orders.order_changes import OrderChanges, OrderRow
from exchange.wire.messages import AddedOrder
from exchange.wire.words import SIDES

_ACK, _RST, _FILL = int(EventKind.ORDER_ACCEPTED), int(EventKind.ORDER_RESTED), int(EventKind.FILL)
_RFR, _RPL = int(EventKind.ICEBERG_REFRESHED), int(EventKind.ORDER_REPLACED)
_CXL, _DEC = int(EventKind.ORDER_CANCELLED), int(EventKind.SELF_MATCH_DECREMENTED)
KINDS = frozenset((_ACK, _RST, _FILL, _RFR, _RPL, _CXL, _DEC))  # kinds of events that may change a queue

_RESTS, _KEPT, _LOST = int(EventFlag.RESTS), int(EventFlag.KEPT), int(EventFlag.LOST)
_TAKER, _PENDING = int(Liquidity.TAKER), int(OrderState.PENDING)


class QueuedOrder(NamedTuple):
    """An order that rests in a queue, or is parked and shows nothing (BAND-004).

    stamp   time priority: of two orders at one price, the lower one comes first
    """

    order_id: int
    side: int
    price_tick: int
    shown_lots: int
    stamp: int


class OrderQueues:
    """The displayed orders of a book by side and price, head first; and its parked orders.

    Parked orders are kept for their priority: when new limits bring them back, their events come in order of entry.
    """

    def __init__(self, orders: Iterable[QueuedOrder]) -> None:
        """`orders`: of the book, in order of their stamps."""
        # By side and price: order id -> shown lots, and what the level shows. Python's dicts keep the order of arrival.
        self._queues: tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]] = ({}, {})
        self._level_lots: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._orders: dict[int, QueuedOrder] = {}  # by id, also parked ones; `shown_lots` is not kept up to date
        self._stamp = 0
        self._back: dict[int, QueuedOrder] = {}  # by id: parked orders that rest again by the command being read
        self._changes = OrderChanges()
        for order in orders:
            self._orders[order.order_id] = order
            self._stamp = order.stamp
            if order.shown_lots:
                self._enqueue(order, order.shown_lots)

    # what is shown

    def rows(self) -> list[AddedOrder]:
        """All displayed orders: bids, then asks, best price first, each level from its head."""
        return [
            AddedOrder(order_id, SIDES[side], price_tick, lots)
            for side in Side
            for price_tick in sorted(self._queues[side], reverse=side == Side.BUY)
            for order_id, lots in self._queues[side][price_tick].items()
        ]

    # events

    def take(self, row: Row) -> None:
        """Follow an event of the book."""
        kind, order_id = row[KIND], row[ORDER_ID]
        if kind in (_RST, _RFR) or (kind == _ACK and row[FLAGS] & _RESTS):
            self._join(QueuedOrder(order_id, row[SIDE], row[PRICE], row[SHOWN_LOTS], 0))
        elif order_id not in self._orders:
            return  # it waits for its trigger, is new, or is an aggressor
        elif kind == _CXL or (kind == _RPL and row[FLAGS] & _LOST and row[STATE] != _PENDING):
            self._leave(order_id)
        elif kind == _DEC or (kind == _FILL and row[LIQUIDITY] != _TAKER) or (kind == _RPL and row[FLAGS] & _KEPT):
            self._shrink(order_id, row[LEVEL_LOTS])

    def end_command(self) -> list[OrderRow]:
        """The rows of the command just read."""
        if self._back:
            self._bring_back()
        return self._changes.take()

    def _join(self, order: QueuedOrder) -> None:
        """An order joins the tail of its queue; or it is parked, or is no longer parked."""
        known = self._orders.get(order.order_id)
        if known is not None and order.shown_lots and not self._is_queued(known):
            self._back[order.order_id] = known._replace(shown_lots=order.shown_lots)
            return
        self._back.pop(order.order_id, None)
        if known is not None and self._is_queued(known):
            self._dequeue(known)
        self._stamp += 1
        # An order that new limits park keeps its priority.
        stamp = known.stamp if known is not None and not order.shown_lots else self._stamp
        order = self._orders[order.order_id] = order._replace(stamp=stamp)
        if order.shown_lots and self._back:
            self._back[order.order_id] = order  # it comes behind those that are back
        elif order.shown_lots:
            self._append(order)

    def _bring_back(self) -> None:
        """Queue orders that were parked, by their priority. The levels that they join have no other orders."""
        for order in sorted(self._back.values(), key=lambda one: one.stamp):
            self._append(order)
        self._back.clear()

    def _leave(self, order_id: int) -> None:
        order = self._orders.pop(order_id)
        self._back.pop(order_id, None)
        if self._is_queued(order):
            self._dequeue(order)

    def _shrink(self, order_id: int, level_lots: int) -> None:
        """The order's level shows so many lots now, and only this order has changed."""
        order, back = self._orders[order_id], self._back.get(order_id)
        if back is None and not self._is_queued(order):
            return  # a parked order shows nothing
        side, price_tick, levels = order.side, order.price_tick, self._level_lots[order.side]
        of_back = sum(one.shown_lots for one in self._back.values() if (one.side, one.price_tick) == (side, price_tick))
        fewer = levels.get(price_tick, 0) + of_back - level_lots
        if fewer == 0:
            return  # hidden lots alone
        left = (self._queues[side][price_tick][order_id] if back is None else back.shown_lots) - fewer
        if not left:  # it has ended, or it is an iceberg whose next slice joins the tail
            self._leave(order_id)
        elif back is not None:
            self._back[order_id] = back._replace(shown_lots=left)
        else:
            self._queues[side][price_tick][order_id] = left
            levels[price_tick] -= fewer
            self._changes.reduce(order_id, side, price_tick, left)

    # queues

    def _is_queued(self, order: QueuedOrder) -> bool:
        return order.order_id in self._queues[order.side].get(order.price_tick, ())

    def _append(self, order: QueuedOrder) -> None:
        self._enqueue(order, order.shown_lots)
        self._changes.add(order.order_id, order.side, order.price_tick, order.shown_lots)

    def _enqueue(self, order: QueuedOrder, lots: int) -> None:
        levels = self._level_lots[order.side]
        self._queues[order.side].setdefault(order.price_tick, {})[order.order_id] = lots
        levels[order.price_tick] = levels.get(order.price_tick, 0) + lots

    def _dequeue(self, order: QueuedOrder) -> None:
        queues, levels = self._queues[order.side], self._level_lots[order.side]
        levels[order.price_tick] -= queues[order.price_tick].pop(order.order_id)
        if not queues[order.price_tick]:
            del queues[order.price_tick], levels[order.price_tick]
        self._changes.delete(order.order_id)
