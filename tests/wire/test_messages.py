"""Every example message of the protocol decodes, and encodes to the same message again."""

import json
from typing import Any

import msgspec
import pytest

from exchange.cli.examples import examples
from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.fields import INT53, KEYS, MESSAGES_MAX
from exchange.wire.messages import Exec, New, Ok, Quote, Trades
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, VERSION

# One example is refused on purpose.
EXAMPLES = [(example.sender, example.text) for example in examples() if example.section != "bad message"]
JSON, MSGPACK = CODECS[JSON_SUBPROTOCOL], CODECS[MSGPACK_SUBPROTOCOL]


def decode(sender: str, text: str) -> Any:
    (message,) = JSON.decode_client(text) if sender == "client" else JSON.decode_server(text)
    return message


def without_defaults(sender: str, text: str, encoded: bytes) -> dict[str, Any]:
    """The example without the keys that its encoding leaves out: an example may spell out a default."""
    example = json.loads(text)
    spelled_out = example.keys() - json.loads(encoded).keys()
    for key in spelled_out:
        del example[key]
    if spelled_out:
        assert decode(sender, json.dumps(example)) == decode(sender, text), f"{spelled_out} are no defaults"
    return example


@pytest.mark.rule("WIRE-010", "WIRE-013", "WIRE-041")
@pytest.mark.parametrize(("sender", "text"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_example_decodes_and_encodes_to_the_same_message(sender: str, text: str) -> None:
    message = decode(sender, text)
    assert not isinstance(message, BadMessage), message
    encoded = JSON.encode(message)
    assert json.loads(encoded) == without_defaults(sender, text, encoded)
    assert encoded.startswith(b'{"t":')
    assert b"null" not in encoded


@pytest.mark.parametrize(("sender", "text"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_example_is_the_same_in_messagepack(sender: str, text: str) -> None:
    message = decode(sender, text)
    packed = MSGPACK.encode(message)
    decoded = MSGPACK.decode_client(packed) if sender == "client" else MSGPACK.decode_server(packed)
    assert decoded == [message]


def test_no_example_of_a_client_needs_the_scan_for_double_keys() -> None:
    for sender, text in EXAMPLES:
        if sender == "client" and '"cod":{' not in text and "false" not in text:
            assert JSON.encode(decode(sender, text)).decode() == text


@pytest.mark.rule("WIRE-012")
def test_every_integer_of_a_client_has_bounds() -> None:
    text = '{"t":"new","id":1,"i":1,"side":"b","px":0,"q":1,"coid":"a"}'
    for key in ("id", "i", "px", "q"):
        message = {**json.loads(text), key: INT53 + 1}
        (bad,) = JSON.decode_client(json.dumps(message))
        assert isinstance(bad, BadMessage) and bad.fault == "OUT_OF_RANGE"


def test_one_attribute_has_one_key() -> None:
    long_names = {name for struct in (New, Exec, Trades, Ok) for name in struct.__struct_fields__}
    for struct in (New, Exec, Trades, Ok):
        for name, key in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
            assert key == KEYS.get(name, name)
    assert {"price_tick", "order_lots", "engine_sequence"} <= long_names


@pytest.mark.rule("SEC-033")
def test_the_widest_quote_fits_into_a_frame() -> None:
    row = (2**32 - 1, -(2**31 - 1), 2**31 - 1, -(2**31 - 1), 2**31 - 1)
    quote = Quote(request_id=INT53, account=2**32 - 1, protection_group=2**32 - 1, quotes=[row] * 32)
    assert len(JSON.encode(quote)) <= 4096
    assert JSON.decode_client(JSON.encode(quote).decode()) == [quote]


@pytest.mark.rule("WIRE-003")
def test_structs_hold_no_more_messages_than_a_frame() -> None:
    assert MESSAGES_MAX == 64


def test_zero_is_sent_where_it_says_something() -> None:
    assert msgspec.json.decode(JSON.encode(Ok(1, 2, "a", "cancelled", 0, 0, 3))) == {
        "t": "ok",
        "re": 1,
        "oid": 2,
        "coid": "a",
        "st": "cancelled",
        "lv": 0,
        "cum": 0,
        "e": 3,
    }


def test_additions_are_counted_and_old_messages_still_decode() -> None:
    """`rie` of `new` came with 1.1: a client that does not know it leaves it out, and its default is never sent."""
    old = decode("client", '{"t":"new","id":1,"i":1,"side":"b","px":5,"q":1,"coid":"a"}')
    assert isinstance(old, New) and not old.reject_if_elected
    assert b"rie" not in JSON.encode(old)
    assert tuple(map(int, VERSION.split("."))) >= (1, 1)
