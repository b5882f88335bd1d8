"""The work that a running venue does every 10 ms, apart from commands.

It turns the timers, publishes channels with a cadence, writes the derived stores, seals an idle journal, takes
snapshots, and halts the market while the disk has no space for another segment (DUR-024).
"""

from exchange.seams import Clock
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.daily.day_candles import DAYS, DayCandles
from exchange.venue.loop import Writer

IDLE_TURNS = 5  # turns of 10 ms without a commit, after which the journal may write SEAL
TRY_SPACE_NS = 10_000_000_000  # between attempts to make a segment on a disk that was full


class Upkeep:
    """Does the recurring work of one venue. Call `turn` every 10 ms."""

    def __init__(self, opened: OpenVenue, clock: Clock, writer: Writer) -> None:
        """`writer`: the journal's thread. Snapshots are large and get a thread of their own."""
        self._opened, self._venue, self._clock = opened, opened.venue, clock
        self._writer = writer
        self._snapshots: Writer | None = None
        self._days = DayCandles(
            opened.seams.disk, f"{opened.folder}/{DAYS}", opened.history_name, self._venue.market.prints,
            opened.warnings.note,
        )  # fmt: skip
        self._days.load(self._venue.sequence)
        self._idle_turns = 0
        self._sealing = False
        self._is_full, self._try_space_ns = False, 0  # whether the journal lacks space, when to try again

    @property
    def idle(self) -> bool:
        """Whether no SEAL is being written."""
        return not self._sealing

    def turn(self) -> None:
        """Do what is due; an exception stops the venue."""
        if self._venue.failed:
            return
        try:
            self._turn()
        except Exception as error:
            self._venue.fail(error)

    def stop(self) -> None:
        """Wait for a snapshot that is being written."""
        if self._snapshots is not None:
            self._snapshots.stop()

    def _turn(self) -> None:
        venue = self._venue
        venue.timekeeper.turn()
        venue.publish_due()
        if (write := venue.history.begin_flush()) is not None:
            self._writer.spawn(write, self._events_written)
        if (write_days := self._days.begin_write(venue.time_us, venue.sequence)) is not None:
            self._writer.spawn(write_days, self._days_written)
        self._opened.keys.flush()
        self._check_space()
        self._idle_turns = self._idle_turns + 1 if venue.idle else 0
        if self._idle_turns >= IDLE_TURNS and not self._sealing:
            self._idle_turns = 0
            self._seal()
            self._take_snapshot()

    def _events_written(self, error: BaseException | None) -> None:
        """A disk error is a warning of the history; any other stops the venue."""
        if error is not None:
            self._venue.fail(error)
        elif not self._venue.failed:
            self._venue.history.end_flush()

    def _days_written(self, error: BaseException | None) -> None:
        """A disk error is a warning: the files are written with those of the next day."""
        self._days.end_write(error)
        if isinstance(error, OSError):
            self._opened.warnings.note(f"candles of a trading day were not written: {error}")
        elif error is not None:
            self._venue.fail(error)

    def _check_space(self) -> None:
        """Halt the market when the disk fills up, while there is still space for cancels; try again later (DUR-024)."""
        journal, now_ns, warnings = self._opened.journal, self._clock.mono_ns(), self._opened.warnings
        if not (problem := journal.spare_problem):
            if self._is_full:
                warnings.note("the disk has space again: the operator may open the groups")
                self._venue.limit_to_reserve(False)
            self._is_full = False
        elif not self._is_full:
            self._is_full, self._try_space_ns = True, now_ns + TRY_SPACE_NS
            warnings.note(f"another segment of the journal is needed, {problem}: all groups HALT")
            self._venue.limit_to_reserve(True)
        elif now_ns >= self._try_space_ns:
            self._try_space_ns = now_ns + TRY_SPACE_NS
            journal.make_spares()

    def _seal(self) -> None:
        self._sealing = True
        self._writer.spawn(self._opened.journal.idle, self._sealed)

    def _sealed(self, error: BaseException | None) -> None:
        self._sealing = False
        if error is not None:
            self._venue.fail(error)

    def _take_snapshot(self) -> None:
        """Copy the state if a snapshot is due, and write the file on the thread for snapshots."""
        if (write := self._opened.snapshot_if_due()) is None:
            return
        if self._snapshots is None:
            self._snapshots = Writer()
            self._snapshots.start()
        self._snapshots.spawn(write, self._written)

    def _written(self, error: BaseException | None) -> None:
        """Note a disk error as a warning: without the snapshot the next start replays the journal. Others stop."""
        if isinstance(error, OSError):
            self._opened.warnings.note(f"a snapshot was not written: {error}")
        elif error is not None:
            self._venue.fail(error)
