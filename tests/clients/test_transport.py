"""The transport: which failures mean that nobody listens, and when it stops for good."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from clients.backoff import Backoff
from clients.core import Core
from clients.credentials import Ed25519
from clients.events import Disconnected, Event
from clients.logon import Dial
from clients.transport import REMEDIES, WebsocketTransport, dial_failure, is_refused
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.clients.flaky import TWICE, Connection, VirtualLoop
from tests.clients.scripted_venue import HELLO, KEY, LIVE, SEED, SNAPSHOT, WELCOME

Scene = Callable[[Core, Any], None]
ADDRESS = "ws://desk.example:8443/v2/oe"


@pytest.mark.rule("SESS-021")
@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (ConnectionRefusedError(111, "refused"), True),
        (OSError(TWICE), True),
        (OSError(113, "no route to host"), False),
        (OSError("Multiple exceptions: [Errno 99] not here, [Errno 110] timed out"), False),
        (TimeoutError(), False),
    ],
)
def test_a_refused_connection_is_known_also_among_several_addresses(error: Exception, refused: bool) -> None:
    assert is_refused(error) == refused


class Venue:
    """Answers every request, and lets every client log on."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.dialled = 0
        self.connection: Connection | None = None

    async def dial(self, _url: str, **_: Any) -> Connection:
        self.dialled += 1
        self.connection = Connection(self.hear)
        self.connection.say(HELLO)
        return self.connection

    def hear(self, connection: Connection, message: dict[str, Any]) -> None:
        if message["t"] == "auth":
            connection.say(WELCOME | {"re": message["id"]}, SNAPSHOT, LIVE)
        else:
            connection.say({"t": "ok", "re": message["id"]})


def run(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> tuple[Venue, list[Event], bool]:
    """(the venue, the events, whether the transport stopped by itself) of a scene after the logon."""
    loop = VirtualLoop()
    venue = Venue(loop)
    monkeypatch.setattr("clients.transport.dial", venue.dial)
    events: list[Event] = []

    async def play() -> bool:
        core = Core(Dial("localhost", "/v1/oe"), KEY, Ed25519.from_seed(SEED))
        transport = WebsocketTransport(
            "ws://localhost/v1/oe", JSON_SUBPROTOCOL, core, events.extend, Backoff(random.Random(1))
        )
        await transport.dial()
        task = asyncio.ensure_future(transport.run())
        await asyncio.sleep(1)
        assert core.live
        scene(core, venue)
        done, _ = await asyncio.wait({task}, timeout=120)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return bool(done)

    try:
        return venue, events, loop.run_until_complete(play())
    finally:
        loop.close()


def lose(_: Core, venue: Venue) -> None:
    assert venue.connection is not None
    venue.connection.cut()


def end(core: Core, venue: Venue) -> None:
    assert venue.connection is not None
    core.final = True
    venue.connection.cut()


def test_a_lost_connection_is_dialled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    venue, events, stopped = run(monkeypatch, lose)
    assert venue.dialled == 2 and not stopped
    assert [event.final for event in events if isinstance(event, Disconnected)] == [False]


@pytest.mark.rule("SESS-008")
def test_a_session_that_is_over_is_not_dialled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    venue, events, stopped = run(monkeypatch, end)
    assert venue.dialled == 1 and stopped
    assert [event.final for event in events if isinstance(event, Disconnected)] == [True]


def test_a_connection_that_the_core_gives_up_is_closed_and_dialled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(core: Core, venue: Venue) -> None:
        core.close_wanted = "a test wants it"

    venue, events, stopped = run(monkeypatch, give_up)
    assert venue.dialled == 2 and not stopped
    assert [event.reason for event in events if isinstance(event, Disconnected)] == ["a test wants it"]


def answered(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "", Headers()))


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (ConnectionRefusedError(), "connection refused: nothing listens at port 8443; gpux serve prints the address"),
        (TimeoutError(), "no answer in time from desk.example port 8443"),
        (OSError(-2, "Name or service not known"), "Name or service not known: is desk.example the venue's host?"),
        (answered(404), "HTTP 404: it has no path /v2/oe: /v1/oe is for orders, /v1/md for market data"),
        (
            answered(403),
            "HTTP 403: it does not serve the host desk.example, or the page's origin: dial it as localhost",
        ),
        (answered(418), "HTTP 418: the answer is not a venue's"),
    ],
)
def test_a_failure_says_what_was_found_and_what_to_do(failure: Exception, text: str) -> None:
    assert text in dial_failure(ADDRESS, failure)
    assert dial_failure(ADDRESS, failure).startswith(f"no venue at {ADDRESS}: ")


def test_tls_before_a_venue_without_a_proxy_is_explained() -> None:
    text = dial_failure("wss://localhost/v1/md", ConnectionResetError())
    assert "TLS failed (ConnectionResetError): a venue itself speaks ws://" in text
    assert "port 443" in dial_failure("wss://localhost/v1/md", ConnectionRefusedError())


def test_every_answer_has_a_remedy_without_gaps() -> None:
    assert all("{" not in dial_failure(ADDRESS, answered(status)) for status in REMEDIES)
