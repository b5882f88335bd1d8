"""Kept events are those of the journal: a damaged one is never told, a lost one comes back."""

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.engine import query
from exchange.errors import Warnings
from exchange.journal.errors import Refusal
from exchange.records import EVENT_STRUCT
from exchange.seams import RealDisk
from exchange.venue import derived_stores
from exchange.venue import event_history as history_module
from exchange.venue.event_blocks import block_key, pack_block, read_event_file
from exchange.venue.event_files import SUFFIX
from exchange.venue.event_history import EventHistory
from exchange.venue.folder_check import verify_folder
from tests.gateway.harness import Bench
from tests.venue.test_event_history import events, small_chunks

__all__ = ["small_chunks"]
FIRST = f"0000000001{SUFFIX}"


def traded(folder: Path, snapshot: bool) -> tuple[int, list[Any]]:
    """A venue with some orders, a snapshot behind half of them, stopped; its last sequence, and account 1's events."""
    with Bench(str(folder)) as bench:
        peer = bench.connect(bench.keys[1])
        for number in range(40):
            peer.ask(bench.order(10 + number, f"a{number}"))
            bench.venue.history.flush()
            if snapshot and number == 30:
                bench.opened.journal.snapshot(bench.venue.engine)
        last = query.account_sequence(bench.venue.states, 1)
        told = bench.venue.history.of_account(1, 1, last)
        assert told is not None
        return last, told


def told_again(folder: Path, last: int) -> tuple[Any, list[str]]:
    with Bench(str(folder)) as bench:
        return bench.venue.history.of_account(1, 1, last), bench.opened.warnings.lines


@pytest.mark.rule("DUR-154", "DUR-004")
@pytest.mark.parametrize("loss", ["folder", "file", "end", "middle", "old version"])
@pytest.mark.parametrize("snapshot", [False, True])
def test_lost_events_come_back_from_the_journal_and_somebody_is_told(
    tmp_path: Path, loss: str, snapshot: bool, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "ROWS_MAX", 10_000)
    folder = tmp_path / "venue"
    last, before = traded(folder, snapshot)
    kept = sorted((folder / "events").iterdir())
    assert len(kept) > 3
    if loss == "folder":
        shutil.rmtree(folder / "events")
    elif loss == "file":
        kept[1].unlink()
    elif loss == "end":
        kept[-1].unlink()
    elif loss == "middle":
        data = bytearray(kept[1].read_bytes())
        data[len(data) // 2] ^= 4
        kept[1].write_bytes(data)
    else:
        for path in kept:
            rows = b"".join(block.rows.tobytes() for block in read_event_file(RealDisk(), str(path)).blocks)
            path.with_suffix(SUFFIX.replace("events", "rows")).write_bytes(rows)
            path.unlink()
    notes = verify_folder(str(folder)).notes
    assert any("events" in note for note in notes)
    after, told = told_again(folder, last)
    assert after == before
    assert any("events" in line for line in told) or loss == "end", told
    assert verify_folder(str(folder), deep=True).notes == ()


@pytest.mark.rule("DUR-154")
def test_only_a_day_comes_back_and_the_next_start_is_content_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "venue"
    hour_ns = 3_600 * 10**9
    with Bench(str(folder)) as bench:
        peer = bench.connect(bench.keys[1])
        for number in range(10):
            peer.ask(bench.order(10 + number, f"a{number}"))
            bench.clock.now += 5 * hour_ns
        last = query.account_sequence(bench.venue.states, 1)
        bench.opened.journal.snapshot(bench.venue.engine)
    shutil.rmtree(folder / "events")
    runs = []
    restore = derived_stores.restore_events
    monkeypatch.setattr("exchange.venue.bootstrap.restore_events", lambda *given: runs.append(1) or restore(*given))
    for _ in range(2):
        with Bench(str(folder), later_ns=50 * hour_ns) as bench:
            history = bench.venue.history
            assert history.of_account(1, last - 3, last) is not None and history.of_account(1, 1, last) is None
    assert len(runs) == 1 and verify_folder(str(folder), deep=True).notes == ()


@pytest.mark.rule("DUR-022", "DUR-154")
def test_no_flipped_bit_of_a_file_is_told_as_an_event(tmp_path: Path, small_chunks: None) -> None:
    """Neither at a start nor in a file that is damaged while the venue runs."""
    folder, numbers = tmp_path / "events", dict[int, int]()
    history = EventHistory(RealDisk(), str(folder))
    kept = [events(start, numbers, 5) for start in range(1, 36, 5)]
    for rows in kept:
        history.append(rows)
        history.flush()
    history.close()
    truth = {int(row["sequence"]): EVENT_STRUCT.unpack(row.tobytes()) for row in np.concatenate(kept)}
    rng = random.Random(8)
    names = sorted(path.name for path in folder.iterdir())
    for _ in range(150):
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        path = copy / rng.choice(names)
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        running, warnings = EventHistory(RealDisk(), str(copy)), Warnings()
        running.load(35)
        path.write_bytes(data)
        again = EventHistory(RealDisk(), str(copy), warnings)
        for found in (running, again):
            if found is again:
                again.load(35)
            for sequence, row in truth.items():
                assert found.of_command(sequence) in (None, [row])
        assert len(warnings.lines) == 1 and path.name in warnings.lines[0]
        running.close()
        again.close()
        shutil.rmtree(copy)


@pytest.mark.rule("DUR-120", "DUR-154")
def test_deep_refuses_events_and_keys_that_the_journal_does_not_give(tmp_path: Path) -> None:
    """Written soundly, and wrong."""
    folder = tmp_path / "venue"
    traded(folder, False)
    path = folder / "events" / FIRST
    (first, *rest) = read_event_file(RealDisk(), str(path)).blocks
    rows = first.rows.copy()
    rows["price"][-1] += 1
    data, link = b"", first.link._replace(first=first.first, hash=first.previous, time_ns=first.time_before_ns)
    journal_id = bytes.fromhex(verify_folder(str(folder)).journal_id)
    for block in (first._replace(rows=rows), *rest):
        packed, link = pack_block(
            journal_id, block_key(journal_id), link, block.last, block.frame, block.rows.tobytes()
        )
        data += packed
    path.write_bytes(data)
    assert verify_folder(str(folder)).notes == ()
    with pytest.raises(
        Refusal, match=rf"{path} offset 0: events of commands 1 to \d+ differ from the journal"
    ) as refused:
        verify_folder(str(folder), deep=True)
    assert refused.value.code == 70
