"""`gpux curve`: mistakes are told in one line."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named", "code"),
    [
        ("curve H100 --folder missing", "missing", 2),
        ("curve H100 --url ws://127.0.0.1:1", "gpux serve and gpux demo start a venue", 69),
        ("curve H100 --venue ws://127.0.0.1:1", "no venue at ws://127.0.0.1:1", 69),
        ("curve H100 --plot curve.txt", "--plot curve.txt", 2),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, code: int, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command, code)
