"""A cached tape is the tape, appears whole, and may be deleted or filled by others at any time."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bench.tapes.cache import cached_parts, cached_tape, fill, tape_cache
from bench.tapes.parts import TapeControl, row_of
from bench.tapes.reader import TapeReader
from bench.tapes.tape import Tape, read_tape, tape_hash, write_tape
from exchange.errors import UserError
from exchange.records import COMMAND
from tests.bench.tapes.tapes import small_tape


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A written tape, and an empty cache."""
    monkeypatch.setenv("GPUX_CACHE", str(tmp_path / "cache"))
    write_tape(small_tape(), tmp_path / "day.parquet")
    return tmp_path / "day.parquet"


def folder() -> Path:
    return tape_cache() / tape_hash(small_tape())


@pytest.mark.rule("TAPE-004")
def test_a_cached_tape_is_the_tape_and_its_folder_has_the_tape_hash(path: Path) -> None:
    for _ in range(2):
        cached, read = cached_tape(path), read_tape(path)
        assert tape_hash(cached) == tape_hash(read) and cached.facts() == read.facts()
        assert [control.sequence for control in cached.controls] == [5, 56]
        assert os.listdir(tape_cache()) == [folder().name]


@pytest.mark.rule("TAPE-004")
def test_the_second_time_no_row_is_decoded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached_tape(path)
    monkeypatch.setattr(TapeReader, "parts", None)
    assert len(cached_tape(path).commands) == 500
    assert sum(len(row_of(part)) for part in cached_parts(path)) == 502


@pytest.mark.rule("TAPE-004")
def test_parts_from_the_cache_are_in_order(path: Path) -> None:
    found = [part.sequence if isinstance(part, TapeControl) else len(part) for part in cached_parts(path)]
    assert found == [5, 50, 56, 450]


@pytest.mark.rule("TAPE-004")
def test_a_deleted_cache_is_filled_again_and_a_mapped_tape_stays(path: Path) -> None:
    first = cached_tape(path)
    shutil.rmtree(tape_cache())
    assert tape_hash(cached_tape(path)) == tape_hash(first)


@pytest.mark.rule("TAPE-004")
def test_rows_may_be_changed_and_the_file_stays(path: Path) -> None:
    cached_tape(path).commands["lots"] = 0
    assert tape_hash(cached_tape(path)) == tape_hash(small_tape())


@pytest.mark.rule("TAPE-004")
def test_writers_at_the_same_time_leave_one_whole_folder(path: Path) -> None:
    def filled(_: int) -> str:
        with TapeReader(path) as reader:
            fill(folder(), reader)
        return tape_hash(cached_tape(path))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(filled, range(8))) == {tape_hash(small_tape())}
    assert os.listdir(tape_cache()) == [folder().name]


@pytest.mark.rule("TAPE-004")
def test_a_damaged_tape_leaves_nothing_in_the_cache(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:200] + bytes(200) + data[400:])
    with pytest.raises(UserError, match="damaged"):
        cached_tape(path)
    assert not list(tape_cache().iterdir())


@pytest.mark.rule("TAPE-004")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda rows: rows[:-1], "rows has 63,999 bytes, not 64,000; delete the folder"),
        (lambda rows: rows[:-1] + b"\7", "its rows do not have this tape hash; delete the folder"),
    ],
)
def test_a_damaged_copy_is_refused_and_named(path: Path, damage: object, expected: str) -> None:
    cached_tape(path)
    file = folder() / "rows"
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    for read in (cached_tape, lambda path: list(cached_parts(path))):
        with pytest.raises(UserError, match=expected) as caught:
            read(path)
        assert str(folder()) in str(caught.value)


def test_controls_that_are_missing_or_unreadable_are_one_line(path: Path) -> None:
    cached_tape(path)
    (folder() / "controls").write_bytes(b"\xc1")
    with pytest.raises(UserError, match=r"damaged: .*; delete the folder"):
        cached_tape(path)
    (folder() / "controls").unlink()
    with pytest.raises(UserError, match=r"damaged: .*; delete the folder"):
        cached_tape(path)


def test_a_cache_that_cannot_be_written_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUX_CACHE", str(path))
    with pytest.raises(UserError, match=r"day\.parquet/tapes/\w+: cannot be written: "):
        cached_tape(path)


def test_a_tape_without_rows_is_cached(path: Path) -> None:
    write_tape(Tape(np.zeros(0, COMMAND)), path)
    assert len(cached_tape(path).commands) == 0
