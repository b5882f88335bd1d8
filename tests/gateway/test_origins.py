"""Which web pages a browser may connect from: how they are named, and what the handshake says to each."""

from pathlib import Path

import pytest

from exchange.errors import UserError
from exchange.gateway.origins import own_origins, parse_origin
from exchange.main import Settings
from tests.gateway.sockets import Venue, run

AS_BROWSERS_SEND = {
    "https://desk.example": "https://desk.example",
    "HTTPS://Desk.Example": "https://desk.example",
    "https://desk.example:443": "https://desk.example",
    "http://desk.example:443": "http://desk.example:443",
    "http://desk.example:80": "http://desk.example",
    "https://desk.example:08443": "https://desk.example:8443",
    "http://127.0.0.1:3000": "http://127.0.0.1:3000",
    "http://[::1]:3000": "http://[::1]:3000",
    "http://[0:0:0:0:0:0:0:1]": "http://[::1]",
    "http://[2001:DB8::A]:80": "http://[2001:db8::a]",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
}
NO_ORIGIN = [
    *("", " ", "*", "null", "NULL", "desk.example", "//desk.example", "https://", "https:desk.example", "https://*"),
    *("https://*.example", "https://desk.example/", "https://desk.example/page", "https://desk.example?a", "file://"),
    *(
        "https://desk.example#a",
        "https://me@desk.example",
        "https://me:pw@desk.example",
        "ws://desk.example",
        "https://a b",
    ),
    *("https://desk.example:", "https://desk.example:0", "https://desk.example:65536", "https://desk.example:-1"),
    *("https://desk.example:٣", "https://bücher.example", "https://desk..example", "https://.example", "http://[::1"),
    *(
        "http://[::g]",
        "http://127.1",
        "http://1.2.3.256",
        "http://::1",
        "https://a.example,https://b.example",
        "ftp://a",
    ),
    *("https://desk.example\n", " https://desk.example", "https://desk.example:1e3"),
]


@pytest.mark.rule("SEC-003")
@pytest.mark.parametrize("text", AS_BROWSERS_SEND)
def test_an_origin_is_brought_to_the_form_that_browsers_send(text: str) -> None:
    assert parse_origin(text) == AS_BROWSERS_SEND[text] == parse_origin(AS_BROWSERS_SEND[text])


@pytest.mark.rule("SEC-003")
@pytest.mark.parametrize("text", NO_ORIGIN)
def test_what_is_no_single_origin_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(UserError) as refused:
        Settings(origins=("https://good.example", text)).check()
    told = str(refused.value)
    assert repr(text) in told and ("allowed: http:// or https://" in told or "not in 1..65535" in told)


@pytest.mark.rule("SEC-003")
def test_a_browser_connects_from_the_venue_itself_and_from_pages_that_are_allowed_and_from_nowhere_else(
    tmp_path: Path,
) -> None:
    async def test(venue: Venue) -> None:
        port = venue.server.port
        own = own_origins(("localhost", "127.0.0.1", "::1"), port)
        assert own == [f"http://localhost:{port}", f"http://127.0.0.1:{port}", f"http://[::1]:{port}"]
        for path in ("/v1/oe", "/v1/md"):
            for origin in [*own, "https://desk.example", "http://[::1]:3000"]:
                assert await answer(venue, path, origin) == 101, origin
            foreign = [f"http://localhost:{port + 1}", f"https://localhost:{port}", "http://localhost", "null", "*", ""]
            foreign += ["https://desk.example:444", "http://desk.example", "https://desk.example.evil.test"]
            foreign += ["https://evil.test/https://desk.example", "https://desk.example/", "https://desk.example:443"]
            for origin in foreign:
                assert await answer(venue, path, origin) == 403, origin

    run(tmp_path, test, origins=("HTTPS://Desk.Example:443", "http://[0::1]:3000"))


async def answer(venue: Venue, path: str, origin: str) -> int:
    raw = await venue.raw(path, {"Origin": origin})
    status = await raw.status()
    raw.writer.close()
    return status


@pytest.mark.rule("SEC-003")
def test_the_default_port_is_left_out_of_the_venues_own_origin() -> None:
    assert own_origins(("localhost", "::1"), 80) == ["http://localhost", "http://[::1]"]
