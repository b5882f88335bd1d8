"""A short story: the first days of one chip, for tests of what is made of it."""

from datetime import date
from pathlib import Path

import pytest

from exchange.demo.story.play import StoryResult, play


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> StoryResult:
    folder: Path = tmp_path_factory.mktemp("short")
    return play(str(folder), date(2026, 11, 24), 1, lambda _day: None, ("H100",))
