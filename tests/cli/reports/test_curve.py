"""`gpux curve`: mistakes are told in one line."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("curve H100 --folder missing", "missing"),
        ("curve H100 --url ws://127.0.0.1:1", "gpux serve starts a venue"),
        ("curve H100 --plot curve.txt", "--plot curve.txt"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)
