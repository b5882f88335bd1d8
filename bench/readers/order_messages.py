"""One row for each message of an order-by-order feed, the same for all formats (`ORDER_MESSAGE`)."""

import numpy as np

from exchange.records import record_type

# Kinds of a message. An execution is of a resting order. NOTICE says that a later REDUCE or MODIFY of the order is an
# execution of so many lots (Databento's F). MODIFY keeps the id; priority is lost if the price changes or lots grow.
KINDS = ("add", "reduce", "delete", "replace", "modify", "execute", "notice", "clear")
ADD, REDUCE, DELETE, REPLACE, MODIFY, EXECUTE, NOTICE, CLEAR = range(len(KINDS))

ORDER_MESSAGE = record_type(
    [
        ("time_ns", "<i8"),  # ns since 1970 UTC, never decreasing
        ("row", "<i8"),  # number of the message in its file, from 1
        ("order_id", "<u8"),
        ("old_order_id", "<u8"),  # REPLACE: the order that is replaced
        ("price", "<i8"),  # ticks; only of ADD, REPLACE, MODIFY
        ("lots", "<i8"),  # of REDUCE and EXECUTE: by which the order becomes smaller
        ("book", "<i4"),  # from 0
        ("kind", "u1"),
        ("side", "u1"),  # Side; only of ADD
        ("spare", "<u2"),
    ]
)
# Messages are put together field by field, so a format gives columns of equal length.
FIELDS = ("time_ns", "row", "order_id", "old_order_id", "price", "lots", "book", "kind", "side")


def order_messages(**columns: np.ndarray) -> np.ndarray:
    """ORDER_MESSAGE rows of columns; one that is not given is zero."""
    rows = np.zeros(len(columns["order_id"]), ORDER_MESSAGE)
    for name, values in columns.items():
        assert name in FIELDS, name
        rows[name] = values
    return rows
