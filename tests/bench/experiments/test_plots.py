"""Curves over a parameter, with intervals."""

from pathlib import Path
from statistics import stdev
from typing import Any

import pytest

from bench.experiments.plan import PlotEntry
from bench.experiments.plots import curves, draw, interval
from exchange.errors import UserError


def row(source: str, width: int, kind: str, gain: float, error: str = "") -> dict[str, Any]:
    return {"source": source, "p.width": width, "p.kind": kind, "gain": gain, "error": error, "text": "x"}


ROWS = [row("a", 2, "x", 1.0), row("a", 2, "x", 3.0), row("a", 1, "x", 5.0), row("a", 1, "y", 9.0, "failed")]


def test_the_interval_is_student_t() -> None:
    assert interval([4.0]) == (4.0, 0.0)
    mean, half = interval([1.0, 3.0])
    assert mean == 2.0 and half == pytest.approx(12.71 * 2**0.5 / 2**0.5)


@pytest.mark.parametrize(("freedom", "t"), [(17, 2.110), (18, 2.101), (29, 2.045), (99, 1.984), (100_000, 1.960)])
def test_the_interval_of_many_values_is_that_of_published_tables(freedom: int, t: float) -> None:
    values = [float(number % 2) for number in range(freedom + 1)]
    assert interval(values)[1] * (freedom + 1) ** 0.5 / stdev(values) == pytest.approx(t, abs=0.001)


def test_a_curve_is_of_one_source_and_the_other_parameters_and_leaves_failed_runs_out() -> None:
    found = curves(ROWS, "width", "gain")
    assert list(found) == ["a kind=x"]
    assert [(x, mean) for x, mean, _ in found["a kind=x"]] == [(1, 5.0), (2, 2.0)]


def test_plots_are_written_and_a_missing_result_is_named(tmp_path: Path) -> None:
    picture = tmp_path / "gain.svg"
    draw(ROWS, [PlotEntry(x="width", y=["gain"])], picture)
    assert "<svg" in picture.read_text()[:500]
    with pytest.raises(UserError, match=r"no result 'lots', allowed: .*gain"):
        draw(ROWS, [PlotEntry(x="width", y=["lots"])], picture)
    with pytest.raises(UserError, match="y 'text' is a text"):
        draw(ROWS, [PlotEntry(x="width", y=["text"])], picture)


def test_an_axis_marks_the_values_that_were_measured(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda self, path: drawn.append(self))
        draw([row("a", width, "x", 1.0) for width in (1, 2, 7)], [PlotEntry(x="width", y=["gain"])], tmp_path / "a.svg")
    assert drawn[0].axes[0].get_xticks().tolist() == [1, 2, 7]
