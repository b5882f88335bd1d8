"""Outgoing messages. The outbox collects those of one loop tick, encodes them, and writes once per connection.

Private messages of a tick travel as one frame with an array (WIRE-004). A public message is encoded and framed once per
encoding, and the frames of a group (connections with the same channels) are joined once. Fan-out is cheap because
frames are built here and not in the library: a server's frames are not masked, so without extensions their bytes are
the same for every connection.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

TEXT_FRAME = 0x81
BINARY_FRAME = 0x82
FRAME_MESSAGES_MAX = 512  # private messages in one array
FRAME_BYTES_MAX = 1 << 20  # payload of a frame (WIRE-003); a single message is smaller, because long ones are paged


def frame(payload: bytes, first: int = TEXT_FRAME) -> bytes:
    """An unfragmented, unmasked websocket frame (RFC 6455 section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return b"%c\x7e%b%b" % (first, length.to_bytes(2, "big"), payload)
    return b"%c\x7f%b%b" % (first, length.to_bytes(8, "big"), payload)


class Encoding:
    """One subprotocol's encoder, and the first byte of its frames."""

    def __init__(self, name: str, number: int, first: int, encode: Callable[[Any], bytes]) -> None:
        """`name`: of its public frames; `number`: how compiled code names the encoding (`publish.encode.put`)."""
        self.name = name
        self.number = number
        self.first = first
        self.encode = encode

    def frames(self, messages: list[Any]) -> bytes:
        """Frames with the private messages of one tick: one message, or arrays of at most 512."""
        if len(messages) == 1:
            return frame(self.encode(messages[0]), self.first)
        if len(messages) <= FRAME_MESSAGES_MAX:
            payload = self.encode(messages)
            if len(payload) <= FRAME_BYTES_MAX:
                return frame(payload, self.first)
        half = len(messages) // 2 if len(messages) <= FRAME_MESSAGES_MAX else FRAME_MESSAGES_MAX
        chunks = range(0, len(messages), half)
        return b"".join(self.frames(messages[at : at + half]) for at in chunks)


JSON = Encoding("json", 1, TEXT_FRAME, msgspec.json.Encoder().encode)
MSGPACK = Encoding("msgpack", 2, BINARY_FRAME, msgspec.msgpack.Encoder().encode)


# What has no record goes to a binary connection as JSON, market data too; compiled code writes the records.
BINARY = Encoding(JSON.name, 3, TEXT_FRAME, msgspec.json.Encoder().encode)


class SocketTransport(Protocol):
    """What a connection needs from its socket. `pending`: bytes that wait to be sent; `pause`, `resume`: reading."""

    def write(self, data: bytes) -> None: ...
    def pending(self) -> int: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class ReleasedMessages(Protocol):
    """The messages of the batch that is being released, in compiled code, for connections with a session."""

    @property
    def is_open(self) -> bool:
        """Whether a batch is being released now."""

    def put(self, slot: int, message: bytes) -> None:
        """Add an encoded message for the connection with this slot, after those that are there."""


class Group:
    """Connections that get the same frames: one set of channels, one encoding."""

    __slots__ = ("encoding", "frames", "members", "messages")

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.members: set[SendQueue] = set()
        self.frames: list[bytes] = []
        self.messages = 0  # in these frames

    def add(self, frames: bytes, messages: int) -> None:
        """Add frames with so many messages."""
        self.frames.append(frames)
        self.messages += messages

    def clear(self) -> None:
        self.frames.clear()
        self.messages = 0


class SendQueue:
    """Messages and frames that wait to be written to one connection in this tick."""

    __slots__ = (
        "channels",
        "closing",
        "encoding",
        "framed",
        "group",
        "messages",
        "outbox",
        "owner",
        "slot",
        "transport",
    )

    def __init__(self, outbox: "Outbox", transport: SocketTransport, encoding: Encoding, owner: Any = None) -> None:
        """`owner`: the connection, so that the callback about slow readers can find it."""
        self.outbox = outbox
        self.transport = transport
        self.encoding = encoding
        self.owner = owner
        self.slot = 0  # row of its session; 0: it has none
        self.framed = b""  # frames that are written before `messages`
        self.messages: list[Any] = []  # private messages, not encoded yet
        self.channels: frozenset[int] = frozenset()
        self.group: Group | None = None
        self.closing: tuple[int, str] | None = None

    def send(self, message: Any) -> None:
        """Queue a private message for this tick's write."""
        if self.closing is not None:
            return
        released = self.outbox.released
        if self.slot and released is not None and released.is_open:
            released.put(self.slot, self.encoding.encode(message))
            return
        if not self.messages:
            self.outbox.schedule_write(self)
        self.messages.append(message)

    def close(self, code: int, reason: str) -> None:
        """Close the connection after the queued messages are written. Later messages are dropped."""
        if self.closing is None:
            self.closing = (code, reason)
            self.outbox.schedule_write(self)

    def take(self) -> bytes:
        """Empty the queue and return its bytes in order. Frames of its group are not in it."""
        data, self.framed = self.framed, b""
        if self.messages:
            messages, self.messages = self.messages, []
            data += self.encoding.frames(messages)
        return data

    def add_framed(self, frames: bytes) -> None:
        """Queue frames after everything that is queued already, for this tick's write."""
        if not self.messages and not self.framed:
            self.outbox.schedule_write(self)
            self.framed = frames
        else:
            self.framed = self.take() + frames

    def set_slot(self, slot: int) -> None:
        """Set the row of the session that the connection has taken."""
        self.slot = slot

    @property
    def is_behind(self) -> bool:
        """Whether its client reads too slowly: more bytes wait to be sent than the soft limit (RATE-006)."""
        return self.transport.pending() > self.outbox.soft_bytes

    def clear(self) -> None:
        """Drop queued messages and frames."""
        self.messages.clear()
        self.framed = b""

    def set_group(self, group: Group | None, channels: frozenset[int]) -> None:
        self.group, self.channels = group, channels


class Outbox:
    """Collects one tick's messages; `flush` writes each connection once."""

    def __init__(
        self,
        schedule: Callable[[Callable[[], None]], None],
        slow: Callable[[SendQueue, int], None],
        soft_bytes: int,
    ) -> None:
        """Build an outbox without connections.

        schedule     `schedule(flush)` runs `flush` at the end of the loop tick
        slow         `slow(queue, pending)` is called after a write if more than `soft_bytes` wait to be sent
        """
        self._schedule = schedule
        self._slow = slow
        self._scheduled = False
        self._to_write: list[SendQueue] = []
        self._groups: dict[tuple[frozenset[int], str], Group] = {}
        self._channel_groups: dict[int, list[Group]] = {}
        self._ready: list[Group] = []
        self.soft_bytes = soft_bytes
        self.released: ReleasedMessages | None = None
        self.last_sequence: dict[int, int] = {}  # by channel, the last sequence published
        self.written_bytes = 0
        self.deliveries = 0
        self._changed: set[int] = set()  # channels of new and ended groups: their encodings may have changed

    def schedule_write(self, queue: SendQueue) -> None:
        """Write this connection's queue at the end of this tick."""
        self._to_write.append(queue)
        self._schedule_flush()

    def publish(self, channel: int, message: Any) -> None:
        """Send a public message to every subscriber of its channel: encoded and framed once per encoding."""
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
            group.add(data, 1)
        self._schedule_flush()

    def publish_frames(self, channel: int, sequence: int, messages: int, encoded: Mapping[str, bytes]) -> None:
        """Send public messages that are framed already to every subscriber of their channel.

        sequence   number of the last message
        messages   how many they are
        encoded    their frames, by name of the encoding, for each of `encodings_of`
        """
        self.last_sequence[channel] = sequence
        for group in self._channel_groups.get(channel, ()):
            if not group.frames:
                self._ready.append(group)
            group.add(encoded[group.encoding.name], messages)
            self._schedule_flush()

    def encodings_of(self, channel: int) -> Iterable[str]:
        """Names of the encodings of a channel's subscribers."""
        return {group.encoding.name for group in self._channel_groups.get(channel, ())}

    def take_changed(self) -> Iterable[int]:
        """The channels whose encodings may have changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def subscribe(self, queue: SendQueue, channels: frozenset[int]) -> None:
        """Subscribe a connection to exactly these channels.

        Frames that wait in its old group are still written to it, before later messages. Frames that already wait in
        the new group are not. So no message of a channel is lost or sent twice (RECOV-003).
        """
        self._changed |= channels ^ queue.channels
        key = (channels, queue.encoding.name)
        if queue.group is not None:
            if channels and len(queue.group.members) == 1 and key not in self._groups:
                self._change(queue, queue.group, channels)
                return
            self._leave(queue, queue.group)
        if not channels:
            queue.set_group(None, channels)
            return
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(queue.encoding)
            self._join_channels(group, channels)
        elif group.frames:
            for member in group.members:
                self._move_frames(member, group)
            group.clear()
        group.members.add(queue)
        queue.set_group(group, channels)

    def send_with(self, released: ReleasedMessages) -> None:
        """Messages that are sent while a batch is released get their place among its own."""
        self.released = released

    def gather(self) -> None:
        """Do not schedule a flush: the caller sends many messages and then calls `flush` itself."""
        self._scheduled = True

    def flush(self) -> None:
        """Write everything that this tick has collected."""
        self._scheduled = False
        to_write, self._to_write = self._to_write, []
        ready, self._ready = self._ready, []
        for group in ready:
            if not group.frames:
                continue  # the frames were moved to the members' own queues
            shared = b"".join(group.frames)
            self.deliveries += group.messages * len(group.members)
            group.clear()
            for queue in tuple(group.members):
                self._write(queue, queue.take() + shared if queue.messages or queue.framed else shared)
        for queue in to_write:
            if queue.messages or queue.framed:
                self._write(queue, queue.take())
        for queue in to_write:
            if queue.closing is not None:
                self.subscribe(queue, frozenset())
                queue.transport.close(*queue.closing)

    def discard(self) -> None:
        """Drop everything that is not written yet. Connections that were to be closed are still closed."""
        self._scheduled = False
        for queue in self._to_write:
            queue.clear()
        for group in self._ready:
            group.clear()
        self._to_write = [queue for queue in self._to_write if queue.closing is not None]
        self._ready = []
        if self._to_write:
            self._schedule_flush()

    def _write(self, queue: SendQueue, data: bytes) -> None:
        transport = queue.transport
        transport.write(data)
        self.written_bytes += len(data)
        pending = transport.pending()
        if pending > self.soft_bytes:
            self._slow(queue, pending)

    def _change(self, queue: SendQueue, group: Group, channels: frozenset[int]) -> None:
        """Give other channels to a group with one member. It costs what the difference does: groups may be wide."""
        if group.frames:
            self._move_frames(queue, group)
            group.clear()
        del self._groups[(queue.channels, queue.encoding.name)]
        self._groups[(channels, queue.encoding.name)] = group
        self._join_channels(group, channels - queue.channels)
        self._leave_channels(group, queue.channels - channels)
        queue.set_group(group, channels)

    def _leave(self, queue: SendQueue, group: Group) -> None:
        if group.frames:
            self._move_frames(queue, group)
        group.members.discard(queue)
        if not group.members:
            del self._groups[(queue.channels, queue.encoding.name)]
            self._leave_channels(group, queue.channels)

    def _join_channels(self, group: Group, channels: Iterable[int]) -> None:
        for channel in channels:
            self._channel_groups.setdefault(channel, []).append(group)

    def _leave_channels(self, group: Group, channels: Iterable[int]) -> None:
        for channel in channels:
            groups = self._channel_groups[channel]
            groups.remove(group)
            if not groups:
                del self._channel_groups[channel]

    def _move_frames(self, queue: SendQueue, group: Group) -> None:
        """Copy frames that wait in a group to the queue of one of its members."""
        queue.add_framed(b"".join(group.frames))
        self.deliveries += group.messages

    def _schedule_flush(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self.flush)
