"""Passes frames on between clients and a venue, with faults."""

import asyncio
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from clients.testing.faults import NO_FAULTS, Dice, Faults
from clients.testing.frames import joined, messages_of
from exchange.wire.codec import CODECS
from exchange.wire.version import JSON_SUBPROTOCOL, SUBPROTOCOLS

BYTES_MAX = 1 << 20
Connection = ClientConnection | ServerConnection


class FaultProxy:
    """A proxy of one venue, at a port of its own.

    `faults` may be changed at any time; `calm` ends them, so that a test can wait for the end state.
    `cuts`, `left_out`, `repeated`: what it has done so far.
    """

    def __init__(self, venue_url: str, faults: Faults = NO_FAULTS, seed: int = 0) -> None:
        """`venue_url`: ws://host:port without a path. The host must be a name that the venue accepts."""
        self.faults, self.seed = faults, seed
        self.cuts = self.left_out = self.repeated = self.connections = 0
        self._venue_url = venue_url
        self._server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None, "the proxy is not open"
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    def calm(self) -> None:
        """End all faults."""
        self.faults = NO_FAULTS

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._relay, "127.0.0.1", 0, compression=None, ping_interval=None, max_size=BYTES_MAX,
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            select_subprotocol=lambda _, offered: offered[0] if offered else None,
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _relay(self, client: ServerConnection) -> None:
        assert client.request is not None
        self.connections += 1
        number = self.connections
        offered = [client.subprotocol] if client.subprotocol else None
        try:
            venue = await dial(
                self._venue_url + client.request.path, subprotocols=offered, compression=None, ping_interval=None,
                max_size=BYTES_MAX, proxy=None,
            )  # fmt: skip
        except (OSError, InvalidHandshake, TimeoutError):
            client.transport.abort()
            return
        parts = [
            asyncio.create_task(self._pass_on(client, venue, Dice(f"{self.seed} {number} up"))),
            asyncio.create_task(self._pass_on(venue, client, Dice(f"{self.seed} {number} down"))),
        ]
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        await _end_like(venue, client)

    async def _pass_on(self, source: Connection, target: Connection, dice: Dice) -> None:
        subprotocol = source.subprotocol or JSON_SUBPROTOCOL
        while True:
            try:
                frame = await source.recv(decode=False)
            except ConnectionClosed:
                return
            fate = dice.frame(self.faults)
            if fate.wait_s:
                await asyncio.sleep(fate.wait_s)
            if fate.passes:
                for one in self._changed(frame, subprotocol, dice):
                    await target.send(one, text=CODECS[subprotocol].is_text(one))
            if fate.ends:
                self.cuts += 1
                for connection in (source, target):
                    connection.transport.abort()
                return

    def _changed(self, frame: bytes, subprotocol: str, dice: Dice) -> list[bytes]:
        """What comes out for a frame: the same, or frames with a message left out or repeated."""
        faults = self.faults
        if not faults.gap and not faults.duplicate:
            return [frame]
        kept: list[bytes] = []
        again: list[bytes] = []
        for message in messages_of(frame, subprotocol):
            if message.can_be_left_out and dice.is_left_out(faults):
                self.left_out += 1
                continue
            kept.append(message.data)
            if message.can_be_repeated and dice.is_repeated(faults):
                self.repeated += 1
                again.append(message.data)
        return [*joined(kept, subprotocol), *joined(again, subprotocol)]


async def _end_like(venue: ClientConnection, client: ServerConnection) -> None:
    """End both connections; a close of the venue reaches the client with its code and reason."""
    if venue.close_code is not None and venue.close_code != 1006:
        await client.close(venue.close_code, venue.close_reason or "")
    else:
        client.transport.abort()
    await venue.close()
