"""`gpux replay` refuses sources and options that it cannot use."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "replay no-such-file.parquet",
    "replay no-tape.parquet",
    "replay .",
    "replay lobster",
    "replay lobster --messages no-such-file.csv --book no-such-file.csv",
    "replay lobster --messages no-tape.parquet --book no-tape.parquet",
    "replay mixed --commands 0",
    "replay mixed --commands 99999999999999999999",
    "replay mixed --commands many",
    "replay mixed --seed 8388608",
    "replay mixed --seed -1",
    "replay mixed --save no-such-folder/x.parquet",
    "replay mixed --save .",
]
NOT_APPLYING = [  # a command, and the words in it that it cannot use
    ("replay no-tape.parquet --commands 5", "--commands 5"),
    ("replay no-tape.parquet --seed 1", "--seed 1"),
    ("replay no-tape.parquet --messages zz", "--messages zz"),
    ("replay . --seed 0", "--seed 0"),
    ("replay lobster --messages zz --book zz --commands 5", "--commands 5"),
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)


@pytest.mark.parametrize(("command", "unused"), NOT_APPLYING)
def test_option_that_does_not_apply_is_named(
    command: str, unused: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    told = mistake(capsys, command)
    assert told.startswith(f"{unused} does not apply to ") and "allowed: " in told
