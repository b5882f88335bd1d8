"""A websocket connection over a raw socket, so that the client costs little. It is no example of a client."""

import base64
import os
import socket
from dataclasses import dataclass
from typing import Any

from bench.gateway.encodings import ENCODINGS, LoadEncoding
from exchange.gateway.auth import KeyPair, signed_text

RECEIVE_BYTES = 262_144
PATH = "/v1/oe"
KEEP_ALIVE_NS = 2_000_000_000  # a client that is silent for `dead_ms` is disconnected


@dataclass(frozen=True)
class Resumed:
    """The session that a logon resumes, and the last event of its account that was read."""

    name: str
    account: int
    sequence: int


class RawConnection:
    """One connection. It is logged on if a key is given, unless the caller does it step by step."""

    def __init__(self, port: int, pair: KeyPair | None = None, encoding: LoadEncoding = ENCODINGS["json"]) -> None:
        self.pair, self.encoding, self._port = pair, encoding, port
        self.session, self.sequence = "", 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @classmethod
    def open(cls, port: int, pair: KeyPair | None, encoding: LoadEncoding = ENCODINGS["json"]) -> "RawConnection":
        """A connection after `hello` and, with a key, after its logon."""
        connection = cls(port, pair, encoding)
        connection.upgrade()
        nonce = connection.hello()
        if pair is not None:
            connection.send_logon(nonce)
            connection.live()
        return connection

    def upgrade(self) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Protocol: {self.encoding.subprotocol}\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def hello(self) -> str:
        """Read up to the end of `hello`; returns its nonce."""
        data = self.until(b"\r\n\r\n")
        data = data[data.index(b"\r\n\r\n") + 4 :]
        while (payload := _payload(data)) is None:
            data += self._receive()
        nonce: str = self.encoding.decode(payload)["nonce"]
        return nonce

    def send_logon(self, nonce: str, resumed: Resumed | None = None) -> None:
        """Send `auth`; orders stay when the connection ends."""
        assert self.pair is not None
        signature = self.pair.sign(
            signed_text("127.0.0.1", PATH, nonce, self.pair.key, resumed.name if resumed else "")
        )
        terms = {"mode": "off", "orders": "all", "on": "drop", "grace_ms": 0}
        logon: dict[str, Any] = {"t": "auth", "id": 1, "key": self.pair.key, "sig": signature, "cod": terms}
        if resumed:
            logon |= {"sid": resumed.name, "take": True, "last": [[resumed.account, resumed.sequence]]}
        self.socket.sendall(self.encoding.frame(logon))

    def live(self) -> bytes:
        """Read up to `live`, which ends a logon. Returns what was read."""
        return self.until(self.encoding.mark("t", "live"))

    def until(self, mark: bytes) -> bytes:
        """Read until `mark` has arrived. Returns what was read."""
        data = b""
        while mark not in data:
            data += self._receive()
        return data

    def ping(self) -> None:
        self.socket.sendall(self.encoding.frame({"t": "ping", "id": 9}))

    def _receive(self) -> bytes:
        part = self.socket.recv(RECEIVE_BYTES)
        if not part:
            raise ConnectionError("the venue closed a connection")
        return part


def _payload(data: bytes) -> bytes | None:
    """The payload of the first frame of a server; None if it has not arrived whole."""
    if len(data) < 4:
        return None
    length, start = data[1], 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    return data[start : start + length] if len(data) >= start + length else None


def pair_of(key: list[Any] | None) -> KeyPair | None:
    """The key to log on with; None for an echo server."""
    return KeyPair(key[0], key[1], bytes.fromhex(key[2])) if key else None
