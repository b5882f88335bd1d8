"""`gpux key make`: bad input makes neither a key nor a folder."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    "command",
    [
        "key make no-tape.parquet bob --account 1",
        "key make venue bob",
        "key make venue bob --account 0",
        "key make venue bob --account 1 --date 2026-13-45",
        "key make venue bob --account 1 --scopes fly",
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
    assert not (workplace / "venue").exists()
