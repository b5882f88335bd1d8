"""Rows of one message: each order once, with the outcome."""

import random

import pytest

from exchange.codes import Side
from exchange.publish.orders.order_changes import OrderChanges
from exchange.wire.messages import AddedOrder, DeletedOrder, ReducedOrder


@pytest.mark.rule("MDATA-011", "MDATA-013")
def test_of_several_changes_of_an_order_the_outcome_is_kept() -> None:
    changes = OrderChanges()
    changes.add(1, Side.BUY, 100, 9)
    changes.reduce(7, Side.SELL, 105, 4)
    changes.reduce(1, Side.BUY, 100, 5)
    changes.reduce(7, Side.SELL, 105, 2)
    changes.delete(8)
    assert changes.take() == [AddedOrder(1, "b", 100, 5), ReducedOrder(7, "s", 105, 2), DeletedOrder(8)]
    assert changes.take() == []


@pytest.mark.rule("MDATA-011")
def test_what_a_command_undoes_itself_is_left_out() -> None:
    changes = OrderChanges()
    changes.add(1, Side.BUY, 100, 9)
    changes.delete(1)
    assert changes.take() == [], "nobody saw it"
    changes.reduce(2, Side.BUY, 100, 3)
    changes.delete(2)
    changes.add(2, Side.BUY, 100, 6)
    changes.delete(2)
    changes.add(2, Side.BUY, 100, 4)
    assert changes.take() == [DeletedOrder(2), AddedOrder(2, "b", 100, 4)], "an iceberg of several slices"


def apply(queue: dict[int, int], row: object) -> None:
    """A level in order of arrival."""
    if isinstance(row, DeletedOrder):
        del queue[row.order_id]
    elif isinstance(row, ReducedOrder):
        assert row.order_id in queue
        queue[row.order_id] = row.lots
    elif isinstance(row, AddedOrder):
        assert row.order_id not in queue
        queue[row.order_id] = row.lots


@pytest.mark.rule("MDATA-011")
def test_the_kept_rows_give_the_queue_that_all_of_them_give() -> None:
    rng = random.Random(5)
    for _ in range(300):
        before = dict.fromkeys(range(rng.randint(0, 4)), 10)
        queue, changes = dict(before), OrderChanges()
        for _ in range(rng.randint(1, 12)):
            number = rng.randint(0, 5)
            if number not in queue:
                queue[number] = 20
                changes.add(number, Side.SELL, 50, 20)
            elif rng.random() < 0.5 and queue[number] > 1:
                queue[number] -= 1
                changes.reduce(number, Side.SELL, 50, queue[number])
            else:
                del queue[number]
                changes.delete(number)
        for row in changes.take():
            apply(before, row)
        assert list(before.items()) == list(queue.items())
