"""The history's work for the helper thread: nothing is lost, written twice or written early, whenever it is done."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Warnings
from exchange.records import EVENT
from exchange.seams import RealDisk
from exchange.venue import event_history as history_module
from exchange.venue import event_writer as writer_module
from exchange.venue.event_history import SUFFIX, EventHistory
from tests.venue.made_events import PoorDisk, events, found


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "CHUNK_ROWS", 10)
    monkeypatch.setattr(history_module, "ROWS_MAX", 40)


class NoDisk(RealDisk):
    """Does nothing after the start."""

    closed = False

    def open(self, path: str, create: bool = False, write: bool = True) -> int:
        assert not self.closed, path
        return super().open(path, create, write)

    def pwrite(self, handle: int, data: bytes, offset: int) -> int:
        assert not self.closed
        return super().pwrite(handle, data, offset)

    def unlink(self, path: str) -> None:
        assert not self.closed, path
        super().unlink(path)


@pytest.mark.rule("DUR-152")
def test_appended_events_reach_the_disk_only_in_a_job(tmp_path: object, small_chunks: None) -> None:
    disk = NoDisk()
    history, numbers = EventHistory(disk, f"{tmp_path}/events"), {}
    disk.closed = True
    for start in range(1, 81, 8):
        history.append(events(start, numbers, 8))
    jobs = [history.begin_flush() for _ in range(200)]
    (job,) = filter(None, jobs)
    assert found(history, 1, numbers[1] - 10, numbers[1]) == [*range(numbers[1] - 10, numbers[1] + 1)]
    disk.closed = False
    job()
    history.end_flush()
    names = disk.list(f"{tmp_path}/events")
    assert len(names) == len(history._chunks) == 2 and names[0] > f"0000000001{SUFFIX}", "old files are gone"
    assert found(history, 1, history.oldest(1), numbers[1]) == [*range(history.oldest(1), numbers[1] + 1)]


@pytest.mark.rule("DUR-152", "DUR-154")
@given(data=st.data())
def test_whenever_the_helper_thread_writes_nothing_is_lost_or_written_twice(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Jobs run late, early, in the loop or after the stop, between appends of any size."""
    folder, numbers, sequence = str(tmp_path_factory.mktemp("late") / "events"), dict[int, int](), 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "CHUNK_ROWS", 10)
        patch.setattr(history_module, "BLOCK_ROWS", 4)
        patch.setattr(writer_module, "BLOCK_ROWS", data.draw(st.sampled_from([3, 4, 512])))
        history = EventHistory(RealDisk(), folder)
        kept: list[np.ndarray] = []
        jobs: list[Callable[[], None]] = []
        for step in data.draw(st.lists(st.sampled_from("aaabbreef"), min_size=5, max_size=60)):
            if step == "a":
                rows = events(sequence, numbers, data.draw(st.integers(1, 12)))
                sequence += len(rows)
                history.append(rows)
                kept.append(rows)
            elif step == "b" and (job := history.begin_flush()) is not None:
                jobs.append(job)
            elif step == "r" and jobs:
                jobs[-1]()
            elif step == "e":
                history.end_flush()
            elif step == "f":
                history.flush()
        for number in range(1, sequence):
            assert [row[0] for row in history.of_command(number) or []] == [number]
        first = [history.oldest(account) for account in (1, 2)]
        history.close()
        for job in jobs:
            job()
        warnings = Warnings()
        again = EventHistory(RealDisk(), folder, warnings)
        again.load(sequence - 1)
        assert not warnings.lines or sequence == 1
        assert sequence == 1 or [again.oldest(account) for account in (1, 2)] == first
        expected = np.concatenate([np.zeros(0, EVENT), *kept])
        stored = np.concatenate([np.zeros(0, EVENT), *reversed(list(again.newest_first()))])
        assert stored.tobytes() == expected.tobytes()
        again.close()


@pytest.mark.rule("DUR-024", "DUR-152")
def test_a_disk_error_of_the_helper_thread_is_one_line_and_events_stay_in_memory(
    tmp_path: object, small_chunks: None
) -> None:
    warnings = Warnings()
    history, numbers = EventHistory(PoorDisk(1 << 20, 4_000), f"{tmp_path}/events", warnings), {}
    for start in range(1, 31, 10):
        history.append(events(start, numbers, 10))
    for _ in range(history_module.FLUSH_TURNS):
        if (job := history.begin_flush()) is not None:
            job()
    assert warnings.lines == []
    history.end_flush()
    history.end_flush()
    assert len(warnings.lines) == 1 and "No space left" in warnings.lines[0]
    assert found(history, 1, 1, numbers[1]) == [*range(1, numbers[1] + 1)], "nothing is lost yet"
    history.append(events(31, numbers, 10))
    assert history.begin_flush() is None and found(history, 1, 11, 20) == [*range(11, 21)]


@pytest.mark.rule("DUR-083")
def test_after_a_failure_a_job_that_has_not_begun_writes_nothing(tmp_path: object, small_chunks: None) -> None:
    history = EventHistory(RealDisk(), f"{tmp_path}/events")
    history.append(events(1, {}, 600))
    job = history.begin_flush()
    assert job is not None
    history.close(keep=False)
    job()
    assert RealDisk().list(f"{tmp_path}/events") == []


@pytest.mark.rule("DUR-152")
def test_events_that_were_not_shown_are_given_to_no_job(tmp_path: object) -> None:
    history = EventHistory(RealDisk(), f"{tmp_path}/events", hash_at=lambda sequence: bytes(32))
    history.append(events(1, {}, 600))
    history.shown.set(599)
    assert history.begin_flush() is None
    history.shown.set(600)
    assert history.begin_flush() is not None


@pytest.mark.rule("DUR-154")
def test_events_of_a_slow_disk_stay_in_memory_until_they_are_written(tmp_path: object, small_chunks: None) -> None:
    history, numbers = EventHistory(RealDisk(), f"{tmp_path}/events"), {}
    history.append(events(1, numbers, 600))
    job = history.begin_flush()
    assert job is not None
    for start in range(601, 641, 10):
        history.append(events(start, numbers, 10))
    job()
    history.end_flush()
    assert [history.of_command(sequence) is not None for sequence in (605, 615, 625, 635)] == [True] * 4
