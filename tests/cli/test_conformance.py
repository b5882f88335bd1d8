"""`gpux conformance`: what it prints, and with which code it ends."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.cli.app import main

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests" / "scenarios" / "matching.txt"
PASSES = "P2 | MATCH-004 | - | a S3@100 | N t B5@100 | ACK t; TRD a t 3@100; RST t 2@100"
FAILS = "F1 | MATCH-001 TIF-001 | ref=90 | a S5@101; b S5@100 | N t B7@101 | ACK t; TRD a t 5@101; TRD b t 2@100"
BOTH = pytest.mark.parametrize("options", [[], ["--reference"]], ids=["engine", "reference"])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.txt"


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int | str | None, str, str]:
    """(exit code, stdout, stderr) of the command."""
    with pytest.raises(SystemExit) as stopped:
        main(["conformance", *map(str, arguments)])
    output = capsys.readouterr()
    return stopped.value.code, output.out, output.err


def mistake(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    code, out, err = ended(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("gpux: ") and err.count("\n") == 1
    return err.removeprefix("gpux: ").strip()


@BOTH
def test_a_file_that_passes_is_counted(capsys: pytest.CaptureFixture[str], table: Path, options: list[str]) -> None:
    table.write_text(f"# a comment\n\n{PASSES}\n")
    assert ended(capsys, table, *options) == (0, "1 of 1 scenarios pass\n", "")


def test_our_own_table_passes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ended(capsys, OWN)
    passed, of, total, *rest = out.split()
    assert (code, of, rest) == (0, "of", ["scenarios", "pass"])
    assert passed == total != "0"


@BOTH
def test_a_failure_shows_expected_against_actual_and_marks_the_first_difference(
    capsys: pytest.CaptureFixture[str], table: Path, options: list[str]
) -> None:
    table.write_text(f"{PASSES}\n{FAILS}\n")
    code, out, _ = ended(capsys, table, *options)
    assert code == 1
    assert out.splitlines() == [
        f"FAIL F1 (MATCH-001 TIF-001) at {table}:2",
        "  parameters  ref=90",
        "  before      a S5@101; b S5@100",
        "  messages    N t B7@101",
        "    expected       actual",
        "    ACK t          ACK t",
        "  > TRD a t 5@101  TRD b t 5@100",
        "    TRD b t 2@100  TRD a t 2@101",
        "",
        "1 of 2 scenarios pass",
    ]


def test_a_failure_shows_what_is_missing_and_how_the_end_differs(
    capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    table.write_text("F2 | - | - | b B0@1 | X a | - | a M1 1@100; a cash 0\n")
    _, out, _ = ended(capsys, table)
    assert (
        out.splitlines()[4:]
        == [
            "  refused     REJ b BAD_QTY (of the book before)",
            "    expected           actual",
            "  > end: a M1 1@100    CREJ a UNKNOWN",
            "    end: a cash 0      end: a M1 0@0",
            "    (nothing)          end: a cash 0",
            "",
            "0 of 1 scenarios pass",
        ]
        or out.splitlines()[4:]
    )


@BOTH
def test_a_market_that_cannot_be_set_up_is_a_failure_in_plain_words(
    capsys: pytest.CaptureFixture[str], table: Path, options: list[str]
) -> None:
    table.write_text("L | - | tick=5 ltp=103 | - | - | -\n")
    code, out, _ = ended(capsys, table, *options)
    assert code == 1
    trouble = "no last price 103: REJ maker OFF_TICK; REJ taker OFF_TICK"
    assert out.startswith(f"FAIL L at {table}:1: cannot run: {trouble}\n")


def test_a_market_that_does_not_fit_is_a_failure_in_plain_words(
    capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    accounts = "; ".join(f"o{number} B1@90 acct=a{number}" for number in range(100))
    table.write_text(f"W | - | limit=50000 | - | - | -\nA | - | - | {accounts} | - | -\n")
    code, out, _ = ended(capsys, table)
    assert code == 1
    assert f"FAIL W at {table}:1: cannot run: price windows need " in out
    assert f"FAIL A at {table}:2: cannot run: account 65 not in 1..64\n" in out


def test_all_files_are_counted_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(PASSES)
    second.write_text(f"{PASSES}\r\n{FAILS}\r\n")
    code, out, _ = ended(capsys, first, second)
    assert (code, out.splitlines()[-1]) == (1, "2 of 3 scenarios pass")


def test_a_file_that_is_missing_or_no_text_is_one_line(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    assert mistake(capsys, table) == f"{table}: No such file or directory; allowed: text files of scenarios, UTF-8"
    assert mistake(capsys, table.parent).startswith(f"{table.parent}: Is a directory")
    assert mistake(capsys) == "conformance: no FILE given, allowed: one or more scenario files"


def test_bytes_that_are_no_text_are_told_with_their_place(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    table.write_bytes(b"\xff\xfe")
    assert mistake(capsys, table) == f"{table}:1:1: found byte 0xff, allowed: UTF-8"
    table.write_bytes("\ufeff# \u00e9\r\n# \u00e9".encode() + b" \x80\n")
    assert mistake(capsys, table) == f"{table}:2:5: found byte 0x80, allowed: UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_first_line(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    table.write_text(f"# a comment\n{PASSES}\n", encoding="utf-8-sig")
    assert ended(capsys, table) == (0, "1 of 1 scenarios pass\n", "")
    table.write_text("S | NOTACODE | - | - | - | -\n", encoding="utf-8-sig")
    assert mistake(capsys, table).startswith(f"{table}:1:5: found 'NOTACODE', allowed: rule codes")


def test_a_syntax_error_is_one_line_before_anything_runs(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    table.write_text(f"{FAILS}\nX | - | - | a S5@1OO | - | -\n")
    assert mistake(capsys, table).startswith(
        f"{table}:2:18: found '1OO', allowed: a price, mkt or mlm, a whole number "
    )


# The command, and which of its modules come from elsewhere than the folder it runs in, or from the tests.
INSTALLED = """
import sys
from pathlib import Path
from exchange.cli.app import main
try:
    main(["conformance", "--reference", sys.argv[1]])
