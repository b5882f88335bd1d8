"""Pings of the websocket: they prove nothing, and too many of them are a flood, not silence."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from exchange.gateway.throttle import STANDARD
from tests.gateway.harness import Bench, Peer
from tests.gateway.sockets import Venue, masked, reply
from tests.gateway.sockets import run as run_sockets

DEAD, FLOODING, RATE = 4003, 4008, STANDARD.rate("frame").rate


def run(tmp_path: Any, connect: Callable[[Bench], Peer], per_second: int, seconds: int = 9) -> tuple[int, int]:
    """(close code, second in which it came) of a client that sends nothing but pings of the websocket."""
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = connect(bench)
        for second in range(seconds):
            for _ in range(10):
                for _ in range(per_second // 10):
                    if peer.transport.closed is None:
                        peer.connection.accept_ping(bench.clock.mono_ns())
                bench.pass_ms(100)
            if peer.transport.closed is not None:
                return peer.transport.closed[0], second
        return 0, seconds


@pytest.mark.rule("SESS-011", "SEC-046", "BAD-058", "RATE-002")
@pytest.mark.parametrize("path", ["/v1/md", "live"])
@pytest.mark.parametrize(
    ("per_second", "code"),
    [(0, DEAD), (1, DEAD), (RATE // 2, DEAD), (2 * RATE, FLOODING), (8 * RATE, FLOODING), (12 * RATE, FLOODING)],
)
def test_pings_beyond_the_rate_close_as_a_flood_and_few_as_silence(
    tmp_path: Any, path: str, per_second: int, code: int
) -> None:
    def connect(bench: Bench) -> Peer:
        return bench.connect(bench.keys[1]) if path == "live" else bench.open(path)

    assert run(tmp_path, connect, per_second) == (code, 5)


@pytest.mark.rule("SEC-041", "BAD-058")
def test_pings_before_a_logon_count_as_messages_before_it(tmp_path: Any) -> None:
    assert run(tmp_path, lambda bench: bench.open(), 50) == (FLOODING, 0)
    assert run(tmp_path / "few", lambda bench: bench.open(), 10)[0] in (4001, FLOODING)


@pytest.mark.rule("SESS-021", "SESS-011")
def test_flood_of_pings_is_not_closed_as_silence(tmp_path: Any) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = bench.connect(bench.keys[1])
        peer.ask(bench.order(10, "a1"))
        for _ in range(60):
            for _ in range(2 * RATE // 10):
                peer.connection.accept_ping(bench.clock.mono_ns())
            bench.pass_ms(100)
        assert peer.transport.closed is not None and peer.transport.closed[0] == FLOODING
        assert "no message" in peer.transport.closed[1] and not peer.connection.silent


@pytest.mark.rule("SESS-011")
def test_ping_or_half_a_frame_on_a_live_socket_is_no_sign_of_life(tmp_path: Any) -> None:
    async def test(venue: Venue) -> None:
        async with venue.live() as client:
            (connection,) = venue.server.gateway.connections
            before = connection.last_message_ns
            await (await client.ping())
            assert connection.last_message_ns == before
            client.transport.write(b"\x81")
            await asyncio.sleep(0.05)
            assert connection.last_message_ns == before
            client.transport.write(masked(venue.order(11).encode())[1:])
            await reply(client)
            assert connection.last_message_ns > before

    run_sockets(tmp_path, test)
