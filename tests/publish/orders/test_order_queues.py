"""Queues of a book from events: one event at a time. `tests/properties/test_order_queues.py` has random flows."""

from typing import Any

import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, OrderState, Side
from exchange.engine.event_rows import Row
from exchange.publish.orders.order_queues import KINDS, OrderQueues, QueuedOrder
from exchange.wire.messages import AddedOrder, DeletedOrder, ReducedOrder
from tests.publish.helpers import event

BUY, SELL = Side.BUY, Side.SELL


def queues() -> OrderQueues:
    """Two bids at 100 behind each other, an iceberg at 99 that shows 2, and an ask; a parked bid."""
    return OrderQueues([
        QueuedOrder(1, BUY, 100, 5, 10), QueuedOrder(9, BUY, 60, 0, 11), QueuedOrder(2, BUY, 100, 4, 12),
        QueuedOrder(3, BUY, 99, 2, 13), QueuedOrder(4, SELL, 103, 7, 14),
    ])  # fmt: skip


def after(book: OrderQueues, *rows: Row) -> list[Any]:
    for row in rows:
        book.take(row)
    return book.end_command()


def rested(order_id: int, price: int, shown: int, side: Side = BUY, kind: EventKind = EventKind.ORDER_RESTED) -> Row:
    return event(kind, order_id=order_id, side=side, price=price, shown_lots=shown, level_lots=99)


def filled(order_id: int, level_lots: int, liquidity: Liquidity = Liquidity.MAKER) -> Row:
    return event(EventKind.FILL, order_id=order_id, level_lots=level_lots, liquidity=liquidity)


@pytest.mark.rule("MDATA-011")
def test_a_snapshot_lists_each_level_from_its_head_and_no_parked_order() -> None:
    assert queues().rows() == [
        AddedOrder(1, "b", 100, 5), AddedOrder(2, "b", 100, 4), AddedOrder(3, "b", 99, 2), AddedOrder(4, "s", 103, 7),
    ]  # fmt: skip
    assert OrderQueues(()).rows() == []


@pytest.mark.rule("MDATA-011")
def test_a_fill_shrinks_or_removes_what_is_shown_and_an_aggressor_shows_nothing() -> None:
    book = queues()
    assert after(book, filled(1, 7)) == [ReducedOrder(1, "b", 100, 3)]
    assert after(book, filled(1, 4), filled(8, 0, Liquidity.TAKER)) == [DeletedOrder(1)]
    assert after(book, filled(2, 4, Liquidity.AUCTION)) == [], "hidden lots alone"
    accepted = event(EventKind.ORDER_ACCEPTED, order_id=8, side=SELL, price=101, shown_lots=3, level_lots=3)
    assert after(book, accepted) == [], "it does not rest yet"
    assert after(book, rested(8, 101, 3, SELL)) == [AddedOrder(8, "s", 101, 3)]


@pytest.mark.rule("MDATA-011", "ICE-002")
def test_the_next_slice_of_an_iceberg_joins_the_tail() -> None:
    book = queues()
    slices = [filled(3, 0), rested(3, 99, 2, kind=EventKind.ICEBERG_REFRESHED), filled(3, 1)]
    assert after(book, *slices) == [DeletedOrder(3), AddedOrder(3, "b", 99, 1)]


@pytest.mark.rule("MDATA-011", "REPL-005")
@pytest.mark.parametrize(
    ("flags", "lots", "made"),
    [
        (EventFlag.KEPT, 7, [ReducedOrder(1, "b", 100, 3)]),
        (EventFlag.KEPT, 9, []),
        (EventFlag.LOST, 4, [DeletedOrder(1)]),
        (EventFlag(0), 0, []),
    ],
)
def test_a_replace_keeps_or_loses_the_place(flags: EventFlag, lots: int, made: list[Any]) -> None:
    replaced = event(EventKind.ORDER_REPLACED, order_id=1, side=BUY, price=100, flags=flags, level_lots=lots)
    assert after(queues(), replaced) == made
    stop = event(EventKind.ORDER_REPLACED, order_id=50, state=OrderState.PENDING, flags=flags, level_lots=lots)
    assert after(queues(), stop) == []


