"""A tape that is written as DBN and read again, also by the library's own decoder, has the same books."""

from decimal import Decimal
from pathlib import Path

import databento_dbn
import numpy as np
import pytest

from bench.readers.converter import final_book_differences
from bench.readers.dbn import read_dbn
from bench.readers.report import ImportOptions
from bench.writers.dbn import records_of, write_dbn
from bench.writers.order_flow import order_flow
from exchange.engine import query
from tests.bench.writers.test_order_flow import mixed_tape

MILLS = ImportOptions(tick=Decimal("0.001"))


@pytest.mark.rule("TAPE-013")
@pytest.mark.parametrize("ending", [".dbn", ".dbn.zst"])
def test_tape_to_dbn_to_tape_keeps_all_levels(ending: str, tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(1_500, books=2))
    path = tmp_path / f"tape{ending}"
    count = write_dbn(flow, path)
    found = read_dbn(path, MILLS)
    assert (found.report.rows_in, found.symbols) == (count, ["BOOK-1", "BOOK-2"])
    assert found.levels == [query.depth(flow.engine.states, book) for book in (1, 2)]
    assert final_book_differences(found.tape, found.levels) == [] and not found.report.changed


@pytest.mark.rule("TAPE-013")
def test_records_are_those_that_the_library_writes_and_reads(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(300))
    path = tmp_path / "tape.dbn"
    write_dbn(flow, path)
    decoder = databento_dbn.DBNDecoder()
    decoder.write(path.read_bytes())
    metadata, *decoded = decoder.decode()
    assert (str(metadata.schema), metadata.symbols) == ("mbo", ["BOOK-1"])
    records = records_of(flow)
    assert b"".join(bytes(record) for record in decoded) == records.tobytes()
    row = records[np.flatnonzero(records["action"] == b"F")[0]]
    made = databento_dbn.MBOMsg(
        0, 1, int(row["ts_event"]), int(row["order_id"]), int(row["price"]), int(row["size"]),
        databento_dbn.Action.FILL, databento_dbn.Side(row["side"].decode()), int(row["ts_recv"]),
        sequence=int(row["sequence"]),
    )  # fmt: skip
    assert bytes(made) == row.tobytes()
