"""A tape is written group by group, completely or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.tapes import writer as writing
from bench.tapes.metadata import METADATA_KEY, written_by
from bench.tapes.parts import TapeControl, row_of
from bench.tapes.reader import TapeReader
from bench.tapes.tape import read_metadata, read_tape, tape_hash, write_tape
from bench.tapes.writer import TapeWriter
from exchange.errors import UserError
from tests.bench.tapes.tapes import small_tape


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("pieces", [1, 7, 100])
def test_a_tape_in_pieces_is_the_same_file_content(
    pieces: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROW_GROUP_ROWS", 100)
    tape = small_tape()
    with TapeWriter(tmp_path / "day.parquet") as writer:
        for part in tape.parts():
            for piece in [part] if isinstance(part, TapeControl) else np.array_split(part, pieces):
                writer.append(piece)
        assert writer.finish(tape.facts()) == tape_hash(tape)
    file = pq.ParquetFile(tmp_path / "day.parquet").metadata
    assert [file.row_group(group).num_rows for group in range(file.num_row_groups)] == [100] * 5 + [2]
    with TapeReader(tmp_path / "day.parquet") as reader:
        assert sum(len(row_of(part)) for part in reader.parts()) == 502
    assert read_tape(tmp_path / "day.parquet").commands.tobytes() == tape.commands.tobytes()


@pytest.mark.rule("TAPE-001")
def test_rows_may_be_changed_after_they_are_appended(tmp_path: Path) -> None:
    tape = small_tape()
    with TapeWriter(tmp_path / "day.parquet") as writer:
        for part in tape.parts():
            rows = row_of(part).copy()
            writer.append(TapeControl(rows, part.payload) if isinstance(part, TapeControl) else rows)
            rows["lots"] = 9
        writer.finish(tape.facts())
    assert read_tape(tmp_path / "day.parquet").commands.tobytes() == tape.commands.tobytes()


@pytest.mark.rule("TAPE-001")
def test_controls_lie_among_the_rows_once_and_compressed(tmp_path: Path) -> None:
    """A venue's listings are a megabyte of text that says nearly the same a thousand times."""
    payload = json.dumps([{"symbol": f"H100.G90.M{number}", "hours": 720} for number in range(20_000)]).encode()
    row = small_tape().controls[0].row
    write_tape(replace(small_tape(), controls=[]), tmp_path / "none.parquet")
    write_tape(replace(small_tape(), controls=[TapeControl(row, payload)]), tmp_path / "one.parquet")
    grown = (tmp_path / "one.parquet").stat().st_size - (tmp_path / "none.parquet").stat().st_size
    assert grown < len(payload) / 5
    data = (tmp_path / "one.parquet").read_bytes()
    assert b"ARROW:schema" not in data and data.count(METADATA_KEY) == 1
    table = pq.read_table(tmp_path / "one.parquet", columns=["sequence", "payload"])
    assert table.slice(0, 2).to_pylist() == [{"sequence": 5, "payload": payload}, {"sequence": 6, "payload": None}]


@pytest.mark.rule("TAPE-001")
def test_every_column_is_zstd(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    group = pq.ParquetFile(tmp_path / "day.parquet").metadata.row_group(0)
    assert {group.column(place).compression for place in range(group.num_columns)} == {"ZSTD"}


@pytest.mark.rule("TAPE-002")
def test_metadata_says_what_the_file_holds_and_what_wrote_it(tmp_path: Path) -> None:
    tape = small_tape()
    name = write_tape(tape, tmp_path / "day.parquet")
    metadata = read_metadata(tmp_path / "day.parquet")
    counts = {"tape_version": 3, "row_version": 1, "rows": 500, "controls": 2, "resting_rows": 100}
    counts |= {"first_sequence": 6, "last_sequence": 506}
    hashes = {"rules_hash": "rules", "state_hash": "state", "tape_hash": tape_hash(tape)}
    expected = counts | hashes | {"shard": "H100", "limits": "medium", "notes": {"from": "a test"}}
    assert {key: metadata[key] for key in expected} == expected  # type: ignore[literal-required]
    assert name == metadata["tape_hash"] and len(metadata["instruments_hash"]) == 64
    assert metadata["written_by"] == written_by()


def test_nothing_is_left_of_a_tape_that_is_not_finished(tmp_path: Path) -> None:
    with TapeWriter(tmp_path / "day.parquet") as writer:
        writer.append(small_tape().commands)
    late = small_tape()
    late.commands["sequence"][7] = 1
    with pytest.raises(UserError, match="sequences do not ascend"):
        write_tape(late, tmp_path / "day.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("sequences", [[56, 5], [5, 5], [5, 57]])
def test_controls_out_of_order_are_refused(sequences: list[int], tmp_path: Path) -> None:
    tape = small_tape()
    for control, sequence in zip(tape.controls, sequences, strict=True):
        control.row["sequence"] = sequence
    with pytest.raises(UserError, match=r"sequences do not ascend|time runs backwards"):
        write_tape(tape, tmp_path / "day.parquet")
    assert not list(tmp_path.iterdir())


def test_unwritable_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no/day.parquet: cannot be written: No such file"):
        write_tape(small_tape(), tmp_path / "no" / "day.parquet")
