"""Lists of messages and their frames: what an independent reader finds in them, what plain framing makes of them."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.gateway import outbox
from exchange.publish.encode import put
from tests.publish.encode.streamed import PACKAGES, unframed

KINDS = (put.JSON, put.MSGPACK, put.BINARY)
PLAIN = {put.JSON: outbox.JSON, put.MSGPACK: outbox.MSGPACK}
FIRST = {put.JSON: 0x81, put.MSGPACK: 0x82, put.BINARY: 0x82}
Waiting = tuple[int, int, bytes]  # slot, kind, message


def listed(messages: list[Waiting]) -> Any:
    """Chains with these messages, equal ones with the same bytes."""
    chains = put.new_chains()[0]
    known: dict[bytes, int] = {}
    for slot, kind, message in messages:
        if message not in known:
            begin = known[message] = int(chains["used"])
            chains["text"][begin : begin + len(message)] = np.frombuffer(message, np.uint8)
            chains["used"] = begin + len(message)
        put.add_message(chains, slot, known[message], known[message] + len(message), kind)
    return chains


def frames_of(chains: Any, space: int = 1 << 22, payload_max: int = put.FRAME_BYTES) -> dict[int, bytes]:
    """The frames of each slot, as AccountStreams takes them; `space`: of the buffer that they are made in."""
    memory = np.full(space + 64, 0xAA, np.uint8)
    frames, spans = memory[:space], np.zeros(64, np.int64)
    touched = chains["touched"][: chains["touched_count"]].tolist()
    found: dict[int, bytes] = {}
    number = 0
    while number < len(touched):
        after = int(put.frame_slots(chains, frames, spans, number, payload_max))
        assert after > number, "the frames of one slot fit"
        start = 0
        for place in range(number, after):
            found[touched[place]] = frames[start : spans[place]].tobytes()
            start = int(spans[place])
        number = after
    assert (memory[space:] == 0xAA).all() and not chains["waiting"].any()
    return found


@pytest.mark.rule("WIRE-004")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_one_message_is_framed_as_it_is(size: int, kind: int) -> None:
    message = random.Random(size).randbytes(size)
    data = frames_of(listed([(5, kind, message)]))[5]
    assert data == outbox.frame(message, FIRST[kind]) and unframed(data) == [(FIRST[kind], message)]


@pytest.mark.rule("WIRE-004")
@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 512, 513, 1_025])
def test_several_messages_are_framed_as_plain_python_frames_them(count: int, kind: int) -> None:
    messages = [{"t": "x", "n": number} for number in range(count)]
    data = frames_of(listed([(5, kind, PACKAGES[kind].encode(message)) for message in messages]))[5]
    assert data == PLAIN[kind].frames(messages)
    decoded = [PACKAGES[kind].decode(payload) for _, payload in unframed(data)]
    assert [len(one) if isinstance(one, list) else 1 for one in decoded] == [512] * (count // 512) + (
        [count % 512] if count % 512 else []
    )


def parts_of(first: int, payload: bytes, kind: int) -> list[bytes]:
    """The messages of a frame whose messages are texts of JSON, or of binary records of eight bytes."""
    if first == 0x82 and kind == put.BINARY:
        return [payload[at : at + 8] for at in range(0, len(payload), 8)]
    decoded = PACKAGES[kind].decode(payload)
    return [PACKAGES[kind].encode(one) for one in (decoded if isinstance(decoded, list) else [decoded])]


@pytest.mark.rule("WIRE-004")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("space", "payload_max"), [(1 << 22, put.FRAME_BYTES), (9_000, 300), (9_000, 1)])
def test_each_slot_gets_its_own_list_in_order_however_lists_are_mixed(seed: int, space: int, payload_max: int) -> None:
    """Of a binary connection some messages are records and others JSON: no frame has both."""
    rng = random.Random(seed)
    encodings = {slot: rng.choice(KINDS) for slot in (1, 2, 3, 9, 65_535)}
    messages: list[Waiting] = []
    for number in range(rng.choice((3, 200, 900))):
        slot = rng.choice(list(encodings))
        kind = rng.choice((put.JSON, put.BINARY)) if encodings[slot] == put.BINARY else encodings[slot]
        text = number if rng.random() < 0.6 else 7  # some are shared
        record = b"\x08\0\0\0" + text.to_bytes(4, "little")
        messages.append((slot, kind, record if kind == put.BINARY else PACKAGES[kind].encode(f"message {text}")))
    framed = frames_of(listed(messages), space, payload_max)
    assert set(framed) == {slot for slot, _, _ in messages}
    for slot, data in framed.items():
        found = []
        for first, payload in unframed(data):
            kind = encodings[slot] if encodings[slot] != put.BINARY or first == 0x82 else put.JSON
            parts = parts_of(first, payload, kind)
            assert len(payload) <= payload_max or len(parts) == 1
            found += [(kind, part) for part in parts]
        assert found == [(kind, message) for to, kind, message in messages if to == slot]


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_would_be_too_long_ends_before_the_message_that_makes_it_so(kind: int) -> None:
    """Four of them are within the limit, five are not."""
    message = PACKAGES[kind].encode("x" * 250_000)
    frames = unframed(frames_of(listed([(5, kind, message)] * 6))[5])
    assert len(frames) == 2
    assert [len(payload) // len(message) for _, payload in frames] == [4, 2]
    assert all(len(payload) <= outbox.FRAME_BYTES_MAX for _, payload in frames)


def test_lists_are_empty_after_their_frames_and_fill_again() -> None:
    chains = listed([(1, put.JSON, b"1"), (2, put.JSON, b"2"), (1, put.JSON, b"3")])
    assert frames_of(chains) == {1: outbox.frame(b"[1,3]"), 2: outbox.frame(b"2")}
    chains["used"] = chains["messages"] = chains["touched_count"] = 0
    chains["text"][:1] = ord("4")
    put.add_message(chains, 2, 0, 1, put.JSON)
    assert frames_of(chains) == {2: outbox.frame(b"4")}


@pytest.mark.parametrize(("missing", "framed"), [(0, 2), (1, 1), (104, 1), (105, 0)])
def test_lists_that_do_not_fit_into_the_buffer_wait(missing: int, framed: int) -> None:
    """Space is kept for the longest head of each message, and PUT_SLACK behind all."""
    message = msgspec.json.encode("x" * 100)
    chains = listed([(1, put.JSON, message), (2, put.JSON, message)])
    need = len(outbox.frame(message)) + len(message) + put.FRAME_HEAD + put.PUT_SLACK
    frames, spans = np.zeros(need, np.uint8), np.zeros(2, np.int64)
    assert put.frame_slots(chains, frames[: need - missing], spans, 0, put.FRAME_BYTES) == framed
    assert chains["waiting"][[1, 2]].tolist() == [framed < 1, framed < 2]
