"""`gpux experiment --help` names every option; what it does is in tests/bench/experiments."""

import pytest

from tests.cli.mistakes import ended


def test_the_help_names_file_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ended(capsys, "experiment", "--help")
    assert code == 0
    assert all(word in out for word in ("FILE", "--out", "--workers", "--cluster", "--plot"))
