"""Over real loopback sockets: handshake, frames, floods, and that others notice nothing."""

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from exchange.gateway import throttle
from exchange.gateway.server import check_library
from tests.gateway.sockets import Venue, masked, reply, run, socket_of, until


@pytest.mark.rule("SEC-030")
def test_library_runs_with_the_limits_that_were_set_before_its_import(monkeypatch: pytest.MonkeyPatch) -> None:
    check_library()
    monkeypatch.setattr("websockets.http11.MAX_NUM_HEADERS", 128)
    with pytest.raises(RuntimeError, match="import exchange before websockets"):
        check_library()


@pytest.mark.rule("SEC-031", "SEC-032", "SEC-034", "BAD-001", "BAD-002", "BAD-003", "BAD-004", "BAD-005", "BAD-006")
@pytest.mark.rule("BAD-007", "BAD-008", "SESS-001", "WIRE-001", "SEC-003", "SEC-071")
def test_handshakes(tmp_path: object) -> None:
    cases = [
        ({}, "/v1/oe", "GET", 101),
        ({}, "/v1/md", "GET", 101),
        ({"Origin": "https://x.test"}, "/v1/oe", "GET", 101),
        ({"Origin": "https://evil.test"}, "/v1/oe", "GET", 403),
        ({"Origin": "null"}, "/v1/oe", "GET", 403),
        ({"Origin": "https://x.test.evil.test"}, "/v1/oe", "GET", 403),
        ({}, "/v1/oe", "POST", 405),
        ({"Sec-WebSocket-Version": "8"}, "/v1/oe", "GET", 400),
        ({"Sec-WebSocket-Key": "x"}, "/v1/oe", "GET", 400),
        ({f"X-{number}": "y" for number in range(200)}, "/v1/oe", "GET", 431),
        ({"X-Long": "y" * 9_216}, "/v1/oe", "GET", 431),
        ({"Host": "evil.test"}, "/v1/oe", "GET", 403),
        ({"Host": "LOCALHOST:8443"}, "/v1/oe", "GET", 101),
        ({"Host": "[::1]:8443"}, "/v1/oe", "GET", 101),
        ({}, "/v1/other", "GET", 404),
        ({}, "/v1/dc", "GET", 101),
        ({}, "/health", "GET", 200),
        ({"Sec-WebSocket-Protocol": "soap, gpux.v9"}, "/v1/oe", "GET", 400),
        ({"Sec-WebSocket-Protocol": "soap, gpux.v1+msgpack"}, "/v1/oe", "GET", 101),
    ]

    async def test(venue: Venue) -> None:
        for headers, path, method, status in cases:
            raw = await venue.raw(path, headers, method)
            assert await raw.status() == status, (headers, path, method)
            head = await raw.reader.readuntil(b"\r\n\r\n")
            assert b"server:" not in head.lower()
            raw.writer.close()
        async with venue.client(compression_offer := "/v1/md") as connection:
            assert connection.subprotocol is None and compression_offer
        async with connect(f"{venue.server.url}/v1/md") as offers_compression:
            assert not offers_compression.protocol.extensions

    run(tmp_path, test)


@pytest.mark.rule("BAD-011", "BAD-012", "BAD-013", "BAD-014", "BAD-015", "BAD-016", "BAD-017", "BAD-018", "BAD-019")
@pytest.mark.rule("BAD-020", "BAD-021", "BAD-022", "BAD-023", "SEC-006", "SEC-007", "SEC-054", "WIRE-003")
def test_broken_frames_close_their_connection_with_the_right_code(tmp_path: object) -> None:
    cases = [
        ("unmasked", b"\x81\x02{}", 1002),
        ("reserved bit", masked(b"{}", 0x91), 1002),
        ("compressed bit", masked(b"{}", 0xC1), 1002),
        ("opcode 3", masked(b"{}", 0x83), 1002),
        ("long ping", masked(b"x" * 126, 0x89), 1002),
        ("fragmented ping", masked(b"x", 0x09), 1002),
        ("continuation first", masked(b"x", 0x80), 1002),
        ("new text inside a fragmented message", masked(b"{", 0x01) + masked(b"}", 0x81), 1002),
        ("invalid UTF-8", masked(b'{"t":"\xff"}'), 1007),
        ("invalid UTF-8 over fragments", masked(b'{"t":"\xff', 0x01) + masked(b'"}', 0x80), 1007),
        ("close 1005", masked((1005).to_bytes(2, "big"), 0x88), 1002),
        ("close of one byte", masked(b"\x03", 0x88), 1002),
        ("5,000 bytes", masked(b"x" * 5_000), 1009),
        ("2^62 bytes", b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4), 1009),
        ("deflate bomb", b"\xc1\xff" + (204_000).to_bytes(8, "big") + bytes(4) + bytes(1_000), 1009),
        ("5,000 fragments", masked(b"[", 0x01) + masked(b" ", 0x00) * 5_000, 1009),
        ("17 empty fragments", masked(b"", 0x01) + masked(b"", 0x00) * 16, 1009),
        ("binary on a JSON session", masked(b"\x80", 0x82), 1003),
    ]

    async def test(venue: Venue) -> None:
        async with venue.live() as witness:
            for number, (name, data, code) in enumerate(cases):
                raw = await (await venue.raw("/v1/md")).opened()
                raw.writer.write(data)
                assert await raw.close_code() == code, name
                await witness.send(venue.order(10 + number))
                assert (await reply(witness))["re"] == 10 + number
            good = await (await venue.raw("/v1/md")).opened()
            good.writer.write(masked(b'{"t":"pi', 0x01) + masked(b"", 0x00) * 14 + masked(b'ng","id":7}', 0x80))
            assert b'"re":7' in await good.reader.readuntil(b'"re":7')
            good.writer.close()
            text = await (await venue.raw("/v1/md", {"Sec-WebSocket-Protocol": "gpux.v1+msgpack"})).opened()
            text.writer.write(masked(b"{}"))
            assert await text.close_code() == 1003
            stays = await (await venue.raw("/v1/md")).opened()
            listening = venue.server.listener._server
            assert listening is not None
            served = list(listening.connections)
            stays.writer.write(b"\x81\x02{}")
            await stays.reader.read()
            # A peer that keeps its half of a broken connection open is cut all the same.
            await asyncio.gather(*(each.wait_closed() for each in served if each.state is not State.OPEN))
            await until(lambda: len(venue.server.gateway.connections) == 1)

    run(tmp_path, test)


