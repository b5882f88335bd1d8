"""A key that stands twice is refused by that name, wherever in a frame, and whatever else is wrong with it."""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.messages import Ping
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from tests.gateway.test_corners import REQUESTS, corners

JSON, MSGPACK = CODECS[JSON_SUBPROTOCOL], CODECS[MSGPACK_SUBPROTOCOL]


class Pairs(list[tuple[str, Any]]):
    """An object as its pairs, which may have a key twice."""


def pairs_of(value: Any) -> Any:
    """A message with `Pairs` in place of its objects."""
    if isinstance(value, dict):
        return Pairs((key, pairs_of(part)) for key, part in value.items())
    return [pairs_of(part) for part in value] if isinstance(value, list) else value


def objects(value: Any) -> Iterator[Pairs]:
    """Every object of a message, itself first."""
    if isinstance(value, Pairs):
        yield value
    if isinstance(value, list):
        for part in value:
            yield from objects(part[1] if isinstance(value, Pairs) else part)


def as_json(value: Any) -> bytes:
    if isinstance(value, Pairs):
        return b"{" + b",".join(msgspec.json.encode(key) + b":" + as_json(part) for key, part in value) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(as_json, value)) + b"]"
    return msgspec.json.encode(value)


def as_msgpack(value: Any) -> bytes:
    if isinstance(value, Pairs):
        head = b"\xde" + len(value).to_bytes(2, "big")
        return head + b"".join(msgspec.msgpack.encode(key) + as_msgpack(part) for key, part in value)
    if isinstance(value, list):
        return b"\xdc" + len(value).to_bytes(2, "big") + b"".join(map(as_msgpack, value))
    return msgspec.msgpack.encode(value)


def decoded(message: Any) -> list[list[Any]]:
    return [JSON.decode_client(as_json(message).decode()), MSGPACK.decode_client(as_msgpack(message))]


@pytest.mark.rule("SEC-051", "BAD-029")
@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_a_key_twice_is_refused_in_every_object_of_every_request(kind: type) -> None:
    least, most, needed = corners(kind)[:3]
    for message, other in itertools.product((least, most, needed), ("same", "cancel_all", 3, ["x"])):
        twice = pairs_of({**message, "id": 7})
        found = list(objects(twice))
        for target in (found[0], found[len(found) // 2], found[-1]):
            for key, value in [*target, ("unknown", 1)]:
                before = list(target)
                added = [(key, value if other == "same" else other)]
                target += added if (key, value) in before else [(key, value), *added]
                for (bad,) in decoded(twice):
                    assert isinstance(bad, BadMessage) and bad.fault == "DUPLICATE_FIELD", (twice, bad)
                    assert bad.request_id == 7 or (key == "id" and target is found[0]), twice
                target[:] = before


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from(["t", "id", "a", "b", "c"]), inner), max_size=4).map(Pairs)
    ),
    max_leaves=8,
)


@pytest.mark.rule("SEC-051", "SEC-053", "WIRE-004")
@given(st.lists(st.tuples(st.sampled_from(["t", "id", "a", "b"]), values), min_size=1, max_size=4).map(Pairs))
def test_any_object_has_this_name_if_a_key_stands_twice_and_only_then(message: Pairs) -> None:
    twice = any(len({key for key, _ in found}) < len(found) for found in objects(message))
    good = [("t", "ping"), ("id", 5)]
    for first, bad, last in decoded([Pairs(good), message, Pairs(good)]):
        assert first == last == Ping(request_id=5)
        assert isinstance(bad, BadMessage) and (bad.fault == "DUPLICATE_FIELD") == twice, (message, bad)


@pytest.mark.rule("SEC-051", "SEC-059")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"t":"ping","t":"cancel_all"}', "DUPLICATE_FIELD"),
        ('{"t":"ping","\\u0074":"cancel_all","id":1}', "DUPLICATE_FIELD"),
        ('{"t":"new","id":9,"px":%s,"px":1}' % ("9" * 5_000), "DUPLICATE_FIELD"),
        ('{"t":"new","id":9,"px":%s}' % ("9" * 5_000), "OUT_OF_RANGE"),
        ('{"t":"ping","t":"cancel_all"', "UNKNOWN_OP"),
        ('{"t":"ping","id":1,"id":2}}', "MALFORMED"),
        ('{"t":"ping","id":{"a":%s}}' % ("[" * 900 + "]" * 900), "BAD_TYPE"),
    ],
)
def test_what_is_no_message_at_all_keeps_its_own_name(text: str, fault: str) -> None:
    (bad,) = JSON.decode_client(text)
    assert isinstance(bad, BadMessage) and bad.fault == fault


@pytest.mark.rule("SEC-051")
def test_a_map_with_other_keys_than_texts_is_no_double_key() -> None:
    for data in (b"\x82\xa1t\xa4pong\x01\x02", b"\x83\xa1t\xa4pong\xa2id\x05\xa1x\x82\x01\x02\x01\x03"):
        (bad,) = MSGPACK.decode_client(data)
        assert isinstance(bad, BadMessage) and bad.fault == "UNKNOWN_OP"
