"""Runs a notebook of the tutorial in this process, as `python -m` would."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.source_tree import ROOT


def run_notebook(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    """Run it in short form. `folder`: for its pictures. Returns the names at its top."""
    monkeypatch.setattr(sys, "argv", [name, "--quick", "--out", str(folder), *arguments])
    return runpy.run_path(str(ROOT / "bench" / "tutorial" / f"{name}.py"), run_name="__main__")


def is_picture(path: Path) -> bool:
    """Whether a file is a PNG of some size, not an empty frame."""
    data = path.read_bytes()
    return data[:4] == b"\x89PNG" and len(data) > 10_000
