"""What goes out: messages of one loop tick collected, encoded, and written once per connection.

Private messages of a tick travel as one frame holding an array (WIRE-004); a public message is encoded and framed
once per encoding, and the frames of a group (connections with the same channels) are joined once. Building frames
here, not in the library, is what makes fan-out cheap: a server's frames are not masked, so
without extensions the bytes are the same for everybody.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

TEXT_FRAME = 0x81
BINARY_FRAME = 0x82
FRAME_MESSAGES_MAX = 512  # in an array of private messages
FRAME_BYTES_MAX = 1 << 20  # of a frame's payload (WIRE-003); a message alone stays below it by its own pages


def frame(payload: bytes, first: int = TEXT_FRAME) -> bytes:
    """An unfragmented, unmasked websocket frame (RFC 6455 section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return b"%c\x7e%b%b" % (first, length.to_bytes(2, "big"), payload)
    return b"%c\x7f%b%b" % (first, length.to_bytes(8, "big"), payload)


class Encoding:
    """One subprotocol's way to write messages: its encoder and kind of frame."""

    def __init__(self, name: str, first: int, encode: Callable[[Any], bytes]) -> None:
        self.name = name
        self.first = first
        self.encode = encode

    def frames(self, messages: list[Any]) -> bytes:
        """Private messages of one tick as frames."""
        if len(messages) == 1:
            return frame(self.encode(messages[0]), self.first)
        if len(messages) <= FRAME_MESSAGES_MAX:
            payload = self.encode(messages)
            if len(payload) <= FRAME_BYTES_MAX:
                return frame(payload, self.first)
        half = len(messages) // 2 if len(messages) <= FRAME_MESSAGES_MAX else FRAME_MESSAGES_MAX
        chunks = range(0, len(messages), half)
        return b"".join(self.frames(messages[at : at + half]) for at in chunks)


JSON = Encoding("json", TEXT_FRAME, msgspec.json.Encoder().encode)
MSGPACK = Encoding("msgpack", BINARY_FRAME, msgspec.msgpack.Encoder().encode)


class Transport(Protocol):
    """All that a shell must offer: bytes out, how many wait, close, and whether to read on."""

    def write(self, data: bytes) -> None: ...
    def pending(self) -> int: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Group:
    """Connections that receive the same frames: one set of channels, one encoding."""

    __slots__ = ("encoding", "frames", "members")

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.members: set[Line] = set()
        self.frames: list[bytes] = []


class Line:
    """One connection's way out. `ahead`: what this tick's write begins with, framed already."""

    __slots__ = ("ahead", "channels", "closing", "encoding", "group", "outbox", "outgoing", "owner", "transport")

    def __init__(self, outbox: "Outbox", transport: Transport, encoding: Encoding) -> None:
        self.outbox = outbox
        self.transport = transport
        self.encoding = encoding
        self.ahead = b""
        self.outgoing: list[Any] = []
        self.channels: frozenset[int] = frozenset()
        self.group: Group | None = None
        self.closing: tuple[int, str] | None = None
        self.owner: Any = None  # the session it belongs to

    def send(self, message: Any) -> None:
        """Queue a private message for this tick's write."""
        if self.closing is not None:
            return
        if not self.outgoing:
            self.outbox.touch(self)
        self.outgoing.append(message)

    def close(self, code: int, reason: str) -> None:
        """Close once what is queued has been written; later messages are dropped."""
        if self.closing is None:
            self.closing = (code, reason)
            self.outbox.touch(self)


class Outbox:
    """Collects one tick's messages; `flush` writes each connection once."""

    def __init__(self, schedule: Callable[[Callable[[], None]], None], slow: Callable[[Line, int], None]) -> None:
        """`schedule(flush)` runs flush at the end of the loop tick; `slow(line, pending)` hears of waiting bytes."""
        self._schedule = schedule
        self._slow = slow
        self._scheduled = False
        self._touched: list[Line] = []
        self._groups: dict[tuple[frozenset[int], str], Group] = {}
        self._channel_groups: dict[int, list[Group]] = {}
        self._ready: list[Group] = []
        self.soft_bytes = 1 << 62
        self.last_sequence: dict[int, int] = {}  # of each channel that has published
        self.written_bytes = 0
        self.deliveries = 0

    def touch(self, line: Line) -> None:
        self._touched.append(line)
        self._wake()

    def publish(self, channel: int, message: Any) -> None:
        """A public message to every subscriber of its channel: encoded and framed once per encoding."""
        self.last_sequence[channel] = message.sequence
        groups = self._channel_groups.get(channel)
        if not groups:
            return
        framed: dict[str, bytes] = {}
        for group in groups:
            encoding = group.encoding
            data = framed.get(encoding.name)
            if data is None:
                data = framed[encoding.name] = frame(encoding.encode(message), encoding.first)
            if not group.frames:
                self._ready.append(group)
            group.frames.append(data)
        self._wake()

    def subscribe(self, line: Line, channels: frozenset[int]) -> None:
        """Make `channels` the ones that reach this connection; an empty set leaves all of them.

        What waits in the old group comes before whatever the connection is sent from now on, and nothing that waits
        in the new one comes at all: no message of a channel that is in both is lost or doubled (RECOV-003)."""
        if line.group is not None:
            self._leave(line)
        line.channels = channels
        if not channels:
            return
        key = (channels, line.encoding.name)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(line.encoding)
            for channel in channels:
                self._channel_groups.setdefault(channel, []).append(group)
        elif group.frames:
            for member in group.members:
                self._put_ahead(member, group.frames)
            group.frames.clear()
        group.members.add(line)
        line.group = group

    def gather(self) -> None:
        """The caller will send much and call `flush` itself when it is done."""
        self._scheduled = True

    def flush(self) -> None:
        """Write everything that this tick collected."""
        self._scheduled = False
        touched, self._touched = self._touched, []
        ready, self._ready = self._ready, []
        for group in ready:
            if not group.frames:
                continue  # all of it went ahead
            shared = b"".join(group.frames)
            self.deliveries += len(group.frames) * len(group.members)
            group.frames.clear()
            for line in tuple(group.members):
                self._write(line, _take(line) + shared if line.outgoing or line.ahead else shared)
        for line in touched:
            if line.outgoing or line.ahead:
                self._write(line, _take(line))
        for line in touched:
            if line.closing is not None:
                self.subscribe(line, frozenset())
                line.transport.close(*line.closing)

    def discard(self) -> None:
        """Forget what was collected and not written."""
        self._scheduled = False
        for line in self._touched:
            line.outgoing.clear()
            line.ahead = b""
        for group in self._ready:
            group.frames.clear()
        self._touched = [line for line in self._touched if line.closing is not None]
        self._ready = []
        if self._touched:
            self._wake()

    def _write(self, line: Line, data: bytes) -> None:
        transport = line.transport
        transport.write(data)
        self.written_bytes += len(data)
        pending = transport.pending()
        if pending > self.soft_bytes:
            self._slow(line, pending)

    def _leave(self, line: Line) -> None:
        group = line.group
        assert group is not None
        if group.frames:
            self._put_ahead(line, group.frames)
        group.members.discard(line)
        line.group = None
        if not group.members:
            del self._groups[(line.channels, line.encoding.name)]
            for channel in line.channels:
                groups = self._channel_groups[channel]
                groups.remove(group)
                if not groups:
                    del self._channel_groups[channel]

    def _put_ahead(self, line: Line, frames: list[bytes]) -> None:
        """After what the connection has been sent already."""
        self.touch(line)
        line.ahead = _take(line) + b"".join(frames)
        self.deliveries += len(frames)

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self.flush)


def _take(line: Line) -> bytes:
    """What the connection is sent apart from its group, in order."""
    data, line.ahead = line.ahead, b""
    if line.outgoing:
        messages, line.outgoing = line.outgoing, []
        data += line.encoding.frames(messages)
    return data
