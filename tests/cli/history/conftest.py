"""A folder with some trading days, and a place for its history."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.history.venue_days import played


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("history") / "venue"
    played(made, 4, 1)
    return made


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "files"
    assert not list(tmp_path.rglob("*.part")), "nothing half written is left"
