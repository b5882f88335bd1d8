"""A file that is there: what it is, whether it is whole, and whether it has what the journal has."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exchange.cli.history.day_files import METADATA_KEY
from exchange.errors import UserError
from tests.cli.history.venue_days import played, run


@pytest.mark.rule("HIST-004")
def test_a_file_that_is_not_what_it_should_be_is_named_and_left_alone(folder: Path, out: Path) -> None:
    first = Path(run(folder, out)[0]["file"])
    whole, whole_table = first.read_bytes(), pq.read_table(first)
    metadata = pq.read_schema(first).metadata[METADATA_KEY]

    def refused(text: str, **options: Any) -> None:
        before = first.read_bytes()
        with pytest.raises(UserError, match=text) as found:
            run(folder, out, **options)
        assert found.value.code == 65 and str(first) in str(found.value) and first.read_bytes() == before

    first.write_bytes(whole[: len(whole) // 2])
    refused("not a whole Parquet file")
    first.write_text("neither")
    refused("not a whole Parquet file")
    pq.write_table(whole_table.replace_schema_metadata(None), first)
    refused("not written by gpux history")
    first.write_bytes(whole)
    refused("has symbols all, asked for", symbols=("H100.G90.H27",))
    for found, text in (
        (metadata.replace(b'"history":"h_', b'"history":"h_f'), "it has history h_f"),
        (metadata.replace(b'"format":1', b'"format":2'), "format 2, this gpux reads 1"),
        (metadata[:-1], "damaged metadata gpux.history"),
    ):
        rewrite(first, whole_table, found)
        refused(text)


def rewrite(path: Path, table: Any, metadata: bytes) -> None:
    with pq.ParquetWriter(path, table.schema.remove_metadata(), store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({METADATA_KEY: metadata})


@pytest.mark.rule("HIST-004")
def test_a_complete_file_with_other_trades_is_an_error(folder: Path, out: Path, tmp_path: Path) -> None:
    reports = run(folder, out)
    first = next(Path(one["file"]) for one in reports if one["rows"] and one["complete"])
    table, metadata = pq.read_table(first), pq.read_schema(first).metadata[METADATA_KEY]
    for name, value in (("lots", 9), ("symbol", "H100.G90.J27"), ("aggressor", "n"), ("auction", True)):
        place = table.column_names.index(name)
        rewrite(first, table.set_column(place, name, [[value] * len(table)]), metadata)
        with pytest.raises(UserError, match="its rows do not have the hash") as found:
            run(folder, out)
        assert found.value.code == 65
    rewrite(first, table.drop_columns(["lots"]), metadata)
    with pytest.raises(UserError, match="damaged"):
        run(folder, out)
    first.unlink()
    other = tmp_path / "other"
    played(other, 4, 2)
    with pytest.raises(UserError, match=r"it differs from the journal: .* was not changed") as found:
        run(other, out)
    assert found.value.code == 65
