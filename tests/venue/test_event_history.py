"""Released events that are kept: found again, or said to be gone."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Warnings
from exchange.records import EVENT_STRUCT
from exchange.seams import RealDisk
from exchange.venue import event_history as history_module
from exchange.venue.event_history import SUFFIX, EventHistory
from tests.venue.made_events import PoorDisk, events, found


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "CHUNK_ROWS", 10)
    monkeypatch.setattr(history_module, "ROWS_MAX", 40)


@pytest.mark.rule("DUR-154")
def test_events_are_found_by_command_and_by_account(tmp_path: object) -> None:
    history, numbers = EventHistory(RealDisk(), f"{tmp_path}/events"), {}
    for start in range(1, 100, 7):
        history.append(events(start, numbers, 7))
    assert found(history, 1, 5, 9) == [5, 6, 7, 8, 9]
    assert [row[0] for row in history.of_command(42) or []] == [42]
    assert history.of_command(5_000) is None
    assert found(history, 1, 5, 4) == []


@pytest.mark.rule("RECOV-003", "RECOV-013")
def test_something_no_longer_kept_is_none_never_a_part(tmp_path: object, small_chunks: None) -> None:
    history, numbers = EventHistory(RealDisk(), f"{tmp_path}/events"), {}
    for start in range(1, 101, 10):
        history.append(events(start, numbers, 10))
    oldest = history.oldest(1)
    assert oldest == 31
    assert found(history, 1, oldest - 1, 40) is None
    assert found(history, 1, oldest, 50) == [*range(oldest, 51)]
    assert found(history, 1, 40, 51) is None, "a number that was never used"
    assert history.of_command(5) is None


@pytest.mark.rule("DUR-081", "DUR-154")
def test_short_write_of_events_is_continued(tmp_path: object) -> None:
    history, numbers = EventHistory(PoorDisk(100, 1 << 20), f"{tmp_path}/events"), {}
    for start in range(1, 61, 10):
        history.append(events(start, numbers, 10))
        history.flush()
    history.close()
    again = EventHistory(RealDisk(), f"{tmp_path}/events")
    again.load(60)
    assert found(again, 1, 1, 30) == [*range(1, 31)]


@pytest.mark.rule("DUR-024", "DUR-152", "DUR-154")
def test_full_disk_ends_the_files_of_events_with_one_line_and_the_newest_stay_in_memory(
    tmp_path: object, small_chunks: None
) -> None:
    warnings = Warnings()
    history, numbers = EventHistory(PoorDisk(1 << 20, 4_000), f"{tmp_path}/events", warnings), {}
    for start in range(1, 31, 2):
        history.append(events(start, numbers, 2))
        history.flush()
        assert found(history, 1, 1, numbers[1]) == [*range(1, numbers[1] + 1)], "nothing is lost yet"
    history.append(events(31, numbers, 10))
    assert len(warnings.lines) == 1 and "No space left" in warnings.lines[0]
    assert found(history, 1, 11, 20) == [*range(11, 21)] and found(history, 1, 1, 20) is None
    history.close()
    again = EventHistory(RealDisk(), f"{tmp_path}/events")
    again.load(40)
    assert found(again, 1, 1, 10) == [*range(1, 11)] and found(again, 1, 1, 20) is None


@pytest.mark.rule("DUR-152")
def test_events_without_a_folder_are_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("no folder")
    warnings = Warnings()
    history, numbers = EventHistory(RealDisk(), f"{tmp_path}/events", warnings), {}
    history.load(9)
    history.append(events(10, numbers, 10))
    assert len(warnings.lines) == 1 and found(history, 1, 1, 5) == [1, 2, 3, 4, 5]


def test_row_with_a_margin_stands_for_two_numbers(tmp_path: object) -> None:
    history, numbers = EventHistory(RealDisk()), {}
    history.append(events(1, numbers, 10, margin=True))
    assert found(history, 1, 2, 4) == [1, 3]
    assert found(history, 1, 10, 10) == [9]
    assert found(history, 1, 11, 11) is None


@pytest.mark.rule("DUR-154")
@given(sizes=st.lists(st.integers(1, 25), min_size=1, max_size=12), stop=st.integers(0, 11))
def test_history_goes_on_after_a_restart_and_a_gap_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], stop: int
) -> None:
    folder = str(tmp_path_factory.mktemp("history") / "events")
    history, numbers, sequence = EventHistory(RealDisk(), folder), {}, 1
    kept: list[np.ndarray] = []
    for place, size in enumerate(sizes):
        rows = events(sequence, numbers, size)
        sequence += size
        history.append(rows)
        kept.append(rows)
        if place == stop:
            history.close()
            history = EventHistory(RealDisk(), folder)
            history.load(sequence - 1)
            assert history.last_sequence == sequence - 1
    expected = np.concatenate(kept)
    for account in (1, 2):
        mine = expected[expected["account"] == account]
        assert history.of_account(account, 1, len(mine)) == list(EVENT_STRUCT.iter_unpack(mine.tobytes()))
    history.append(events(sequence + 1, {1: numbers.get(1, 0) + 1, 2: numbers.get(2, 0) + 1}, 2))
    assert found(history, 1, 1, numbers.get(1, 0) + 2) is None
    history.close()


@pytest.mark.rule("DUR-152", "DUR-150")
def test_file_ahead_of_the_journal_or_damaged_is_dropped(tmp_path: object) -> None:
    for damage in (None, b"\xff" * 128):
        folder = f"{tmp_path}/{'ahead' if damage is None else 'damaged'}"
        history, numbers = EventHistory(RealDisk(), folder), {}
        history.append(events(1, numbers, 20))
        history.close()
        if damage is not None:
            with open(f"{folder}/0000000001{SUFFIX}", "r+b") as file:
                file.seek(5 * 128)
                file.write(damage)
        again = EventHistory(RealDisk(), folder)
        again.load(19 if damage is None else 20)
        assert found(again, 1, 1, 5) is None and RealDisk().list(folder) == []


def test_file_with_rows_of_another_version_is_dropped(tmp_path: object) -> None:
    folder = f"{tmp_path}/events"
    history = EventHistory(RealDisk(), folder)
    history.append(events(1, {}, 20))
    history.close()
    os.rename(f"{folder}/0000000001{SUFFIX}", f"{folder}/0000000001{SUFFIX}0")
    foreign = ["0000000001.rows.bak", "notes.rows"]
    for name in foreign:
        open(f"{folder}/{name}", "w").close()
    again = EventHistory(RealDisk(), folder)
    again.load(20)
    assert again.last_sequence == 0 and found(again, 1, 1, 5) is None and RealDisk().list(folder) == foreign


def test_zeros_that_a_power_loss_leaves_at_the_end_are_cut(tmp_path: object) -> None:
    folder = f"{tmp_path}/events"
    history, numbers = EventHistory(RealDisk(), folder), {}
    history.append(events(1, numbers, 20))
    history.close()
    with open(f"{folder}/0000000001{SUFFIX}", "ab") as file:
        file.write(bytes(300))
    again = EventHistory(RealDisk(), folder)
    again.load(20)
    assert again.last_sequence == 20 and found(again, 1, 1, 10) == [*range(1, 11)]


@pytest.mark.rule("DUR-154", "RECOV-013")
def test_starts_do_not_use_up_what_is_kept(tmp_path: object, small_chunks: None) -> None:
    folder, numbers = f"{tmp_path}/events", {}
    for sequence in range(1, 36):
        history = EventHistory(RealDisk(), folder)
        history.load(sequence - 1, sequence)
        history.append(events(sequence, numbers, 1))
        history.close()
    history = EventHistory(RealDisk(), folder)
    history.load(35)
    assert len(RealDisk().list(folder)) == 4 and found(history, 1, 1, 17) == [*range(1, 18)]
    assert [row[0] for row in history.of_command(12) or []] == [12]


@pytest.mark.rule("DUR-154")
def test_file_that_was_created_and_not_written_takes_nothing_with_it(tmp_path: object) -> None:
    folder = f"{tmp_path}/events"
    history, numbers = EventHistory(RealDisk(), folder), {}
    history.append(events(1, numbers, 20))
    history.close()
    open(f"{folder}/0000000002{SUFFIX}", "w").close()
    again = EventHistory(RealDisk(), folder)
    again.load(20)
    assert found(again, 1, 1, 10) == [*range(1, 11)] and RealDisk().list(folder) == [f"0000000001{SUFFIX}"]


@pytest.mark.rule("DUR-154")
@given(cut=st.integers(0, 40 * 128), replayed_from=st.integers(1, 12), more=st.integers(0, 30))
def test_whatever_the_end_lost_the_replay_fills_it_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int, replayed_from: int, more: int
) -> None:
    """Commands of three and five events; the files end anywhere, and the replay has the commands of its part whole."""
    folder, numbers = str(tmp_path_factory.mktemp("torn") / "events"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "CHUNK_ROWS", 10)
        commands = [events(1, numbers, 3 if number % 2 else 5) for number in range(10)]
        for number, rows in enumerate(commands, 1):
            rows["sequence"] = number
        history = EventHistory(RealDisk(), folder)
        for rows in commands:
            history.append(rows)
        history.close()
        for name in RealDisk().list(folder):
            size = os.path.getsize(f"{folder}/{name}")
            os.truncate(f"{folder}/{name}", min(size, cut))
            cut = max(0, cut - size)
        for run in range(2):
            history = EventHistory(RealDisk(), folder)
            history.load(10, replayed_from)
            for rows in commands[replayed_from - 1 :]:
                history.append(rows)
            if run == 0 and more % 2:
                history.flush()
        for number, rows in enumerate(commands, 1):
            known = history.of_command(number)
            assert known in (None, list(EVENT_STRUCT.iter_unpack(rows.tobytes())))
            assert known is not None or number < replayed_from
        history.close()
        assert all(os.path.getsize(f"{folder}/{name}") % 128 == 0 for name in RealDisk().list(folder))


@pytest.mark.rule("DUR-154", "RECOV-011")
def test_last_command_is_not_told_when_rows_of_it_may_be_missing(tmp_path: object) -> None:
    folder = f"{tmp_path}/events"
    history, numbers = EventHistory(RealDisk(), folder), {}
    rows = events(1, numbers, 20)
    rows["sequence"][15:] = 16
    history.append(rows[:15])
    history.flush()
    history.append(rows[15:])
    history.close()
    os.truncate(f"{folder}/0000000001{SUFFIX}", 19 * 128)
    again = EventHistory(RealDisk(), folder)
    again.load(30, 31)
    assert again.of_command(16) is None and len(again.of_command(15) or []) == 1
    assert found(again, 1, 1, 7) == [*range(1, 8)], "what stands in a whole block is certain"
    assert found(again, 1, 1, 8) is None and again.missing_from == 16


@pytest.mark.rule("RECOV-013")
def test_what_is_older_than_a_day_goes(tmp_path: object, small_chunks: None) -> None:
    folder = f"{tmp_path}/events"
    history, numbers = EventHistory(RealDisk(), folder), {}
    for start, hour in ((1, 0), (11, 1), (21, 24), (31, 25)):
        rows = events(start, numbers, 10)
        rows["time_ns"] = hour * 3_600 * 10**9
        history.append(rows)
        history.flush()
    assert history.oldest(1) == 1
    history.append(events(41, numbers, 10))
    history.flush()
    assert history.oldest(1) == 6
    assert len(RealDisk().list(folder)) == 4


@pytest.mark.rule("DUR-154")
def test_older_file_that_is_damaged_is_said_to_be_gone(tmp_path: object, small_chunks: None) -> None:
    folder = f"{tmp_path}/events"
    history, numbers = EventHistory(RealDisk(), folder), {}
    for start in range(1, 41, 10):
        history.append(events(start, numbers, 10))
    history.close()
    with open(f"{folder}/0000000002{SUFFIX}", "r+b") as file:
        file.seek(5 * 128)
        file.write(b"\xff" * 128)
    again = EventHistory(RealDisk(), folder)
    again.load(40)
    assert again.of_command(17) is None and found(again, 1, 6, 10) is None
    assert found(again, 1, 11, 20) == [*range(11, 21)]


def test_latest_rows_of_a_kind_are_found_over_files(tmp_path: object, small_chunks: None) -> None:
    history, numbers = EventHistory(RealDisk(), f"{tmp_path}/events"), {}
    for start in range(1, 41, 10):
        history.append(events(start, numbers, 10))
    latest = history.latest(lambda rows: rows["sequence"] % 4 == 0, 4, 3)
    assert [row[0] for row in latest] == [24, 28, 32, 36, 40]
    assert [row[0] for row in history.latest(lambda rows: rows["sequence"] == 8, 4, 3)] == []
