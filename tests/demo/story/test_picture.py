"""The picture shows curves of the chip and the cash of each account."""

from pathlib import Path

import pytest

from exchange.demo.story.cast import Who
from exchange.demo.story.picture import draw, figure
from exchange.demo.story.play import StoryResult
from exchange.errors import UserError


def test_it_has_curves_and_a_line_of_cash_for_each_account(short: StoryResult) -> None:
    curves, large, small = figure(short).axes
    assert [line.get_label() for line in (*large.lines, *small.lines)] == [who.name.lower() for who in Who]
    assert [line.get_label() for line in curves.lines] == ["settled 2026-11-16", "front month"]


def test_it_is_drawn_into_a_file_or_says_why_not(short: StoryResult, tmp_path: Path) -> None:
    draw(short, str(tmp_path / "story.png"))
    assert (tmp_path / "story.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match="--plot"):
        draw(short, str(tmp_path / "missing" / "story.png"))
