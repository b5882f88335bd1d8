"""`gpux schema` prints the schema, or writes all files."""

import json
from pathlib import Path

import pytest

from exchange.wire.schema import json_schema
from exchange.wire.version import RELEASE, VERSION
from tests.cli.mistakes import ended, mistake


@pytest.mark.rule("WIRE-041")
def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ended(capsys, "schema")
    assert (code, err) == (0, "")
    assert json.loads(out) == json_schema()


def test_files_are_written_and_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for _ in range(2):  # into a new folder, and over older files
        code, out, err = ended(capsys, "schema", "--out", folder)
        assert (code, err) == (0, "")
        assert sorted(out.splitlines()) == sorted(str(path) for path in folder.iterdir())
    assert json.loads((folder / "schema.json").read_text()) == json_schema()


@pytest.mark.rule("WIRE-041")
def test_stale_files_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended(capsys, "schema", "--out", tmp_path)
    assert ended(capsys, "schema", "--check", tmp_path) == (
        0,
        f"the files in {tmp_path} are those of this release\n",
        "",
    )
    errors, limits = tmp_path / "errors.json", tmp_path / "limits.json"
    errors.write_text(errors.read_text().replace("1001", "1002", 1))
    limits.unlink()
    text = mistake(capsys, f"schema --check {tmp_path}", 1)
    assert text == (
        f"{errors} is not that of protocol {VERSION}, release {RELEASE}; {limits} is missing;"
        f" gpux schema --out {tmp_path} writes them"
    )
    ended(capsys, "schema", "--out", tmp_path)
    assert ended(capsys, "schema", "--check", tmp_path)[0] == 0


def test_a_folder_that_cannot_be_checked_says_why(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    assert "empty.txt/schema.json cannot be read (Not a directory)" in mistake(capsys, "schema --check empty.txt", 1)
    assert mistake(capsys, "schema --check a --out b") == (
        "--out writes files and --check compares them: give one of the two"
    )


@pytest.mark.parametrize("command", ["schema --out empty.txt", "schema --out empty.txt/x", "schema x", "schema --to x"])
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
    assert (workplace / "empty.txt").read_text() == ""
