"""What a venue that serves does beside its commands: the journal sealed, snapshots taken, trading stopped in time."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.codes import MarketState
from exchange.engine import query
from exchange.venue import upkeep as upkeep_module
from exchange.venue.upkeep import IDLE_TURNS, TRY_SPACE_NS, Upkeep
from tests.gateway.harness import Bench


class Thread:
    """The journal's thread, turned by hand."""

    def __init__(self, *_: Any) -> None:
        self.jobs: list[tuple[Callable[[], Any], Callable[[BaseException | None], None]]] = []

    def spawn(self, job: Callable[[], Any], done: Callable[[BaseException | None], None]) -> None:
        self.jobs.append((job, done))

    def run(self, error: BaseException | None = None) -> list[Any]:
        jobs, self.jobs = self.jobs, []
        results = [job() if error is None else None for job, _ in jobs]
        for _, done in jobs:
            done(error)
        return results

    def start(self) -> None:
        """It runs by hand."""

    stop = start


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        made.connect(made.keys[1]).ask(made.order(10, "a1"))
        yield made


def turned(upkeep: Upkeep, bench: Bench, turns: int) -> None:
    for _ in range(turns):
        bench.clock.now += 10_000_000
        upkeep.turn()
        bench.settle()


def test_a_journal_is_sealed_when_nothing_happens_and_once_at_a_time(bench: Bench) -> None:
    thread = Thread()
    upkeep = Upkeep(bench.opened, bench.clock, thread)  # type: ignore[arg-type]  # a thread by hand
    turned(upkeep, bench, IDLE_TURNS - 1)
    assert upkeep.idle and thread.jobs == []
    turned(upkeep, bench, 1 + IDLE_TURNS)
    assert len(thread.jobs) == 1 and not upkeep.idle, "it is still with the disk"
    assert thread.run() == [True] and upkeep.idle
    turned(upkeep, bench, IDLE_TURNS)
    assert thread.run() == [False], "it is sealed already"


@pytest.mark.rule("DUR-083")
def test_a_journal_that_cannot_be_sealed_stops_the_venue(bench: Bench) -> None:
    thread = Thread()
    upkeep = Upkeep(bench.opened, bench.clock, thread)  # type: ignore[arg-type]  # a thread by hand
    turned(upkeep, bench, IDLE_TURNS)
    thread.run(OSError(errno.EIO, "broken"))
    assert bench.venue.failed
    turned(upkeep, bench, IDLE_TURNS)
    assert thread.jobs == [], "of a venue that has stopped nothing is left to do"


def test_a_snapshot_is_taken_when_it_is_due_and_one_that_finds_no_space_is_a_warning(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "Writer", Thread)
    monkeypatch.setattr("exchange.journal.journal.SNAPSHOT_RECORDS", 1)
    upkeep = Upkeep(bench.opened, bench.clock, Thread())  # type: ignore[arg-type]  # a thread by hand
    turned(upkeep, bench, IDLE_TURNS)
    snapshots: Any = upkeep._snapshots
    assert snapshots.run() == [bench.venue.sequence] == [bench.opened.journal.snapshot_sequence]
    bench.connect(bench.keys[2]).ask(bench.order(10, "b1"))
    upkeep._sealed(None)
    turned(upkeep, bench, IDLE_TURNS)
    snapshots.run(OSError(errno.ENOSPC, "No space left on device"))
    assert not bench.venue.failed
    assert [line for line in bench.opened.warnings.lines if "a snapshot was not written" in line]
    upkeep.stop()


@pytest.mark.rule("DUR-024")
def test_trading_stops_while_the_journal_lacks_space_and_the_disk_is_tried_again(bench: Bench) -> None:
    class Short:
        """A journal without the segments that trading needs."""

        spare_problem, tries = "No space left on device", 0

        def make_spares(self) -> None:
            self.tries += 1

        def __getattr__(self, name: str) -> Any:
            return getattr(journal, name)

    journal, short = bench.opened.journal, Short()
    bench.opened.journal = short  # type: ignore[assignment]
    upkeep = Upkeep(bench.opened, bench.clock, Thread())  # type: ignore[arg-type]  # a thread by hand
    turned(upkeep, bench, 2)
    assert set(query.group_states(bench.venue.states).values()) == {MarketState.HALT}
    assert bench.venue.is_disk_full and short.tries == 0
    bench.clock.now += TRY_SPACE_NS
    turned(upkeep, bench, 2)
    assert short.tries == 1
    short.spare_problem = ""
    turned(upkeep, bench, 2)
    assert not bench.venue.is_disk_full
    assert ["all groups HALT" in line for line in bench.opened.warnings.lines] == [True, False]
    bench.opened.journal = journal


@pytest.mark.rule("DUR-152")
def test_files_of_events_are_written_on_the_journals_thread(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.venue.event_history.BLOCK_ROWS", 1)
    thread, history = Thread(), bench.venue.history
    upkeep = Upkeep(bench.opened, bench.clock, thread)  # type: ignore[arg-type]  # a thread by hand
    path = Path(bench.folder) / "events" / "0000000001.events"
    turned(upkeep, bench, 3)
    assert len(thread.jobs) == 1 and not path.exists(), "one job at a time, and none of them in the loop"
    thread.run()
    assert path.exists() and history._chunks[-1].is_written
    bench.connect(bench.keys[2]).ask(bench.order(10, "b1"))
    turned(upkeep, bench, 1)
    thread.run(AssertionError("the writer is wrong"))
    assert bench.venue.failed