@pytest.mark.rule("MDATA-011", "SMP-005")
def test_cancels_and_decrements_leave_or_shrink() -> None:
    book = queues()
    decremented = event(EventKind.SELF_MATCH_DECREMENTED, order_id=4, side=SELL, price=103, level_lots=6)
    assert after(book, decremented) == [ReducedOrder(4, "s", 103, 6)]
    cancelled = [event(EventKind.ORDER_CANCELLED, order_id=number) for number in (1, 9, 77)]
    assert after(book, *cancelled) == [DeletedOrder(1)], "of a parked order, and of one that never rested, nothing"
    accepted = event(EventKind.ORDER_ACCEPTED, order_id=6, price=100, shown_lots=2, level_lots=6, flags=EventFlag.RESTS)
    assert after(book, accepted) == [AddedOrder(6, "b", 100, 2)]
    assert [row.order_id for row in book.rows()] == [2, 6, 3, 4]


@pytest.mark.rule("MDATA-011", "BAND-004")
def test_orders_that_limits_park_come_back_in_the_order_of_their_queue() -> None:
    """Events of new limits come in order of entry: 2 was entered first here, and replaced before it was parked."""
    book = queues()
    assert after(book, rested(2, 100, 0), rested(1, 100, 0)) == [DeletedOrder(2), DeletedOrder(1)]
    assert [row.order_id for row in book.rows()] == [3, 4]
    assert after(book, rested(5, 100, 0)) == [], "it enters outside the limits"
    kept = event(EventKind.ORDER_REPLACED, order_id=2, price=100, flags=EventFlag.KEPT)
    assert after(book, kept, rested(9, 60, 0)) == []
    back = after(book, rested(5, 100, 6), rested(2, 100, 4), rested(9, 60, 1), rested(1, 100, 5))
    assert [row.order_id for row in back] == [1, 9, 2, 5], "by their stamps"
    lost = event(EventKind.ORDER_REPLACED, order_id=1, price=100, flags=EventFlag.LOST, level_lots=10)
    assert after(book, lost, rested(1, 100, 8)) == [DeletedOrder(1), AddedOrder(1, "b", 100, 8)]
    assert [row.order_id for row in book.rows()] == [2, 5, 1, 3, 9, 4]


@pytest.mark.rule("MDATA-011", "BAND-004")
def test_an_order_that_comes_back_and_ends_or_shrinks_in_one_command_shows_what_is_left() -> None:
    back, cancelled = rested(9, 60, 5), event(EventKind.ORDER_CANCELLED, order_id=9)
    book = queues()
    assert after(book, back, cancelled) == [] and 9 not in [row.order_id for row in book.rows()]
    assert after(book, cancelled) == [] and after(book) == []
    assert after(queues(), back, filled(9, 0)) == []
    assert after(queues(), back, filled(9, 2)) == [AddedOrder(9, "b", 60, 2)]
    assert after(queues(), back, rested(9, 60, 0)) == [], "parked again"


@pytest.mark.rule("MDATA-011", "BAND-004", "ICE-002")
def test_orders_that_come_back_and_trade_in_one_command_keep_their_order() -> None:
    """2 was before 5; 2 is an iceberg that shows its next slice behind 5."""
    book = queues()
    after(book, rested(2, 100, 0), rested(1, 100, 0), rested(5, 100, 0))
    again = rested(2, 100, 3, kind=EventKind.ICEBERG_REFRESHED)
    rows = [rested(5, 100, 6), filled(5, 4), rested(2, 100, 4), filled(2, 4), again, filled(2, 6)]
    assert after(book, *rows) == [AddedOrder(5, "b", 100, 4), AddedOrder(2, "b", 100, 2)]
    assert after(book, filled(5, 5)) == [ReducedOrder(5, "b", 100, 3)]
    assert after(book, event(EventKind.ORDER_CANCELLED, order_id=5)) == [DeletedOrder(5)]
    assert [row.order_id for row in book.rows()] == [2, 3, 4]


def test_kinds_are_those_that_touch_an_order_of_a_book() -> None:
    assert {EventKind(kind).abbreviation for kind in KINDS} == {"ACK", "RST", "FILL", "RFR", "RPL", "CXL", "DEC"}
