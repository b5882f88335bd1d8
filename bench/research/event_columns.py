"""Splits EVENT rows into columns, as Arrow and polars hold them, and finds the rows of own accounts.

A block has an array for each field of EVENT, so that a column of a block is an Arrow array without a copy.
"""

import numpy as np

from exchange.codes import EventKind
from exchange.kernel import kernel
from exchange.machine import row_at
from exchange.records import EVENT_FIELDS, record_type

# Not a power of two: columns that begin a power of two apart would compete for the same lines of the cache.
BLOCK_ROWS = (1 << 15) + 72
REFUSALS = (
    EventKind.ORDER_REJECTED,
    EventKind.REPLACE_REJECTED,
    EventKind.CANCEL_REJECTED,
    EventKind.COMMAND_REFUSED,
)  # kinds of event with which the engine refuses a command
REFUSAL_BITS = np.uint64(sum(1 << kind for kind in REFUSALS))  # a bit for each kind of event that is a refusal
BLOCK = record_type([(name, "<" + code, (BLOCK_ROWS,)) for name, code, _ in EVENT_FIELDS])


@kernel
def split_columns(rows, blocks, start, stop):
    """Copy rows `start` to `stop` of EVENT rows to the same places in the columns of a block, shape (1,)."""
    block = blocks[0]
    for place in range(start, stop):
        row = row_at(rows, place)
        block.sequence[place] = row.sequence
        block.time_ns[place] = row.time_ns
        block.kind[place] = row.kind
        block.reason[place] = row.reason
        block.side[place] = row.side
        block.liquidity[place] = row.liquidity
        block.state[place] = row.state
        block["flags"][place] = row["flags"]
        block.order_type[place] = row.order_type
        block.tif[place] = row.tif
        block.account[place] = row.account
        block.session[place] = row.session
        block.instrument[place] = row.instrument
        block.price[place] = row.price
        block.order_id[place] = row.order_id
        block.reference[place] = row.reference
        block.client_order_id_0[place] = row.client_order_id_0
        block.client_order_id_1[place] = row.client_order_id_1
        block.client_order_id_2[place] = row.client_order_id_2
        block.lots[place] = row.lots
        block.leaves_lots[place] = row.leaves_lots
        block.filled_lots[place] = row.filled_lots
        block.order_lots[place] = row.order_lots
        block.level_lots[place] = row.level_lots
        block.hidden_lots[place] = row.hidden_lots
        block.value_tick_lots[place] = row.value_tick_lots
        block.account_sequence[place] = row.account_sequence
        block.amount_mills[place] = row.amount_mills


@kernel
def find_own(outs, first, last, places):
    """Find the events of accounts `first` to `last`. Returns their number, and the number of refusals of others.

    places   int64, filled with the rows of these events in the buffer; it must be as long as the buffer
    """
    out = outs[0]
    count, refused = 0, 0
    for index in range(out.count):
        row = row_at(out.rows, index)
        account, kind = np.int64(row.account), row.kind
        if account >= first and account <= last:
            places[count] = index
            count += 1
        elif REFUSAL_BITS >> np.uint64(kind) & np.uint64(1) != 0:
            refused += 1
    return count, refused
