"""`gpux bench` refuses what it cannot measure."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "bench no-such-question",
    "bench mixed --results empty.txt",
    "bench mixed --plot latency.png",
    "bench gateway --plot latency.txt",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
