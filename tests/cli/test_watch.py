"""`gpux watch` refuses addresses and sizes that it cannot use."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "watch H100.G90.F27 --url ws://127.0.0.1:1",
    "watch H100.G90.F27 --url no-address",
    "watch H100.G90.F27 --seconds -1",
    "watch H100.G90.F27 --levels 0",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
