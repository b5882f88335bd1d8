"""Runs `gpux` in a process of its own or in this one, and reads what a user's mistake prints."""

import shlex
from pathlib import Path

import pytest

from exchange.cli import app as cli

ROOT = Path(__file__).parents[2]


def is_one_line_on_stderr(text: str) -> bool:
    return text.startswith("gpux: ") and text.count("\n") == 1 and "Traceback" not in text


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the command line."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert stopped.value.code is None or isinstance(stopped.value.code, int)
    return stopped.value.code or 0, out, err


def mistake(capsys: pytest.CaptureFixture[str], command: str, code: int = 2) -> str:
    """The line that a command prints which ends by a mistake, without `gpux: ` before it."""
    found, out, err = ended(capsys, *shlex.split(command))
    assert (found, out) == (code, "")
    assert is_one_line_on_stderr(err), err
    return err.removeprefix("gpux: ").rstrip("\n")
