"""Readers count each message once, and are kept alive."""

import pytest

from bench.gateway.raw_connection import KEEP_ALIVE_NS
from bench.gateway.readers import _SplitMark, keep_alive


def test_a_mark_is_counted_wherever_a_reused_buffer_ends() -> None:
    stream = b'x"t":"depth"y"t":"depth""t":"depth"'
    for size in range(1, len(stream) + 1):
        mark, buffer, found = _SplitMark(b'"t":"depth"'), bytearray(b'"t":"depth"' * 20), 0
        for at in range(0, len(stream), size):
            part = stream[at : at + size]
            buffer[: len(part)] = part
            found += mark.take(buffer, len(part))
        assert found == 3, f"in pieces of {size} bytes"


class Peer:
    """A connection that counts its pings, or has been closed."""

    def __init__(self, closed: bool = False) -> None:
        self.closed, self.pings = closed, 0

    def ping(self) -> None:
        if self.closed:
            raise BrokenPipeError
        self.pings += 1


def test_silent_readers_are_kept_alive_even_if_one_was_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    peers = [Peer(closed=True), Peer()]
    monkeypatch.setattr("bench.gateway.readers.perf_counter_ns", lambda: 10 + KEEP_ALIVE_NS)
    assert keep_alive(11, peers) == 11 and peers[1].pings == 0  # type: ignore[arg-type]
    assert keep_alive(10, peers) == 10 + KEEP_ALIVE_NS and peers[1].pings == 1  # type: ignore[arg-type]
