"""Frames and one write a tick."""

import random

import pytest

from exchange.gateway.outbox import FRAME_MESSAGES_MAX, JSON, MSGPACK, Encoding, Outbox, SendQueue, frame
from exchange.wire.codec import CODECS
from exchange.wire.messages import Depth, Live
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.gateway.harness import MemoryTransport, frames_of

SOFT_BYTES = 100


class Loop:
    def __init__(self) -> None:
        self.calls: list = []
        self.slow: list[tuple[SendQueue, int]] = []
        self.outbox = Outbox(self.calls.append, lambda queue, pending: self.slow.append((queue, pending)), SOFT_BYTES)

    def queue(self, encoding: Encoding = JSON) -> SendQueue:
        return SendQueue(self.outbox, MemoryTransport(), encoding)

    def tick(self) -> None:
        calls, self.calls[:] = self.calls[:], []
        for call in calls:
            call()


@pytest.mark.rule("WIRE-003")
@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_frame_carries_payloads_on_both_sides_of_each_length_boundary(length: int) -> None:
    payload = b"x" * length
    assert frames_of(frame(payload)) == [(1, payload)]
    assert frames_of(frame(payload, 0x82)) == [(2, payload)]


def test_messages_of_one_tick_leave_in_one_write_as_one_array() -> None:
    loop = Loop()
    queue = loop.queue()
    for number in range(3):
        queue.send(Live(1, number))
    assert len(loop.calls) == 1
    loop.tick()
    assert queue.transport.writes == 1
    assert frames_of(queue.transport.data) == [(1, JSON.encode([Live(1, number) for number in range(3)]))]
    loop.tick()
    assert queue.transport.writes == 1


def test_very_many_messages_are_cut_into_frames_below_the_limit() -> None:
    loop = Loop()
    queue = loop.queue(MSGPACK)
    for number in range(FRAME_MESSAGES_MAX + 1):
        queue.send(Live(1, number))
    loop.tick()
    kinds = [kind for kind, _ in frames_of(queue.transport.data)]
    assert kinds == [2, 2] and queue.transport.writes == 1


@pytest.mark.rule("MDATA-003")
def test_public_message_is_encoded_once_for_each_encoding_and_written_to_all() -> None:
    loop = Loop()
    count = 0

    def counted(message: object) -> bytes:
        nonlocal count
        count += 1
        return JSON.encode(message)

    encoding = Encoding("json", 1, 0x81, counted)
    queues = [loop.queue(encoding) for _ in range(5)] + [loop.queue(MSGPACK)]
    for queue in queues:
        loop.outbox.subscribe(queue, frozenset({4}))
    other = loop.queue()
    loop.outbox.subscribe(other, frozenset({5}))
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    loop.tick()
    assert count == 1
    assert [queue.transport.writes for queue in queues] == [1] * 6 and other.transport.writes == 0
    assert queues[0].transport.data == queues[4].transport.data != queues[5].transport.data


@pytest.mark.rule("MDATA-004")
def test_own_reply_comes_before_shared_data_in_the_same_write() -> None:
    loop = Loop()
    queue = loop.queue()
    loop.outbox.subscribe(queue, frozenset({4}))
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    queue.send(Live(1, 2))
    loop.tick()
    assert queue.transport.writes == 1
    first, second = frames_of(queue.transport.data)
    assert b'"live"' in first[1] and b'"depth"' in second[1]


def test_connection_that_left_its_group_gets_nothing_more() -> None:
    loop = Loop()
    queue, stays = loop.queue(), loop.queue()
    for each in (queue, stays):
        loop.outbox.subscribe(each, frozenset({4, 5}))
    loop.outbox.subscribe(queue, frozenset({5}))
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    loop.tick()
    assert not queue.transport.data and stays.transport.data
    loop.outbox.subscribe(queue, frozenset())
    loop.outbox.subscribe(stays, frozenset())
    assert not loop.outbox._groups and not loop.outbox._channel_groups


@pytest.mark.rule("RECOV-003", "MDATA-001")
def test_connection_that_changes_its_group_gets_what_waits_in_the_old_one_first_and_nothing_twice() -> None:
    loop = Loop()
    moves, stays, there = loop.queue(), loop.queue(), loop.queue()
    for queue, channels in ((moves, {4}), (stays, {4}), (there, {4, 5})):
        loop.outbox.subscribe(queue, frozenset(channels))
    before, after = Depth(4, 1, 9, 9, [], []), Depth(4, 2, 10, 10, [], [])
    loop.outbox.publish(4, before)
    loop.outbox.subscribe(moves, frozenset({4, 5}))
    moves.send(Live(1, 2))
    loop.outbox.publish(4, after)
    loop.tick()
    first, reply, second = (JSON.encode(message) for message in (before, Live(1, 2), after))
    assert [payload for _, payload in frames_of(moves.transport.data)] == [first, reply, second]
    for queue in (stays, there):
        assert [payload for _, payload in frames_of(queue.transport.data)] == [first, second]
    assert [queue.transport.writes for queue in (moves, stays, there)] == [1, 1, 1]
    assert loop.outbox.deliveries == 6


@pytest.mark.rule("DUR-023")
def test_what_waits_of_a_group_that_was_left_is_discarded_too() -> None:
    loop = Loop()
    queue = loop.queue()
    loop.outbox.subscribe(queue, frozenset({4}))
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    loop.outbox.subscribe(queue, frozenset({5}))
    loop.outbox.discard()
    queue.send(Live(1, 3))
    loop.tick()
    assert frames_of(queue.transport.data) == [(1, JSON.encode(Live(1, 3)))]


