"""A native tape gives back what was written, knows its hash, and reads files of every version."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.tapes.tape import Tape, TapeControl, read_metadata, read_tape, tape_hash, write_tape
from exchange.records import COMMAND
from tests.bench.tapes.tapes import (
    VERSION_1,
    VERSION_1_HASH,
    VERSION_2,
    VERSION_2_HASH,
    extreme_tape,
    random_rows,
    small_tape,
)


def contents(tape: Tape) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    return tape.commands.tobytes(), [(control.row.tobytes(), control.payload) for control in tape.controls]


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("make", [small_tape, extreme_tape, lambda: Tape(np.zeros(0, COMMAND))])
def test_tape_read_back_is_the_tape_written(make: Callable[[], Tape], tmp_path: Path) -> None:
    tape = make()
    write_tape(tape, tmp_path / "day.parquet")
    again = read_tape(tmp_path / "day.parquet")
    assert contents(again) == contents(tape)
    assert replace(again, commands=0, controls=()) == replace(tape, commands=0, controls=())  # type: ignore[arg-type]


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("seed", range(5))
def test_any_rows_are_read_back(seed: int, tmp_path: Path) -> None:
    tape = Tape(random_rows(300, seed))
    name = write_tape(tape, tmp_path / "day.parquet")
    assert contents(read_tape(tmp_path / "day.parquet")) == contents(tape) and name == tape_hash(tape)


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(
    ("stored", "version", "counts", "name"),
    [(VERSION_1, 1, (95, 4), VERSION_1_HASH), (VERSION_2, 2, (500, 2), VERSION_2_HASH)],
)
def test_older_versions_are_still_read_and_keep_their_hash(
    stored: Path, version: int, counts: tuple[int, int], name: str, tmp_path: Path
) -> None:
    old = read_tape(stored)
    assert (read_metadata(stored)["tape_version"], read_metadata(stored)["written_by"]) == (version, {})
    assert (len(old.commands), len(old.controls)) == counts
    assert write_tape(old, tmp_path / "new.parquet") == tape_hash(old) == name
    assert read_metadata(tmp_path / "new.parquet")["tape_version"] == 3
    assert contents(read_tape(tmp_path / "new.parquet")) == contents(old)


def test_the_stored_file_of_version_2_is_the_small_tape() -> None:
    assert contents(read_tape(VERSION_2)) == contents(small_tape())
    assert replace(read_tape(VERSION_2), commands=0, controls=()) == replace(small_tape(), commands=0, controls=())  # type: ignore[arg-type]


@pytest.mark.rule("TAPE-002")
def test_tape_hash_survives_another_encoding(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    pq.write_table(table, tmp_path / "again.parquet", compression="none", row_group_size=100)
    again = read_tape(tmp_path / "again.parquet")
    assert tape_hash(again) == tape_hash(small_tape()) and contents(again) == contents(small_tape())


def test_controls_come_between_the_rows_around_them() -> None:
    parts = list(small_tape().parts())
    assert [part.sequence if isinstance(part, TapeControl) else len(part) for part in parts] == [5, 50, 56, 450]
