"""Answers commands and sends account messages to their listeners, in the order of the commands.

    streams = AccountStreams(table, session_rows, clock)
    streams.connect(session, queue, JSON)        # a connection has taken a session
    streams.listen(account, queue)               # its queue gets every later message of the account
    streams.go_live(session)                     # its logon is complete: it gets replies
    streams.take(batch)

A command is answered before the account messages that it has caused are sent (ENTRY-001). Compiled code writes both as
bytes (`publish.encode`). A reply that it does not know is made by the command's ticket or by the session, for that
command alone and in its place: what queues send meanwhile comes here (`put`).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from exchange.engine.event_rows import Row, read_rows
from exchange.kernel import bind
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.encode import entry, put
from exchange.publish.encode.batch import ASK_PYTHON, DONE, SESSION
from exchange.publish.encode.streams import ACCOUNTS, NODES, REPLIES, new_streams
from exchange.publish.encode.tables import encode_tables
from exchange.publish.instruments import InstrumentTable
from exchange.records import COMMAND, EVENT
from exchange.seams import Clock

FRAME_BUFFER_BYTES = put.CHAIN_BYTES + put.CHAIN_MESSAGES * put.FRAME_HEAD


class Queue(Protocol):
    """A connection's queue of what waits to be written."""

    @property
    def slot(self) -> int:
        """Row of its session."""

    def add_framed(self, frames: bytes) -> None:
        """Queue frames after everything that is queued already."""


class StreamedSession(Protocol):
    """A session with requests."""

    @property
    def number(self) -> int: ...

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        """Send and store a reply that only Python can make."""

    def take_answers(
        self, request_ids: bytes, sequences: bytes, received_us: bytes, operations: Sequence[int], sent_us: int
    ) -> None:
        """Store which commands answered which requests. The columns are int64."""


