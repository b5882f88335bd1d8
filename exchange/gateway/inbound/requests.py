"""The way in: what a connection calls to have its usual requests served.

    inbound = Inbound(port, queue_batches)
    stop = inbound.take(connection, data, start, frame_max)     # serves those that stand at the beginning

A request is usual if `wire.request_table` says so and nothing about it is to be refused here. Kernels judge in the
order of arrival: session, account, request id, rates, bounds, instruments. They stop at the first frame that they do
not know; the handler of its type serves it, and says what is wrong with it.
"""

import struct
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from exchange.gateway.inbound.frames import find_frame, read_socket, split_frames
from exchange.gateway.inbound.tables import FOUND_NAMES, INSTRUMENTS_MAX, TERM_NAMES, request_tables
from exchange.gateway.port import VenuePort
from exchange.gateway.session import Session
from exchange.gateway.throttle import RateBucket
from exchange.gateway.translate import ListedInstrument
from exchange.kernel import bind

TERMS, FOUND = struct.Struct(f"<{len(TERM_NAMES)}q"), struct.Struct(f"<{len(FOUND_NAMES)}q")


class RequestingConnection(Protocol):
    """What the way in needs of a connection."""

    @property
    def session(self) -> Session | None: ...

    @property
    def encoding(self) -> int:
        """Number of its encoding."""

    @property
    def is_serving(self) -> bool:
        """Whether its requests are served now."""

    @property
    def frame_bucket(self) -> RateBucket: ...

    @property
    def room(self) -> int:
        """Requests that may still wait for their replies before serving stops (RATE-005)."""

    @property
    def now_us(self) -> int:
        """Wall clock at the read."""

    @property
    def now_ns(self) -> int:
        """Monotonic clock at the read."""

    @property
    def queued_in(self) -> int:
        """Number of the batch with its last command outside the lane of cancels."""

    def note_queued(self, number: int) -> None:
        """Note the number of the batch that its last command has joined."""

    def expect_answers(self, count: int) -> None:
        """Count requests that wait for their replies."""


class Inbound:
    """Reads usual requests into the open batch of a venue."""

    def __init__(self, port: VenuePort, queue_batches: int) -> None:
        """`queue_batches`: full batches that may wait for the journal; when so many wait, Python refuses orders."""
        self._port, self._queue_batches = port, queue_batches
        self._tables = request_tables()
        self._fields = memoryview(self._tables.view(np.uint8).reshape(-1))  # type: ignore[arg-type]  # a buffer
        self._listing = 0
        self._skip = 0
        batch = port.gathering.open
        self._read = bind(
            read_socket, self._tables, np.frombuffer(b"", np.uint8), 0, 0, 0, batch.cells, batch.rows,
            batch.received_us, batch.answerers, 0,
        )  # fmt: skip
        self._place = bind(find_frame, np.frombuffer(b"", np.uint8), 0, 0)
        self._split = bind(split_frames, np.frombuffer(b"", np.uint8), 0, np.empty(0, np.uint8), np.empty(0, np.uint8))

    def take(self, connection: RequestingConnection, data: bytes, start: int, frame_max: int) -> int:
        """Serve the usual requests that stand in `data` from `start` on; returns the place of the first other frame.

        `rest_of` then gives the part of its payload that is not served yet.

        frame_max   longest payload that is allowed
        """
        self._skip = 0
        session, port = connection.session, self._port
        if session is None or not session.account or not connection.is_serving:
            return start
        if self._listing != port.listing:
            self._load(port.instruments)
        gathering, now_ns = port.gathering, connection.now_ns
        batch = gathering.open
        orders_left, cancels_left, quotes_left, protection = session.tokens(now_ns)
        if gathering.full_batches >= self._queue_batches:
            orders_left = quotes_left = 0  # Python says that the venue is busy
        TERMS.pack_into(
            self._fields, 0, session.last_id, session.account, session.number, connection.now_us, connection.room,
            connection.frame_bucket.left(now_ns), orders_left, cancels_left, quotes_left, protection,
        )  # fmt: skip
        self._read(
            self._tables, np.frombuffer(data, np.uint8), start, frame_max, connection.encoding, batch.cells, batch.rows,
            batch.received_us, batch.answerers, batch.count,
        )  # fmt: skip
        (stop, self._skip, frames, requests, rows, orders, cancels, quotes, newest_id, newest_quote, leading) = (
            FOUND.unpack_from(self._fields, TERMS.size)
        )
        if not requests:
            return start
        self._add_rows(connection, rows, leading)
        connection.frame_bucket.take(now_ns, frames)
        session.spend(now_ns, orders, cancels, quotes)
        session.note_requests(newest_id, newest_quote)
        connection.expect_answers(requests)
        port.wake()
        return int(stop)

    def _add_rows(self, connection: RequestingConnection, rows: int, leading: int) -> None:
        """Add rows to the open batch. `leading`: cancels at their beginning, which go first if they may."""
        gathering = self._port.gathering
        gathering.open.add_rows(leading)
        preferred = leading > 0 and gathering.prefer(leading, connection.queued_in)
        if preferred and rows > leading:
            gathering.open.close_gap(leading, rows - leading)
        gathering.open.add_rows(rows - leading)
        if rows > leading or not preferred:
            connection.note_queued(gathering.open_number)

    def rest_of(self, payload: bytes) -> bytes:
        """The payload of the frame at which `take` has stopped, without the records that are served already."""
        skip, self._skip = self._skip, 0
        return payload[skip:]

    def find_frame(self, data: bytes, at: int, frame_max: int) -> tuple[int, int]:
        """(place of the payload, place behind it) of the frame at a place, as the kernel `frame_place` finds them."""
        start, stop = self._place(np.frombuffer(data, np.uint8), at, frame_max)
        return int(start), int(stop)

    def split_frames(self, data: bytes, frame_max: int) -> tuple[bytes, bytes, bytes, bool]:
        """(frames that have to wait, bytes of none, control frames, whether these end it) of a stream of frames."""
        waiting, control = np.empty(len(data), np.uint8), np.empty(len(data), np.uint8)
        waits, controls, stop, ends = self._split(np.frombuffer(data, np.uint8), frame_max, waiting, control)
        return waiting[:waits].tobytes(), data[stop:], control[:controls].tobytes(), bool(ends)

    def _load(self, instruments: Mapping[int, ListedInstrument]) -> None:
        """Copy what is listed."""
        listed = sorted(instruments.items())
        assert len(listed) <= INSTRUMENTS_MAX
        for name, values in (
            ("instrument_id", [number for number, _ in listed]),
            ("book", [row.index for _, row in listed]),
            ("low_tick", [row.low_tick for _, row in listed]),
        ):
            self._tables[name][0][: len(listed)] = values
        self._tables["instruments"] = len(listed)
        self._listing = self._port.listing
