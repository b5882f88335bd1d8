"""Watches market data for a few seconds: gaps, wrong checksums, late heartbeats, lost connections."""

import asyncio
import contextlib
from collections import Counter

from clients.client import Session, connect
from clients.errors import ChannelRefused, ConnectFailed, SessionOver
from clients.events import BookMismatch, ChannelData, Disconnected, Event, Gap
from exchange.cli.remote.findings import CheckResult, failed, noted, passed
from exchange.wire.messages import InstrumentDefinition

BOOKS_MAX = 40
SYNCED_S = 10.0  # longest wait for the first snapshots, before the time of watching begins


async def check_streams(url: str, seconds: float) -> list[CheckResult]:
    """Follow the first books of the venue."""
    try:
        async with connect(url) as session:
            listed = list((await session.instruments()).values())
            if not listed:
                return [noted("streams", "no instrument is listed", "the venue has nothing to trade yet")]
            seen = await _watch(session, listed[:BOOKS_MAX], seconds)
    except (ConnectFailed, SessionOver, ChannelRefused) as error:
        return [failed("streams", str(error), "see the checks above")]
    return [_judged(seen, min(len(listed), BOOKS_MAX), len(listed), seconds)]


async def _watch(session: Session, instruments: list[InstrumentDefinition], seconds: float) -> Counter[str]:
    seen: Counter[str] = Counter()

    async def read() -> None:
        async for event in session.events():
            _count(seen, event)

    reading = asyncio.create_task(read())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SYNCED_S):
                for instrument in instruments:
                    await session.book(instrument)
        await asyncio.sleep(seconds)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    seen["stale"] = len(instruments) - sum(book.synced for book in session.books())
    return seen


def _count(seen: Counter[str], event: Event) -> None:
    seen["messages"] += isinstance(event, ChannelData)
    seen["gaps"] += isinstance(event, Gap)
    seen["mismatches"] += isinstance(event, BookMismatch)
    seen["disconnects"] += isinstance(event, Disconnected)


def _judged(seen: Counter[str], books: int, listed: int, seconds: float) -> CheckResult:
    text = (
        f"{seconds:g} s, {books} of {listed:,} books: {seen['messages']:,} messages, {seen['gaps']} gaps,"
        f" {seen['mismatches']} wrong checksums, {seen['disconnects']} disconnects, {seen['stale']} books stale"
    )
    if seen["disconnects"] or seen["mismatches"]:
        return failed(
            "streams", text, "look for a proxy or network that drops or changes data between here and the venue"
        )
    if seen["gaps"] or seen["stale"]:
        return noted("streams", text, "this machine reads too slowly, or the network is: subscribe to fewer channels")
    return passed("streams", text)
