"""Kernels that write the messages of all raw channels of the books that one command has changed (MDATA-013)."""

import numpy as np

from exchange.kernel import kernel
from exchange.machine import row_at
from exchange.publish.fold.depth_frames import put_depth, settle_implied
from exchange.publish.fold.streams import STREAMS, TOP
from exchange.publish.fold.top_frames import put_top


@kernel
def put_books(event, fold, books, changes, ladders, streams, shown, runs, text, packed, literals, remainders):
    """Write the messages of the raw channels whose books the command just read has changed."""
    for at in range(fold.begin, fold.changes):
        index = np.int64(row_at(changes, at).key) >> 2
        book = row_at(books, index)
        if book.raw == 0 or book.last_command == event.sequence:
            continue
        book.last_command = event.sequence
        ladder = row_at(ladders, book.ladder)
        for kind in range(STREAMS):
            stream = row_at(streams, book.streams[kind])
            if stream.channel == 0:
                continue
            if kind == TOP:
                put_top(event, fold, book, ladder, stream, runs, text, packed, literals)
            else:
                put_depth(
                    event, fold, index, book, changes, ladder, stream, shown, runs, text, packed, literals, remainders
                )
        settle_implied(book)
