"""What the tables and figures of commands have in common."""

from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

from exchange.demo.display import figures_table, finish_axes, print_whole, save_figure
from exchange.errors import UserError


def test_words_stand_at_the_left_and_figures_at_the_right() -> None:
    table = figures_table(("market", "lots", "method"), ("market", "method"), title="closed", box=None)
    assert [(column.header, column.justify) for column in table.columns] == [
        ("market", "left"), ("lots", "right"), ("method", "left"),
    ]  # fmt: skip
    assert (table.title, table.box, table.row_count) == ("closed", None, 0)


def orders() -> Table:
    table = figures_table(("order", "symbol", "coid", "state"), ("symbol", "coid", "state"))
    table.add_row("2516582553", "H100.G90.F27-G27", "bd6b4af122d0-1", "open")
    return table


def test_no_cell_of_a_table_is_cut_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    for width, left_out in ((80, ""), (48, "coid"), (36, "coid, state"), (20, "coid, state")):
        monkeypatch.setenv("COLUMNS", str(width))
        print_whole(orders(), ("coid", "state"))
        text = capsys.readouterr().out
        assert "2516582553" in text and "H100.G90.F27-G27" in text and "…" not in text
        assert ("bd6b4af122d0-1" in text) == (not left_out)
        assert (text.splitlines()[-1] == f"without {left_out}: the terminal has {width} columns") == bool(left_out)


def test_a_pipe_has_every_column(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_whole(orders(), ("coid", "state"))
    text = capsys.readouterr().out
    assert "bd6b4af122d0-1 │ open" in text and "without" not in text


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
