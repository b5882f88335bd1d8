"""Common mistakes of newcomers: each answer says what was found, what is allowed, and what to do.

An answer is what a person gets: the error of the client library, or of a raw client the `err` with the keys that
explain it and the meaning of its code, which `/schema/errors.json` and PROTOCOL.md have.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.exceptions import ConnectionClosed

from clients.client import connect
from clients.credentials import Ed25519
from exchange.gateway.auth import KeyPair
from exchange.gateway.logon import REFUSED
from exchange.operator.port import ask
from exchange.operator.requests import SetState
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.errors import ERROR_MEANINGS, ErrorCode
from tests.gateway.harness import SYMBOL
from tests.gateway.sockets import Venue, run

EXPLAINING = ("lo", "hi", "need", "free", "phase", "st")
READER, POOR = 3, 4  # places in the list of keys
HOUR_US = 3_600_000_000


class Bench:
    """A served venue, and what a newcomer has: a key, a secret, an instrument."""

    def __init__(self, venue: Venue, folder: Path) -> None:
        self.venue, self.folder = venue, folder
        self.url = venue.server.url
        self.pair = venue.keys[0]
        self.secret = Ed25519.from_seed(self.pair.seed)

    async def dialled(self, url: str = "", key: str = "", secret: Ed25519 | None = None) -> str:
        """The error of the client library."""
        with pytest.raises(Exception) as failed:
            async with connect(url or self.url, key or self.pair.key, secret or self.secret):
                pass
        return f"{failed.type.__name__}: {failed.value}"

    async def bought(self, symbol: str = SYMBOL, **terms: Any) -> str:
        """The error of the client library for an order."""
        async with connect(self.url, self.pair.key, self.secret) as session:
            with pytest.raises(Exception) as failed:
                await session.buy(await session.instrument(symbol), **({"lots": 1, "price": "2.810"} | terms))
        return f"{failed.type.__name__}: {failed.value}"

    async def ordered(self, number: int = 0, kind: str = "new", **changes: Any) -> str:
        """The answer to a raw request, by default an order with changed keys."""
        order = {"i": self.venue.instrument, "side": "b", "px": self.venue.price, "q": 1, "coid": "m"}
        async with self.venue.talker(number) as talker:
            return answer(await talker.ask(kind, **(order if kind == "new" else {}) | changes))

    async def in_state(self, state: str) -> str:
        """The answer to an order while an operator has the market in a state."""
        await asyncio.to_thread(ask, str(self.folder), SetState(target="H100", to=state))  # type: ignore[arg-type]
        return await self.ordered()

    def file(self, text: str) -> str:
        path = self.folder / "x.pem"
        path.write_text(text)
        with pytest.raises(ValueError) as failed:
            Ed25519.load(path)
        return str(failed.value).replace(str(self.folder), "DATA")


def answer(reply: dict[str, Any]) -> str:
    """What a person who reads an `err` gets."""
    if reply["t"] == "ok":
        return f"ok: st {reply['st']}, why {reply['why']}"
    keys = [f"{key} {reply[key]}" for key in EXPLAINING if key in reply]
    return " | ".join((f"{reply['name']}: {reply['msg']}", *keys, ERROR_MEANINGS[ErrorCode(reply["code"])].text))


async def closed(bench: Bench, text: str) -> str:
    """The answers to a first message without a logon, and why the connection ended."""
    said = ""
    async with bench.venue.client() as connection:
        await connection.recv()
        await connection.send(text)
        with contextlib.suppress(ConnectionClosed):
            while True:
                said += answer(json.loads(await connection.recv())) + "; "
        return f"{said}close {connection.close_code}: {connection.close_reason}"


async def duplicate(bench: Bench) -> str:
    async with bench.venue.talker() as talker:
        order = {"i": bench.venue.instrument, "side": "b", "px": bench.venue.price, "q": 1, "coid": "twice"}
        assert (await talker.ask("new", **order))["t"] == "ok"
        reply = await talker.ask("new", **(order | {"q": 2}))
        await talker.ask("cancel_all")
    assert (reply["order"]["coid"], reply["order"]["q"]) == ("twice", 1), "it shows the order that has the name"
    return answer(reply)


async def old_session(bench: Bench) -> str:
    async with bench.venue.talker(0, sid="s_0badcafe", last=[[1, 5]]) as talker:
        (welcome,) = talker.take("welcome")
    return f"resumed {welcome['resumed']}, another sid: {welcome['sid'] != 's_0badcafe'}, last_id {welcome['last_id']}"


async def foreign_page(bench: Bench) -> str:
    raw = await bench.venue.raw("/v1/oe", {"Origin": "https://evil.test"})
    return f"HTTP {await raw.status()}"


def meaning(name: str) -> str:
    return ERROR_MEANINGS[ErrorCode[name]].text


async def late(bench: Bench) -> str:
    """A clock that is hours behind: a deadline that it takes for the future."""
    now_us = bench.venue.server.gateway.clock.wall_us()
    async with bench.venue.talker() as talker:
        order = {"i": bench.venue.instrument, "side": "b", "px": bench.venue.price, "q": 1, "coid": "late"}
        reply = await talker.ask("new", **order, exp=now_us - 3 * HOUR_US)
    assert reply["ts"] >= now_us, "the venue's time"
    return answer(reply)


class Mistake(NamedTuple):
    """One mistake: how it is made, and the whole answer. URL, PORT and DATA stand for those of the venue."""

    name: str
    make: Callable[[Bench], Awaitable[str]]
    answer: str


MISTAKES = [
    Mistake("unknown key", lambda it: it.dialled(key="k_nobody"), f"ConnectFailed: logon refused: BAD_AUTH {REFUSED}"),
    Mistake(
        "file of another key",
        lambda it: it.dialled(secret=Ed25519.generate()),
        f"ConnectFailed: logon refused: BAD_AUTH {REFUSED}",
    ),
    Mistake(
        "no key file", lambda it: _now(it.file("hello")), "DATA/x.pem holds no readable Ed25519 private key in PEM form"
    ),
    Mistake(
        "wrong port",
        lambda it: it.dialled("ws://127.0.0.1:1"),
        "ConnectFailed: no venue at ws://127.0.0.1:1/v1/oe: connection refused: nothing listens at port 1; gpux serve"
        " prints the address of a venue",
    ),
    Mistake(
        "wrong path",
        lambda it: it.dialled(f"{it.url}/v2/oe"),
        "ConnectFailed: no venue at URL/v2/oe: HTTP 404: it has no path /v2/oe: /v1/oe is for orders, /v1/md for market"
        " data",
    ),
    Mistake(
        "http instead of ws",
        lambda it: it.dialled(it.url.replace("ws:", "http:")),
        "ConnectFailed: http://127.0.0.1:PORT/v1/oe is no address like ws://127.0.0.1:8443:"
        " http://127.0.0.1:PORT/v1/oe isn't a valid URI: scheme isn't ws or wss",
    ),
    Mistake(
        "a host that is not the venue's",
        lambda it: it.dialled(it.url.replace("127.0.0.1", "127.1")),
        "ConnectFailed: no venue at ws://127.1:PORT/v1/oe: HTTP 403: it does not serve the host 127.1, or the page's"
        " origin: dial it as localhost, 127.0.0.1 or ::1, unless it has other names; gpux serve --origin lets a page"
        " connect",
    ),
    Mistake("a page of a foreign origin", foreign_page, "HTTP 403"),
    Mistake(
        "off tick",
        lambda it: it.bought(price="2.8105"),
        "ValueError: price '2.8105' is off the tick: at most three decimals, like 2.845",
    ),
    Mistake(
        "a float price",
        lambda it: it.bought(price=2.81),
        'TypeError: give a price as text or Decimal in dollars (price="2.845"), or in ticks (price_tick=2845)',
    ),
    Mistake(
        "a float price on the wire",
        lambda it: it.ordered(px=2.81),
        "BAD_MESSAGE: BAD_TYPE: Expected `int`, got `float` - at `$.px`, allowed: whole numbers: prices in ticks, sizes"
        f" in lots, money in mills, times in microseconds | {meaning('BAD_MESSAGE')}",
    ),
    Mistake(
        "size 0",
        lambda it: it.ordered(q=0),
        f"LOTS_RANGE: q 0 is not in 1..10000 (field q) | {meaning('LOTS_RANGE')}",
    ),
    Mistake(
        "size above the largest",
        lambda it: it.ordered(q=20_000),
        f"LOTS_RANGE: q 20000 is not in 1..10000 (field q) | {meaning('LOTS_RANGE')}",
    ),
    Mistake(
        "price beyond the band",
        lambda it: it.ordered(px=9_000),
        "PRICE_BAND: price is outside the band or the day's limits | lo 2248 | hi 3010 |"
        " the price is not in `lo` to `hi`",
    ),
    Mistake(
        "an unknown instrument number",
        lambda it: it.ordered(i=99),
        "UNKNOWN_INSTRUMENT: no instrument 99 is listed (field i): channel instruments lists them |"
        " no such instrument: load `instruments` again",
    ),
    Mistake(
        "an unknown symbol",
        lambda it: it.bought("h100.g90.h27"),
        f"UnknownSymbol: no instrument 'h100.g90.h27' among 1 at URL/v1/oe; did you mean {SYMBOL}?",
    ),
    Mistake(
        "a misspelt key",
        lambda it: it.ordered(tiff="ioc"),
        "BAD_MESSAGE: UNKNOWN_FIELD: Object contains unknown field `tiff` (did you mean tif?), allowed: t, id, acc, i,"
        " side, typ, trg, px, q, tif, till, po, disp, minq, coid, smp, cod, rie, tag, rev, exp |"
        f" {meaning('BAD_MESSAGE')}",
    ),
    Mistake(
        "a misspelt word",
        lambda it: it.ordered(tif="gtx"),
        "BAD_MESSAGE: BAD_TYPE: Invalid enum value 'gtx' - at `$.tif`, allowed: day, fok, gtc, gtd, ioc |"
        f" {meaning('BAD_MESSAGE')}",
    ),
    Mistake(
        "a client order id with a space",
        lambda it: it.ordered(coid="my order"),
        "BAD_MESSAGE: BAD_ID: Expected `str` matching regex '\\\\A[A-Za-z0-9_.:-]{1,24}\\\\Z' - at `$.coid`, allowed: 1"
        f" to 24 characters of [A-Za-z0-9_.:-] | {meaning('BAD_MESSAGE')}",
    ),
    Mistake("a client order id twice", duplicate, f"DUP_COID: an order with this coid is live | {meaning('DUP_COID')}"),
    Mistake(
        "no scope to trade",
        lambda it: it.ordered(READER),
        "SCOPE: the key has scope read: orders need trade, cancels trade or cancel |"
        " the key may not do this: use one with the scope that `msg` names",
    ),
    Mistake(
        "an account of somebody else",
        lambda it: it.ordered(acc=2),
        f"SCOPE: acc 2 is not of this key | {meaning('SCOPE')}",
    ),
    Mistake(
        "no money",
        lambda it: it.ordered(POOR),
        "MARGIN: free funds do not cover the margin held | need 299088 | free 0 | the order needs `need`, and the"
        " account has `free`: send less, cancel orders, or pay in",
    ),
    Mistake(
        "cancel of an unknown order",
        lambda it: it.ordered(kind="cancel", coid="nothing"),
        "UNKNOWN_ORDER: no such working order | no such live order: `query` by `coid` or `oid` says what is known"
        " of it",
    ),
    Mistake(
        "good till a time that is over", lambda it: it.ordered(tif="gtd", till=1_000), "ok: st expired, why expired"
    ),
    Mistake(
        "a clock hours behind",
        late,
        "EXPIRED_REQUEST: exp is before the venue's time (ts): send a later exp |"
        " the venue's time `ts` is later than `exp`",
    ),
    Mistake("a session that is forgotten", old_session, "resumed False, another sid: True, last_id 0"),
    Mistake(
        "an order without a logon",
        lambda it: closed(it, '{"t":"new","id":1,"i":1,"side":"b","px":1,"q":1,"coid":"a"}'),
        "NOT_LOGGED_ON: log on first: send auth, and wait for live | the request needs a logon, and `live` after it;"
        " close 4002: not logged on",
    ),
    Mistake(
        "a message that is too large",
        lambda it: closed(it, "x" * 5_000),
        "close 1009: frame with 5000 bytes exceeds limit of 4096 bytes",
    ),
    Mistake(
        "a halted market",
        lambda it: it.in_state("halt"),
        "HALTED: the market's phase does not accept this request | phase HALT | the market is halted, or the venue"
        " takes only what ends orders; channel `status` says when it opens",
    ),
    Mistake(
        "a closed market",
        lambda it: it.in_state("closed"),
        "MARKET_CLOSED: the market's phase does not accept this request | phase CLOSED | the market is closed;"
        " channel `status` says when it opens",
    ),
]


async def _now(text: str) -> str:
    return text


@pytest.mark.rule("WIRE-020", "SESS-001", "SESS-004", "SEC-003", "RECOV-013")
def test_every_answer_says_what_was_found_what_is_allowed_and_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "venue"

    def keys(opened: OpenVenue, made: list[KeyPair]) -> None:
        made.append(opened.make_key("reader", 4, 10**12, scopes=("read",)))
        made.append(opened.make_key("poor", 5, 0))

    async def test(venue: Venue) -> None:
        bench = Bench(venue, folder)
        found = {}
        for mistake in MISTAKES:
            text = await mistake.make(bench)
            found[mistake.name] = text.replace(bench.url, "URL").replace(str(venue.server.port), "PORT")
        assert found == {mistake.name: mistake.answer for mistake in MISTAKES}

    run(folder, test, prepare=keys)


def test_there_are_at_least_twenty() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 20
