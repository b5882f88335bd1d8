"""Checks of an address: what each says when all is well, and when one thing is wrong."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve

from exchange.cli.remote.address_checks import check_reach, check_upgrade, parse_address
from exchange.cli.remote.timed_connection import CODEC
from exchange.errors import UserError
from exchange.seams import RealClock
from exchange.venue.loop import run_loop
from exchange.wire.messages import Hello
from exchange.wire.version import VERSION
from tests.cli.remote.checked import WrongClock, by_name
from tests.gateway.sockets import Venue, run

CLOCK = RealClock()


@pytest.mark.parametrize(
    "text", ["http://localhost:1", "localhost:8443", "ws://", "ws://host:x", "ws://host:70000", ""]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no address of a venue; allowed: ws:// or wss://"):
        parse_address(text)


def test_an_address_without_a_path_is_that_of_market_data() -> None:
    assert parse_address("ws://host:1").geturl() == "ws://host:1/v1/md"
    assert parse_address("ws://host:1/").path == "/v1/md" and parse_address("ws://host:1/v1/oe").path == "/v1/oe"


@pytest.mark.rule("SEC-003")
def test_a_sound_address_passes_every_check(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        for path in ("", "/v1/oe"):
            address = parse_address(venue.server.url + path)
            found = by_name(
                [*await check_reach(address, CLOCK), *await check_upgrade(address, CLOCK, "https://x.test")]
            )
            assert list(found) == ["name", "tcp", "upgrade", "version", "agreed", "limits", "clock", "origin"]
            assert {finding.state for finding in found.values()} == {"ok"}, found
            assert found["agreed"].found == "subprotocol gpux.v1+json, extensions none"
            assert "order 100000/s burst 200000" in found["limits"].found
            assert found["version"].found == f"venue gpux speaks {VERSION}, this release {VERSION}"

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("hours", "state", "text"),
    [
        (2, "fail", "2.0 h ahead of the venue's"),
        (-30 / 60, "fail", "30.0 min behind the venue's"),
        (0.5 / 3600, "note", "ms"),
    ],
)
def test_a_clock_that_is_off_is_found(hours: float, state: str, text: str, tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        found = by_name(await check_upgrade(parse_address(venue.server.url), WrongClock(hours), ""))["clock"]
        assert found.state == state and text in found.found
        assert found.remedy == "set this machine's clock (NTP): exp and till are times of the venue"

    run(tmp_path, test)


@pytest.mark.rule("SEC-003")
def test_what_is_refused_comes_with_a_remedy(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        address = parse_address(venue.server.url)
        foreign = by_name(await check_upgrade(address, CLOCK, "https://evil.test"))["origin"]
        assert foreign.found == "pages of https://evil.test are refused: HTTP 403"
        assert foreign.remedy.startswith("start the venue with --origin https://evil.test, or open its own page")
        (path,) = await check_upgrade(address._replace(path="/v2/md"), CLOCK, "")
        assert path.state == "fail" and path.found.startswith("HTTP 404: it has no path /v2/md: /v1/oe is for orders")
        (host,) = await check_upgrade(address._replace(netloc=address.netloc.replace("127.0.0.1", "127.1")), CLOCK, "")
        assert "HTTP 403: it does not serve the host 127.1" in host.found

    run(tmp_path, test)


def test_an_unknown_name_and_a_closed_port_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        *_, refused = await check_reach(parse_address("ws://127.0.0.1:1"), CLOCK)
        assert (refused.check, refused.state) == ("tcp", "fail") and "nothing listens at port 1" in refused.found

        async def unknown(*_: Any, **__: Any) -> None:
            raise OSError(-2, "Name or service not known")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown, raising=False)
        (found,) = await check_reach(parse_address("ws://nowhere.example"), CLOCK)
        assert (found.check, found.state) == ("name", "fail")
        assert found.found == "nowhere.example: Name or service not known"

    asyncio.run(test())


def test_a_proxy_that_adds_compression_and_an_old_venue_are_noted(tmp_path: Path) -> None:
    """A server between that speaks for the venue, with the library's defaults and another version."""

    async def test(venue: Venue) -> None:
        hello = venue.server.gateway.hello(1, "nonce")

        async def answer(socket: Any) -> None:
            changed = Hello(**{name: getattr(hello, name) for name in hello.__struct_fields__} | {"version": version})
            await socket.send(CODEC.encode(changed).decode())
            async for text in socket:
                number = text.split('"id":')[1].rstrip("}")
                await socket.send(f'{{"t":"ok","re":{number},"in":1,"out":1}}')

        async with serve(answer, "127.0.0.1", 0, subprotocols=["gpux.v1+json"]) as server:  # type: ignore[list-item]
            port = next(iter(server.sockets)).getsockname()[1]
            address = parse_address(f"ws://127.0.0.1:{port}")
            version = "1.2"
            found = by_name(await check_upgrade(address, CLOCK, ""))
            assert found["version"].state == "note" and "this release" in found["version"].found
            assert found["agreed"].state == "note" and "permessage-deflate" in found["agreed"].found
            version = "2.0"
            assert by_name(await check_upgrade(address, CLOCK, ""))["version"].state == "fail"
        async with serve(answer, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            found = by_name(await check_upgrade(parse_address(f"ws://127.0.0.1:{port}"), CLOCK, ""))
            assert found["agreed"].remedy == "a proxy must pass Sec-WebSocket-Protocol on"

    run(tmp_path, test)


def test_a_port_that_is_no_venue_is_said(tmp_path: Path) -> None:
    async def test() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            (found,) = await check_upgrade(parse_address(f"ws://127.0.0.1:{port}"), CLOCK, "")
            assert found.found == "HTTP 200: the answer is not a venue's"

    run_loop(test())
