"""What a venue answers to requests of a browser: files, health, refusals; alone and over real sockets."""

import asyncio
import re
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest

from exchange.gateway import throttle
from exchange.gateway.accept_limits import PAGE_RATE
from exchange.units import NS_PER_S
from exchange.web import Site, assets
from exchange.web.files import asset
from exchange.web.site import policy
from tests.gateway.harness import StillClock
from tests.gateway.sockets import PROFILE, Venue, run

PAGE = asset(".html", b"<!doctype html>")
OTHER = '"0"'


def site(healthy: bool = True) -> Site:
    return Site(lambda: {"/": PAGE, "/app.js": asset(".js", b"1")}, lambda: healthy)


@pytest.mark.rule("SEC-072")
def test_a_file_comes_with_its_kind_and_its_policy() -> None:
    status, headers, body = site().answer("GET", "/?a=1", "localhost:8443", "")
    assert (status, body) == (HTTPStatus.OK, PAGE.data)
    assert dict(headers) == {
        "Content-Length": "15",
        "Content-Type": "text/html; charset=utf-8",
        "ETag": PAGE.etag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            "connect-src 'self' ws://localhost:8443 wss://localhost:8443; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@pytest.mark.rule("SEC-072")
def test_head_is_get_without_the_body() -> None:
    got, asked = site().answer("GET", "/app.js", "localhost", ""), site().answer("HEAD", "/app.js", "localhost", "")
    assert asked == got._replace(body=b"") and got.body == b"1"


@pytest.mark.rule("SEC-072")
@pytest.mark.parametrize("known", [PAGE.etag, f"W/{PAGE.etag}", f"{OTHER}, {PAGE.etag}", f" {PAGE.etag} ,{OTHER}"])
def test_a_file_that_the_client_has_is_not_sent_again(known: str) -> None:
    status, headers, body = site().answer("GET", "/", "localhost", known)
    assert (status, body, dict(headers)["ETag"]) == (HTTPStatus.NOT_MODIFIED, b"", PAGE.etag)
    assert site().answer("GET", "/", "localhost", OTHER).status == HTTPStatus.OK


@pytest.mark.rule("SEC-072")
def test_of_a_long_list_of_known_files_only_the_beginning_is_read() -> None:
    for size, status in ((900, HTTPStatus.NOT_MODIFIED), (1_024, HTTPStatus.OK), (200_000, HTTPStatus.OK)):
        assert site().answer("GET", "/", "localhost", " " * size + PAGE.etag).status == status, size


@pytest.mark.rule("SEC-072")
@pytest.mark.parametrize(
    "path",
    ["/nothing", "/../etc/passwd", "/schema/../../main.py", "/%2e%2e/main.py", "//", "", "*", "/index.html/", "/\\"],
)
def test_a_path_that_is_no_file_is_not_found(path: str) -> None:
    status, _, body = Site(assets, lambda: True).answer("GET", path, "localhost", "")
    assert (status, body) == (HTTPStatus.NOT_FOUND, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_another_method_is_not_allowed(method: str) -> None:
    status, headers, body = site().answer(method, "/", "localhost", "")
    assert (status, dict(headers)["Allow"], body) == (HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD", b"")


@pytest.mark.rule("SEC-071")
def test_health_is_ok_or_not_and_nothing_else() -> None:
    assert site().answer("GET", "/health", "", "")[::2] == (HTTPStatus.OK, b"ok\n")
    status, headers, body = site(healthy=False).answer("GET", "/health", "", "")
    assert (status, body) == (HTTPStatus.SERVICE_UNAVAILABLE, b"not ok\n")
    assert dict(headers)["Cache-Control"] == "no-store"


def test_files_are_read_at_the_first_request_for_one_not_at_the_start() -> None:
    calls: list[int] = []

    def read() -> dict[str, object]:
        calls.append(1)
        return {}

    lazy = Site(read, lambda: True)  # type: ignore[arg-type]
    lazy.answer("GET", "/health", "", "")
    lazy.answer("POST", "/", "", "")
    assert not calls
    lazy.answer("GET", "/", "", "")
    assert calls


@pytest.mark.rule("SEC-072")
def test_a_host_header_cannot_widen_the_policy() -> None:
    assert "ws://[::1]:8443 wss://[::1]:8443;" in policy("[::1]:8443")
    assert "connect-src 'self';" in policy("localhost:8443; script-src *")
    assert "connect-src 'self';" in policy("localhost:8443 https://evil.test")


async def asked(venue: Venue, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a plain request; the connection must end by itself."""
    lines = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    reader, writer = await asyncio.open_connection("127.0.0.1", venue.server.port)
    body = lines.pop("body", "")
    text = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"{text}\r\n{body}".encode())
    data = await reader.read()
    writer.close()
    head, _, content = data.partition(b"\r\n\r\n")
    status, *found = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in found)
    return int(status.split()[1]), {name.lower(): value for name, value in pairs}, content


@pytest.mark.rule("SEC-071", "SEC-072", "SEC-034", "BAD-004", "WIRE-041")
def test_a_venue_serves_its_files_beside_its_sockets(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        for path, file in assets().items():
            status, headers, body = await asked(venue, path)
            assert (status, body) == (200, file.data), path
            assert headers["content-type"] == file.content_type
            assert headers["connection"] == "close" and "server" not in headers
            assert (await asked(venue, path, If_None_Match=file.etag))[::2] == (304, b"")
            status, of_head, nothing = await asked(venue, path, "HEAD")
            assert (status, nothing, of_head["content-length"]) == (200, b"", str(len(file.data)))
        assert (await asked(venue, "/health"))[::2] == (200, b"ok\n")
        assert (await asked(venue, "/health", Host="10.0.0.9"))[0] == 200, "for a check by address"
        assert (await asked(venue, "/../main.py"))[::2] == (404, b"")
        for host in ("evil.test", "localhost.evil.test", ""):
            assert (await asked(venue, "/", Host=host))[::2] == (403, b""), host
        for body in ("", "x" * 2_000):
            found = await asked(venue, "/", "POST", Content_Length=str(len(body)), body=body)
            assert (found[0], found[1]["allow"], found[2]) == (405, "GET, HEAD", b"")
        assert (await asked(venue, "/v1/oe", "POST", Content_Length="1", body="x"))[0] == 405
        assert (await asked(venue, "/v1/oe"))[0] == 426, "a websocket is asked for with an upgrade"
        async with venue.live():
            pass

    run(tmp_path, test)


@pytest.mark.rule("SEC-072")
def test_an_answer_is_not_lost_to_a_body_that_comes_after_it(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 405 ")
        writer.write(bytes(2_000_000))
        await writer.drain()
        assert (await reader.read()).endswith(b"Content-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    run(tmp_path, test)


@pytest.mark.rule("SEC-071")
def test_health_of_a_venue_that_has_failed_is_not_ok(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        venue.server.failed.set_result(OSError("disk"))
        assert (await asked(venue, "/health"))[::2] == (503, b"not ok\n")

    run(tmp_path, test)


@pytest.mark.rule("SEC-003")
def test_the_own_page_may_connect_and_no_other(tmp_path: Path) -> None:
    """Its own page: http, a name of the venue, its port. Others only with --origin (https://x.test here)."""

    async def test(venue: Venue) -> None:
        port = venue.server.port
        own = [f"http://{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]")]
        foreign = [
            *(f"https://{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]")),
            *(
                f"http://localhost:{port + 1}",
                "http://localhost",
                f"http://localhost:{port}/",
                f"ws://localhost:{port}",
            ),
            *(f"http://localhost.:{port}", f"http://localhost.evil.test:{port}", f"http://evil.test:{port}"),
            *("null", "file://", "", "https://x.test:8443", "http://x.test", "https://evil.test"),
        ]
        for origin in (*own, "https://x.test"):
            for path in ("/v1/oe", "/v1/md"):
                raw = await venue.raw(path, {"Origin": origin, "Host": f"localhost:{port}"})
                assert await raw.status() == 101, origin
        for origin in foreign:
            raw = await venue.raw("/v1/oe", {"Origin": origin})
            assert await raw.status() == 403, origin

    run(tmp_path, test)


@pytest.mark.rule("SEC-034", "SEC-071")
def test_an_address_that_asks_for_too_many_files_is_refused_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.PROFILES, "strict", replace(throttle.PROFILES[PROFILE], guard_loopback=True))

    clock = StillClock()

    async def test(venue: Venue) -> None:
        for _ in range(PAGE_RATE.burst):
            assert (await asked(venue, "/api.html"))[0] == 200
        for answered in (0, 3):
            clock.now += answered * NS_PER_S // PAGE_RATE.rate
            answers = [await asked(venue, "/api.html") for _ in range(10)]
            assert [status for status, _, _ in answers] == [200] * answered + [429] * (10 - answered)
            assert all(body == b"" for status, _, body in answers if status == 429)
        for _ in range(PAGE_RATE.burst):
            assert (await asked(venue, "/health"))[0] == 200, "a check of health is not counted"
        async with venue.live():
            pass  # sockets are counted apart

    run(tmp_path, test, "strict", clock=clock)


@pytest.mark.rule("SEC-072")
def test_a_page_says_how_to_connect() -> None:
    assert "/api.html" in assets()["/"].data.decode()
    text = assets()["/api.html"].data.decode()
    assert all(path in text for path in ("/v1/md", "/v1/oe", "/schema/", "/protocol.txt"))
    assert re.search(r"gpux key make .*gpux doctor", text, re.DOTALL)
