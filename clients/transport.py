"""Carries the frames of a core over websockets, and reconnects when the connection is lost."""

import asyncio
from collections.abc import Callable
from errno import ECONNREFUSED
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clients.backoff import DIAL_S, Backoff
from clients.core import Core
from clients.events import Event
from clients.logon import ClientPhase, grace_s
from clients.recording.recorder import Recorder

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

FRAME_BYTES_MAX = 1 << 20  # WIRE-003
FRAMES_QUEUED_MAX = 64
TICK_S = 0.25
CLOSE_TIMEOUT_S = 1
NO_CLOSE_FRAME = 1006


async def dial(url: str, **options: Any) -> "ClientConnection":
    """Open a connection. The library is imported here, because it takes a fifth of the import of this package."""
    from websockets.asyncio.client import connect

    return await connect(url, **options)


REFUSED = f"[Errno {ECONNREFUSED}]"
REMEDIES = {
    400: "it knows none of the subprotocols that were offered",
    403: "it does not serve the host {host}, or the page's origin: dial it as localhost, 127.0.0.1 or ::1, unless it"
    " has other names; gpux serve --origin lets a page connect",
    404: "it has no path {path}: /v1/oe is for orders, /v1/md for market data",
    426: "something between has dropped the upgrade to a websocket: a proxy must pass Upgrade and Connection on",
    429: "too many requests from this address: wait a few seconds",
    502: "a proxy answered, not the venue: the venue does not run, or the proxy dials the wrong port",
    503: "it has all the connections that it takes: try again later",
}
PORT_OF = {"ws": 80, "wss": 443}


def is_refused(error: Exception) -> bool:
    """Whether an error means that the connection was refused.

    For a host name with several addresses the event loop raises one error without an error number. Its text has the
    error numbers of all attempts.
    """
    return isinstance(error, ConnectionRefusedError) or (
        isinstance(error, OSError) and error.errno is None and REFUSED in str(error)
    )


def dial_failure(url: str, failure: Exception) -> str:
    """The text of a failed attempt to connect."""
    parts = urlsplit(url)
    return f"no venue at {url}: {_cause(parts.hostname or '', parts.port or PORT_OF[parts.scheme], url, failure)}"


def _cause(host: str, port: int, url: str, failure: Exception) -> str:
    from websockets.exceptions import InvalidStatus

    if is_refused(failure):
        return f"connection refused: nothing listens at port {port}; gpux serve prints the address of a venue"
    if isinstance(failure, InvalidStatus):
        status = failure.response.status_code
        remedy = REMEDIES.get(status, "the answer is not a venue's")
        return f"HTTP {status}: {remedy.format(host=host, path=urlsplit(url).path)}"
    if isinstance(failure, TimeoutError):
        return (
            f"no answer in time from {host} port {port}: is it the venue's address, and does a firewall let it through?"
        )
    text = str(failure) or type(failure).__name__
    if url.startswith("wss:"):
        return f"TLS failed ({text}): a venue itself speaks ws://, wss:// needs a proxy with a certificate before it"
    return f"{text}: is {host} the venue's host?"


class WebsocketTransport:
    """Connects one core until it is final.

    url       ws:// or wss://, with path
    take      called with the events of each frame
    backoff   when to reconnect
    """

    def __init__(
        self, url: str, subprotocol: str, core: Core, take: Callable[[list[Event]], None], backoff: Backoff
    ) -> None:
        self._url, self._subprotocol, self._core, self._take = url, subprotocol, core, take
        self._backoff = backoff
        self._wake = asyncio.Event()
        self._recorder: Recorder | None = None
        self._connection: ClientConnection | None = None

    def record(self, recorder: Recorder) -> None:
        """Record from now on."""
        self._recorder = recorder

    def wake(self) -> None:
        """Wake the writer, because the core may have frames to send."""
        self._wake.set()

    async def dial(self, timeout_s: float = DIAL_S) -> None:
        """Open a connection. OSError, TimeoutError, InvalidHandshake: it failed."""
        self._connection = await dial(
            self._url,
            subprotocols=[self._subprotocol],
            compression=None,
            ping_interval=None,
            open_timeout=timeout_s,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=FRAME_BYTES_MAX,
            max_queue=FRAMES_QUEUED_MAX,
            proxy=None,
        )
        now = asyncio.get_running_loop().time()
        if self._recorder is not None:
            self._recorder.opened(now)
        self._core.opened(now)

    async def run(self) -> None:
        """Serve the open connection, then reconnect, until the core is final."""
        now = asyncio.get_running_loop().time
        while True:
            code, reason = await self._serve()
            if self._core.phase >= ClientPhase.CATCHING_UP:
                self._backoff.lost(now(), grace_s(self._core.cancel_terms))
            if self._recorder is not None:
                self._recorder.closed(code, reason, now())
            self._take(self._core.closed(code, reason))
            if self._core.final:
                return
            await self._dial_again()

    async def _dial_again(self) -> None:
        """Try to reconnect until it succeeds, with pauses. After a planned stop the venue sets the first pause."""
        from websockets.exceptions import InvalidHandshake

        now = asyncio.get_running_loop().time
        requested_pause_ms = self._core.retry_ms
        while True:
            await asyncio.sleep(self._backoff.wait_s(requested_pause_ms, now()))
            requested_pause_ms = None
            try:
                await self.dial(self._backoff.dial_s(now()))
                return
            except (TimeoutError, InvalidHandshake, OSError) as error:
                if is_refused(error):
                    self._backoff.not_listening(now())  # any other error: the venue may be running

    async def _serve(self) -> tuple[int, str]:
        """Read, write and tick until one of them ends; returns close code and reason."""
        from websockets.exceptions import ConnectionClosed

        connection = self._connection
        assert connection is not None
        tasks = [asyncio.create_task(part) for part in (self._read(connection), self._write(connection), self._tick())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await connection.close()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionClosed):
                raise result
        return connection.close_code or NO_CLOSE_FRAME, connection.close_reason or ""

    async def _read(self, connection: "ClientConnection") -> None:
        now = asyncio.get_running_loop().time
        while not self._core.close_wanted:
            data = await connection.recv(decode=False)
            if self._recorder is not None:
                self._recorder.received(data, now())
            self._take(self._core.receive(data, now()))
            if self._core.live:
                self._backoff.succeeded()
            self._wake_writer()

    def _wake_writer(self) -> None:
        if self._core.requests.waiting:
            self._wake.set()

    async def _write(self, connection: "ClientConnection") -> None:
        while True:
            for frame in self._core.frames():
                if self._recorder is not None:
                    self._recorder.sent(frame, asyncio.get_running_loop().time())
                await connection.send(frame, text=self._core.requests.codec.is_text(frame))
            self._wake.clear()
            await self._wake.wait()

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time
        while not self._core.close_wanted:
            self._take(self._core.tick(now()))
            self._wake_writer()
            await asyncio.sleep(TICK_S)