@pytest.mark.rule("BAD-009")
def test_noise_instead_of_a_handshake_is_closed_without_an_answer_beyond_http(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.server.port)
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n")
        answer = await reader.read()
        assert b"101" not in answer[:16]
        writer.close()

    run(tmp_path, test)


def test_pipelined_requests_are_answered_with_few_writes_and_read_by_an_ordinary_client(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        async with venue.live() as connection:
            outbox = venue.server.gateway.outbox
            writes = 0
            write = outbox._write

            def counting(*arguments: Any) -> None:
                nonlocal writes
                writes += 1
                write(*arguments)

            outbox._write = counting  # type: ignore[method-assign]
            (served,) = venue.server.gateway.connections
            data = b"".join(masked(b'{"t":"ping","id":%d}' % n) for n in range(1, 201))
            socket_of(served).data_received(data)  # in one read, which a real one may or may not be
            answers: list[Any] = []
            while len(answers) < 200:
                received = json.loads(await connection.recv())
                answers += received if isinstance(received, list) else [received]
            assert [answer["re"] for answer in answers if answer["t"] == "ok"] == [*range(1, 201)]
            assert writes <= 4

    run(tmp_path, test)


@pytest.mark.rule("WIRE-001")
def test_msgpack_session_speaks_binary_frames(tmp_path: object) -> None:
    import msgspec

    async def test(venue: Venue) -> None:
        async with venue.client(subprotocols=["gpux.v1+msgpack"]) as connection:  # type: ignore[list-item]
            hello = msgspec.msgpack.decode(await connection.recv())
            assert hello["t"] == "hello" and connection.subprotocol == "gpux.v1+msgpack"
            await connection.send(msgspec.msgpack.encode({"t": "ping", "id": 5}))
            assert msgspec.msgpack.decode(await connection.recv())["re"] == 5

    run(tmp_path, test)


@pytest.mark.rule("SEC-025", "BAD-045")
def test_failed_logon_says_so_before_it_closes(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        async with venue.client() as connection:
            await connection.recv()
            await connection.send('{"t":"auth","id":1,"key":"k_k1","sig":"AAAA"}')
            assert json.loads(await connection.recv())["name"] == "BAD_AUTH"
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 4002

    run(tmp_path, test)


@pytest.mark.rule("SEC-040", "BAD-056", "SEC-034")
def test_connections_of_one_address_are_refused_at_accept_beyond_the_cap(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(throttle.LOOPBACK, name="strict", guard_loopback=True, connections_per_address=3)
    monkeypatch.setitem(throttle.PROFILES, "strict", strict)

    async def test(venue: Venue) -> None:
        peers = [await (await venue.raw("/v1/md")).opened() for _ in range(3)]
        assert await (await venue.raw("/v1/md")).status() == 0
        peers[0].writer.close()
        while await (await venue.raw("/v1/md")).status() != 101:
            pass  # until the place that became free is given

    run(tmp_path, test, "strict")


@pytest.mark.rule("SEC-005", "BAD-010")
def test_silent_handshake_is_closed(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        ticks = 0

        async def tick() -> None:
            """Counts tenths of a second; time in which the machine gives none to this process is one of them."""
            nonlocal ticks
            while True:
                await asyncio.sleep(0.1)
                ticks += 1

        begin, ticking = asyncio.get_running_loop().time(), asyncio.create_task(tick())
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.server.port)
        writer.write(b"GET /v1/oe HTTP/1.1\r\nHost: loc")
        assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - begin > 2.5 and ticks < 80
        ticking.cancel()
        writer.close()

    run(tmp_path, test)


@pytest.mark.rule("SEC-011")
def test_bad_peers_leave_nothing_in_the_logs(tmp_path: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def test(venue: Venue) -> None:
        with pytest.raises(InvalidStatus):
            async with connect(f"{venue.server.url}/v1/nothing"):
                pass
        raw = await (await venue.raw("/v1/oe")).opened()
        raw.writer.write(masked(b'{"t":"auth","id":1,"key":"k_SECRET","sig":"SECRET"}'))
        await raw.reader.readuntil(b"BAD_AUTH")
        raw.writer.close()

    run(tmp_path, test)
    assert not [record for record in caplog.records if "SECRET" in record.getMessage() or record.exc_info]
