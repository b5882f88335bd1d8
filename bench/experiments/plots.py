"""Plots of an experiment: results against a parameter of the grid, the mean over seeds with its 95 % interval."""

from collections import defaultdict
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from bench.experiments.outcome import PARAMETER
from bench.experiments.plan import PlotEntry
from exchange.errors import UserError

# Student's t for 95 %, two-sided, by degrees of freedom (Student 1908). Beyond the table it is the normal quantile with
# two terms of the expansion in 1 / degrees (Abramowitz and Stegun 26.7.5), right to 0.001.
T_95 = (0.0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11)
NORMAL_95, TERM_1, TERM_2 = 1.960, 2.372, 2.822
TICKS_MAX = 12  # values of a parameter that an axis marks one by one


def interval(values: list[float]) -> tuple[float, float]:
    """Mean, and half the width of its 95 % interval; 0 of a single value."""
    if len(values) < 2:
        return fmean(values), 0.0
    freedom = len(values) - 1
    t = T_95[freedom] if freedom < len(T_95) else NORMAL_95 + TERM_1 / freedom + TERM_2 / freedom**2
    return fmean(values), t * stdev(values) / len(values) ** 0.5


def curves(rows: list[dict[str, Any]], x: str, y: str) -> dict[str, list[tuple[Any, float, float]]]:
    """For each source, and each point of the other parameters, (x, mean of y, half of its interval) by x."""
    column = PARAMETER + x
    found: dict[str, dict[Any, list[float]]] = defaultdict(lambda: defaultdict(list))
    others = sorted({name for row in rows for name in row if name.startswith(PARAMETER) and name != column})
    varied = [name for name in others if len({row.get(name) for row in rows}) > 1]
    for row in rows:
        if row["error"] or row.get(y) is None:
            continue
        label = " ".join([row["source"], *(f"{name.removeprefix(PARAMETER)}={row[name]}" for name in varied)])
        found[label][row[column]].append(float(row[y]))
    return {
        label: [(value, *interval(points[value])) for value in sorted(points, key=lambda one: (str(type(one)), one))]
        for label, points in sorted(found.items())
    }


def draw(rows: list[dict[str, Any]], plots: list[PlotEntry], path: Path) -> None:
    """Draw all plots into one picture. UserError: a result is not there, or is no number."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = [(plot.x, y) for plot in plots for y in plot.y]
    figure, axes = plt.subplots(len(panels), 1, figsize=(8, 3.2 * len(panels)), squeeze=False, layout="constrained")
    for axis, (x, y) in zip(axes[:, 0], panels, strict=True):
        try:
            lines = curves(rows, x, y)
        except ValueError:
            raise UserError(f"plot: y {y!r} is a text") from None
        if not lines:
            known = sorted({name for row in rows for name in row if isinstance(row[name], int | float)})
            raise UserError(f"plot: no result {y!r}, allowed: {', '.join(known)}")
        for label, points in lines.items():
            values, means, halves = zip(*points, strict=True)
            shown = [one if isinstance(one, int | float) else str(one) for one in values]
            axis.errorbar(shown, means, halves, marker="o", capsize=3, label=label)
        taken = {value for points in lines.values() for value, _, _ in points}
        if len(taken) <= TICKS_MAX and all(isinstance(value, int | float) for value in taken):
            axis.set_xticks(sorted(taken))  # those measured, not round numbers between them
        axis.set_xlabel(x)
        axis.set_ylabel(y)
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    figure.savefig(path)
    plt.close(figure)
