"""Completion scripts name the commands, and the shell accepts them."""

import os
import shutil
import subprocess

import pytest

from tests.cli.trading.typed import typed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_completes_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = typed(capsys, "completion", shell)
    for word in ("positions", "replace", "cancel", "post-only", "gtc"):
        assert word in script
    if shutil.which(shell):
        plain = {**os.environ, "LC_ALL": "C.UTF-8"}  # of an unknown locale a shell warns
        done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False, env=plain)
        assert (done.returncode, done.stderr) == (0, "")
