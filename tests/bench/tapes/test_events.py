"""An event tape gives back the rows, as columns under their own names, and refuses what is foreign or damaged."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.tapes import writer as writing
from bench.tapes.events import METADATA_KEY, EventTapeWriter, read_events
from bench.tapes.metadata import written_by
from exchange.errors import UserError
from exchange.records import EVENT, EVENT_FIELDS


def events(count: int = 250) -> np.ndarray:
    """EVENT rows with values of all sizes; every third field has one value."""
    random, rows = np.random.default_rng(1), np.zeros(count, EVENT)
    for place, (name, code, _) in enumerate(EVENT_FIELDS):
        span = np.iinfo(code)
        rows[name] = span.max if place % 3 == 0 else random.integers(span.min, span.max, count, code, endpoint=True)
    return rows


def written(folder: Path) -> Path:
    with EventTapeWriter(folder / "events.parquet", "a tape", {"from": "a test"}) as writer:
        for piece in np.array_split(events(), 4):
            writer.append(piece)
        writer.finish()
    return folder / "events.parquet"


@pytest.mark.rule("TAPE-006")
def test_events_read_back_are_those_written_group_by_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROW_GROUP_ROWS", 100)
    groups = list(read_events(written(tmp_path)))
    assert [len(rows) for rows in groups] == [100, 100, 50]
    assert b"".join(rows.tobytes() for rows in groups) == events().tobytes()


@pytest.mark.rule("TAPE-006")
def test_columns_are_the_fields_and_the_metadata_names_tape_and_writer(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path))
    assert table.column_names == [name for name, _, _ in EVENT_FIELDS]
    assert table["order_id"].to_pylist() == events()["order_id"].tolist()
    metadata = json.loads(table.schema.metadata[METADATA_KEY])
    assert (metadata["tape_hash"], metadata["notes"], metadata["rows"]) == ("a tape", {"from": "a test"}, 250)
    assert metadata["written_by"] == written_by() and metadata["row_version"] == 1


@pytest.mark.rule("TAPE-006")
def test_a_changed_row_is_noticed_at_the_end(tmp_path: Path) -> None:
    path = written(tmp_path)
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[METADATA_KEY])
    text = json.dumps(metadata | {"events_hash": "other"}).encode()
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: text}), path)
    with pytest.raises(UserError, match="damaged: its rows do not have the hash other"):
        list(read_events(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "no event tape of gpux"),
        (b"no JSON", "damaged: metadata gpux.events"),
        ({"events_version": 2}, "versions of file and rows 2 and 1, this gpux reads 1 and 1"),
        ({"row_version": 9}, "versions of file and rows 1 and 9, this gpux reads 1 and 1"),
        ({"rows": "many"}, r"\$.rows"),
    ],
)
def test_what_is_foreign_or_damaged_is_one_line(text: object, expected: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    table = pq.read_table(path)
    if isinstance(text, dict):
        text = json.dumps(json.loads(table.schema.metadata[METADATA_KEY]) | text).encode()
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: text} if text else None), path)
    with pytest.raises(UserError, match=expected) as caught:
        list(read_events(path))
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_nothing_is_left_of_events_that_are_not_finished(tmp_path: Path) -> None:
    with EventTapeWriter(tmp_path / "events.parquet") as writer:
        writer.append(events())
    assert not list(tmp_path.iterdir())
