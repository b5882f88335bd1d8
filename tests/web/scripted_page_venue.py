"""A venue of a few lines that serves the page, and says to it what a test tells it to say: auctions, ends, days."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from exchange.web import Site, assets

F27, G27, SPREAD = 34734164, 34734165, 2147483700
NOW_US = 1_795_000_000_000_000
CHANNELS = ["instruments", "status", "trades", "settlement", "index", "top", "depth", "stats", "orders", "candles"]
HELLO: dict[str, Any] = {
    "t": "hello", "v": "1.11", "venue": "scripted", "history": "h_1", "feed": "f_1", "conn": 1, "nonce": "x",
    "ts": NOW_US, "dur": "none", "hb_ms": 1000, "dead_ms": 5000, "inflight": 256, "max_frame": 4096, "dedup": 4096,
    "replay_h": 24, "max_channels": 500, "limits": [], "notes": [], "ch": CHANNELS,
    "day": {"day": "2026-11-18", "close": NOW_US + 3_600_000_000},
}  # fmt: skip


def definition(number: int, symbol: str, month: str, **changes: Any) -> dict[str, Any]:
    first = NOW_US + (5 if month.endswith("01-01") else 36) * 86_400_000_000
    return {
        "i": number, "sym": symbol, "rev": 1, "fam": "PHY", "chip": "H100", "floor_bp": 9000, "kind": "month",
        "from": month, "hours": 744, "tick_mills": 1, "min_inc": 1, "min_q": 1, "max_q": 10000, "unit_lots": 8,
        "ccy": "USD", "match": "fifo", "band": 200, "limit": [2248, 3372], "settle": 2810, "ltd": first,
        "deliv_from": first, "deliv_to": first + 31 * 86_400_000_000, "maker_fee": 0, "taker_fee": 2, "phase": "OPEN",
    } | changes  # fmt: skip


MARGIN: dict[str, Any] = {"ccy": "USD", "eq": 10**9, "im": 0, "mm": 0, "free": 10**9}
QUEUE = [["a", 901, "b", 2808, 12], ["a", 902, "b", 2808, 8], ["a", 903, "b", 2808, 10]]
# A falling and a rising minute, and one that runs.
CANDLES = [
    [NOW_US - 120_000_000, 2811, 2812, 2806, 2807, 40, 112_300, 5],
    [NOW_US - 60_000_000, 2807, 2811, 2807, 2810, 25, 70_200, 4],
    [NOW_US, 2810, 2810, 2810, 2810, 1, 2810, 1],
]
INSTRUMENTS = [
    definition(F27, "H100.G90.F27", "2027-01-01"),
    definition(G27, "H100.G90.G27", "2027-02-01"),
    definition(
        SPREAD, "H100.G90.F27-G27", "2027-01-01", kind="", combo="calendar", legs=[[F27, 1], [G27, -1]], settle=0
    ),
]


class ScriptedPageVenue:
    """`say` sends to the page's connection; each channel counts its own messages."""

    def __init__(self) -> None:
        self.connection: ServerConnection | None = None
        self.port = self.said = 0
        self.instruments = INSTRUMENTS
        self.accounts, self.scopes = [7], ["read", "trade"]
        self.terms = {"mode": "session", "orders": "all", "on": "drop", "grace_ms": 3000}
        self.heard: list[dict[str, Any]] = []
        self.answers = asyncio.Event()  # what-ifs are answered
        self.answers.set()
        self._waiting: list[asyncio.Task[None]] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._counts: dict[int, int] = {}

    async def serve_page(self, connection: ServerConnection) -> None:
        self.connection = connection
        with suppress(ConnectionClosed):  # the test closes it whenever it likes
            await connection.send(json.dumps(HELLO))
            async for frame in connection:
                messages = json.loads(frame)
                for message in messages if isinstance(messages, list) else [messages]:
                    await self._answer(message)

    async def _answer(self, request: dict[str, Any]) -> None:
        assert self.connection is not None
        self.heard.append(request)
        if request["t"] == "auth":
            await self._log_on(request)
            return
        if request.get("what") == "margin":
            self._waiting.append(asyncio.create_task(self._what_if(request)))
            return
        past = {"trades": [[3, NOW_US - 9_000_000, 2807, 8, "b", False]], "candles": CANDLES}
        reply: dict[str, Any] = {"t": "ok", "re": request["id"]}
        if request.get("what") in past:
            reply[request["what"]] = past[request["what"]]
        wanted = [(row["n"], row.get("i", 0)) for row in request.get("ch", [])]
        if wanted:
            reply["ch"] = [[self._number(key), 0] for key in wanted]
        await self.connection.send(json.dumps(reply))
        for key in wanted:
            await self._snapshot(key)

    async def _what_if(self, request: dict[str, Any]) -> None:
        """An order needs as many dollars as it has lots."""
        await self.answers.wait()
        assert self.connection is not None
        result = {"need": request["orders"][0]["q"] * 1_000, "free": 10**9}
        margin = MARGIN | {"res": [result]}
        await self.connection.send(json.dumps({"t": "ok", "re": request["id"], "margin": margin}))

    async def _log_on(self, request: dict[str, Any]) -> None:
        """Accept any key. Each account has an order of 10 lots behind two others."""
        assert self.connection is not None
        order = {"i": F27, "oid": 903, "coid": "own", "st": "open", "side": "b", "typ": "limit", "tif": "gtc"}
        order |= {"px": 2808, "q": 10, "lv": 10, "cum": 0, "val": 0}
        sequences = [[number, 1] for number in self.accounts]
        welcome = {"t": "welcome", "re": request["id"], "sid": "s_1", "acc": self.accounts, "scopes": self.scopes}
        welcome |= {"resumed": False, "s": sequences, "last_id": 0, "cod": self.terms, "until": NOW_US}
        account = {"t": "account", "s": 1, "e": 1, "ts": NOW_US, "orders": [order], "pos": [], "margin": MARGIN}
        states = [account | {"acc": number} for number in self.accounts]
        live = [{"t": "live", "acc": number, "s": 1} for number in self.accounts]
        await self.connection.send(json.dumps([welcome, *states, *live]))

    def _number(self, key: tuple[str, int]) -> int:
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    async def _snapshot(self, key: tuple[str, int]) -> None:
        name, number = key
        first: dict[str, dict[str, Any]] = {
            "instruments": {"x": self.instruments},
            "depth": {"b": [[2809, 12], [2808, 30]], "a": [[2812, 7]], "ib": [2810, 5], "ia": [2812, 4]},
            "top": {"bp": 2809, "bq": 12, "ap": 2812, "aq": 7},
            "status": {"i": number, "phase": "OPEN", "lo": 2248, "hi": 3372},
            "orders": {"x": QUEUE},
            "candles": {"i": number, "iv": "1m", "x": CANDLES[-1:]},
            "settlement": {"i": F27, "px": 2800, "kind": "daily", "method": "T1"},
        }
        if name in first:
            await self.say(name, number, snap=True, **first[name])

    async def say(self, name: str, number: int = 0, **keys: Any) -> None:
        """Send the next message of a channel."""
        assert self.connection is not None
        self.said += 1
        channel = self._number((name, number))
        last = self._counts.get(channel, 0)
        self._counts[channel] = last + 1
        order = {} if keys.get("snap") else {"p": last}
        message = {"t": name, "c": channel, "s": last + 1, "e": 1, "ts": NOW_US} | order | keys
        await self.connection.send(json.dumps(message))


