"""Order messages without replacements: each becomes the deletion of the old order and the entry of the new one."""

import numpy as np

from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE, REPLACE


def split_replacements(messages: np.ndarray) -> np.ndarray:
    """ORDER_MESSAGE rows of kinds ADD, REDUCE, DELETE and EXECUTE only, all with price, lots and side.

    messages   of `order_flow`: ids number the entries from 1, so each id is entered once
    """
    replaced = messages["kind"] == REPLACE
    entered = (messages["kind"] == ADD) | replaced
    count = int(messages["order_id"].max(initial=0)) + 1
    prices, left = np.zeros(count, np.int64), np.zeros(count, np.int64)
    names = messages["order_id"].astype(np.int64)
    prices[names[entered]] = messages["price"][entered]
    left[names[entered]] = messages["lots"][entered]
    reduced = (messages["kind"] == REDUCE) | (messages["kind"] == EXECUTE)
    np.subtract.at(left, names[reduced], messages["lots"][reduced])
    rows = np.repeat(messages, 1 + replaced)
    second = np.flatnonzero(rows["kind"] == REPLACE)[1::2]
    first, old = second - 1, rows["old_order_id"][second].astype(np.int64)
    rows["kind"][first], rows["kind"][second] = DELETE, ADD
    rows["order_id"][first], rows["price"][first], rows["lots"][first] = old, prices[old], left[old]
    rows["old_order_id"] = 0
    return rows
