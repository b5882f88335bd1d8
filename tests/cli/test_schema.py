"""`gpux schema` prints the schema, or writes all files."""

import json
from pathlib import Path

import pytest

from exchange.wire.schema import json_schema
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


@pytest.mark.parametrize("command", ["schema --out empty.txt", "schema --out empty.txt/x", "schema x", "schema --to x"])
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
    assert (workplace / "empty.txt").read_text() == ""
