"""When a book, an account's stream or the connection is silent for too long (`Stale`), and is heard again (`Fresh`).

A book is as old as its last message, or the last heartbeat that says it is unchanged. An account's stream is as old as
its last event, or the last heartbeat with its number. The venue sends a heartbeat every `hb_ms`, so each of the three
normally stays below that.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from clients.account import AccountState
from clients.events import Event, Fresh, Stale
from clients.local_book import LocalBook

HEARTBEATS = 3  # default limit of silence


class SilenceLimits(NamedTuple):
    """Longest silence in milliseconds. None: three heartbeats of the venue; 0: no alarm.

    book_ms is also the age from which reading a book raises `StaleBook`.
    """

    book_ms: int | None = None
    private_ms: int | None = None
    connection_ms: int | None = None

    def in_force(self, heartbeat_ms: int) -> "SilenceLimits":
        """The limits with a number each."""
        return SilenceLimits(*(HEARTBEATS * heartbeat_ms if limit is None else limit for limit in self))


DEFAULT_SILENCE = SilenceLimits()


class _Silence(NamedTuple):
    """How long a stream has been silent, and how long it may be."""

    stream: str
    silent_ms: int
    limit_ms: int
    book: LocalBook | None = None


class SilenceAlarm:
    """Raises and ends the alarms of a session."""

    def __init__(self, limits: SilenceLimits) -> None:
        self.limits = limits
        self._stale: set[str] = set()

    def learn(self, heartbeat_ms: int) -> SilenceLimits:
        """Take the venue's heartbeat from `hello`; returns the limits in force."""
        self._in_force = self.limits.in_force(heartbeat_ms)
        return self._in_force

    def check(
        self, now: float, received: float, accounts: Mapping[int, AccountState], books: Iterable[LocalBook]
    ) -> list[Event]:
        """New and ended alarms of a live session.

        now        monotonic clock in seconds
        received   when the last frame came
        """
        events: list[Event] = []
        silences = list(self._silences(now, received, accounts, books))
        for silence in silences:
            is_stale = bool(silence.limit_ms) and silence.silent_ms > silence.limit_ms
            if is_stale and silence.stream not in self._stale:
                events.append(Stale(*silence))
            elif not is_stale and silence.stream in self._stale:
                events.append(Fresh(silence.stream, silence.book))
            (self._stale.add if is_stale else self._stale.discard)(silence.stream)
        self._stale &= {silence.stream for silence in silences}
        return events

    def _silences(
        self, now: float, received: float, accounts: Mapping[int, AccountState], books: Iterable[LocalBook]
    ) -> Iterator[_Silence]:
        limits = self._in_force
        yield _Silence("connection", int((now - received) * 1000), limits.connection_ms or 0)
        for number, account in accounts.items():
            yield _Silence(f"account {number}", int((now - account.heard) * 1000), limits.private_ms or 0)
        for book in books:
            if book.synced:
                name = f"book {book.symbol or book.instrument} {book.levels_max}"
                yield _Silence(name, book.age_ms, limits.book_ms or 0, book)