@pytest.mark.rule("WIRE-003")
def test_messages_of_one_frame_stay_below_a_mebibyte() -> None:
    loop = Loop()
    queue = loop.queue()
    book = Depth(4, 1, 9, 9, [(price, 10**9) for price in range(20_000)], [])
    for _ in range(9):
        queue.send(book)
    loop.tick()
    frames = frames_of(queue.transport.data)
    assert all(len(payload) <= 1 << 20 for _, payload in frames) and len(frames) > 1
    decode = CODECS[JSON_SUBPROTOCOL].decode_server
    assert [message for _, payload in frames for message in decode(payload)] == [book] * 9


def test_what_says_why_is_written_before_the_close_and_nothing_after() -> None:
    loop = Loop()
    queue = loop.queue()
    loop.outbox.subscribe(queue, frozenset({4}))
    queue.send(Live(1, 2))
    queue.close(4002, "why")
    loop.tick()
    assert queue.transport.data and queue.transport.closed == (4002, "why")
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    loop.tick()
    assert queue.transport.writes == 1


@pytest.mark.rule("RATE-006")
def test_bytes_that_wait_are_noticed_after_the_write() -> None:
    loop = Loop()
    queue = loop.queue()
    queue.transport.waiting = SOFT_BYTES + 1
    queue.send(Live(1, 2))
    loop.tick()
    assert loop.slow == [(queue, SOFT_BYTES + 1)]


@pytest.mark.rule("DUR-023")
def test_what_is_discarded_never_leaves_and_the_next_message_does() -> None:
    loop = Loop()
    queue, reader, leaving = loop.queue(), loop.queue(), loop.queue()
    loop.outbox.subscribe(reader, frozenset({4}))
    queue.send(Live(1, 1))
    leaving.send(Live(1, 2))
    leaving.close(1001, "going away")
    loop.outbox.gather()
    loop.outbox.publish(4, Depth(4, 1, 9, 9, [], []))
    loop.outbox.discard()
    loop.tick()
    assert queue.transport.data == reader.transport.data == leaving.transport.data == b""
    assert leaving.transport.closed == (1001, "going away")
    queue.send(Live(1, 3))
    loop.tick()
    assert frames_of(queue.transport.data) == [(1, JSON.encode(Live(1, 3)))]


@pytest.mark.rule("MDATA-003", "RECOV-003")
def test_ready_frames_go_to_each_group_in_its_encoding_and_count_as_so_many_messages() -> None:
    loop = Loop()
    text, packed, other = loop.queue(), loop.queue(MSGPACK), loop.queue()
    assert not loop.outbox.encodings_of(4)
    for queue, channels in ((text, {4}), (packed, {4}), (other, {4, 5})):
        loop.outbox.subscribe(queue, frozenset(channels))
        assert set(loop.outbox.take_changed()) == channels and not loop.outbox.take_changed()
    assert loop.outbox.encodings_of(4) == {"json", "msgpack"} and loop.outbox.encodings_of(5) == {"json"}
    encoded = {"json": frame(b"a") + frame(b"b"), "msgpack": frame(b"c", 0x82) + frame(b"d", 0x82)}
    loop.outbox.publish_frames(4, 17, 2, encoded)
    loop.tick()
    assert text.transport.data == other.transport.data == encoded["json"]
    assert packed.transport.data == encoded["msgpack"]
    assert loop.outbox.deliveries == 6 and loop.outbox.last_sequence[4] == 17
    loop.outbox.subscribe(packed, frozenset())
    assert loop.outbox.encodings_of(4) == {"json"} and set(loop.outbox.take_changed()) == {4}
    loop.outbox.subscribe(other, frozenset({5}))
    assert set(loop.outbox.take_changed()) == {4}, "what stays in the connection's channels has not changed"


@pytest.mark.rule("MDATA-003", "RECOV-003")
def test_each_queue_gets_what_is_published_on_its_channels_through_any_changes() -> None:
    """Alone in its group or not, with frames that wait or not."""
    rng, loop = random.Random(7), Loop()
    queues = [loop.queue(), loop.queue(), loop.queue(MSGPACK)]
    expected: list[list[int]] = [[] for _ in queues]
    subscribed: list[frozenset[int]] = [frozenset()] * len(queues)
    for number in range(600):
        who = rng.randrange(len(queues))
        if rng.random() < 0.4:
            subscribed[who] = frozenset(channel for channel in range(4) if rng.random() < 0.5)
            loop.outbox.subscribe(queues[who], subscribed[who])
        channel = rng.randrange(4)
        wanted = {
            queue.encoding.name for queue, channels in zip(queues, subscribed, strict=True) if channel in channels
        }
        assert loop.outbox.encodings_of(channel) == wanted
        loop.outbox.publish_frames(channel, number, 1, dict.fromkeys(("json", "msgpack"), b"%d " % number))
        for place, channels in enumerate(subscribed):
            expected[place] += [number] if channel in channels else []
        if rng.random() < 0.5:
            loop.tick()
    loop.tick()
    for queue, numbers in zip(queues, expected, strict=True):
        assert [int(part) for part in queue.transport.data.split()] == numbers
