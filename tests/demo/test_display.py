"""What the tables and figures of commands have in common."""

from pathlib import Path
from typing import Any

import pytest

from exchange.demo.display import figures_table, finish_axes, save_figure
from exchange.errors import UserError


def test_words_stand_at_the_left_and_figures_at_the_right() -> None:
    table = figures_table(("market", "lots", "method"), ("market", "method"), title="closed", box=None)
    assert [(column.header, column.justify) for column in table.columns] == [
        ("market", "left"), ("lots", "right"), ("method", "left"),
    ]  # fmt: skip
    assert (table.title, table.box, table.row_count) == ("closed", None, 0)


def test_a_figure_is_written_or_the_file_is_named(tmp_path: Path) -> None:
    figures: Any = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure()
    axes = figure.subplots()
    axes.plot([1, 2], label="price")
    finish_axes(axes)
    assert axes.get_legend() is not None
    save_figure(figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size
    with pytest.raises(UserError, match=r"--plot .*b/a\.png: No such file or directory"):
        save_figure(figure, tmp_path / "b" / "a.png")
