"""Market data watched for a moment: sound streams, and what a fault is called."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session
from clients.events import BookMismatch, ChannelData, Disconnected, Gap
from clients.local_book import LocalBook
from exchange.cli.remote import stream_checks
from exchange.cli.remote.stream_checks import _count, _judged, check_streams
from exchange.wire.messages import Trades
from tests.gateway.sockets import Venue, run


@pytest.mark.rule("MDATA-015")
def test_sound_streams_pass(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        async with venue.talker() as talker:
            await talker.ask("new", i=venue.instrument, side="b", px=venue.price, q=1, coid="a")
            (found,) = await check_streams(f"{venue.server.url}/v1/md", 0.5)
            assert found.state == "ok" and "1 of 1 books" in found.found
            assert "0 gaps, 0 wrong checksums, 0 disconnects, 0 books stale" in found.found

    run(tmp_path, test)


@pytest.mark.parametrize(("patience_s", "state", "stale"), [(10.0, "ok", 0), (0.1, "note", 1)])
def test_the_time_begins_when_the_books_are_there(
    patience_s: float, state: str, stale: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book that is never there counts as stale."""
    monkeypatch.setattr(stream_checks, "SYNCED_S", patience_s)
    book = Session.book

    async def late(session: Session, *arguments: Any) -> LocalBook:
        await asyncio.sleep(0.3)
        return await book(session, *arguments)

    async def test(venue: Venue) -> None:
        monkeypatch.setattr(Session, "book", late)
        (found,) = await check_streams(f"{venue.server.url}/v1/md", 0.1)
        assert found.state == state and f" {stale} books stale" in found.found

    run(tmp_path, test)


def test_no_venue_is_a_failure(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        (found,) = await check_streams("ws://127.0.0.1:1/v1/md", 0.1)
        assert found.state == "fail" and "connection refused" in found.found

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([ChannelData(1, Trades(1, 1, 1, 1, []))], "ok"),
        ([Gap("depth", 1, 2)], "note"),
        ([BookMismatch(LocalBook(), "crossed")], "fail"),
        ([Disconnected(1006, "cut")], "fail"),
    ],
)
def test_each_fault_is_counted_and_judged(events: list[object], state: str) -> None:
    seen: Counter[str] = Counter()
    for event in events:
        _count(seen, event)
    assert _judged(seen, 1, 1, 1.0).state == state
    assert sum(seen.values()) == len(events)


def test_a_book_that_stays_stale_is_noted() -> None:
    assert _judged(Counter(stale=1), 1, 1, 1.0).state == "note"
