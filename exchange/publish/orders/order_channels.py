"""The `orders` channels: one of each book, raw, with every displayed order (MDATA-011, MDATA-013).

    orders = FollowedOrders(source)
    orders.open([channel, ...])                   # their first subscribers have come
    for number, message in orders.take(events):   # EVENT rows just released, of whole commands
    orders.close(channel)                         # nobody watches any more

A book is read from the engine once, between two releases, and then follows the events, as long as somebody subscribes.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from exchange.engine.event_rows import INSTRUMENT, KIND, SEQUENCE, TIME_NS, read_rows
from exchange.publish.orders.order_changes import OrderRow
from exchange.publish.orders.order_queues import KINDS, OrderQueues, QueuedOrder
from exchange.units import NS_PER_US
from exchange.wire.messages import ChannelMessage, Orders

FEW = 16  # rows that are looked at one by one faster than all at once
PAGE_ORDERS = 8_000  # of a snapshot in one page: about 0.4 MiB of JSON (MDATA-006)


class OrdersSource(Protocol):
    """The engine's queues."""

    def queues(self, indices: Sequence[int]) -> list[list[QueuedOrder]]:
        """The orders of these books after the last command applied, in queues and parked, in order of their stamps."""


class OrdersChannel:
    """The displayed orders of one book."""

    def __init__(self, number: int, index: int) -> None:
        """`index`: its book."""
        self.number, self.index, self.sequence = number, index, 0
        self.queues = OrderQueues(())

    def open(self, orders: Sequence[QueuedOrder]) -> None:
        """Begin to follow the book. Subscribers need a snapshot: older messages do not lead to this state."""
        self.sequence += 1
        self.queues = OrderQueues(orders)

    def close(self) -> None:
        """End following the book. Only the number goes on."""
        self.queues = OrderQueues(())

    def publish(self, rows: Sequence[OrderRow], e: int, time_us: int) -> Orders:
        """The message with these changes by command `e`."""
        self.sequence += 1
        return Orders(self.number, self.sequence, e, time_us, list(rows), previous=self.sequence - 1)

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """All displayed orders, in pages."""
        rows = self.queues.rows()
        starts = range(0, max(len(rows), 1), PAGE_ORDERS)
        return [
            Orders(
                self.number, self.sequence, e, time_us, list(rows[start : start + PAGE_ORDERS]), snapshot=True,
                more=start != starts[-1],
            )
            for start in starts
        ]  # fmt: skip

    def merged(self, since: int, e: int, time_us: int) -> list[ChannelMessage] | None:
        """[] for a reader that has missed nothing after message `since`; None: it needs a snapshot (RATE-006)."""
        return [] if since == self.sequence else None


class FollowedOrders:
    """The books of `orders` channels with subscribers."""

    def __init__(self, source: OrdersSource) -> None:
        self._source = source
        self.channels: dict[int, OrdersChannel] = {}  # by book; empty: nothing is followed
        self._watched = np.zeros(1, bool)  # by book
        self._kinds = np.zeros(256, bool)
        self._kinds[list(KINDS)] = True

    def open(self, channels: Sequence[OrdersChannel]) -> None:
        """Follow the books of these channels. The engine's state must be what has been released."""
        indices = [channel.index for channel in channels]
        if max(indices) >= len(self._watched):
            self._watched = np.concatenate([self._watched, np.zeros(max(indices) + 1, bool)])
        for channel, orders in zip(channels, self._source.queues(indices), strict=True):
            channel.open(orders)
            self.channels[channel.index] = channel
            self._watched[channel.index] = True

    def close(self, channel: OrdersChannel) -> None:
        del self.channels[channel.index]
        self._watched[channel.index] = False
        channel.close()

    def take(self, events: np.ndarray) -> list[tuple[int, Orders]]:
        """Read EVENT rows of whole commands. Returns (channel, message), one for each command and changed book."""
        made: list[tuple[int, Orders]] = []
        touched: dict[int, OrdersChannel] = {}
        e = time_us = 0
        for row in read_rows(events if len(events) <= FEW else events[self._concerned(events)]):
            channel = self.channels.get(row[INSTRUMENT])
            if channel is None or row[KIND] not in KINDS:
                continue
            if row[SEQUENCE] != e:
                self._end_command(touched, e, time_us, made)
                e, time_us = row[SEQUENCE], row[TIME_NS] // NS_PER_US
            touched[channel.index] = channel
            channel.queues.take(row)
        self._end_command(touched, e, time_us, made)
        return made

    def _concerned(self, events: np.ndarray) -> np.ndarray:
        """Places of the rows about queues of followed books."""
        places = np.flatnonzero(self._kinds[events["kind"]])
        books = events["instrument"][places]
        inside = books < len(self._watched)
        found: np.ndarray = places[inside][self._watched[books[inside]]]
        return found

    def _end_command(
        self, touched: dict[int, OrdersChannel], e: int, time_us: int, made: list[tuple[int, Orders]]
    ) -> None:
        """Add the messages of a command; `touched`, its books, is emptied."""
        for channel in touched.values():
            rows = channel.queues.end_command()
            if rows:
                made.append((channel.number, channel.publish(rows, e, time_us)))
        touched.clear()