def file_of(_: ServerConnection, request: Request) -> Response | None:
    """A file of the page, as a venue serves it; None: the request is for the socket."""
    if request.path.startswith("/v1/"):
        return None
    answer = Site(assets, lambda: True).answer(request.method, request.path, request.headers["Host"], "")
    headers = Headers([("Connection", "close"), *answer.headers])
    return Response(answer.status.value, answer.status.phrase, headers, answer.body)


@asynccontextmanager
async def scripted_page_venue() -> AsyncIterator[ScriptedPageVenue]:
    venue = ScriptedPageVenue()
    protocols = [Subprotocol("gpux.v1+json")]
    async with serve(
        venue.serve_page, "127.0.0.1", 0, subprotocols=protocols, compression=None, process_request=file_of
    ) as server:
        venue.port = next(iter(server.sockets)).getsockname()[1]
        beating = asyncio.create_task(_beat(venue))
        yield venue
        beating.cancel()


async def _beat(venue: ScriptedPageVenue) -> None:
    """Heartbeats, or the page leaves a silent venue."""
    while True:
        await asyncio.sleep(1)
        if venue.connection is not None and venue.connection.state is State.OPEN:
            await venue.connection.send(json.dumps({"t": "hb", "ts": NOW_US, "acc": [], "ch": []}))
