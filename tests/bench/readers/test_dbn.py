"""DBN files of orders are read with all that they say; other files are refused where the fault is."""

from decimal import Decimal
from pathlib import Path

import databento_dbn as dbn
import numpy as np
import pytest

from bench.readers.converter import final_book_differences
from bench.readers.dbn import read_dbn
from bench.readers.report import ImportOptions
from exchange.errors import UserError

SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "databento"
QUARTER = ImportOptions(tick=Decimal("0.25"))
DOLLAR = 1_000_000_000


def record(
    action: str, order: int, side: str, price: float, size: int, time_ns: int = 5, publisher: int = 1,
    instrument: int = 7, **more: int,
) -> bytes:  # fmt: skip
    ticks = dbn.UNDEF_PRICE if action == "R" else round(price * DOLLAR)
    kinds = {"A": dbn.Action.ADD, "C": dbn.Action.CANCEL, "M": dbn.Action.MODIFY, "R": dbn.Action.CLEAR}
    kinds |= {"T": dbn.Action.TRADE, "F": dbn.Action.FILL, "N": dbn.Action.NONE}
    return bytes(
        dbn.MBOMsg(publisher, instrument, time_ns, order, ticks, size, kinds[action], dbn.Side(side), time_ns, **more)
    )


def write(folder: Path, records: list[bytes], schema: dbn.Schema | None = dbn.Schema.MBO) -> Path:
    metadata = dbn.Metadata("TEST", 0, dbn.SType.RAW_SYMBOL, dbn.SType.INSTRUMENT_ID, schema, ["ESH1"])
    path = folder / "day.dbn"
    path.write_bytes(metadata.encode() + b"".join(records))
    return path


# Bid 1 of 10 trades 4 with a seller; ask 2 moves and loses priority, then is made smaller; bid 3 is cancelled in part.
DAY = [
    record("R", 0, "N", 0, 0, 1),
    record("A", 1, "B", 100.25, 10, 1),
    record("A", 2, "A", 101, 8, 1),
    record("T", 0, "A", 100.25, 4, 2),
    record("F", 1, "B", 100.25, 4, 2),
    record("C", 1, "B", 100.25, 4, 2),
    record("M", 2, "A", 102, 9, 3),
    record("M", 2, "A", 102, 5, 3),
    record("A", 3, "B", 100, 9, 3),
    record("C", 3, "B", 100, 2, 4),
    record("N", 0, "N", 0, 0, 4, flags=128),
]


@pytest.mark.rule("TAPE-013")
def test_known_day_gives_its_book_one_trade_and_counts(tmp_path: Path) -> None:
    found = read_dbn(write(tmp_path, DAY), QUARTER)
    assert found.levels == [([(401, 6), (400, 7)], [(408, 5)])]
    assert final_book_differences(found.tape, found.levels) == []
    assert np.count_nonzero(found.tape.commands["tif"] == 3) == 1 and found.symbols == ["7"]
    assert found.report.counts["modify"] == 2 and not found.report.changed
    assert found.report.skipped == {"trade of an aggressor: its fills follow": 1, "without effect on the book": 1}


@pytest.mark.rule("TAPE-013")
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the Databento samples are not part of the project")
def test_real_samples_are_read_or_refused_by_their_schema(tmp_path: Path) -> None:
    for name in ("test_data.mbo.v3.dbn", "test_data.mbo.v3.dbn.zst"):
        # Both records cancel orders that are older than the file.
        with pytest.raises(UserError, match="no message of 2 enters an order within the bounds"):
            read_dbn(SAMPLE / name, QUARTER)
    with pytest.raises(UserError, match=r"schema mbp-10, allowed: a DBN file of the schema mbo"):
        read_dbn(SAMPLE / "test_data.mbp-10.v3.dbn.zst", QUARTER)


@pytest.mark.rule("TAPE-005")
def test_gaps_unknown_records_and_actions_are_counted_and_named(tmp_path: Path) -> None:
    system = bytes(dbn.SystemMsg(9, "beat"))
    odd = bytearray(record("A", 9, "B", 99, 1, 6))
    odd[38] = ord("Z")
    report = read_dbn(
        write(tmp_path, [*DAY, system, bytes(odd), record("C", 88, "B", 1, 1, 7, flags=4)], None), QUARTER
    ).report
    assert report.unknown == {"record system": 1, "action 'Z'": 1}
    assert report.gaps == {"records after a gap of the feed": 1} and report.first_bad.startswith("row 14: ")


