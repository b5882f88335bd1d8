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
from exchange.gateway.auth import encode_bytes
from tests.protocol_doc import DOCUMENT, PART, document

PAGE = DOCUMENT.read_text()
MARKED = {part["name"]: part[0] for part in PART.finditer(PAGE)}
SCRIPTS = re.findall(r"^```js\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


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


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_the_scripts_of_the_page_run() -> None:
    """In Node: the signature and the checksum of the worked examples."""
    (seed,), (signature,) = cell("logon", "private key, 32 bytes"), cell("logon", "`sig`")
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (hello,) = said("hello")
    bids, asks = cell("checksum", "`b`, `a`")
    sign, checksum = SCRIPTS
    script = f"""
    {sign}
    {checksum}
    importKey({json.dumps(pem)})
      .then((key) => sign(key, "localhost", "/v1/oe", {json.dumps(hello["nonce"])}, "k_test1"))
      .then((signature) => console.log(JSON.stringify([signature, checksum({bids}, {asks})])));
    """
    ended = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [signature, int(cell("checksum", "`crc`")[0])]