class AccountStreams:
    """Writes the messages of each batch and passes them to the queues of connections, framed."""

    def __init__(self, table: InstrumentTable, session_rows: int, clock: Clock) -> None:
        """`session_rows`: a power of two."""
        assert session_rows <= put.SLOTS
        self._table, self._clock = table, clock
        self._revision = -1  # of the table that the kernels have
        self._mask = session_rows - 1
        self._tables, self._chains, self._streams = encode_tables(), put.new_chains(), new_streams()
        self._frames = np.zeros(FRAME_BUFFER_BYTES, np.uint8)
        self._spans = np.zeros(put.SLOTS, np.int64)
        self._columns = [np.zeros(REPLIES, np.int64) for _ in range(4)]
        self._ends = np.zeros(REPLIES, np.int64)
        self._sessions: dict[int, StreamedSession] = {}
        self._queues: dict[int, Queue] = {}
        self._free_nodes = list(range(NODES - 1, 0, -1))
        self._listeners: dict[int, list[Queue]] = {}
        self._accounts: dict[Queue, list[int]] = {}  # that a queue listens to
        self.is_open = False  # a batch is being written: what queues send now has its place among these messages
        self.sent_us = 0  # time of the replies of this batch
        self.payload_max = put.FRAME_BYTES
        self._view_fields()
        self._bind()

    def _view_fields(self) -> None:
        """Fields of the records as arrays: of one item those that are numbers."""
        chains, streams = self._chains, self._streams
        self._waiting, self._encoding, self._touched = (chains[name][0] for name in ("waiting", "encoding", "touched"))
        self._used, self._messages, self._touched_count = (
            chains[name] for name in ("used", "messages", "touched_count")
        )
        self._books = self._tables["books"]
        self._session, self._is_live, self._asks_python = (
            streams[name][0] for name in ("session", "is_live", "asks_python")
        )
        self._released, self._answered_slots = streams["released"][0], streams["answered_slots"][0]
        self._margins = [streams[f"margin_{name}"][0] for name in ("sequence", "equity", "required", "held", "free")]
        self._row, self._event, self._stop, self._is_answered, self._answered_count = (
            streams[name] for name in ("row", "event", "stop", "is_answered", "answered_count")
        )

    def _bind(self) -> None:
        """Compile the kernels, or load them, before the venue serves."""
        tables, chains, streams = self._tables, self._chains, self._streams
        rows, events, number = np.zeros(1, COMMAND), np.zeros(1, EVENT), np.zeros(1, np.int64)
        answerers, cells = np.zeros(1, np.uint8), events.view(np.int64)
        self._encode = bind(
            entry.encode_commands, tables, chains, streams, rows, number, answerers, events, cells, 0, 0
        )
        self._note_reply = bind(entry.note_answer, streams, 0, 0, 0, 0, 0)
        self._note_released = bind(entry.note_events, streams, events)
        self._collect = bind(entry.collect_answers, streams, *self._columns, self._ends)
        self._frame = bind(entry.frame_messages, chains, self._frames, self._spans, 0, 0)
        self._add = bind(entry.append_message, chains, 0, 0, 0, 0)

    # Connections.

    def slot_of(self, session: int) -> int:
        """Row of a session by its number."""
        return session & self._mask

    def connect(self, session: StreamedSession, queue: Queue, encoding: int) -> int:
        """A connection has taken a session; returns its slot. `encoding`: put.JSON or put.MSGPACK."""
        slot = self.slot_of(session.number)
        self._close_chain(slot)
        self._sessions[slot], self._queues[slot] = session, queue
        if self._session[slot] != session.number:
            self._session[slot], self._asks_python[slot] = session.number, 0
        self._is_live[slot] = 0
        self._encoding[slot] = encoding
        return slot

    def go_live(self, session: StreamedSession) -> None:
        """Its connection gets replies from now on."""
        self._is_live[self.slot_of(session.number)] = 1

    def disconnect(self, queue: Queue) -> None:
        """A connection has ended, or is to be closed: nothing more is sent to it."""
        slot = queue.slot
        for account in self._accounts.pop(queue, ()):
            self._listeners[account].remove(queue)
            self._link_listeners(account)
        if self._queues.get(slot) is queue:
            self._close_chain(slot)
            del self._queues[slot]
            self._is_live[slot] = self._encoding[slot] = 0

    def forget(self, session: int) -> None:
        """A session, by its number, may not be resumed any more: nothing is stored for it."""
        slot = self.slot_of(session)
        if self._session[slot] == session:
            del self._sessions[slot]
            self._session[slot] = 0

    def ask_python(self, session: StreamedSession, asks: bool) -> None:
        """Whether the session makes its next replies itself."""
        self._asks_python[self.slot_of(session.number)] = asks

    def listen(self, account: int, queue: Queue) -> None:
        """Send the account's messages to a connection from now on."""
        assert account < ACCOUNTS
        self._listeners.setdefault(account, []).append(queue)
        self._accounts.setdefault(queue, []).append(account)
        self._link_listeners(account)

    @property
    def has_space_to_listen(self) -> bool:
        """Whether another connection may listen to an account."""
        return len(self._free_nodes) > 0

    def unlisten(self, account: int, queue: Queue) -> None:
        accounts = self._accounts.get(queue, [])
        if account in accounts:
            accounts.remove(account)
            self._listeners[account].remove(queue)
            self._link_listeners(account)

    def released(self, account: int) -> int:
        """Last released number of an account's stream."""
        return int(self._released[account])

    def margins(self, accounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the last `margin` of each account's stream said, of accounts with listeners: its `e`, int64, shape (n,);
        equity, full margin, margin held and free margin, int64, shape (n, 4), mills.

        accounts   their numbers, int64, shape (n,)
        """
        sequences, *figures = (column[accounts] for column in self._margins)
        return sequences, np.stack(figures, axis=1)

    def set_released(self, account: int, number: int) -> None:
        """Note the last number of a stream that was released before this run."""
        self._released[account] = number

    def _link_listeners(self, account: int) -> None:
        """Write the list of an account's listeners again."""
        streams = self._streams[0]
        node = int(streams["listener"][account])
        for _ in range(int(streams["listeners"][account])):
            self._free_nodes.append(node)
            node = int(streams["node_next"][node])
        queues = self._listeners[account]
        if not queues:
            del self._listeners[account]
        nodes = [self._free_nodes.pop() for _ in queues]
        for place, queue in enumerate(queues):
            streams["node_slot"][nodes[place]] = queue.slot
            streams["node_next"][nodes[place]] = nodes[place + 1] if place + 1 < len(nodes) else 0
        streams["listeners"][account], streams["listener"][account] = len(nodes), nodes[0] if nodes else 0

    # Batches.

    def take(self, batch: ReleasedBatch) -> None:
        if not len(batch.commands):
            self._note_released(self._streams, batch.events)
            return
        self._load_instruments()
        self.sent_us = self._clock.wall_us()
        self._row[0] = self._event[0] = self._is_answered[0] = 0
        cells = batch.events.view(np.int64)
        self.is_open = True
        try:
            while True:
                code = self._encode(
                    self._tables, self._chains, self._streams, batch.commands, batch.received_us, batch.answerers,
                    batch.events, cells, self.sent_us, self._mask,
                )  # fmt: skip
                if code == DONE:
                    break
                if code == ASK_PYTHON:
                    self._ask(batch)
                else:
                    self._hand_over()
            self._hand_over()
        finally:
            self.is_open = False
        self._settle()

    def put(self, slot: int, message: bytes) -> None:
        """Add an encoded message of a queue to its list, while a batch is being written."""
        chains, begin = self._chains, int(self._used[0])
        space = int(chains["bytes_max"][0]) - begin
        if len(message) + put.PUT_SLACK > space or self._messages[0] >= chains["messages_max"][0]:
            self._hand_over()
            begin = int(self._used[0])
        chains["text"][0][begin : begin + len(message)] = np.frombuffer(message, np.uint8)
        self._used[0] = begin + len(message)
        # What has no record goes to a binary connection as JSON.
        kind = put.MSGPACK if self._encoding[slot] == put.MSGPACK else put.JSON
        self._add(chains, slot, begin, begin + len(message), kind)

    def note_reply(self, session: int, request_id: int, sequence: int, received_us: int, operations: int = 0) -> None:
        """Note which command answered a request that Python answers; the session stores it with all of this batch.

        Nothing is noted for a session that was dropped: another one may have its slot.
        """
        slot = self.slot_of(session)
        if self._session[slot] == session:
            self._note_reply(self._streams, slot, request_id, sequence, received_us, operations)

    def answer_session(self, command: np.void, received_us: int, rows: Sequence[Row] = ()) -> None:
        """Let the session of a request answer it. `rows`: the events of its command, none if it was not sequenced."""
        session = self._sessions.get(self.slot_of(int(command["session"])))
        if session is not None and session.number == command["session"]:
            session.answer(int(command["request_id"]), received_us, list(rows))

    def _ask(self, batch: ReleasedBatch) -> None:
        """Let Python answer one command."""
        number, begin, stop = int(self._row[0]), int(self._event[0]), int(self._stop[0])
        self._is_answered[0] = 1
        rows = read_rows(batch.events[begin:stop])
        if batch.answerers[number] == SESSION:
            self.answer_session(batch.commands[number], int(batch.received_us[number]), rows)
            return
        answer, request_id, received_us = batch.tickets[number]
        answer(request_id, received_us, rows)

    def _close_chain(self, slot: int) -> None:
        """Frame what waits, before the connection of a slot changes."""
        if self.is_open and self._waiting[slot]:
            self._hand_over()

    def _hand_over(self) -> None:
        """Frame the messages that wait and pass them to their queues."""
        count, number = int(self._touched_count[0]), 0
        touched, frames = self._touched[:count].tolist(), self._frames.data
        while number < count:
            after = self._frame(self._chains, self._frames, self._spans, number, self.payload_max)
            assert after > number, "the frames of one connection fit into the buffer"
            start = 0
            for place, stop in enumerate(self._spans[number:after].tolist(), number):
                queue = self._queues.get(touched[place])
                if queue is not None:
                    queue.add_framed(bytes(frames[start:stop]))
                start = stop
            number = after
        self._used[0], self._messages[0], self._touched_count[0] = put.FIRST_PLACE, 0, 0

    def _settle(self) -> None:
        """Let the sessions store which commands answered which requests."""
        count = int(self._answered_count[0])
        if not count:
            return
        slots = self._answered_slots[:count].tolist()
        self._collect(self._streams, *self._columns, self._ends)
        self._answered_count[0] = 0
        request_ids, sequences, received_us, operations = self._columns
        start = 0
        for slot, stop in zip(slots, self._ends[:count].tolist(), strict=True):
            session = self._sessions.get(slot)
            if session is not None:
                session.take_answers(
                    request_ids[start:stop].tobytes(), sequences[start:stop].tobytes(),
                    received_us[start:stop].tobytes(), operations[start:stop].tolist(), self.sent_us,
                )  # fmt: skip
            start = stop

    def _load_instruments(self) -> None:
        """Follow the table of instruments."""
        ids = self._table.ids
        if self._revision != self._table.revision:
            self._revision = self._table.revision
            self._tables["instrument_id"][0][: len(ids)] = ids
            self._tables["hours"][0][: len(ids)] = self._table.hours
            self._books[0] = len(ids)
