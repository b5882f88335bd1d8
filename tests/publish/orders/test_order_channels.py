"""Channels of displayed orders: numbers, pages, several books, and nothing for those that nobody watches."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import EventKind, Side
from exchange.publish.orders import order_channels
from exchange.publish.orders.order_channels import FollowedOrders, OrdersChannel
from exchange.publish.orders.order_queues import QueuedOrder
from exchange.records import EVENT
from exchange.wire.messages import AddedOrder, DeletedOrder
from tests.publish.helpers import Levels, event, event_array


def entered(sequence: int, index: int, order_id: int) -> Any:
    return event(EventKind.ORDER_RESTED, sequence, order_id=order_id, instrument=index, price=100, shown_lots=3)


def gone(sequence: int, index: int, order_id: int) -> Any:
    return event(EventKind.ORDER_CANCELLED, sequence, order_id=order_id, instrument=index, price=100)


@pytest.mark.rule("MDATA-013", "MDATA-003")
@pytest.mark.parametrize("few", [0, 100])
def test_each_command_makes_one_message_in_each_book_that_it_changes(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_channels, "FEW", few)
    source = Levels(5)
    source.queued[2] = [QueuedOrder(7, Side.BUY, 100, 4, 1)]
    orders, channels = FollowedOrders(source), [OrdersChannel(11, 1), OrdersChannel(12, 2)]
    assert not orders.channels
    orders.open(channels)
    assert orders.channels and [channel.sequence for channel in channels] == [1, 1]
    rows = [entered(6, 1, 8), gone(6, 2, 7), entered(6, 3, 9), entered(7, 1, 10), gone(8, 1, 99)]
    (one, first), (two, second), (three, third) = orders.take(event_array(rows))
    assert (one, two, three) == (11, 12, 11), "book 3 is not watched, and nothing changes in command 8"
    assert (first.engine_sequence, second.engine_sequence, third.engine_sequence) == (6, 6, 7)
    assert (first.previous, first.sequence, third.previous, third.sequence) == (1, 2, 2, 3)
    assert first.rows == [AddedOrder(8, "b", 100, 3)] and second.rows == [DeletedOrder(7)]


@pytest.mark.rule("MDATA-005", "MDATA-006")
def test_a_snapshot_comes_in_pages_of_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_channels, "PAGE_ORDERS", 2)
    channel = OrdersChannel(11, 1)
    channel.open([QueuedOrder(number, Side.SELL, 100, 1, number) for number in range(1, 6)])
    pages: list[Any] = channel.snapshot(9, 8)
    assert [[row.order_id for row in page.rows] for page in pages] == [[1, 2], [3, 4], [5]]
    assert [(page.sequence, page.snapshot, page.more, page.previous) for page in pages] == [
        (1, True, True, None), (1, True, True, None), (1, True, False, None),
    ]  # fmt: skip
    channel.close()
    assert channel.snapshot(9, 8)[0].rows == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("few", [0, 100])
def test_a_closed_channel_is_not_followed_and_an_unlisted_book_is_nothing(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_channels, "FEW", few)
    orders, channel = FollowedOrders(Levels(5)), OrdersChannel(11, 1)
    orders.open([channel])
    far = event(EventKind.ORDER_REJECTED, 6, instrument=4_000_000_000)
    assert orders.take(event_array([far, entered(6, 500, 1)])) == [] == orders.take(np.zeros(0, EVENT))
    orders.close(channel)
    assert not orders.channels and orders.take(event_array([entered(7, 1, 8)])) == []
    orders.open([channel])
    assert channel.sequence == 2, "numbers go on"
