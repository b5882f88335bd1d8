"""The examples: every message of the protocol has one, in both encodings."""

from itertools import pairwise

import pytest

from exchange.cli.examples import examples
from exchange.wire.codec import CODECS
from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.reference import described_messages
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

JSON, MSGPACK = CODECS[JSON_SUBPROTOCOL], CODECS[MSGPACK_SUBPROTOCOL]


@pytest.mark.rule("WIRE-042")
def test_every_message_has_an_example() -> None:
    for sender, union in (("client", ClientMessages), ("server", ServerMessages)):
        shown = {example.text.split('"', 5)[3] for example in examples() if example.sender == sender}
        assert shown == {described.name for described in described_messages(union)}


@pytest.mark.rule("WIRE-042")
def test_both_encodings_of_an_example_are_the_same_message() -> None:
    for example in examples():
        if example.sender == "server":
            assert MSGPACK.decode_server(example.packed()) == JSON.decode_server(example.text)
        elif example.section != "bad message":
            assert MSGPACK.decode_client(example.packed()) == JSON.decode_client(example.text)


def test_a_section_is_in_one_place() -> None:
    sections = [example.section for example in examples()]
    assert len(dict.fromkeys(sections)) == 1 + sum(a != b for a, b in pairwise(sections))
