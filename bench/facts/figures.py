"""The plots of a report as SVG text, by matplotlib (extra `plot`). The same values give the same text."""

import re
from io import StringIO
from typing import Any, NamedTuple

import numpy as np

from bench.facts.document import Document
from bench.facts.sheet import Curve
from bench.facts.statistics import Statistic
from bench.facts.words import plain

INCHES = (5.0, 3.2)
SMALL_INCHES = (3.6, 2.5)
COLOURS = ("#1f6feb", "#d1622b", "#2a7f4f")
OTHER_STYLE = (0, (4, 2))
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "gpux", "font.family": "sans-serif", "font.size": 9}
# Fixed, as matplotlib takes longer to find margins than to draw.
MARGINS = {"left": 0.16, "right": 0.98, "bottom": 0.16, "top": 0.97}
POINTS = 400  # of a distribution function
SHORT_RATIO = 3_000  # of the ends of a logarithmic axis that has numbers between the powers of ten


class Plot(NamedTuple):
    """One figure: curves by key, the scales of its axes, and whether they are drawn as points."""

    title: str
    keys: tuple[str, ...]
    x_scale: str = "linear"
    y_scale: str = "linear"
    is_dotted: bool = False
    is_zero_shown: bool = False


PLOTS = (
    Plot("Spread", ("spread_distribution",), is_dotted=True),
    Plot("Depth by level", ("depth_by_level_bid_lots", "depth_by_level_ask_lots")),
    Plot("Depth by distance", ("depth_by_distance_bid_lots", "depth_by_distance_ask_lots")),
    Plot("Tail of returns", ("return_tail_distribution",), "log", "log", is_dotted=True),
    Plot("Memory of returns", ("return_autocorrelation", "volatility_autocorrelation"), is_zero_shown=True),
    Plot("Memory of trade signs", ("sign_autocorrelation",), "log", "log", is_dotted=True),
    Plot("Response to a trade", ("response_ticks",), "log", is_zero_shown=True),
    Plot("Impact by size", ("impact_by_size_ticks",), is_dotted=True, is_zero_shown=True),
    Plot("Signature plot", ("signature_ticks2",), "log"),
)


def plots(document: Document) -> list[tuple[Plot, list[Curve], str]]:
    """(plot, its curves of the first book, SVG) of every plot; SVG is empty if no curve has points."""
    found = []
    for number, plot in enumerate(PLOTS):
        books = [document.book, *([document.other] if document.other else [])]
        curves = [[book.curves[key] for key in plot.keys] for book in books]
        drawn = any(curve.x for book in curves for curve in book)
        found.append((plot, curves[0], _svg(_draw(plot, curves), f"plot{number}") if drawn else ""))
    return found


def _draw(plot: Plot, books: list[list[Curve]]) -> Any:
    """Draw the curves of one or two books; those of the second are dashed or hollow."""
    figure, axes = _axes(INCHES)
    for book, curves in enumerate(books):
        for place, curve in enumerate(curves):
            _draw_curve(axes, plot, curve, COLOURS[max(place, book if len(curves) == 1 else 0)], book)
    for axis, scale in ((axes.xaxis, plot.x_scale), (axes.yaxis, plot.y_scale)):
        if scale == "log":
            _make_log(axis)
    axes.set(xlabel=books[0][0].x_name, ylabel=books[0][0].y_name)
    if plot.is_zero_shown:
        axes.axhline(0, color="#888", linewidth=0.8)
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(loc="best", fontsize=8, frameon=False)
    return figure


def _make_log(axis: Any) -> None:
    """A logarithmic axis with plain numbers: 1, 2, 5, 10 over few powers of ten, only the powers over many."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    low, high = axis.get_data_interval()
    is_short = np.isfinite([low, high]).all() and 0 < low < high and high / low < SHORT_RATIO
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_short else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_formatter(NullFormatter())


def _draw_curve(axes: Any, plot: Plot, curve: Curve, colour: str, book: int) -> None:
    x, y, low, high = (_array(values) for values in (curve.x, curve.y, curve.low, curve.high))
    if plot.y_scale == "log":
        if len(high) and not book:
            axes.axhline(high[0] - y[0], color="#888", linewidth=0.8, linestyle=":", label="noise, 95 %")
        y = np.where(y > 0, y, np.nan)
    elif len(low) and not book:
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    which = ("this book", "the other")[book]
    label = which if len(plot.keys) == 1 else f"{curve.name}{', the other' if book else ''}"
    if plot.is_dotted:
        shape = {"marker": "o", "markersize": 3, "linestyle": "none", "markerfacecolor": "none" if book else colour}
        axes.plot(x, y, color=colour, label=label, **shape)
    else:
        axes.plot(x, y, color=colour, linestyle=OTHER_STYLE if book else "-", linewidth=1.4, label=label)


def _array(values: Any) -> np.ndarray:
    return np.array(values if values is not None else [], np.float64)


def distributions(pairs: list[tuple[Statistic, np.ndarray, np.ndarray]]) -> list[tuple[Statistic, str]]:
    """SVG of the distribution functions of each statistic in two books. Values: not empty, in any order."""
    found = []
    for number, (statistic, first, second) in enumerate(pairs):
        figure, axes = _axes(SMALL_INCHES)
        for values, label, style in ((first, "this book", "-"), (second, "the other", OTHER_STYLE)):
            shares = np.linspace(0, 1, POINTS)
            ranks = np.quantile(values, shares, method="inverted_cdf")
            colour = COLOURS[0] if style == "-" else COLOURS[1]
            axes.step(ranks, shares, where="post", color=colour, linestyle=style, linewidth=1.3, label=label)
        axes.set(xlabel=statistic.name, ylabel="share at most")
        axes.legend(loc="lower right", fontsize=7, frameon=False)
        found.append((statistic, _svg(figure, f"dist{number}")))
    return found


def _axes(inches: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(SETTINGS):
        figure = Figure(inches)
        axes = figure.subplots(gridspec_kw=MARGINS)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any, prefix: str) -> str:
    """SVG text of a figure, without fixed size, with ids that begin with `prefix`, as a page has several."""
    from matplotlib import rc_context

    text = StringIO()
    with rc_context(SETTINGS):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    body = text.getvalue()
    body = body[body.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", body))
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", body).strip()
