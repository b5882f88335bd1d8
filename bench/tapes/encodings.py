"""How the columns of a file are encoded: each as it is smallest in the first row group.

No encoding suits all flows. Times of a generated flow lie at equal distances, those of a venue repeat in a frame, those
of an exchange's feed do neither; an id ascends, or names an earlier order. So the writer tries PLAIN, a dictionary,
DELTA_BINARY_PACKED and BYTE_STREAM_SPLIT on the first rows, column by column. Every Parquet reader knows them.
"""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

PAYLOAD = "payload"
DICTIONARY = "RLE_DICTIONARY"
ENCODINGS = (DICTIONARY, "BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED", "PLAIN")
LEVEL = 3  # of zstd; level 6 makes files 2 % smaller and takes twice the time
SHORT_ROWS, SHORT_LEVEL = 100_000, 15  # a file with fewer rows is written in no time at this level, and 7 % smaller
PAYLOAD_LEVEL = 19  # a listing is text that repeats: a third smaller than with level 3


def settings_for(table: "pa.Table") -> dict[str, Any]:
    """Arguments of a ParquetWriter for a table and those that follow it."""
    level = SHORT_LEVEL if table.num_rows < SHORT_ROWS else LEVEL
    return settings({name: best_encoding(table, name, level) for name in table.column_names if name != PAYLOAD}, level)


def settings(chosen: dict[str, str], level: int = LEVEL) -> dict[str, Any]:
    """Arguments of a ParquetWriter for an encoding of each column and a level of compression."""
    return {
        "compression": "zstd",
        "compression_level": dict.fromkeys(chosen, level) | {PAYLOAD: PAYLOAD_LEVEL},
        "use_dictionary": [name for name, encoding in chosen.items() if encoding == DICTIONARY],
        "column_encoding": {name: encoding for name, encoding in chosen.items() if encoding != DICTIONARY},
        # A reader can then name the row group that is damaged.
        "write_page_checksum": True,
        # pyarrow's own schema is not stored: it would repeat all metadata, and Parquet has the types of these columns.
        "store_schema": False,
    }


def best_encoding(table: "pa.Table", name: str, level: int = LEVEL) -> str:
    """The encoding with which a column is smallest. PLAIN, if all its values are equal: that costs least to write."""
    import pyarrow.compute as pc

    column = table.select([name])
    least, most = pc.min_max(column[name]).values()
    if least == most:
        return "PLAIN"
    sizes = {encoding: column_bytes(column, encoding, level) for encoding in ENCODINGS}
    return min(sizes, key=sizes.__getitem__)


def column_bytes(column: "pa.Table", encoding: str, level: int = LEVEL) -> int:
    """Bytes of a table of one column when it is written."""
    import pyarrow.parquet as pq

    file = io.BytesIO()
    with pq.ParquetWriter(file, column.schema, **settings({column.column_names[0]: encoding}, level)) as writer:
        writer.write_table(column)
    return file.tell()
