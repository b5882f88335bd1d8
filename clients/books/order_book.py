"""Every displayed order of an instrument (L3), and the place of an order in its queue (MDATA-011).

A row `a` joins the tail of its level, `r` shrinks and keeps its place, `d` leaves; so the order of the rows is the
queue. `apply` follows the rules of MDATA-015, like a `LocalBook`; a row that fits no order makes the book stale until
the next snapshot, and reading a stale book raises `StaleBook`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from clients.books.channel_book import ChannelBook
from clients.books.levels import PriceLevel
from exchange.codes import Side

SIDES = {"b": Side.BUY, "s": Side.SELL}
Row = Sequence[Any]  # ("a" | "r", order_id, "b" | "s", price_tick, lots) or ("d", order_id)


class RestingOrder(NamedTuple):
    """A displayed order. Lots are those displayed."""

    order_id: int
    side: Side
    price_tick: int
    lots: int


class QueuePlace(NamedTuple):
    """Where an order stands at its price: what trades before it, and what stands there in all."""

    orders_ahead: int
    lots_ahead: int
    lots: int
    level_orders: int
    level_lots: int


class BadRow(Exception):
    """A row that fits no order of the book."""


class OrderBook(ChannelBook):
    """All displayed orders of one instrument."""

    def __init__(self, instrument: int = 0, symbol: str = "") -> None:
        super().__init__(instrument, symbol)
        self._orders: dict[int, RestingOrder] = {}
        self._queues: dict[tuple[Side, int], dict[int, int]] = {}  # (side, price) -> order id -> lots, head first

    # -- updates ------------------------------------------------------------------------------------------------------

    def load(self, sequence: int, rows: Sequence[Row], more: bool) -> bool:
        """Apply a snapshot or one page of it. False: it does not fit together, the channel needs a resync."""
        if not (self._more and sequence == self.sequence):
            self._orders.clear()
            self._queues.clear()
            self.problem = "snapshot incomplete"
        self.sequence, self._more = sequence, more
        if not self._apply_rows(rows):
            return False
        if not more:
            self.problem, self._behind = None, 0
        return True

    def apply(self, sequence: int, previous: int, rows: Sequence[Row]) -> bool:
        """Apply a change. False: the book is stale, and the channel needs a resync.

        sequence, previous   of the message and of the message before it
        """
        follows = self._follow(sequence, previous)
        if not follows:
            return follows is None
        return self._apply_rows(rows)

    def note(self, engine_sequence: int, time_us: int) -> None:
        """Note the command that the last message shows."""
        self.engine_sequence, self.time_us = engine_sequence, time_us

    def _apply_rows(self, rows: Sequence[Row]) -> bool:
        try:
            for row in rows:
                self._apply_row(row)
        except (BadRow, IndexError, KeyError, ValueError) as fault:
            self.mark_stale(f"row {list(row)}: {fault if isinstance(fault, BadRow) else 'not a row of this channel'}")
            self.mismatches += 1
            return False
        return True

    def _apply_row(self, row: Row) -> None:
        kind, order_id = row[0], row[1]
        known = self._orders.get(order_id)
        if kind == "d":
            if known is None:
                raise BadRow(f"no order {order_id} is here")
            self._remove(known)
            return
        order = RestingOrder(order_id, SIDES[row[2]], row[3], row[4])
        if order.lots <= 0:
            raise BadRow("an order has at least one lot")
        if kind == "a":
            if known is not None:
                raise BadRow(f"order {order_id} is here already")
        elif kind != "r" or known is None or known[1:3] != order[1:3] or order.lots > known.lots:
            raise BadRow(f"it does not shrink an order that is here ({known})")
        self._orders[order_id] = order
        self._queues.setdefault((order.side, order.price_tick), {})[order_id] = order.lots

    def _remove(self, order: RestingOrder) -> None:
        key = (order.side, order.price_tick)
        queue = self._queues[key]
        del queue[order.order_id], self._orders[order.order_id]
        if not queue:
            del self._queues[key]

    # -- reading ------------------------------------------------------------------------------------------------------

    def order(self, order_id: int) -> RestingOrder | None:
        """A displayed order; None: it is not in the book."""
        self._must_be_synced()
        return self._orders.get(order_id)

    def queue(self, side: Side, price_tick: int) -> list[RestingOrder]:
        """The orders at a price, head first."""
        self._must_be_synced()
        return [self._orders[order_id] for order_id in self._queues.get((side, price_tick), ())]

    def place(self, order_id: int) -> QueuePlace | None:
        """Where an order stands in its queue; None: it is not in the book."""
        order = self.order(order_id)
        if order is None:
            return None
        queue = self._queues[order.side, order.price_tick]
        ids, lots = list(queue), list(queue.values())
        ahead = ids.index(order_id)
        return QueuePlace(ahead, sum(lots[:ahead]), order.lots, len(ids), sum(lots))

    def levels(self, side: Side, count: int | None = None) -> list[PriceLevel]:
        """The first `count` price levels of a side with the sum of their orders, best first."""
        self._must_be_synced()
        sign = 1 if side == Side.SELL else -1
        prices = sorted((price for own, price in self._queues if own == side), key=lambda price: sign * price)
        return [PriceLevel(price, sum(self._queues[side, price].values())) for price in prices[:count]]

    def difference(self, levels: Sequence[PriceLevel], side: Side, count: int | None) -> str:
        """How the first `count` levels differ from those of the L2 book at the same `engine_sequence`; empty: they do
        not."""
        for own, other in _pairs(self.levels(side, count), levels):
            if own != other:
                return f"{side.name.lower()} level {own} of the orders, {other} of the depth"
        return ""

    def _must_be_synced(self) -> None:
        if self.problem is not None:
            raise self._stale(self.problem)

    def __len__(self) -> int:
        return len(self._orders)


def _pairs(
    own: Sequence[PriceLevel], other: Sequence[PriceLevel]
) -> Iterator[tuple[PriceLevel | None, PriceLevel | None]]:
    for place in range(max(len(own), len(other))):
        yield own[place] if place < len(own) else None, other[place] if place < len(other) else None
