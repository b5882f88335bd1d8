"""`PROTOCOL.md` says what the code does: tables and examples are made from it, and worked examples are right."""

import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clients.local_book import LocalBook
from exchange.cli.examples import examples
from exchange.cli.schema_files import FILES
from exchange.gateway.auth import encode_bytes
from exchange.wire.codec import CODECS
from exchange.wire.version import BINARY_SUBPROTOCOL
from tests.protocol_doc import DOCUMENT, PART, document

PAGE = DOCUMENT.read_text()
MARKED = {part["name"]: part[0] for part in PART.finditer(PAGE)}
SCRIPTS = re.findall(r"^```js\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

WORKED = ("client", "server", "record")
# Messages that the dialogue has as records, and whether they have rows.
RECORDED = {
    ("new", False), ("cancel", False), ("replace", False), ("quote", True), ("ok", False), ("err", False), ("ok", True),
    ("exec", False), ("fill", False), ("pos", False), ("margin", False), ("mmp", False), ("kill", False),
    ("cod_fired", False),
}  # fmt: skip


def cell(name: str, first: str) -> list[str]:
    """Texts in backticks of a row of a marked table."""
    (line,) = (line for line in MARKED[name].splitlines() if line.startswith(f"| {first} |"))
    return re.findall(r"`([^`]*)`", line.removeprefix(f"| {first} |"))


def said(section: str) -> Iterator[dict[str, Any]]:
    """Messages of an example."""
    for line in MARKED[f"example {section}"].splitlines():
        if line.startswith(("client ", "server ")):
            yield json.loads(line.split(" ", 1)[1])


@pytest.mark.rule("WIRE-041")
def test_the_page_is_up_to_date() -> None:
    assert document() == PAGE, "python -m tests.protocol_doc writes it"


def test_every_example_is_on_the_page_once() -> None:
    shown = [part["name"].removeprefix("example ") for part in PART.finditer(PAGE) if "example" in part["name"]]
    assert sorted(shown) == sorted({example.section for example in examples()})


def test_every_mark_has_an_end() -> None:
    assert PAGE.count("<!-- begin ") == PAGE.count("<!-- end -->") == len(MARKED)


@pytest.mark.rule("SESS-001")
def test_the_worked_signature_is_right() -> None:
    """It is the one that a gateway accepted in the dialogue, and anybody can make it from the page."""
    (seed,), (public,), (text,), (signature,) = (
        cell("logon", first) for first in ("private key, 32 bytes", "public key", "text to sign", "`sig`")
    )
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    signed = json.loads(text)
    assert encode_bytes(private.public_key().public_bytes_raw()) == public
    assert encode_bytes(private.sign(signed.encode())) == signature
    (hello,) = said("hello")
    auth, *_ = said("logon")
    assert signed == "\n".join(("gpux-auth-v1", "localhost", "/v1/oe", hello["nonce"], auth["key"], ""))
    assert auth["sig"] == signature


@pytest.mark.rule("MDATA-015", "MDATA-016")
def test_the_worked_book_is_right() -> None:
    """Snapshot, changes and the next snapshot, by the rules of the page."""
    depths = [
        message
        for section in ("subscriptions", "book", "resync")
        for message in said(section)
        if message["t"] == "depth"
    ]
    (data,), (value,) = cell("checksum", "bytes"), cell("checksum", "`crc`")
    assert zlib.crc32(bytes.fromhex(data).ljust(320, b"\0")) == int(value) == depths[0]["crc"]
    book = LocalBook()
    first, *changes, last = depths
    book.load(first["s"], first["b"], first["a"], first["crc"], False)
    for change in changes:
        assert book.apply(change["s"], change["p"], change["b"], change["a"], change.get("crc"))
    assert (book.sequence, len(changes)) == (last["s"], 3)
    fresh = LocalBook()
    fresh.load(last["s"], last["b"], last["a"], last["crc"], False)
    assert fresh.problem is None and book.checksum() == fresh.checksum() == last["crc"]


@pytest.mark.rule("RECOV-010", "RECOV-011")
def test_the_resumed_session_misses_nothing() -> None:
    *_, order, event, lost = said("lost")
    hello, auth, welcome, *events, live, again, reply = said("resume")
    assert auth["last"] == [[1, event["s"]]] and auth["sid"] == event["sid"] == welcome["sid"]
    assert welcome["resumed"] and welcome["last_id"] == lost["id"] > order["re"]
    assert [message["s"] for message in events] == list(range(event["s"] + 1, live["s"] + 1))
    assert all(message["rp"] for message in events)
    assert again == lost and reply["dup"] and (reply["re"], reply["coid"]) == (lost["id"], lost["coid"])
    assert hello["history"] == next(said("hello"))["history"]


def worked_records() -> list[tuple[str, str]]:
    """(JSON, record in hexadecimal) of each message of the worked example."""
    lines = [line.split(" ", 1)[1] for line in MARKED["worked records"].splitlines() if line[:6] in WORKED]
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.rule("WIRE-030", "WIRE-031")
def test_the_worked_records_are_right() -> None:
    """They say what their JSON says, and the table of the third one is its bytes."""
    (order, sent), (reply, answer), (report, told) = worked_records()
    codec = CODECS[BINARY_SUBPROTOCOL]
    assert codec.decode_client(bytes.fromhex(sent)) == codec.decode_client(order)
    for text, record in ((reply, answer), (report, told)):
        assert codec.decode_server(bytes.fromhex(record)) == codec.decode_server(text)
    cells = [line.split(" | ")[1] for line in MARKED["worked fields"].splitlines()[3:-1]]
    assert "".join(cell.strip("`") for cell in cells) == told


def run_node(script: str) -> Any:
    """What a script prints, as JSON."""
    ended = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.rule("WIRE-031", "WIRE-042")
@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_the_decoder_of_the_page_reads_every_record() -> None:
    """In Node: all records of the dialogue, as one frame and one by one, are the messages of its JSON."""
    records, errors = FILES["records.json"]()["records"], FILES["errors.json"]()
    told = [one for one in examples() if one.record]
    frames = [one.record for one in told]
    script = f"""
    {SCRIPTS[2]}
    const records = {json.dumps(records)}, errors = {json.dumps(errors)};
    const decode = (hex) => decodeFrame(new Uint8Array(Buffer.from(hex, "hex")).buffer, records, errors);
    console.log(JSON.stringify({json.dumps([*frames, "".join(frames)])}.map(decode)));
    """
    *single, joined = run_node(script)
    messages = [json.loads(one.text) for one in told]
    decoded = [message for (message,) in single]
    assert decoded == joined
    for one, message, text in zip(told, decoded, messages, strict=True):
        # A record of a client has the words that JSON leaves out because they are the defaults.
        assert message == text if one.sender == "server" else message.items() >= text.items()
    assert {(message["t"], "qs" in message) for message in messages} >= RECORDED


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_the_scripts_of_the_page_run() -> None:
    """In Node: the signature and the checksum of the worked examples."""
    (seed,), (signature,) = cell("logon", "private key, 32 bytes"), cell("logon", "`sig`")
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (hello,) = said("hello")
    bids, asks = cell("checksum", "`b`, `a`")
    sign, checksum, decoder = SCRIPTS
    script = f"""
    {sign}
    {checksum}
    {decoder}
    importKey({json.dumps(pem)})
      .then((key) => sign(key, "localhost", "/v1/oe", {json.dumps(hello["nonce"])}, "k_test1"))
      .then((signature) => console.log(JSON.stringify([signature, checksum({bids}, {asks})])));
    """
    assert run_node(script) == [signature, int(cell("checksum", "`crc`")[0])]
