"""AsyncAPI 3 description of the protocol: servers, one channel for each path, one operation for each request.

It speaks for the venue: `receive` is what a client sends. Messages are those of the JSON Schema file beside it.
"""

from typing import Any, NamedTuple

from exchange.wire.messages import (
    Auth,
    ClientMessages,
    Kill,
    LimitsQuery,
    Logout,
    Ping,
    Query,
    Replay,
    Resync,
    ServerMessages,
    Subscribe,
    Unkill,
    Unsubscribe,
)
from exchange.wire.reference import Described, described_messages
from exchange.wire.version import SUBPROTOCOLS, VERSION

EDITION = "3.0.0"
SCHEMA_FILE = "schema.json"
DRAFT_FORMAT = "application/schema+json;version=draft-2020-12"
SECURITY = "ed25519"
ANSWERS = ("Ok", "Err")


class Path(NamedTuple):
    """One path of the venue.

    before_logon   requests that are served without a logon
    requests       requests that are served after it; empty: all
    """

    name: str
    address: str
    title: str
    description: str
    before_logon: tuple[type, ...]
    requests: tuple[type, ...] = ()


PATHS = (
    Path(
        "orderEntry",
        "/v1/oe",
        "Orders, account streams, market data",
        "A logon (`auth`) must follow within 5 s of `hello`, else close 4001.",
        (Auth, Ping),
    ),
    Path(
        "marketData",
        "/v1/md",
        "Market data",
        "Public. A logon is needed only for `depth` with `ms` 0, for `orders`, and for what is an account's: without"
        " one, `query` answers `trades` and `candles`.",
        (Auth, Ping, Subscribe, Unsubscribe, Resync, Replay, Query),
    ),
    Path(
        "dropCopy",
        "/v1/dc",
        "Drop copy of a clearing firm, kill switch",
        "A logon with a key of scope `dc` must follow within 5 s of `hello`. It has the account"
        " messages of all accounts of a firm, each with `d`.",
        (Auth, Ping),
        (Replay, Kill, Unkill, Query, LimitsQuery, Logout, Subscribe, Unsubscribe, Resync),
    ),
)
AUTHENTICATION = (
    "The server sends a nonce in `hello`. The client signs six lines (label, host, path, nonce, name of the key,"
    " session or nothing) with its Ed25519 key and sends the signature in `auth`, never in the URL. The venue has"
    " public keys only. A session is signed, not each request."
)


def asyncapi() -> dict[str, Any]:
    """The document. Its references to the JSON Schema are relative, so both files must lie in one folder."""
    requests, answers = described_messages(ClientMessages), described_messages(ServerMessages)
    return {
        "asyncapi": EDITION,
        "info": {
            "title": "gpux",
            "version": VERSION,
            "description": "The websocket protocol of an exchange for GPU-hour futures. PROTOCOL.md explains it.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "venue": {
                "host": "{host}:{port}",
                "protocol": "ws",
                "description": "`gpux serve FOLDER`; behind a proxy with TLS the protocol is wss.",
                "variables": {"host": {"default": "localhost"}, "port": {"default": "8443"}},
            }
        },
        "channels": {path.name: _channel(path, requests, answers) for path in PATHS},
        "operations": {
            name: operation for path in PATHS for name, operation in _operations(path, requests, answers).items()
        },
        "components": {
            "securitySchemes": {SECURITY: {"type": "asymmetricEncryption", "description": AUTHENTICATION}},
            "messages": {one.struct: _message(one) for one in (*requests, *answers)},
        },
    }


def _channel(path: Path, requests: list[Described], answers: list[Described]) -> dict[str, Any]:
    used = (*_received(path, requests), *answers)
    return {
        "address": path.address,
        "title": path.title,
        "description": path.description,
        "messages": {one.struct: {"$ref": f"#/components/messages/{one.struct}"} for one in used},
        "bindings": {"ws": {"method": "GET", "headers": _headers(), "bindingVersion": "0.1.0"}},
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "Sec-WebSocket-Protocol": {
                "type": "string",
                "enum": list(SUBPROTOCOLS),
                "default": SUBPROTOCOLS[0],
                "description": "Encoding of the messages. This document describes the first; the others say the same.",
            }
        },
    }


def _received(path: Path, requests: list[Described]) -> list[Described]:
    allowed = {kind.__name__ for kind in (*path.before_logon, *path.requests)}
    return [one for one in requests if one.struct in allowed or not path.requests]


def _operations(path: Path, requests: list[Described], answers: list[Described]) -> dict[str, Any]:
    public = {kind.__name__ for kind in path.before_logon}
    operations = {
        f"{path.name}_{one.name}": _request(path, one, one.struct not in public) for one in _received(path, requests)
    }
    streams = [one.struct for one in answers if one.struct not in (*ANSWERS, "Welcome")]
    operations[f"{path.name}_stream"] = {
        "action": "send",
        "channel": _place(path),
        "summary": "What the venue says by itself, `hello` first.",
        "messages": [_place(path, struct) for struct in streams],
    }
    return operations


def _request(path: Path, one: Described, logged_on: bool) -> dict[str, Any]:
    answers = ("Welcome", "Err") if one.name == "auth" else ANSWERS
    operation = {
        "action": "receive",
        "channel": _place(path),
        "summary": one.meaning,
        "messages": [_place(path, one.struct)],
        "reply": {"channel": _place(path), "messages": [_place(path, struct) for struct in answers]},
    }
    if logged_on:
        operation["security"] = [{"$ref": f"#/components/securitySchemes/{SECURITY}"}]
    return operation


def _place(path: Path, struct: str = "") -> dict[str, str]:
    """Reference to a channel, or to a message of it."""
    return {"$ref": f"#/channels/{path.name}" + (f"/messages/{struct}" if struct else "")}


def _message(one: Described) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.struct,
        "summary": one.meaning,
        "contentType": "application/json",
        "payload": {"schemaFormat": DRAFT_FORMAT, "schema": {"$ref": f"{SCHEMA_FILE}#/$defs/{one.struct}"}},
    }
