"""Order messages are put together from columns."""

import numpy as np
import pytest

from bench.readers.order_messages import FIELDS, KINDS, ORDER_MESSAGE, order_messages


def test_columns_become_rows_and_what_is_not_given_is_zero() -> None:
    rows = order_messages(order_id=np.array([2**64 - 1, 5], np.uint64), price=np.array([7, 8]))
    assert rows["order_id"].tolist() == [2**64 - 1, 5] and rows["price"].tolist() == [7, 8]
    assert not rows["lots"].any() and len(KINDS) == 8
    assert set(FIELDS) < set(ORDER_MESSAGE.names or ())


def test_unknown_column_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="colour"):
        order_messages(order_id=np.array([1]), colour=np.array([1]))
