"""`gpux top` refuses what it cannot show before it takes the terminal."""

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"),
    [("top --frames 0", "--frames 0 not in 1..10"), ("top --venue nowhere", "is no address"), ("top", "a terminal")],
)
def test_a_mistake_is_one_line(command: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert named in mistake(capsys, command)
