"""Runs node over the JavaScript client: its test files, and programs that use it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.source_tree import ROOT

HERE = Path(__file__).parent
CLIENT = ROOT / "clients" / "javascript" / "gpux.js"
WEBSOCKET = "--experimental-websocket"  # Node 20 needs it, newer ones accept it

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")


def passes(test_file: str, **environment: str) -> None:
    """Run one file of node's tests; fails with its output if one of them fails."""
    command = ["node", "--no-warnings", WEBSOCKET, "--test", "--test-reporter=spec", str(HERE / test_file)]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **environment}
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
