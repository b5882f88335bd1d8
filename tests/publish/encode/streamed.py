"""Account streams over connections of the test's making, and what the plain Python publishers make of the same rows."""

from typing import Any

import msgspec
import numpy as np

from exchange.codes import CommandKind
from exchange.engine.event_rows import Row, by_command, read_rows
from exchange.publish.account_streams import AccountStreams
from exchange.publish.consumer import ReleasedBatch, Ticket
from exchange.publish.encode import put
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.replies import Replies
from exchange.records import COMMAND
from exchange.wire.binary import decode_reports
from exchange.wire.table import Answerer
from tests.publish.helpers import table

NOW_US = 1_790_000_000_123_456
SESSION_ROWS = 16
PACKAGES = {put.JSON: msgspec.json, put.MSGPACK: msgspec.msgpack, put.BINARY: msgspec.json}
FIRST = {put.JSON: {0x81}, put.MSGPACK: {0x82}, put.BINARY: {0x81, 0x82}}


class Clock:
    def wall_us(self) -> int:
        return NOW_US


def unframed(data: bytes) -> list[tuple[int, bytes]]:
    """(first byte, payload) of each frame in a stream of unmasked frames."""
    frames, at = [], 0
    while at < len(data):
        first, size, at = data[at], data[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        frames.append((first, data[at : at + size]))
        at += size
    return frames


class Peer:
    """A session and the queue of its connection."""

    def __init__(
        self, streams: AccountStreams, number: int, encoding: int = put.JSON, replies: Replies | None = None
    ) -> None:
        self.streams, self.number, self.encoding = streams, number, encoding
        self.framed: list[bytes] = []
        self.stored: list[tuple[int, int, int, int, int]] = []
        self.asked: list[int] = []
        self.replies = replies or Replies(table(), lambda _account, _text: None)
        self.slot = streams.connect(self, self, encoding)
        streams.go_live(self)

    def add_framed(self, frames: bytes) -> None:
        self.framed.append(frames)

    def send(self, message: Any) -> None:
        """As `SendQueue.send` during a release."""
        assert self.streams.is_open
        self.streams.put(self.slot, PACKAGES[self.encoding].encode(message))

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        self.asked.append(request_id)
        if not events:
            return
        self.streams.note_reply(self.number, request_id, events[0][0], received_us)
        reply = self.replies.reply(request_id, events)
        reply.received_us, reply.sent_us = received_us, NOW_US
        self.send(reply)

    def take_answers(self, *columns: Any) -> None:
        words = [np.frombuffer(column, np.int64).tolist() for column in columns[:3]]
        self.stored += zip(*words, columns[3], (columns[4],) * len(columns[3]), strict=True)

    def payloads(self) -> list[bytes]:
        """What its frames hold; of binary frames each record as JSON."""
        frames = unframed(b"".join(self.framed))
        assert {first for first, _ in frames} <= FIRST[self.encoding]
        if self.encoding != put.BINARY:
            return [payload for _, payload in frames]
        found: list[bytes] = []
        for first, payload in frames:
            if first == 0x82:
                found += map(msgspec.json.encode, decode_reports(payload))
            else:
                parts = msgspec.json.decode(payload, type=list[msgspec.Raw]) if payload[:1] == b"[" else [payload]
                found += map(bytes, parts)
        return found

    def encoded(self, messages: list[Any]) -> list[bytes]:
        """Messages as the plain encoder frames them; for a binary connection each by itself, as JSON."""
        encode = PACKAGES[self.encoding].encode
        if self.encoding == put.BINARY:
            return [encode(message) for message in messages]
        return [encode(messages[0] if len(messages) == 1 else messages)] if messages else []


def new_streams() -> AccountStreams:
    return AccountStreams(table(), SESSION_ROWS, Clock())  # type: ignore[arg-type]  # reads one clock


def batch_of(
    events: np.ndarray, commands: np.ndarray, answerers: list[int], tickets: dict[int, Ticket] | None = None
) -> ReleasedBatch:
    first, last = int(commands[0]["sequence"]), int(commands[-1]["sequence"])
    received = np.arange(len(commands), dtype=np.int64) + NOW_US - 500
    return ReleasedBatch(
        events, first, last, 1, commands, received, np.array(answerers, np.uint8), tickets or {}
    )  # fmt: skip


def commands_of(first: int, count: int, session: int = 1) -> np.ndarray:
    commands = np.zeros(count, COMMAND)
    commands["sequence"] = np.arange(first, first + count)
    commands["kind"], commands["session"] = CommandKind.NEW, session
    commands["request_id"] = 1_000_000 + commands["sequence"]
    return commands


class PlainStreams:
    """The slow, obvious way: messages by the publishers in Python, one by one."""

    def __init__(
        self, listeners: dict[int, list[int]], reports: ExecutionReports | None = None, replies: Replies | None = None
    ) -> None:
        """`listeners`: by account, numbers of the sessions whose connections listen."""
        self.listeners = listeners
        self.reports = reports or ExecutionReports(table())
        self.replies = replies or Replies(table(), lambda _account, _text: None)
        self.sent: dict[int, list[Any]] = {}
        self.released: dict[int, int] = {}

    def note(self, events: np.ndarray) -> None:
        """Events that nobody hears."""
        for account, number, _ in self.reports.messages(read_rows(events)):
            self.released[account] = number

    def take(self, batch: ReleasedBatch) -> None:
        groups = dict(by_command(read_rows(batch.events)))
        for place, command in enumerate(batch.commands):
            rows = groups.get(int(command["sequence"]), [])
            if rows and batch.answerers[place] == Answerer.SESSION:
                reply = self.replies.reply(int(command["request_id"]), rows)
                reply.received_us, reply.sent_us = int(batch.received_us[place]), NOW_US
                self.sent.setdefault(int(command["session"]), []).append(reply)
            for account, number, message in self.reports.messages(rows):
                self.released[account] = number
                for session in self.listeners.get(account, []):
                    self.sent.setdefault(session, []).append(message)
