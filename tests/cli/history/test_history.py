"""`gpux history`: what it prints, and mistakes."""

import json
from pathlib import Path

import pytest

from tests.cli.mistakes import ended, mistake


@pytest.mark.rule("HIST-004")
def test_mistakes_are_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = f"history {folder} {tmp_path / 'out'}"
    assert "not one of 1m, 1h, 1d" in mistake(capsys, f"{start} --interval 2m")
    assert "is not a day like" in mistake(capsys, f"{start} --from monday")
    assert "is after --to" in mistake(capsys, f"{start} --from 2026-11-23 --to 2026-11-22")
    assert "has never listed it" in mistake(capsys, f"{start} --symbols H100.G90.J99")
    assert "--chip X not one of H100" in mistake(capsys, f"{start} --chip X")
    assert "is not a data folder" in mistake(capsys, f"history {tmp_path} {tmp_path / 'out'}")
    assert "is in the data folder" in mistake(capsys, f"history {folder} {folder}/out")
    (tmp_path / "file").touch()
    assert "cannot be written" in mistake(capsys, f"history {folder} {tmp_path / 'file'}", 74)
    for name in ("journal", "snap"):
        (tmp_path / "empty" / name).mkdir(parents=True)
    assert "the journal is empty" in mistake(capsys, f"history {tmp_path / 'empty'} {tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()


def test_the_command_prints_a_line_for_each_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ended(capsys, "history", folder, tmp_path / "out", "--interval", "1h")
    assert (code, err) == (0, "") and out.count("\n") == 8 and "complete, written" in out
    code, out, err = ended(capsys, "history", folder, tmp_path / "out", "--interval", "1h", "--json")
    assert (code, err) == (0, "") and json.loads(out.splitlines()[0])["done"] == "verified"


def test_a_range_without_a_trading_day_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ended(capsys, "history", folder, tmp_path / "out", "--from", "2030-01-01")
    assert (code, out, err) == (0, f"{folder}: no trading day between 2030-01-01 and its last\n", "")
    assert ended(capsys, "history", folder, tmp_path / "out", "--from", "2030-01-01", "--json") == (0, "", "")
