"""EVENT rows as plain tuples, the form every publisher reads.

rows = read_rows(events)                     # once for all publishers; fields are at the places named below
for sequence, group in by_command(rows): ... # all rows of one command
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import numpy as np

from exchange.records import EVENT_FIELDS, EVENT_STRUCT, QUOTE_KEY

Row = tuple[int, ...]

(
    SEQUENCE,
    TIME_NS,
    KIND,
    REASON,
    SIDE,
    LIQUIDITY,
    STATE,
    FLAGS,
    ORDER_TYPE,
    TIF,
    ACCOUNT,
    SESSION,
    INSTRUMENT,
    PRICE,
    ORDER_ID,
    REFERENCE,
    CLIENT_ORDER_ID_0,
    CLIENT_ORDER_ID_1,
    CLIENT_ORDER_ID_2,
    LOTS,
    LEAVES_LOTS,
    FILLED_LOTS,
    ORDER_LOTS,
    LEVEL_LOTS,
    HIDDEN_LOTS,
    VALUE_TICK_LOTS,
    ACCOUNT_SEQUENCE,
    AMOUNT_MILLS,
) = range(len(EVENT_FIELDS))
assert all(globals()[name.upper()] == place for place, (name, _, _) in enumerate(EVENT_FIELDS))

_words = struct.Struct("<QQQ").pack


def read_rows(events: np.ndarray) -> list[Row]:
    """EVENT rows, shape (n,), as tuples of integers."""
    return list(EVENT_STRUCT.iter_unpack(events.tobytes()))


def by_command(rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Rows in the groups of one command each, with its sequence."""
    for sequence, group in groupby(rows, itemgetter(SEQUENCE)):
        yield sequence, list(group)


@lru_cache(maxsize=65_536)
def client_order_id_text(first: int, second: int, third: int) -> str:
    """Text of the three words. Several rows and a reply name the same order: the text is made once."""
    if first >= QUOTE_KEY:
        return ""
    return _words(first, second, third).rstrip(b"\0").decode("ascii")
