"""A picture of the story: the curve of a chip at the begin of each half year, and the cash of each account."""

from datetime import date
from typing import Any

from contracts_spec.periods import day_of, first_day
from exchange.demo.display import finish_axes, save_figure
from exchange.demo.story.cast import DEPOSITS, Who
from exchange.demo.story.play import StoryResult
from exchange.units import MILLS_PER_DOLLAR

INCHES = (11, 12)
CURVE_MONTHS = (1, 7)  # of which the first settled day has a curve
SETTLED_IN_DAYS = 14  # after which the first curve is no longer that of the seed prices
LARGE = (Who.MAKER, Who.CLOUD, Who.BANK)


def draw(result: StoryResult, path: str) -> None:
    """Draw the picture into a file that `curve_report.check_plot` accepts."""
    save_figure(figure(result), path)


def figure(result: StoryResult) -> Any:
    """Make the figure: curves above, below them the cash of large and of small accounts beyond the first deposit."""
    from matplotlib.figure import Figure

    made = Figure(INCHES, layout="constrained")
    curves, large, small = made.subplots(3, 1)
    _draw_curves(curves, result, f"{result.chips[0]}.G90")
    for axes, accounts in ((large, LARGE), (small, [who for who in Who if who not in LARGE])):
        for who in accounts:
            days = [
                (date.fromisoformat(day), mills - DEPOSITS[who]) for day, mills in result.explained[who].days if day
            ]
            thousands = [mills / MILLS_PER_DOLLAR / 1_000 for _, mills in days]
            axes.plot([day for day, _ in days], thousands, label=who.name.lower())
        axes.set(ylabel="thousand $", title="cash after each settlement, less the first deposit")
    finish_axes(curves, large, small)
    return made


def _draw_curves(axes: Any, result: StoryResult, grade: str) -> None:
    """Curves of some days, and the price of the front month on all days."""
    settled = sorted(result.chronicle.curves[grade].items())
    for day, months in _curve_days(settled):
        ahead = sorted(months)
        dollars = [months[month] / MILLS_PER_DOLLAR for month in ahead]
        axes.plot([first_day(month) for month in ahead], dollars, marker=".", label=f"settled {day}")
    front = [months[min(months)] / MILLS_PER_DOLLAR for _, months in settled]
    axes.plot([day_of(day) for day, _ in settled], front, color="black", linewidth=0.8, label="front month")
    axes.set(ylabel="$ a GPU-hour", title=f"{grade}: curves of the listed months, and the front month over time")


def _curve_days(settled: list[tuple[int, dict[int, int]]]) -> list[tuple[date, dict[int, int]]]:
    """A day soon after the first, and the first of each half year, with their curves."""
    found: dict[tuple[int, int], tuple[date, dict[int, int]]] = {}
    for number, months in settled:
        day = day_of(number)
        if number >= settled[0][0] + SETTLED_IN_DAYS and (not found or day.month in CURVE_MONTHS):
            found.setdefault((day.year, day.month), (day, months))
    return [*found.values()]
