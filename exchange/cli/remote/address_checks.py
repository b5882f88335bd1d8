"""Checks of an address, from the name to the clock: each needs those before it."""

import asyncio
from urllib.parse import SplitResult, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from clients.transport import PORT_OF, dial_failure
from exchange.cli.remote.findings import CheckResult, failed, noted, passed
from exchange.cli.remote.timed_connection import OPEN_S, Timed, TimedConnection
from exchange.errors import UserError
from exchange.seams import Clock
from exchange.units import NS_PER_MS, NS_PER_S
from exchange.wire.messages import Hello, Ping
from exchange.wire.version import JSON_SUBPROTOCOL, VERSION

DATA_PATH = "/v1/md"
CLOCK_NOTE_US, CLOCK_FAIL_US = 100_000, 1_000_000
CLOCK_PINGS = 9
DIAL_ERRORS = (OSError, InvalidHandshake, ConnectionClosed, EOFError)


def parse_address(text: str) -> SplitResult:
    """The address of a venue, `/v1/md` where it has no path. UserError: it is none."""
    parts = urlsplit(text)
    try:
        usable = parts.scheme in PORT_OF and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise UserError(
            f"{text!r} is no address of a venue; allowed: ws:// or wss://, a host, and perhaps a port and path"
        )
    return parts if parts.path not in ("", "/") else parts._replace(path=DATA_PATH)


async def check_reach(address: SplitResult, clock: Clock) -> list[CheckResult]:
    """Whether the name is known, and whether something listens there."""
    host, port = address.hostname or "", address.port or PORT_OF[address.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except OSError as error:
        return [
            failed("name", f"{host}: {error.strerror or error}", "check the spelling of the host, and the resolver")
        ]
    names = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    findings = [passed("name", f"{host} is {', '.join(names)}")]
    begin_ns = clock.mono_ns()
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), OPEN_S)
    except (OSError, TimeoutError) as error:
        text = dial_failure(address.geturl(), error).partition(": ")[2]
        remedy = "start the venue (gpux serve FOLDER prints its address), or use its port"
        return [*findings, failed("tcp", text, remedy)]
    took_ms = (clock.mono_ns() - begin_ns) / NS_PER_MS
    writer.close()
    return [*findings, passed("tcp", f"port {port} answers after {took_ms:.1f} ms")]


async def check_upgrade(address: SplitResult, clock: Clock, origin: str) -> list[CheckResult]:
    """Whether the upgrade works and what `hello` says; the last check is `clock` if all went well."""
    url = address.geturl()
    begin_ns = clock.mono_ns()
    try:
        async with asyncio.timeout(2 * OPEN_S), TimedConnection(url, clock) as line:
            took_ms = (clock.mono_ns() - begin_ns) / NS_PER_MS
            findings = [passed("upgrade", f"websocket at {address.path}, hello after {took_ms:.1f} ms")]
            findings += [_version(line.hello), _agreed(line), _limits(line.hello)]
            pings = [await line.ask(lambda number: Ping(request_id=number)) for _ in range(CLOCK_PINGS)]
    except DIAL_ERRORS as error:
        return [failed("upgrade", dial_failure(url, error).partition(": ")[2], "see PROTOCOL.md section 2")]
    return [*findings, _clock(pings), *([await _origin(url, clock, origin)] if origin else [])]


def _version(hello: Hello) -> CheckResult:
    (major, minor), (own_major, own_minor) = (map(int, text.split(".")) for text in (hello.version, VERSION))
    text = f"venue {hello.venue} speaks {hello.version}, this release {VERSION}"
    if major != own_major:
        return failed("version", text, f"use a release of gpux that speaks {major}")
    if minor < own_minor:
        return noted("version", text, "what later versions have added is refused by this venue")
    return passed("version", text)


def _agreed(line: TimedConnection) -> CheckResult:
    """Compression and other extensions are never negotiated: a proxy that adds one delays every message."""
    extensions = line.connection.protocol.extensions
    subprotocol = line.connection.subprotocol
    text = f"subprotocol {subprotocol or 'none'}, extensions {', '.join(one.name for one in extensions) or 'none'}"
    if subprotocol != JSON_SUBPROTOCOL:
        return failed("agreed", text, "a proxy must pass Sec-WebSocket-Protocol on")
    if extensions:
        return noted("agreed", text, "something between adds extensions: switch compression off in the proxy")
    return passed("agreed", text)


def _limits(hello: Hello) -> CheckResult:
    rates = ", ".join(f"{limit.bucket} {limit.rate}/s burst {limit.burst}" for limit in hello.limits)
    text = f"{rates}; {hello.inflight} in flight, frames of {hello.frame_bytes_max} bytes"
    return passed("limits", f"{text}, {hello.channels_max} channels, durability {hello.durability}")


def _clock(pings: list[Timed]) -> CheckResult:
    """The difference of the clocks, from the fastest round trip."""
    best = min(pings, key=lambda one: one.round_trip_us)
    ahead_us = best.ahead_us
    way = "ahead of" if ahead_us >= 0 else "behind"
    text = f"{_span(abs(ahead_us))} {way} the venue's, +/- {_span(best.round_trip_us)}"
    remedy = "set this machine's clock (NTP): exp and till are times of the venue"
    if abs(ahead_us) > CLOCK_FAIL_US + best.round_trip_us:
        return failed("clock", text, remedy)
    if abs(ahead_us) > CLOCK_NOTE_US + best.round_trip_us:
        return noted("clock", text, remedy)
    return passed("clock", text)


def _span(micros: int) -> str:
    """A length of time in a unit that fits."""
    for unit, size in (("h", 3_600_000_000), ("min", 60_000_000), ("s", NS_PER_S // 1_000), ("ms", 1_000)):
        if micros >= size:
            return f"{micros / size:.1f} {unit}"
    return f"{micros} us"


async def _origin(url: str, clock: Clock, origin: str) -> CheckResult:
    try:
        async with asyncio.timeout(2 * OPEN_S), TimedConnection(url, clock, origin):
            return passed("origin", f"pages of {origin} may connect")
    except InvalidStatus as error:
        status = error.response.status_code
        return failed(
            "origin",
            f"pages of {origin} are refused: HTTP {status}",
            f"start the venue with --origin {origin}, or open its own page at the address of the venue",
        )
    except DIAL_ERRORS as error:
        return failed("origin", f"pages of {origin}: {error or type(error).__name__}", "try again")
