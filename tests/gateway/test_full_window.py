"""A connection whose window is full, over a real socket: control frames are answered, requests wait in their order."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from exchange.gateway.connection import Connection
from exchange.gateway.server import WAITING_BYTES_MAX
from tests.gateway.sockets import Talker, Venue, masked, run, socket_of, until

PING, CLOSE = masked(b"here", 0x89), masked(b"\x03\xe8", 0x88)
ORDERS_STAY = {"mode": "off", "orders": "all", "on": "drop", "grace_ms": 0}
# Control frames behind which nothing counts, with the code of the close frame that answers them.
ENDS = {
    "close": (CLOSE, 1000), "ping fin=0": (masked(b"x", 0x09), 1002), "ping of 126": (masked(b"x" * 126, 0x89), 1002),
    "opcode 0xB": (masked(b"", 0x8B), 1002), "reserved": (masked(b"x", 0xC9), 1002),
}  # fmt: skip
Check = Callable[[Venue, Talker, Connection], Any]


def full(folder: object, check: Check) -> None:
    """Run `check` with a client whose window is full."""

    async def test(venue: Venue) -> None:
        async with venue.talker(cod=ORDERS_STAY) as talker:
            (connection,) = venue.server.gateway.connections
            connection.expect_answers(connection.inflight)
            assert connection.blocked
            await check(venue, talker, connection)

    run(folder, test)


def orders(venue: Venue, *numbers: int) -> bytes:
    return b"".join(masked(venue.order(number).encode()) for number in numbers)


def pongs_of(client: ClientConnection, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Payloads of pongs, as they arrive from now on."""
    found: list[bytes] = []
    process = client.process_event

    def note(event: Frame) -> None:
        if event.opcode is Opcode.PONG:
            found.append(bytes(event.data))
        process(event)

    monkeypatch.setattr(client, "process_event", note)
    return found


def answer(connection: Connection) -> None:
    """The replies arrive that the window was waiting for."""
    connection.note_answers(connection.inflight)


async def replies(talker: Talker, *numbers: int) -> list[int]:
    """Wait for the replies to requests; the ids in the order in which they came."""
    await talker.wait_for(re=numbers[-1])
    return [message["re"] for message in talker.take("ok")] + [numbers[-1]]


@pytest.mark.rule("RATE-005", "WIRE-005")
@pytest.mark.parametrize("pieces", [1, 2, 7, 400])
def test_pings_are_answered_while_requests_before_and_behind_them_wait(
    tmp_path: object, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(venue: Venue, talker: Talker, connection: Connection) -> None:
        client, commands = talker.connection, venue.server.venue.counters.commands
        pongs = pongs_of(client, monkeypatch)
        data = orders(venue, 11, 12) + PING + orders(venue, 13) + masked(b"", 0x89) + orders(venue, 14)
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            client.transport.write(data[start : start + size])
            await asyncio.sleep(0)
        await until(lambda: len(pongs) == 2)
        assert pongs == [b"here", b""]
        assert venue.server.venue.counters.commands == commands and not connection.backlog
        await until(lambda: socket_of(connection).waiting == orders(venue, 11, 12, 13, 14))
        assert not socket_of(connection).tail
        answer(connection)
        assert await replies(talker, 11, 12, 13, 14) == [11, 12, 13, 14]

    full(tmp_path, check)


@pytest.mark.rule("RATE-005", "WIRE-003")
def test_a_ping_between_the_fragments_of_a_message_that_waits_is_answered(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(venue: Venue, talker: Talker, connection: Connection) -> None:
        pongs = pongs_of(talker.connection, monkeypatch)
        text = venue.order(12).encode()
        data = orders(venue, 11) + masked(text[:9], 0x01) + PING + masked(text[9:], 0x80) + PING
        talker.connection.transport.write(data)
        await until(lambda: len(pongs) == 2)
        answer(connection)
        assert await replies(talker, 11, 12) == [11, 12]

    full(tmp_path, check)


@pytest.mark.rule("RATE-005", "WIRE-005")
@pytest.mark.parametrize("end", [*ENDS, "end of the stream"])
def test_requests_before_the_end_of_a_connection_are_served_and_then_it_ends(tmp_path: object, end: str) -> None:
    async def check(venue: Venue, talker: Talker, connection: Connection) -> None:
        client = talker.connection
        client.transport.write(orders(venue, 11, 12))
        await until(lambda: bool(socket_of(connection).waiting))
        if end in ENDS:
            frame, code = ENDS[end]
            client.transport.write(PING + frame + orders(venue, 13))
            await client.wait_closed()
            assert client.close_code == code
        else:
            client.transport.write_eof()
        await until(lambda: connection.closed)
        async with venue.talker() as again:
            found = (await again.ask("query", what="open"))["orders"]
        assert [row["coid"] for row in found] == ["o11", "o12"]

    full(tmp_path, check)


@pytest.mark.rule("RATE-005")
def test_each_byte_that_waits_is_looked_at_a_few_times(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read costs what it brings, and what is there of its frame, however much waits already."""

    async def check(venue: Venue, talker: Talker, connection: Connection) -> None:
        socket, inbound, looked_at = socket_of(connection), connection.gateway.inbound, []
        split = inbound.split_frames

        def note(data: bytes, frame_max: int) -> Any:
            looked_at.append(len(data))
            return split(data, frame_max)

        monkeypatch.setattr(inbound, "split_frames", note)
        data = orders(venue, *range(10_000, 10_100))
        for start in range(0, len(data), 50):
            socket.data_received(data[start : start + 50])
        assert socket.waiting == data and not socket.tail
        assert len(looked_at) == -(-len(data) // 50) and max(looked_at) < len(orders(venue, 10_000)) + 50
        answer(connection)
        assert await replies(talker, *range(10_000, 10_100)) == [*range(10_000, 10_100)]

    full(tmp_path, check)


@pytest.mark.rule("RATE-005", "SEC-046")
def test_reading_stops_when_much_waits_behind_a_full_window(tmp_path: object) -> None:
    async def check(venue: Venue, talker: Talker, connection: Connection) -> None:
        socket = socket_of(connection)
        count = WAITING_BYTES_MAX // len(orders(venue, 10_000)) + 2
        numbers = range(10_000, 10_000 + count)
        assert not socket.paused_by_connection
        talker.connection.transport.write(orders(venue, *numbers))
        await until(lambda: socket.paused_by_connection)
        assert len(socket.waiting) + len(socket.tail) > WAITING_BYTES_MAX
        answer(connection)
        assert await replies(talker, *numbers) == [*numbers]
        assert not socket.paused_by_connection

    full(tmp_path, check)
