"""Each column is written in the encoding in which it is smallest."""

import numpy as np
import pyarrow as pa
import pytest

from bench.tapes.encodings import ENCODINGS, SHORT_ROWS, best_encoding, column_bytes, settings_for

COLUMNS = {
    "DELTA_BINARY_PACKED": np.arange(20_000),
    "RLE_DICTIONARY": np.random.default_rng(1).choice(np.random.default_rng(2).integers(0, 2**62, 4), 20_000),
    "BYTE_STREAM_SPLIT": np.random.default_rng(1).integers(0, 5_000, 20_000),
    "PLAIN": np.full(20_000, 7),
}


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("expected", COLUMNS)
def test_a_column_gets_the_encoding_in_which_it_is_smallest(expected: str) -> None:
    table = pa.table({"x": COLUMNS[expected]})
    assert best_encoding(table, "x") == expected
    if expected != "PLAIN":
        assert expected == min(ENCODINGS, key=lambda encoding: column_bytes(table, encoding))


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize(("rows", "level"), [(2, 15), (SHORT_ROWS, 3)])
def test_all_columns_are_compressed_with_zstd_and_payloads_and_short_files_harder(rows: int, level: int) -> None:
    table = pa.table({"price": np.arange(rows), "payload": pa.nulls(rows, pa.binary())})
    settings = settings_for(table)
    assert settings["compression"] == "zstd" and settings["compression_level"] == {"price": level, "payload": 19}
    assert set(settings["use_dictionary"]) | set(settings["column_encoding"]) == {"price"}


def test_a_table_without_rows_has_settings() -> None:
    assert settings_for(pa.table({"price": np.zeros(0, np.int64)}))["column_encoding"] == {"price": "PLAIN"}
