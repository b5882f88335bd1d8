"""`gpux demo` refuses times and folders that it cannot use."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "demo --seconds -1",
    "demo --seconds 0",
    "demo --seconds soon",
    "demo --seconds nan",
    "demo --seconds 1e400",
    "demo --folder .",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
