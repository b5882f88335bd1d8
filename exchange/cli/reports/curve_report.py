"""The curve of a chip: its settlements by period, and a price for each month that agrees with all of them.

A month that is listed has its settlement. Of the other months of a quarter, year or term, the price is what remains of
that period's: `(price * hours - sum of price * hours of its known months) / hours left`, to the nearest mill. Finer
periods come first, so a year is asked only for what its quarters leave open.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench.extras import check_file, check_package
from contracts_spec.periods import MONTHS, Period, first_day, month_hours
from exchange.cli.reports.curve_points import CurvePoint
from exchange.codes import Family, PeriodKind
from exchange.demo.display import figures_table, finish_axes, save_figure
from exchange.errors import UserError
from exchange.units import BP, price_text

ENDINGS = (".png", ".svg", ".pdf")
INCHES = (11, 6)
FAMILIES = (Family.PHY, Family.TOP)


class Segment(NamedTuple):
    """Months with one price: from `start_month` on, before `end_month`, as `source` says."""

    start_month: int
    end_month: int
    tick: int
    source: str


class CurveReport(NamedTuple):
    """Settlements of one chip and tier, months first, and the forward prices in the last and in those before."""

    title: str
    points: list[CurvePoint]
    forward: list[Segment]
    before: list[Segment]


def report(points: list[CurvePoint], chip: str, tier: str) -> CurveReport:
    """The curve of a chip and tier. UserError: the venue lists nothing of it."""
    ours = [one for one in points if one.symbol.startswith(f"{chip}.{tier}.") and one.terms.family in FAMILIES]
    if not ours:
        there_are = ", ".join(sorted({".".join(one.symbol.split(".")[:2]) for one in points}))
        raise UserError(f"{chip} {tier}: nothing of it is settled, there are: {there_are}")
    ours.sort(key=lambda one: (one.terms.period.kind, one.terms.period.start_month))
    days = sorted({one.day for one in ours if one.day})
    title = f"{chip} {tier}, settled {days[-1]}" if days else f"{chip} {tier}, not settled yet"
    last = {one.terms.period: one.tick for one in ours}
    before = {one.terms.period: one.before_tick for one in ours if one.before_tick is not None}
    return CurveReport(title, ours, forward_curve(last), forward_curve(before))


def forward_curve(ticks: dict[Period, int]) -> list[Segment]:
    """A price for each month that these periods cover, neighbours of one price and source together."""
    known: dict[int, tuple[int, str]] = {}
    for period in sorted(ticks, key=lambda one: (MONTHS[one.kind], one.start_month)):
        missing = [month for month in period.months if month not in known]
        if missing:
            left = ticks[period] * period.hours - sum(
                known[month][0] * month_hours(month) for month in period.months if month in known
            )
            hours = sum(map(month_hours, missing))
            tick = (2 * left + hours) // (2 * hours)
            source = "settled" if period.kind == PeriodKind.MONTH else f"implied by {period.code}"
            known.update(dict.fromkeys(missing, (tick, source)))
    segments: list[Segment] = []
    for month in sorted(known):
        tick, source = known[month]
        last = segments[-1] if segments else None
        if last and last.end_month == month and (last.tick, last.source) == (tick, source) and source != "settled":
            segments[-1] = last._replace(end_month=month + 1)
        else:
            segments.append(Segment(month, month + 1, tick, source))
    return segments


def show(curve: CurveReport, console: Console) -> None:
    """Print the settlements, then the forward prices."""
    names = ("period", "settlement", "method", "before", "change", "change %")
    table = figures_table(names, ("period", "method"), title=curve.title, title_justify="left")
    kind = None
    for point in curve.points:
        if kind not in (None, point.terms.period.kind):
            table.add_section()
        kind = point.terms.period.kind
        table.add_row(point.terms.period.code, price_text(point.tick), point.method, *_change(point))
    console.print(table)
    title = "forward price of each month, and its change to the one before"
    forward = figures_table(("months", "price", "step", "from"), ("months", "from"), title=title, title_justify="left")
    tick = None
    for segment in curve.forward:
        step = "" if tick is None else f"{price_text(segment.tick - tick)}"
        tick = segment.tick
        forward.add_row(_months(segment), price_text(segment.tick), step, segment.source)
    console.print(forward)


def print_json(curve: CurveReport) -> None:
    """Print a line of JSON for each settlement, then one for each price of the forward curve; prices in ticks."""
    for point in curve.points:
        more = {"before": point.before_tick} if point.before_tick is not None else {}
        found = {"sym": point.symbol, "settle": point.tick, "method": point.method, "day": point.day}
        print(json.dumps(found | more))
    for segment in curve.forward:
        print(json.dumps({"months": _months(segment), "px": segment.tick, "source": segment.source}))


def _change(point: CurvePoint) -> tuple[str, str, str]:
    if point.before_tick is None:
        return "", "", ""
    change = point.tick - point.before_tick
    share = change * BP // point.before_tick
    sign = "-" if share < 0 else ""
    return price_text(point.before_tick), price_text(change), f"{sign}{abs(share) // 100}.{abs(share) % 100:02d}"


def _months(segment: Segment) -> str:
    first, last = (first_day(month).strftime("%Y-%m") for month in (segment.start_month, segment.end_month - 1))
    return first if first == last else f"{first} to {last}"


def check_plot(path: str) -> None:
    """Raise UserError if no picture can be drawn into this file."""
    check_package("--plot", "matplotlib", "plot")
    check_file("--plot", Path(path), ENDINGS)


def draw(curve: CurveReport, path: str) -> None:
    """Draw the curve into a file that `check_plot` accepts."""
    save_figure(figure(curve), path)


def figure(curve: CurveReport) -> Any:
    """Make the figure: forward prices, those settled before behind them, a line for each quarter, year and term."""
    from matplotlib.figure import Figure

    made = Figure(INCHES, layout="constrained")
    axes: Any = made.subplots()
    for segments, colour, label, width in (
        (curve.before, "tab:gray", "forward, settled before", 1.2),
        (curve.forward, "tab:blue", "forward", 2.0),
    ):
        edges = [first_day(month) for segment in segments for month in (segment.start_month, segment.end_month)]
        dollars = [segment.tick / 1_000 for segment in segments for _ in range(2)]
        if edges:
            axes.plot(edges, dollars, color=colour, linewidth=width, label=label)
    names = {PeriodKind.QUARTER: "tab:green", PeriodKind.YEAR: "tab:orange", PeriodKind.TERM3: "tab:red"}
    for point in curve.points:
        period = point.terms.period
        if period.kind != PeriodKind.MONTH:
            begin, end = first_day(period.start_month), first_day(period.end_month)
            colour = names.get(period.kind, "tab:purple")
            axes.hlines(point.tick / 1_000, begin, end, color=colour, linewidth=1, linestyles="dashed")
            axes.annotate(period.code, (begin, point.tick / 1_000), fontsize="x-small", color=colour, va="bottom")
    axes.set(ylabel="$ a GPU-hour", xlabel="delivery")
    axes.set_title(curve.title, parse_math=False)
    finish_axes(axes)
    return made
