"""Keeps what clients and a gateway say to each other, by sections of `PROTOCOL.md`."""

import msgspec
from websockets.frames import Opcode

from exchange.gateway.auth import KeyPair, signed_text
from exchange.wire.binary import decode_reports
from exchange.wire.codec import CODECS
from exchange.wire.messages import Auth
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.gateway.harness import Bench, Peer, frames_of

AGENT = "example/1.0"
CODEC = CODECS[JSON_SUBPROTOCOL]

Line = tuple[str, str, str, bytes]


class Talk:
    """Keeps what is said in the sections of the page."""

    def __init__(self, bench: Bench, binary: bool) -> None:
        self.bench, self.binary = bench, binary
        self.lines: list[Line] = []
        self.section = ""

    def ask(self, peer: Peer, *messages: object) -> list[object]:
        """Send messages, and keep them and what the peer hears then."""
        for message in messages:
            peer.raw(self.note(peer, message))
        return self.hear(peer)

    def note(self, peer: Peer, message: object) -> bytes:
        """Keep a message of the client; returns its bytes."""
        data = peer.codec.encode(message)
        record = b"" if peer.codec.is_text(data) else data
        self.lines.append((self.section, "client", CODEC.encode(message).decode(), record))
        return data

    def hear(self, peer: Peer) -> list[object]:
        """Keep what the peer has heard."""
        self.bench.settle()
        data, peer.transport.data = peer.transport.data, b""
        heard = []
        for opcode, payload in frames_of(data):
            if opcode == Opcode.BINARY:
                heard += self._hear_records(payload)
                continue
            # An array of messages is shown as if they had come one by one, which it means (WIRE-004).
            parts = msgspec.json.decode(payload, type=list[msgspec.Raw]) if payload[:1] == b"[" else [payload]
            texts = [bytes(part).decode() for part in parts]
            self.lines += ((self.section, "server", text, b"") for text in texts if self._belongs(text))
            heard += CODEC.decode_server(payload)
        return heard

    def _hear_records(self, payload: bytes) -> list[object]:
        heard = []
        while payload:
            size = int.from_bytes(payload[:4], "little")
            record, payload = payload[:size], payload[size:]
            (message,) = decode_reports(record)
            self.lines.append((self.section, "server", CODEC.encode(message).decode(), record))
            heard.append(message)
        return heard

    def _belongs(self, text: str) -> bool:
        """Heartbeats come all the time, and are shown once."""
        return not text.startswith('{"t":"hb"') or self.section == "heartbeat"

    def open(self, path: str = "/v1/oe") -> Peer:
        """A new connection; its `hello` is kept."""
        peer = self.join(path)
        self.lines.append((self.section, "server", CODEC.encode(peer.hello).decode(), b""))
        return peer

    def join(self, path: str = "/v1/oe") -> Peer:
        """A new connection."""
        return self.bench.open(path, binary=self.binary)

    def log_on(self, peer: Peer, pair: KeyPair, request_id: int = 1, **options: object) -> list[object]:
        sid = str(options.get("session_id", ""))
        text = signed_text("localhost", peer.path, peer.hello.nonce, pair.key, sid)
        return self.ask(
            peer, Auth(request_id=request_id, key=pair.key, signature=pair.sign(text), agent=AGENT, **options)
        )
