"""Columns of rows: what is stored in another form, what is not decoded, and what is refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.tapes.columns import (
    COMMANDS,
    OWN_SESSION,
    PLAIN_COMMANDS,
    Columns,
    Layout,
    check_columns,
    columns_of,
    fields_of,
    fill_rows,
    read_columns,
)
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND, column
from tests.bench.tapes.tapes import random_rows


def rows_of(columns: Columns, count: int, layout: Layout) -> np.ndarray:
    rows = np.empty(count, COMMAND)
    fill_rows(rows, fields_of(columns, layout))
    return rows


def rows_with(**fields: object) -> np.ndarray:
    rows = np.zeros(3, COMMAND)
    for name, values in fields.items():
        column(rows, name)[:] = values
    return rows


def test_ask_of_a_quote_is_stored_less_its_bid_and_a_trigger_as_it_is() -> None:
    rows = rows_with(kind=[CommandKind.QUOTE, CommandKind.NEW, CommandKind.QUOTE], bid_tick=[100, 100, 7])
    rows["trigger"] = [103, 110, 0]
    assert columns_of(rows, COMMANDS)["trigger_less_bid"].tolist() == [3, 110, -7]
    assert columns_of(rows, PLAIN_COMMANDS)["trigger"].tolist() == [103, 110, 0]


def test_session_with_the_number_of_the_account_is_one_value_and_no_other_is_lost() -> None:
    rows = rows_with(account=[5, 6, 7], session=[5, 6, 9])
    assert columns_of(rows, COMMANDS)["session_or_own"].tolist() == [OWN_SESSION, OWN_SESSION, 9]
    rows = rows_with(account=[5, 0, 2**32 - 1], session=[OWN_SESSION, 0, 2**32 - 1])
    assert columns_of(rows, COMMANDS)["session_or_own"].tolist() == [5, 0, OWN_SESSION]


@pytest.mark.parametrize("layout", [COMMANDS, PLAIN_COMMANDS])
@pytest.mark.parametrize("seed", range(5))
def test_columns_give_back_any_rows(layout: Layout, seed: int) -> None:
    rows = random_rows(500, seed)
    assert rows_of(columns_of(rows, layout), 500, layout).tobytes() == rows.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_columns_with_one_value_are_taken_from_the_statistics(seed: int, tmp_path: Path) -> None:
    rows = random_rows(50, seed)
    rows["client_order_id_2"], rows["price"], rows["lots"] = 2**64 - 1, -(2**63), -1
    pq.write_table(pa.table(columns_of(rows, COMMANDS)), tmp_path / "day.parquet")
    with pq.ParquetFile(tmp_path / "day.parquet") as file:
        found = read_columns(tmp_path, file, 0, COMMANDS)
    assert [len(found[name]) for name in ("client_order_id_2", "price", "lots", "sequence")] == [1, 1, 1, 50]
    assert rows_of(found, 50, COMMANDS).tobytes() == rows.tobytes()


def test_a_file_without_statistics_is_decoded(tmp_path: Path) -> None:
    rows = random_rows(50, 1)
    pq.write_table(pa.table(columns_of(rows, COMMANDS)), tmp_path / "day.parquet", write_statistics=False)
    with pq.ParquetFile(tmp_path / "day.parquet") as file:
        found = read_columns(tmp_path, file, 0, COMMANDS)
    assert {len(values) for values in found.values()} == {50}
    assert rows_of(found, 50, COMMANDS).tobytes() == rows.tobytes()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("price", "column price has type string, allowed: int64"), ("", "column trigger_less_bid is missing")],
)
def test_wrong_columns_are_named(name: str, expected: str) -> None:
    schema = pa.table(columns_of(random_rows(2, 1), COMMANDS)).schema
    if name:
        schema = schema.set(schema.names.index(name), pa.field(name, pa.string()))
    else:
        schema = schema.remove(schema.names.index("trigger_less_bid"))
    with pytest.raises(UserError, match=expected):
        check_columns(Path("day.parquet"), schema, COMMANDS)
