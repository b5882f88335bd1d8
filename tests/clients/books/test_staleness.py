"""A book, an account's stream and the connection raise an alarm when they are silent for too long."""

from typing import Any

import pytest

from clients.books.channel_book import StaleBook
from clients.books.staleness import HEARTBEATS, SilenceLimits
from clients.core import Core
from clients.credentials import Ed25519
from clients.events import Fresh, Stale
from clients.local_book import LocalBook
from clients.logon import Dial
from exchange.wire.messages import ChannelSpec
from tests.clients.scripted_venue import H27, HELLO, KEY, SEED, ScriptedVenue

DEPTH = {"t": "depth", "c": 4021, "s": 7, "snap": True, "e": 1, "ts": 1, "b": [[2845, 12]], "a": []}
SPEC = ChannelSpec(name_of_channel="depth", instrument=H27, levels=0)


class Timed(ScriptedVenue):
    """A venue whose client reads the time from the script."""

    def __init__(self, limits: SilenceLimits = SilenceLimits()) -> None:  # noqa: B008  # a tuple
        super().__init__()
        self.core = Core(
            Dial("localhost", "/v1/oe"), KEY, Ed25519.from_seed(SEED), limits=limits, clock=lambda: self.now
        )
        self.log_on()
        self.subscribe(SPEC)
        self.says(DEPTH)
        (self.book,) = self.core.feeds.books()

    def heartbeat(self, at: float, channels: list[list[int]] | None = None, account: int = 1041) -> list[Any]:
        self.now = at
        return self.says({"t": "hb", "ts": 5, "acc": [[7, account]] if account else [], "ch": channels or []})

    def tick(self, at: float) -> list[Any]:
        self.now = at
        return [event for event in self.core.tick(at) if isinstance(event, Stale | Fresh)]


def test_an_unchanged_book_is_as_young_as_the_last_heartbeat() -> None:
    venue = Timed()
    venue.now = 1.0
    assert venue.book.age_ms == 1000
    venue.heartbeat(1.5)
    assert venue.book.age_ms == 0 and venue.book.bids()
    venue.heartbeat(2.5, [[4021, 8]])  # it has changed, and we have not got the change
    assert venue.book.age_ms == 1000


def test_a_book_that_nothing_confirms_is_not_read() -> None:
    venue = Timed()
    venue.now = 3.0
    assert venue.book.bids()
    venue.now = 3.1
    with pytest.raises(StaleBook, match="nothing confirmed it for 3100 ms, the limit is 3000"):
        venue.book.bids()
    assert venue.book.synced, "it waits for no snapshot: the next message confirms it"
    venue.says({"t": "depth", "c": 4021, "s": 8, "p": 7, "e": 2, "ts": 2, "b": [[2845, 5]], "a": []})
    assert venue.book.bids() == [(2845, 5)]


def test_each_silence_is_one_alarm_that_ends() -> None:
    venue = Timed()
    assert venue.tick(3.0) == []
    events = venue.tick(3.25)
    assert [(event.stream, event.silent_ms, event.limit_ms) for event in events] == [
        ("connection", 3250, 3000), ("account 7", 3250, 3000), (f"book {H27} 0", 3250, 3000)
    ]  # fmt: skip
    assert isinstance(events[2], Stale) and events[2].book is venue.book
    assert venue.tick(3.5) == [], "once"
    venue.heartbeat(3.6)
    assert [event.stream for event in venue.tick(3.7)] == ["connection", "account 7", f"book {H27} 0"]
    assert venue.tick(3.8) == []


def test_heartbeats_without_the_account_leave_its_stream_silent() -> None:
    venue = Timed()
    for at in range(1, 5):
        venue.heartbeat(float(at), account=0)
    (alarm,) = venue.tick(4.0)
    assert alarm.stream == "account 7" and isinstance(alarm, Stale)


def test_limits_can_be_set_and_switched_off() -> None:
    venue = Timed(SilenceLimits(book_ms=0, private_ms=500, connection_ms=0))
    (alarm,) = venue.tick(0.6)
    assert (alarm.stream, alarm.limit_ms) == ("account 7", 500)
    venue.now = 100.0
    assert venue.book.bids(), "no limit of age"
    assert SilenceLimits(book_ms=5).in_force(100) == SilenceLimits(5, HEARTBEATS * 100, HEARTBEATS * 100)


def test_a_lost_connection_is_no_silence() -> None:
    venue = Timed()
    venue.core.closed(1006, "")
    assert venue.tick(100.0) == []
    assert HELLO["hb_ms"] * HEARTBEATS == 3000


def test_a_book_without_a_session_has_no_limit() -> None:
    now = [0.0]
    book = LocalBook(clock=lambda: now[0])
    book.load(1, [[5, 1]], [], None, False)
    now[0] = 1e6
    assert book.age_ms == 10**9 and book.bids() == [(5, 1)]
