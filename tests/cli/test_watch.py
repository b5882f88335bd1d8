"""`gpux watch` refuses addresses and sizes that it cannot use."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "watch H100.G90.F27 --url no-address",
    "watch H100.G90.F27 --seconds -1",
    "watch H100.G90.F27 --levels 0",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)


@pytest.mark.parametrize("option", ["--venue", "--url"])
def test_an_absent_venue_is_exit_code_69(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no venue at" in mistake(capsys, f"watch H100.G90.F27 {option} ws://127.0.0.1:1", 69)


def test_the_venue_is_also_that_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUX_VENUE", "ws://127.0.0.1:1")
    assert "no venue at ws://127.0.0.1:1" in mistake(capsys, "watch H100.G90.F27", 69)
