"""The files of `gpux schema`: what they say is true of the code."""

import json
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.local_book import LocalBook
from exchange.cli.examples import examples
from exchange.cli.schema_files import FILES, limits, text_of, vectors
from exchange.gateway.auth import decode_bytes
from exchange.wire.codec import CODECS
from exchange.wire.version import BINARY_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

TEXTS = {example.section: [] for example in examples()}
for example in examples():
    TEXTS[example.section].append(json.loads(example.text))


def test_every_file_is_json() -> None:
    assert all(json.loads(text_of(name)) for name in FILES)


@pytest.mark.rule("RATE-001")
def test_limits_are_those_that_hello_states() -> None:
    """The examples are of a venue with the standard profile."""
    (hello,) = TEXTS["hello"]
    standard = limits()["profiles"]["standard"]
    assert {key: hello[key] for key in standard.keys() & hello.keys() - {"limits"}}.items() <= standard.items()
    assert [limit for limit in standard["limits"] if limit["k"] != "bytes"] == hello["limits"]
    assert limits()["version"] == hello["v"]


@pytest.mark.rule("WIRE-042", "SESS-001")
def test_a_logon_can_be_made_from_its_vector() -> None:
    """With nothing but the vector and a library for Ed25519."""
    fresh, resumed = vectors()["logons"]
    for vector, section in ((fresh, "logon"), (resumed, "resume")):
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
        assert decode_bytes(vector["public_key"]) == private.public_key().public_bytes_raw()
        assert decode_bytes(vector["sig"]) == private.sign(vector["text"].encode())
        (auth,) = (message for message in TEXTS[section] if message["t"] == "auth")
        assert auth["sig"] == vector["sig"], "it is the one that the gateway accepted"
        assert vector["text"].split("\n")[4:] == [auth["key"], auth.get("sid", "")]


@pytest.mark.rule("WIRE-042", "MDATA-016")
def test_a_checksum_can_be_made_from_its_vector() -> None:
    snapshots = [
        message for messages in TEXTS.values() for message in messages if message["t"] == "depth" and "snap" in message
    ]
    for vector, snapshot in zip(vectors()["checksums"], snapshots, strict=True):
        assert zlib.crc32(bytes.fromhex(vector["bytes"])) == vector["crc"] == snapshot["crc"]
        book = LocalBook()
        book.load(snapshot["s"], vector["b"], vector["a"], vector["crc"], False)
        assert book.problem is None


@pytest.mark.rule("WIRE-042")
def test_a_message_has_its_bytes_in_messagepack() -> None:
    codec = CODECS[MSGPACK_SUBPROTOCOL]
    for vector in vectors()["messages"]:
        data = bytes.fromhex(vector["msgpack"])
        decoded = codec.decode_client(data) if vector["sender"] == "client" else codec.decode_server(data)
        assert len(decoded) == 1


@pytest.mark.rule("WIRE-030", "WIRE-042")
def test_a_message_has_its_record_if_it_is_one() -> None:
    codec = CODECS[BINARY_SUBPROTOCOL]
    found = [vector for vector in vectors()["messages"] if "record" in vector]
    templates = {record["template"]: record for record in FILES["records.json"]()["records"]}
    for vector in found:
        data = bytes.fromhex(vector["record"])
        decode = codec.decode_client if vector["sender"] == "client" else codec.decode_server
        assert decode(data) == decode(vector["json"])
        record = templates.pop(int.from_bytes(data[4:6], "little"), None)
        if record is not None:
            assert (record["t"], record["sender"]) == (json.loads(vector["json"])["t"], vector["sender"])
    assert {record["t"] for record in templates.values()} == {"cash"}, "not in the dialogue"


@pytest.mark.rule("WIRE-031")
def test_fields_of_records_neither_overlap_nor_leave_their_record() -> None:
    for record in FILES["records.json"]()["records"]:
        for fields, size, end in ((record["fields"], record["size"], 8), (record["row"], record["row_size"], 0)):
            for field in fields:
                assert field["offset"] >= end and field["offset"] % min(field["size"], 8) == 0
                end = field["offset"] + field["size"]
            assert end <= size and size % 8 == 0
