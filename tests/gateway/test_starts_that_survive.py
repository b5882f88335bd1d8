"""A start that survives damage notes it, and one that cannot restore a store leaves no false one behind."""

import errno
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.journal.errors import Refusal
from exchange.venue import derived_stores
from exchange.venue import event_history as history
from exchange.venue.event_files import SUFFIX
from exchange.venue.folder_check import verify_folder
from tests.gateway.harness import Bench, NoSyncDisk
from tests.venue.test_event_history import small_chunks
from tests.venue.test_kept_events import told_again, traded

__all__ = ["small_chunks"]
HOUR_NS = 3_600 * 10**9


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def unreadable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The disk gives nothing of files with this in their path."""
    paths: dict[int, str] = {}

    class Worn(NoSyncDisk):
        def open(self, path: str, *given: Any, **options: Any) -> int:
            handle = super().open(path, *given, **options)
            paths[handle] = path
            return handle

        def pread(self, handle: int, count: int, offset: int) -> bytes:
            if name in paths.get(handle, ""):
                raise OSError(errno.EIO, "Input/output error")
            return super().pread(handle, count, offset)

    monkeypatch.setattr("tests.gateway.harness.NoSyncDisk", Worn)


@pytest.mark.rule("DUR-004", "DUR-101", "DUR-054", "DUR-070")
@pytest.mark.parametrize(
    ("name", "at", "fact"),
    [
        ("snap/*", 20_000, "skipped"),
        ("HEAD", 20, "HEAD slot 0 is damaged"),
        ("HEAD", 4_096 + 20, "HEAD slot 1 is damaged"),
        ("journal/0000000001.seg", 20, "segment 1"),
    ],
)
def test_what_a_start_survived_is_noted(tmp_path: Path, name: str, at: int, fact: str) -> None:
    folder = tmp_path / "venue"
    traded(folder, True)
    with Bench(str(folder)) as bench:
        assert not bench.opened.warnings.lines
    flip(next(folder.glob(name)), at)
    with Bench(str(folder)) as bench:
        assert any(fact in line for line in bench.opened.warnings.lines), bench.opened.warnings.lines
        assert [*bench.opened.report.notes] == bench.opened.warnings.lines


@pytest.mark.rule("DUR-004", "DUR-150", "DUR-152", "DUR-154")
@pytest.mark.parametrize("name", ["keys.sqlite3", "events/0000000001"])
@pytest.mark.parametrize("snapshot", [False, True])
def test_derived_store_that_cannot_be_read_stops_no_start(
    tmp_path: Path, name: str, snapshot: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "venue"
    last, before = traded(folder, snapshot)
    with monkeypatch.context() as worn:
        unreadable(worn, name)
        with Bench(str(folder)) as bench:
            assert any(name.split("/")[-1] in line for line in bench.opened.warnings.lines)
            assert len(bench.opened.keys.sessions) == 1
    after, _ = told_again(folder, last)
    assert after == before
    assert verify_folder(str(folder), deep=True).notes == ()


@pytest.mark.rule("DUR-120", "DUR-004")
@pytest.mark.parametrize("name", ["keys.sqlite3", "events/0000000001"])
def test_verification_names_a_store_that_cannot_be_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "venue"
    traded(folder, False)
    unreadable(monkeypatch, name)
    from tests.gateway.harness import NoSyncDisk as Worn

    notes = verify_folder(str(folder), disk=Worn()).notes
    assert any(name.split("/")[-1] in note and "Input/output error" in note for note in notes), notes


@pytest.mark.rule("DUR-155", "DUR-154")
@pytest.mark.parametrize("frames", [0, 3, 30])
@pytest.mark.parametrize("kept", [0, 128 * 20])
def test_events_that_could_not_be_made_again_stay_missing_until_they_can_be(
    tmp_path: Path, frames: int, kept: int, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "ROWS_MAX", 10_000)
    folder = tmp_path / "venue"
    last, before = traded(folder, True)
    for path in sorted((folder / "events").glob(f"*{SUFFIX}"))[bool(kept) :]:
        path.unlink()
    for path in (folder / "events").iterdir():
        path.write_bytes(path.read_bytes()[:kept])
    replay = derived_stores.replay_from

    def broken(*given: Any) -> Iterator[Any]:
        for number, found in enumerate(replay(*given)):
            if number == frames:
                raise Refusal("an old segment is damaged", 1, 2, 3)
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(derived_stores, "replay_from", broken)
        with Bench(str(folder)) as bench:
            lines = bench.opened.warnings.lines
            assert any("could not be restored" in line for line in lines), lines
            assert bench.venue.history.of_account(1, 1, last) is None
            bench.connect(bench.keys[1]).ask(bench.order(9_000, "late"))
            newest = query.account_sequence(bench.venue.states, 1)
            assert bench.venue.history.of_account(1, last + 1, newest)
    assert any("are incomplete" in note for note in verify_folder(str(folder), deep=True).notes)
    with Bench(str(folder)) as bench:
        assert bench.venue.history.of_account(1, 1, last) == before
        assert bench.venue.history.of_account(1, last + 1, newest)
    assert verify_folder(str(folder), deep=True).notes == ()


@pytest.mark.rule("DUR-155", "DUR-154")
@pytest.mark.parametrize("seed", range(6))
def test_events_made_again_are_content_whatever_the_venue_did_not_do_meanwhile(tmp_path: Path, seed: int) -> None:
    """Orders, idle days and lone commands without an event, then the events are lost: they are made again once."""
    rng = random.Random(seed)
    folder, hour = tmp_path / "venue", 0
    for number in range(5):
        with Bench(str(folder), later_ns=hour * HOUR_NS) as bench:
            if number == 0 or rng.random() < 0.5:
                bench.connect(bench.keys[1]).ask(bench.order(100 + number, f"a{number}"))
            else:
                bench.venue.own.submit({"kind": CommandKind.CLOCK}, lambda events: None)
                bench.settle()
            if number == 4 or rng.random() < 0.5:
                bench.venue.history.flush()
                bench.opened.journal.snapshot(bench.venue.engine)
        hour += rng.choice((2, 16, 22, 30))
    for lost in (True, False, False):
        if lost:
            shutil.rmtree(folder / "events")
        with Bench(str(folder), later_ns=hour * HOUR_NS) as bench:
            assert bool(bench.opened.warnings.lines) == lost, bench.opened.warnings.lines
        assert verify_folder(str(folder), deep=True).notes == ()
