"""A venue in simulated time: the real engine, journal and daily keepers, without sockets, threads and waiting.

    with SimulatedVenue(folder, date(2026, 11, 2), load_spec().with_chips(["H100"])) as simulated:
        simulated.row(CommandKind.DEPOSIT, account=1, amount_mills=10**9)    # a command, with all that follows now
        simulated.go_to(day, hour=21)                                        # on the way the venue does what is due

Time stands still while the venue works, and jumps to the next moment at which it has something to do. So a quiet day
takes a few steps, and the journal is that of a venue whose timers were exact, with one exception: while an account is
liquidated, it looks for the other side each 15 minutes, and a venue that serves each minute.
"""

import random
from collections import deque
from collections.abc import Callable
from datetime import date
from typing import Any

from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.clearing_codes import AccountFlag
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import Row
from exchange.errors import UserError
from exchange.gateway.outbox import Outbox
from exchange.seams import NoSyncDisk
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_MS, NS_PER_S, NS_PER_US
from exchange.venue.bootstrap import LaunchCatalogue, OpenVenue, Seams
from exchange.venue.day_schedule import DaySchedule

OPENING_HOUR = 6  # of the day on which the venue is opened
TURN_NS = 10 * NS_PER_MS  # between two looks of the venue's timers, as `Upkeep` has them
MINUTE_NS = 60 * NS_PER_S  # between two marks (MARGIN-014)
# Between two looks while an account is liquidated. A venue that serves looks each minute (FALL-003), mostly in vain.
LIQUIDATION_NS = 15 * MINUTE_NS
IDLE_TURNS = 2  # turns without a command, after which nothing more is due now
SEGMENT_BYTES = 1 << 23
BATCH_ROWS = 1_024


class SimulatedClock:
    """A clock that stands still until `time_ns` is set."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def now_ns(self) -> int:
        return self.time_ns

    def wall_us(self) -> int:
        return self.time_ns // NS_PER_US

    def mono_ns(self) -> int:
        return self.time_ns

    async def sleep(self, seconds: float) -> None:
        self.time_ns += int(seconds * NS_PER_S)


class SeededRng:
    """The same bytes in each run of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


class SimulatedVenue:
    """One venue with a scheduled day, in a new folder. Use it as a context manager: it stops cleanly at the end."""

    def __init__(self, folder: str, day: date, spec: Spec | None = None, limits: str = "venue", seed: int = 1) -> None:
        """day     trading day that the venue is opened on

        spec    what it lists; None: the launch catalogue
        limits  name of its size
        seed    of nonces and the journal's id
        """
        self.clock = SimulatedClock(day_number(day) * NS_PER_DAY + OPENING_HOUR * NS_PER_HOUR)
        self.schedule = DaySchedule()
        self._calls: deque[Callable[[], None]] = deque()
        self._watch: Callable[[], None] = lambda: None
        self._wake_ns = 0
        self._mark_ns = 0  # the next full minute after the last commands: what they have moved is marked then
        seams = Seams(
            NoSyncDisk(), SeededRng(seed), self.clock, self._spawn, self._calls.append, SEGMENT_BYTES,
        )  # fmt: skip
        outbox = Outbox(self._calls.append, lambda _queue, _pending: None, 1 << 18)
        catalogue = LaunchCatalogue(day, spec=spec)
        self.opened = OpenVenue(folder, limits, catalogue, seams, outbox, BATCH_ROWS, self.schedule)
        self.venue, self.states, self.spec = self.opened.venue, self.opened.venue.states, self.opened.spec

    def __enter__(self) -> "SimulatedVenue":
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()

    @property
    def day(self) -> date:
        """The trading day: that of the next close."""
        return self.schedule.closing_day(self.clock.time_ns)

    # commands

    def row(self, kind: CommandKind, **fields: int) -> list[Row]:
        """Carry out one command. Returns its events; all that follows from it now is done too."""
        return self.rows([{"kind": kind, **fields}])[0]

    def rows(self, commands: list[dict[str, int]]) -> list[list[Row]]:
        """Carry out commands of one commit. Returns the events of each."""
        answers: list[list[Row]] = []
        for fields in commands:
            self.venue.own.submit(fields, answers.append)
        self._settle()
        self._mark_ns = (self.clock.time_ns // MINUTE_NS + 1) * MINUTE_NS
        assert len(answers) == len(commands), "every command is answered"
        return answers

    def control(self, kind: CommandKind, payload: Any) -> None:
        """Carry out a control. UserError: it is refused."""
        refused: list[str] = []
        self.venue.own.submit_control(kind, encode_payload(payload), lambda _events: None, refused.append)
        self._settle()
        if refused:
            raise UserError(f"{kind.name} is refused: {refused[0]}")

    # time

    def go_to(self, day: date, hour: int, second: int = 0) -> None:
        """Let time pass until a moment, in UTC. The venue does what is due on the way, and at the moment itself."""
        until_ns = day_number(day) * NS_PER_DAY + hour * NS_PER_HOUR + second * NS_PER_S
        while self.clock.time_ns < until_ns:
            self.clock.time_ns = self._next_ns(until_ns)
            self.work()
            self._watch()

    def watch(self, watch: Callable[[], None]) -> None:
        """Call a function after the venue's work at each moment."""
        self._watch = watch

    def wake_at(self, time_ns: int) -> None:
        """Stop at a moment, too, on the way to a later one. The next call replaces it."""
        self._wake_ns = time_ns

    def work(self) -> None:
        """Do all that is due now."""
        idle = 0
        while idle < IDLE_TURNS:
            before = self.venue.sequence
            self.venue.timekeeper.turn()
            self.venue.publish_due()
            self._settle()
            if (write := self.venue.history.begin_flush()) is not None:
                write()
                self.venue.history.end_flush()
            self.clock.time_ns += TURN_NS
            idle = idle + 1 if self.venue.sequence == before else 0
            if (error := self.venue.failure.error) is not None:
                raise error

    def _next_ns(self, until_ns: int) -> int:
        """The next moment at which the venue may have something to do."""
        now_ns, states = self.clock.time_ns, self.states
        found = [until_ns, self._wake_ns, self._mark_ns, self.schedule.noon_ns(now_ns), query.next_due_ns(states)]
        for group, state in query.group_states(states).items():
            published_ns = self.venue.settlement_status.when_published(group)
            found.append(self.schedule.end_ns(state, now_ns, published_ns))
        accounts = states["accounts"][0]
        found += accounts["call_due_ns"][accounts["call_due_ns"] > now_ns].tolist()
        for rows in (states["groups"][0], states["guards"][0]):
            found += rows["reopen_ns"][rows["reopen_ns"] > now_ns].tolist()
        if (accounts["flags"] & int(AccountFlag.LIQUIDATING)).any():
            found.append((now_ns // LIQUIDATION_NS + 1) * LIQUIDATION_NS)
        return int(min(time_ns for time_ns in found if time_ns > now_ns))

    def _spawn(self, job: Callable[[], Any], done: Callable[[BaseException | None], None]) -> None:
        """Run the job of the helper thread as soon as the present step has ended."""

        def run() -> None:
            job()
            done(None)

        self._calls.append(run)

    def _settle(self) -> None:
        """Run the loop until nothing is left to do."""
        while self._calls:
            self._calls.popleft()()