finally:
    ours = [module for name, module in sys.modules.items() if name.split(".")[0] in ("exchange", "contracts_spec")]
    print([module.__name__ for module in ours if not Path(module.__file__).is_relative_to(Path.cwd())])
    print([name for name in sys.modules if name.split(".")[0] == "tests"])
"""


def test_the_reference_runs_from_an_installed_package(tmp_path: Path, table: Path) -> None:
    """Only the packages that a wheel has, in a folder of their own."""
    table.write_text(PASSES)
    for package in ("exchange", "contracts_spec"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", INSTALLED, str(table)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "1 of 1 scenarios pass\n[]\n[]\n"), run.stderr


CLEARING = """scenario U1 | SPEC-003 | A lot is every hour of the month
calc hours H100.G90.F27 = 744
scenario L1 | SPEC-050 | A day
close
scenario D1 | DELIVER-001 | A delivery
needs delivery
close
"""


@pytest.mark.parametrize(
    ("options", "counted"),
    [
        ([], "not built yet: delivery: D1\n2 of 2 scenarios pass\n"),
        (["--reference"], "not built yet: delivery: D1\n2 of 2 scenarios pass\n"),
    ],
    ids=["engine", "reference"],
)
def test_clearing_scenarios_are_known_by_their_first_word_and_those_of_unbuilt_parts_counted_apart(
    capsys: pytest.CaptureFixture[str], table: Path, options: list[str], counted: str
) -> None:
    table.write_text(f"# a comment\n{CLEARING}")
    assert ended(capsys, table, *options) == (0, counted, "")


@BOTH
def test_a_figure_that_differs_is_shown_with_its_line(
    capsys: pytest.CaptureFixture[str], table: Path, options: list[str]
) -> None:
    table.write_text("scenario U1 | SPEC-003 | Hours\n\ncalc  hours H100.G90.F27 = 730  # flat\n")
    code, out, _ = ended(capsys, table, *options)
    assert code == 1
    assert out.splitlines() == [
        f"FAIL U1 (SPEC-003) at {table}:1: Hours",
        f"  {table}:3: calc hours H100.G90.F27 = 730",
        "    expected  730",
        "    actual    744",
        "",
        "0 of 1 scenarios pass",
    ]


def test_files_of_both_kinds_are_counted_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(f"{PASSES}\n")
    second.write_text(CLEARING)
    code, out, _ = ended(capsys, first, second)
    assert (code, out.splitlines()[-1]) == (0, "3 of 3 scenarios pass")


def test_a_mistake_in_a_clearing_scenario_is_one_line(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    table.write_text("scenario U1 | SPEC-003 | Hours\ncalc hour H100.G90.F27 = 744\n")
    assert mistake(capsys, table).startswith(f"{table}:2:6: found 'hour', allowed: a calculation: hours id")
