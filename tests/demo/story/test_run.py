"""`gpux story` in short: its output, its exit code, its folder."""

import io
import json
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from exchange.demo.story.run import DAYS_MAX, progress, story
from exchange.errors import UserError
from exchange.journal.verify import verify


@pytest.fixture(autouse=True)
def _terminated_as_before() -> Iterator[None]:
    """The story takes over SIGTERM; the process of the tests has its own handler again afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_two_days_end_as_one_json_object_and_a_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert story(2, 1, True, str(tmp_path / "data"), "") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] and found["last"] == "2026-11-03"
    assert verify(str(tmp_path / "data")).records == found["commands"]


@pytest.mark.parametrize("days", [0, -1, DAYS_MAX + 1])
def test_a_number_of_days_that_the_story_has_not_is_refused(days: int) -> None:
    with pytest.raises(UserError, match=rf"--days {days} not in 1\.\.{DAYS_MAX}"):
        story(days, 1, False, "", "")


def test_without_a_terminal_progress_is_a_line_a_quarter() -> None:
    written = io.StringIO()
    with progress(Console(file=written, width=80), 3) as passed:
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1)):
            passed(day)
    assert written.getvalue().split() == ["2027-01-01", "..."]
