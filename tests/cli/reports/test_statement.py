"""`gpux statement` asks the running venue of a folder."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


def test_a_mistake_is_one_line_that_names_the_argument(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    assert "NUMBER 0" in mistake(capsys, "statement missing 0")
    assert "no venue of missing is running" in mistake(capsys, "statement missing 1", 69)
