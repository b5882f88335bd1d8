"""`gpux serve` refuses settings that no venue can have, before it makes a folder."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "serve no-tape.parquet --port 0",
    "serve /dev/null/x --port 0",
    "serve venue --port 65536",
    "serve venue --date 2026-13-45",
    "serve venue --close 25:00",
    "serve venue --close 21:00 --never-close",
    "serve venue --settle-after -1",
    "serve venue --settle-after 86400",
    "serve '' --port 0",
    "serve venue --origin '*'",
    "serve venue --origin null",
    "serve venue --origin ''",
    "serve venue --origin https://good.example --origin https://desk.example/page",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
    assert not (workplace / "venue").exists()