@pytest.mark.rule("TAPE-005")
def test_snapshot_has_no_doubtful_time_and_an_early_end_is_noted(tmp_path: Path) -> None:
    first = record("A", 9, "B", 99, 1, 1, flags=dbn.F_SNAPSHOT | dbn.F_BAD_TS_RECV)
    metadata = dbn.Metadata(
        "TEST", 0, dbn.SType.RAW_SYMBOL, dbn.SType.INSTRUMENT_ID, dbn.Schema.MBO, ["ESH1"], end=9_000_000_004
    )
    path = tmp_path / "day.dbn"
    path.write_bytes(metadata.encode() + b"".join([first, *DAY]))
    report = read_dbn(path, QUARTER).report
    assert not report.gaps and report.notes["end"].startswith("last record 9 s before the end that the file names")
    path.write_bytes(metadata.encode() + record("A", 9, "B", 99, 1, 1, flags=dbn.F_BAD_TS_RECV))
    assert read_dbn(path, QUARTER).report.gaps == {"records with a doubtful time": 1}


@pytest.mark.rule("TAPE-005")
def test_wrong_files_are_refused_with_row_or_byte(tmp_path: Path) -> None:
    path = write(tmp_path, DAY)
    whole = path.read_bytes()
    begin = len(whole) - sum(map(len, DAY))
    cases = [
        (b"PAR1" + whole, r"begins with b'PAR1DBN"),
        (b"DBN\x09" + whole[4:], r"DBN version 9, allowed: versions 1..3"),
        (whole[:100], rf"cut short at byte 100: its metadata ends at byte {begin}"),
        (whole[:-1], rf"row 11 at byte {len(whole) - 56}: damaged or cut short: a record of 56 bytes, of which 55"),
        (whole[:begin] + b"\x01" + whole[begin + 1 :], rf"row 1 at byte {begin}: .* a record of 4 bytes, too short"),
        (b"\x28\xb5\x2f\xfd" + whole, "its zstd is damaged or cut short"),
    ]
    for content, reason in cases:
        path.write_bytes(content)
        with pytest.raises(UserError, match=reason):
            read_dbn(path, QUARTER)


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize(
    ("extra", "options", "reason"),
    [
        ([record("A", 4, "B", 99.1, 1)], QUARTER, r"row 12: price 99.1 is not a multiple of the tick 0.25"),
        ([record("A", 4, "B", 99, 1, publisher=2)], QUARTER, r"7 has records of the publishers 1 and 2, allowed: one"),
        (
            [record("A", 2, "B", 99, 1, instrument=8)],
            QUARTER,
            r"order id 2 is used by the instruments 7 and 8, allowed: .* --symbol 7",
        ),
        ([record("A", 4, "B", 99, 1, flags=dbn.F_TOB)], QUARTER, r"row 12: a record of the best prices only"),
        ([record("A", 4, "N", 99, 1)], QUARTER, r"row 12: side b'N' of an order, allowed: A, B"),
        ([record("A", 4, "B", 99, 1, 3)], QUARTER, r"row 12: time 3 ns is before that of the row before it, 4 ns"),
        ([record("A", 4, "B", 99, 1, dbn.UNDEF_TIMESTAMP)], QUARTER, r"row 12: no time ts_recv"),
        ([], ImportOptions(), r"DBN needs a tick; all prices are multiples of 0.25"),
        ([], ImportOptions(tick=Decimal("0.25"), symbols=("NONE",)), r"no symbol NONE, allowed: 7"),
        ([], ImportOptions(tick=Decimal("0.25"), lot=Decimal(2)), r"row 7: size 9 is not a multiple of the lot 2"),
    ],
)
def test_wrong_rows_are_refused(extra: list[bytes], options: ImportOptions, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=reason):
        read_dbn(write(tmp_path, [*DAY[:10], record("C", 99, "B", 1, 4, 4), *extra]), options)
