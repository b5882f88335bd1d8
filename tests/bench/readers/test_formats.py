"""The format of a file follows from its name; every format is read as a tape with its report."""

from pathlib import Path

import pytest

from bench.readers.formats import format_of, read_source
from bench.readers.report import ImportOptions
from bench.tapes.tape import write_tape
from exchange.errors import UserError
from tests.bench.itch_file import DAY, LEVELS, delete, write_day
from tests.bench.lobster_pair import write_pair
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.parquet", "tape"),
        ("12302019.NASDAQ_ITCH50.gz", "itch"),
        ("S010124-v50.txt.gz", "itch"),
        ("x.itch", "itch"),
        ("glbx.mbo.dbn.zst", "dbn"),
        ("AAPL_message_10.csv", "lobster"),
    ],
)
def test_names_say_the_format(name: str, found: str) -> None:
    assert format_of(Path(name)) == found and format_of(Path(name), "binance") == "binance"


@pytest.mark.rule("TAPE-011")
@pytest.mark.parametrize(
    ("frames", "options", "reason"),
    [
        ([*DAY, delete(5, 99)], ImportOptions(), "1 messages skipped"),
        (DAY, ImportOptions(to_ns=2**62), "the import has time bounds"),
        ([DAY[0], *DAY[2:]], ImportOptions(), "1 books are not in the directory"),
    ],
)
def test_books_that_the_library_cannot_judge_are_named(
    frames: list[bytes], options: ImportOptions, reason: str, tmp_path: Path
) -> None:
    source = read_source(write_day(tmp_path, frames), options)
    assert source.differences() == [] and source.uncompared() == f"not compared with itch-book: {reason}"


@pytest.mark.rule("TAPE-005")
def test_sources_are_checked_by_what_they_bring_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    itch = read_source(write_day(tmp_path), ImportOptions())
    assert itch.differences() == [] and itch.symbols == ["AAPL"]
    for theirs in (([(1, 1)], []), (LEVELS[0][:1], []), ([], [])):
        monkeypatch.setattr("bench.readers.itch.library_levels", lambda *_, theirs=theirs: [theirs])
        assert itch.differences() == ["book AAPL: itch-book has other levels"]
    messages, book = write_pair(tmp_path)
    pair = read_source(messages, ImportOptions(), book=book.rename(tmp_path / "other.csv"))
    assert pair.differences() == [] and pair.report.hidden_trades == 1 and sum(pair.report.skipped.values()) == 2
    with pytest.raises(UserError, match="has no _message, so the order-book file is not known: --book FILE"):
        read_source(tmp_path / "other.csv", ImportOptions())


def test_native_tape_is_read_as_it_is(tmp_path: Path) -> None:
    tape = mixed_tape(50)
    write_tape(tape, tmp_path / "a.parquet")
    source = read_source(tmp_path / "a.parquet", ImportOptions())
    assert source.tape.commands.tobytes() == tape.commands.tobytes() and source.report.rows_out == len(tape.commands)
    with pytest.raises(UserError, match="a native tape has no books to compare with, allowed: gpux replay"):
        source.differences()
