"""A working folder with things that are not what their names say."""

from pathlib import Path

import pytest


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a test: a folder `journal` that is none, an empty file, and a tape that is none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journal").mkdir()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "no-tape.parquet").write_text("neither Parquet nor numbers\n")
    return tmp_path
