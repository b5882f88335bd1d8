"""What the kernels know of accounts, sessions and the batch that is being written: the STREAMS record.

A *slot* is the row of a session, its number modulo the rows for sessions (`query.session_rows`). At most one session
that may be resumed has a slot, and a session has at most one connection, so a slot is a connection too.
"""

from typing import Any

import numpy as np

from exchange.publish.encode.put import SLOTS
from exchange.records import record_type

ACCOUNTS = 1 << 16
NODES = 1 << 17  # connections that listen to accounts, summed over the accounts
REPLIES = 1 << 13  # commands of a batch, at most

STREAMS = record_type(
    [
        ("released", "i8", ACCOUNTS),  # last number of each account's stream
        # What the last `margin` of an account's stream said, and at which `e`; only of accounts that somebody hears.
        ("margin_sequence", "i8", ACCOUNTS),
        ("margin_equity", "i8", ACCOUNTS),
        ("margin_required", "i8", ACCOUNTS),
        ("margin_held", "i8", ACCOUNTS),
        ("margin_free", "i8", ACCOUNTS),
        ("listeners", "i4", ACCOUNTS),  # connections that listen to an account
        ("listener", "i4", ACCOUNTS),  # node of the first
        ("node_slot", "i4", NODES),
        ("node_next", "i4", NODES),
        ("session", "u4", SLOTS),  # number of the session of a slot
        ("is_live", "u1", SLOTS),  # its connection has completed the logon: it gets replies
        ("asks_python", "u1", SLOTS),  # its next reply says more than its events do
        # The cursor, see CURSOR.
        ("row", "i8"),  # next command
        ("event", "i8"),  # its first event
        ("stop", "i8"),  # event after its last
        ("is_answered", "i8"),  # its reply is written
        ("answered_slots", "i8", REPLIES),
        ("answered_count", "i8"),
        ("answers", "i8", SLOTS),  # replies of a slot in this batch
        ("reply_count", "i8"),
        ("reply_slot", "i8", REPLIES),
        ("reply_id", "i8", REPLIES),
        ("reply_sequence", "i8", REPLIES),
        ("reply_received_us", "i8", REPLIES),
        ("reply_operations", "i8", REPLIES),  # of a batch of requests that became commands; 0: it is no batch
    ]
)


def new_streams() -> Any:
    """A STREAMS record without accounts and sessions, shape (1,)."""
    return np.zeros(1, STREAMS)
