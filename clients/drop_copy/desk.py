"""The session of a firm's desk: every message of the firm's accounts, in order and without gaps.

async with connect_drop_copy("ws://127.0.0.1:8443", key="k_desk", secret=Ed25519.load("desk.pem")) as desk:
    async for message in desk.messages():                 # exec, fill, pos, margin, cash, ... of each account
        save(message.drop_sequence, message)
        if isinstance(message, Fill) and too_much(message):
            await desk.kill("account", account=message.account)      # the key needs scope `risk` for it

After a lost connection the session resumes by itself. A program that starts again goes on where it stopped with the
`session_id` and the last `d` that it has saved.
"""

import random
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from clients.credentials import Secret
from clients.drop_copy.copy_core import CopyCore
from clients.errors import Refused
from clients.events import Gap, HistoryChanged
from clients.logon import Dial
from clients.session.queries import REPLAY_MAX, Queries
from clients.session.safeguards import Safeguards
from clients.session_base import Options
from exchange.wire.messages import AccountMessage
from exchange.wire.version import JSON_SUBPROTOCOL

PATH = "/v1/dc"


class DropCopy(Queries, Safeguards):
    """A session at `/v1/dc`. Create it with `connect_drop_copy` and use it as an async context manager.

    Of its requests the venue serves `kill`, `unkill`, `limits`, `replay` by `d`, and of each account that the firm has
    now `positions`, `open_orders` and `margin`.
    """

    core: CopyCore

    def __init__(self, url: str, core: CopyCore, rng: random.Random, options: Options) -> None:
        super().__init__(url, core, rng, options)
        self._read = core.sequence if core.session_id else -1  # last `d` that `messages` has given; -1: begin anywhere

    @property
    def members(self) -> tuple[int, ...]:
        """Accounts of the firm when the session last logged on."""
        return self.core.members

    async def messages(self) -> AsyncIterator[AccountMessage | Gap]:
        """The messages of the firm with the numbers `drop_sequence`, each once and in order.

        What the bounded queue of events has dropped, because the program reads too slowly, is asked for again. A Gap
        comes only in front of a message before which others are no longer kept at the venue.
        """
        async for event in self.events():
            if isinstance(event, HistoryChanged):
                self._read = -1
            if isinstance(event, AccountMessage):
                async for message in self._up_to(event):
                    yield message

    async def _up_to(self, newest: AccountMessage) -> AsyncIterator[AccountMessage | Gap]:
        """Messages that are missing before the newest one, and that one."""
        number = _number(newest)
        if self._read < 0:
            self._read = number - 1
        while self._read < number - 1:
            begin, end = self._read + 1, min(self._read + REPLAY_MAX, number - 1)
            found = await self._kept(begin, end)
            if not found:
                yield Gap("drop copy", begin, number)
                self._read = number - 1
            for message in found:
                self._read = _number(message)
                yield message
        if number > self._read:
            self._read = number
            yield newest

    async def _kept(self, first: int, last: int) -> list[AccountMessage]:
        """Messages of a range; none if the venue keeps them no more."""
        try:
            found = await self.replay(first, last)
        except Refused:
            return []
        return [message for message in found if isinstance(message, AccountMessage)]


def _number(message: AccountMessage) -> int:
    number: int = message.drop_sequence  # type: ignore[attr-defined]  # every account message has it
    return number


def connect_drop_copy(
    url: str,
    key: str,
    secret: Secret,
    *,
    session_id: str = "",
    sequence: int = 0,
    subprotocol: str = JSON_SUBPROTOCOL,
    seed: int | None = None,
    events_max: int = 10_000,
) -> DropCopy:
    """Make the session of a firm's desk, for use with `async with`.

    url                    ws://host:port
    key, secret            id of a key with scope `dc`, and the secret that signs for it
    session_id, sequence   of an earlier run: its session, and the last `d` that it has saved; without them the session
                           begins with a snapshot of each account (`account` among `events`) and the next message
    subprotocol            JSON by default; messages of the drop copy are JSON in `gpux.v1+bin` too
    seed, events_max       as in `clients.client.connect`
    """
    parts = urlsplit(url)
    core = CopyCore(Dial(parts.hostname or "", PATH), key, secret, subprotocol=subprotocol)
    if session_id:
        core.go_on(session_id, sequence)
    address = f"{parts.scheme}://{parts.netloc}{PATH}" if parts.netloc else url
    options = Options(subprotocol, events_max, check_locally=False)  # it sends no orders
    return DropCopy(address, core, random.Random(seed), options)
