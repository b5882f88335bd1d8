"""`gpux statement` asks the running venue of a folder."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"), [("statement missing 0", "NUMBER 0"), ("statement missing 1", "missing")]
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)
