"""The check of derived stores beside a replay: what it holds in memory, and a venue that goes on meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.gateway.keys import KeyStore
from exchange.journal.errors import Refusal
from exchange.journal.frames import Frame
from exchange.records import EVENT
from exchange.seams import RealDisk
from exchange.venue import event_history as history
from exchange.venue import folder_check
from exchange.venue.event_blocks import Block
from exchange.venue.folder_check import FolderStores, verify_folder
from tests.gateway.drop_copy.firm_desk import join
from tests.gateway.harness import Bench
from tests.venue.test_event_history import small_chunks
from tests.venue.test_kept_events import traded

__all__ = ["small_chunks"]


def block(first: int, last: int) -> Block:
    rows = np.zeros(last - first + 1, EVENT)
    rows["sequence"] = np.arange(first, last + 1)
    return Block(first, last, 0, bytes(32), bytes(16), bytes(16), rows, 0)


@pytest.mark.rule("DUR-120")
def test_no_more_events_are_held_than_the_next_block_covers() -> None:
    """Of a journal that is longer than events are kept, those in front of the first block."""
    check = folder_check._EventCheck(iter([("one", block(901, 950)), ("two", block(991, 1_000))]))
    held = []
    for last in range(10, 1_100, 10):
        check.take(last, [block(last - 9, last).rows])
        held.append(sum(len(rows) for rows in check._rows))
    assert max(held) < 60 and held[:90] == [0] * 90 and held[-1] == 0


@pytest.mark.rule("DUR-120", "DUR-154")
def test_file_that_the_venue_drops_meanwhile_is_not_compared(
    tmp_path: Path, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "ROWS_MAX", 10_000)
    folder = tmp_path / "venue"
    traded(folder, False)
    files = sorted((folder / "events").iterdir())

    class Dropping(FolderStores):
        def take(self, frame: Frame, events: list[Any]) -> None:
            for path in files[:2]:
                path.unlink(missing_ok=True)
            super().take(frame, events)

    monkeypatch.setattr(folder_check, "FolderStores", Dropping)
    assert len(files) > 3 and verify_folder(str(folder), deep=True).notes == ()


def test_blocks_are_read_one_file_at_a_time() -> None:
    read: list[int] = []

    def blocks() -> Iterator[tuple[str, Block]]:
        for number in range(3):
            read.append(number)
            yield "file", block(number * 10 + 1, number * 10 + 10)

    check = folder_check._EventCheck(blocks())
    check.take(10, [block(1, 10).rows])
    assert read == [0, 1]


@pytest.mark.rule("DUR-120", "ACCT-010")
def test_accounts_that_changed_their_firm_are_compared_with_the_journal(tmp_path: Path) -> None:
    folder = str(tmp_path / "venue")
    with Bench(folder) as bench:
        for firm in (5, 0, 6):
            join(bench, 1, firm)
        assert [(move.left, move.joined, move.stream) for move in bench.opened.keys.moves] == [
            (0, 5, 2), (5, 0, 2), (0, 6, 2),
        ]  # fmt: skip
        store = bench.opened.keys
    assert verify_folder(folder, deep=True).notes == ()
    again = KeyStore(f"{folder}/keys.sqlite3", RealDisk(), bench.opened.history_name, store.applied)
    again.put_move((again.applied, 2, 0, 5, 2))
    again.close(again.applied)
    with pytest.raises(Refusal, match="accounts that changed their firm differ from the journal"):
        verify_folder(folder, deep=True)
