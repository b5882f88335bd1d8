"""Makes the files of `gpux schema`: JSON Schema, AsyncAPI, records, errors, close codes, limits and test vectors.

A client in any language can test itself with the vectors: the bytes of each message in every encoding, the text and
signature of a logon, and the bytes and checksum of a book.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from exchange.cli.examples import Example, examples
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes, signed_text
from exchange.gateway.throttle import PROFILES
from exchange.publish.book_view import checksum, checksum_bytes
from exchange.wire.asyncapi import SCHEMA_FILE, asyncapi
from exchange.wire.fields import BATCH_MAX, MESSAGES_MAX, QUOTE_ROWS_MAX
from exchange.wire.schema import close_table, error_table, json_schema, record_table
from exchange.wire.version import RELEASE, SUBPROTOCOLS, VERSION

HOST, PATH = "localhost", "/v1/oe"
SEED = bytes([2]) * 32  # private seed of the key that logs on in the examples


def text_of(name: str) -> str:
    """The text of a file."""
    return json.dumps(FILES[name](), indent=2) + "\n"


def write(folder: Path) -> list[Path]:
    """Write all files, also over older ones, and return their paths. UserError: the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).write_text(text_of(name), encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"--out {folder}: {reason}; allowed: a folder that can be written or made") from None
    return [folder / name for name in FILES]


def check(folder: Path) -> None:
    """Compare files with the source (WIRE-041). UserError, exit code 1: names each that is missing or differs."""
    wrong = [f"{folder / name} {fault}" for name in FILES if (fault := _fault(folder / name, text_of(name)))]
    if wrong:
        raise UserError(f"{'; '.join(wrong)}; gpux schema --out {folder} writes them", 1)


def _fault(path: Path, wanted: str) -> str:
    """What is wrong with a file; empty: it has the wanted text."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if found == wanted.encode() else f"is not that of protocol {VERSION}, release {RELEASE}"


def limits() -> dict[str, Any]:
    """Bounds of the protocol, and the limits of each profile that a venue can run with. `hello` has those in force."""
    bounds = {"messages_in_frame": MESSAGES_MAX, "operations_in_batch": BATCH_MAX, "rows_in_quote": QUOTE_ROWS_MAX}
    return {
        "version": VERSION,
        "subprotocols": list(SUBPROTOCOLS),
        "bounds": bounds,
        "profiles": {
            profile.name: {
                "inflight": profile.inflight,
                "max_frame": profile.max_frame,
                "dedup": profile.dedup,
                "replay_h": profile.replay_hours,
                "max_channels": profile.channels_max,
                "hb_ms": profile.heartbeat_ms,
                "dead_ms": profile.dead_ms,
                "logon_ms": profile.logon_ms,
                "connections_per_key": profile.connections_per_key,
                "connections_per_address": profile.connections_per_address,
                "logons_per_minute": profile.logons_per_minute,
                "limits": [
                    {"k": rate.name, "rate": rate.rate, "burst": rate.burst, "per": rate.per}
                    for rate in (*profile.rates, profile.bytes_rate)
                ],
            }
            for profile in PROFILES.values()
        },
    }


def vectors() -> dict[str, Any]:
    """Test vectors: messages, logons, checksums. A message without a record is JSON in `gpux.v1+bin` too."""
    return {
        "messages": [
            {
                "section": example.section,
                "sender": example.sender,
                "json": example.text,
                "msgpack": example.packed().hex(),
            }
            | ({"record": example.record} if example.record else {})
            for example in examples()
        ],
        "logons": logons(),
        "checksums": checksums(),
    }


def logons() -> list[dict[str, str]]:
    """Each logon of the examples that succeeds: key, text to sign, signature."""
    found = []
    nonce = ""
    for example, message in _decoded():
        if message["t"] == "hello":
            nonce = message["nonce"]
        elif message["t"] == "auth" and example.section in ("logon", "resume"):
            pair = KeyPair(message["key"], 0, SEED)
            text = signed_text(HOST, PATH, nonce, pair.key, message.get("sid", ""))
            found.append(
                {
                    "seed": SEED.hex(),
                    "public_key": encode_bytes(pair.public()),
                    "nonce": nonce,
                    "text": text.decode(),
                    "sig": pair.sign(text),
                }
            )
    return found


def checksums() -> list[dict[str, Any]]:
    """Books with the bytes and the value of their checksum: that of each snapshot in the examples."""
    found = []
    for _, message in _decoded():
        if message["t"] == "depth" and message.get("snap"):
            bids, asks = ([(price, lots) for price, lots in message[side]] for side in ("b", "a"))
            found.append({"b": bids, "a": asks, "bytes": checksum_bytes(bids, asks).hex(), "crc": checksum(bids, asks)})
    return found


def _decoded() -> list[tuple[Example, dict[str, Any]]]:
    return [(example, msgspec.json.decode(example.text)) for example in examples()]


FILES: dict[str, Callable[[], Any]] = {
    SCHEMA_FILE: json_schema,
    "asyncapi.json": asyncapi,
    "records.json": record_table,
    "errors.json": error_table,
    "close_codes.json": close_table,
    "limits.json": limits,
    "vectors.json": vectors,
}
