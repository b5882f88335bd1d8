"""A raw connection reads `hello` in any pieces, and knows the keys it may log on with."""

import socket

import pytest

from bench.gateway import raw_connection
from bench.gateway.encodings import ENCODINGS
from bench.gateway.raw_connection import RawConnection, pair_of

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class Pieces:
    """A socket that gives a stream piece by piece."""

    def __init__(self, stream: bytes, size: int) -> None:
        self.parts = [stream[at : at + size] for at in range(0, len(stream), size)]

    def setsockopt(self, *_: object) -> None:
        """Does nothing."""

    def recv(self, _size: int) -> bytes:
        return self.parts.pop(0) if self.parts else b""


def peer(stream: bytes, size: int, monkeypatch: pytest.MonkeyPatch) -> RawConnection:
    monkeypatch.setattr(socket, "create_connection", lambda _address: Pieces(stream, size))
    return RawConnection(1, encoding=ENCODINGS["json"])


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("padding", [0, 200])
def test_hello_is_read_in_any_pieces(size: int, padding: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'{"t":"hello","nonce":"n1","notes":["' + b"x" * padding + b'"]}'
    length = bytes((len(text),)) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2, "big")
    assert peer(HEAD + b"\x81" + length + text, size, monkeypatch).hello() == "n1"


def test_a_venue_that_closes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionError):
        peer(b"abc", 1, monkeypatch).until(b"d")


def test_a_key_is_made_of_its_three_parts() -> None:
    pair = pair_of(["k_a", 7, bytes(range(32)).hex()])
    assert pair is not None and (pair.key, pair.account, pair.seed) == ("k_a", 7, bytes(range(32)))
    assert pair_of(None) is None and raw_connection.PATH == "/v1/oe"
