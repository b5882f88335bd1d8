"""`gpux journal`: checks and prints what a folder holds, and refuses folders without a journal."""

import json
from datetime import date
from pathlib import Path

import pytest

from exchange.main import Settings, prepare
from tests.cli.mistakes import ended, mistake

BAD_INPUT = [
    "journal no-such-command",
    "journal verify no-such-folder",
    "journal verify .",
    "journal dump no-such-folder",
    "journal dump . --seq many",
]
SETTINGS = Settings(day=date(2026, 11, 23), symbols=("H100.G90.H27",), durability="none", limits="medium")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with prepare(str(tmp_path / "data"), SETTINGS):
        return tmp_path / "data"


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)


@pytest.mark.rule("DUR-120")
@pytest.mark.parametrize("options", [[], ["--deep"]])
def test_a_sound_folder_is_called_sound(capsys: pytest.CaptureFixture[str], folder: Path, options: list[str]) -> None:
    code, out, err = ended(capsys, "journal", "verify", folder, *options)
    assert (code, err) == (0, "") and "valid" in out


@pytest.mark.rule("DUR-124")
def test_the_asked_records_are_printed_as_json_lines(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, err = ended(capsys, "journal", "dump", folder, "--seq", "1-1")
    records = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "") and [record["kind"] for record in records if "kind" in record] == ["LIST"]
