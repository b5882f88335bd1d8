"""`gpux convert` from the command line: reports, formats, and mistakes in one line."""

import json
from pathlib import Path

import pytest

from tests.bench.itch_file import DAY, NAME, delete, write_day
from tests.bench.lobster_pair import write_pair
from tests.cli.mistakes import ended, mistake


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code, out, err = ended(capsys, "convert", *arguments)
    assert not err
    return code, out


@pytest.mark.rule("TAPE-005")
def test_itch_becomes_a_checked_tape_with_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, write_day(tmp_path), tmp_path / "day.parquet", "--check")
    assert code == 0 and "12 rows in, 9 commands out" in text
    assert "hidden      1 trades of 500" in text and "check       all books equal" in text
    code, text = run(capsys, tmp_path / "day.parquet", tmp_path, "--to", "lobster", "--levels", 2, "--json")
    report = json.loads(text)
    assert (code, report["format"]) == (0, "native tape") and report["written"].endswith("_orderbook_2.csv")


@pytest.mark.rule("TAPE-005")
def test_report_as_json_names_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_day(tmp_path, [*DAY[:-1], delete(5), DAY[-1]])
    code, text = run(capsys, path, "--json", "--check", "--symbol", "AAPL")
    report = json.loads(text)
    assert code == 0 and report["skipped"] == {"of an unknown order": 1}
    assert report["check"] == "all books equal; not compared with itch-book: 1 messages skipped"
    assert report["first_bad"] == "row 12: of an unknown order"


@pytest.mark.rule("TAPE-012")
def test_lobster_book_that_differs_gives_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages, book = write_pair(tmp_path)
    assert run(capsys, messages, "--check")[0] == 0
    book.write_text(book.read_text().replace("1015000,170,1010000,36", "1015000,170,1010000,35"))
    code, text = run(capsys, messages, "--check")
    assert code == 1 and "check       row 3 bids: book has (10100, 36), file has (10100, 35)" in text


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("convert none.itch", "none.itch: no such file"),
        ("convert file.bin", "file.bin: its name says no format, allowed: --from tape, itch, dbn, lobster, binance"),
        ("convert file.bin --from excel", "format 'excel', allowed: tape, itch"),
        ("convert x.itch out.doc", "OUT out.doc: its name says no format, allowed: --to tape, dbn"),
        ("convert x.itch out.npz --to tape", "OUT out.npz: found ending '.npz', allowed: .parquet"),
        ("convert x.itch none/new --to lobster", "OUT none: no such folder"),
        ("convert x.itch --to nonsense", "--to 'nonsense' does not apply without OUT"),
        ("convert x.itch --tick 0", "--tick '0', allowed: a number above 0, like 0.01"),
        ("convert x.itch --start soon", "--start 'soon', allowed: a time like 2019-12-30T14:30:00"),
        ("convert x.itch --day 2019-13-01", "--day '2019-13-01' is not a day like"),
        ("convert x.itch out.npz --levels 0", "--levels 0, allowed: 1..10000"),
        ("convert x.itch --book y.csv", "--book y.csv does not apply to itch, allowed: with lobster"),
        ("convert x.csv --tick 0.01", "x.csv: its name has no _message"),
        (
            "convert x.csv --lot 100",
            "x.csv: bounds, units, symbols and day apply to itch, dbn and binance, not to lobster, which takes a tick",
        ),
        (
            "convert x.gz out.parquet --from binance --tick 1",
            "x.gz: a capture of levels has no orders, allowed: no OUT",
        ),
    ],
)
def test_mistakes_are_one_line(command: str, reason: str, capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    assert reason in mistake(capsys, command)
    assert not (workplace / NAME).exists()
