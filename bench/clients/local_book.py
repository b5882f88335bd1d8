"""Changes of a local book a second, in Python: the book alone, and all that a session does with a frame.

A delta is one changed price level; a message has one or more. Each pass begins with a new session and ends with the
book that the venue's checksums have confirmed.
"""

import asyncio
from time import thread_time_ns
from typing import NamedTuple

from bench.clients.depth_frames import Recorded
from clients.local_book import LocalBook
from clients.recording.file_format import RecordKind
from clients.recording.replay_session import ReplaySession
from exchange.wire.codec import CODECS
from exchange.wire.messages import Depth

DEPTH = b'{"t":"depth"'  # how a frame with one message of depth begins


class BookRates(NamedTuple):
    """Deltas a second of one pass, and what the pass had to do."""

    session: float
    alone: float
    messages: int
    deltas: int
    checksums: int


def book_rates(recording: Recorded) -> BookRates:
    """One pass over the frames of a recorded session. AssertionError: the book is not the venue's."""
    session_ns, book = asyncio.run(_session_pass(recording))
    messages = [
        message
        for record in recording.records
        if record.kind == RecordKind.RECEIVED
        for message in CODECS[recording.header.subprotocol].decode_server(record.data)
        if isinstance(message, Depth)
    ]
    alone_ns, alone = _book_pass(messages)
    assert not alone.mismatches and not book.mismatches and not book.gaps, "the book is not the venue's"
    assert alone.sequence == book.sequence and levels_of(messages) == (alone.bids(), alone.asks())
    assert (book.bids(), book.asks()) == (alone.bids(), alone.asks())
    deltas = sum(len(message.bids) + len(message.asks) for message in messages)
    checksums = sum(message.checksum is not None for message in messages)
    return BookRates(deltas * 1e9 / session_ns, deltas * 1e9 / alone_ns, len(messages), deltas, checksums)


def levels_of(messages: list[Depth]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The levels after all messages, bids and asks, best first: the slow, obvious way."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for message in messages:
        for side, rows in ((bids, message.bids), (asks, message.asks)):
            if message.snapshot:
                side.clear()
            side.update(rows)
    return (
        sorted(((tick, lots) for tick, lots in bids.items() if lots), reverse=True),
        sorted((tick, lots) for tick, lots in asks.items() if lots),
    )


async def _session_pass(recording: Recorded) -> tuple[int, LocalBook]:
    """Nanoseconds of this thread for all that a session does with depth frames, from bytes to queued events."""
    session, busy_ns = ReplaySession(recording.header), 0
    for record in recording.records:
        if record.kind in (RecordKind.HEADER, RecordKind.CLOSED):
            continue
        if record.kind == RecordKind.RECEIVED and record.data.startswith(DEPTH):
            start = thread_time_ns()
            session._take(session.core.receive(record.data, 1.0))
            busy_ns += thread_time_ns() - start
        else:
            session.take_record(record)
    (book,) = session.books()
    return busy_ns, book


def _book_pass(messages: list[Depth]) -> tuple[int, LocalBook]:
    book = LocalBook()
    start = thread_time_ns()
    for message in messages:
        if message.snapshot:
            book.load(message.sequence, message.bids, message.asks, message.checksum, message.more)
        else:
            book.apply(message.sequence, message.previous or 0, message.bids, message.asks, message.checksum)
    return thread_time_ns() - start, book
