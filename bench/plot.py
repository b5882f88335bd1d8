"""Draws a tape, and the latency of the gateway against the load that it is offered.

A tape: best prices, trades and volume of its busiest instrument over time, and its book at the end.

`gpux replay SOURCE --plot FILE` calls `draw_tape`, which needs the extra `plot` (matplotlib). It runs the tape again in
SAMPLES pieces and samples the best prices after each piece. It draws every trade.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.extras import check_file, check_package
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, EventFlag, EventKind
from exchange.demo.display import save_figure
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import column
from exchange.units import NS_PER_S

SAMPLES = 1_000
LEVELS = 50  # levels of each side in the picture of the book
INCHES = (11, 7)
ENDINGS = (".png", ".svg", ".pdf")
BUY_COLOUR, SELL_COLOUR, TRADE_COLOUR = "tab:green", "tab:red", "tab:blue"


@dataclass
class InstrumentHistory:
    """Prices, trades and final book of one instrument. Times in ns, prices in ticks, NaN for an empty side."""

    name: str
    times: list[int] = field(default_factory=list)
    bids: list[float] = field(default_factory=list)
    asks: list[float] = field(default_factory=list)
    trade_times: list[int] = field(default_factory=list)
    trade_ticks: list[int] = field(default_factory=list)
    trade_lots: list[int] = field(default_factory=list)
    depth: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(default_factory=lambda: ([], []))


def check_plot(path: Path) -> None:
    """Raise UserError if no picture can be drawn into this file. Call it before the replay, which may be long."""
    check_package("--plot", "matplotlib", "plot")
    check_file("--plot", path, ENDINGS)


def busiest_instrument(tape: Tape) -> int:
    """Index of the book with most new orders and quotes. UserError: there are none."""
    rows = tape.commands[np.isin(tape.commands["kind"], (CommandKind.NEW, CommandKind.QUOTE))]
    known = rows["instrument"][(rows["instrument"] > 0) & (rows["instrument"] <= NAMED[tape.limits].books)]
    if not len(known):
        raise UserError("--plot: nothing to draw, no order was entered")
    return int(np.bincount(known).argmax())


def follow(tape: Tape, index: int) -> InstrumentHistory:
    """Run a tape and record the history of one instrument. UserError: it is not listed."""
    engine = Engine(NAMED[tape.limits])
    piece = -(-len(tape.commands) // SAMPLES)
    history = InstrumentHistory(f"instrument {index}")
    for part in tape.parts():
        if isinstance(part, TapeControl):
            _note_trades(history, engine.control(part.row, part.payload), index)
            continue
        for start in range(0, len(part), piece):
            _note_trades(history, engine.apply(part[start : start + piece]), index)
            bids, asks = query.depth(engine.states, index, 1)
            history.times.append(engine.time_ns)
            history.bids.append(bids[0][0] if bids else np.nan)
            history.asks.append(asks[0][0] if asks else np.nan)
    symbols = {row.index: row.symbol for row in query.instruments(engine.states)}
    if index not in symbols:
        raise UserError(f"--plot: most orders are for instrument {index}, which is not listed")
    history.name = symbols[index] or history.name
    history.depth = query.depth(engine.states, index, LEVELS)
    return history


def _note_trades(history: InstrumentHistory, events: np.ndarray, index: int) -> None:
    """Add the trades of a book. A trade has two FILL rows with the same id; an implied one may have only one here. An
    internal leg is no trade of the book (SMP-010)."""
    fills = events[(events["kind"] == EventKind.FILL) & (events["instrument"] == index)]
    fills = fills[fills["flags"] & EventFlag.INTERNAL == 0]
    trades = fills[np.unique(column(fills, "trade_id"), return_index=True)[1]]
    history.trade_times += trades["time_ns"].tolist()
    history.trade_ticks += column(trades, "trade_tick").tolist()
    history.trade_lots += trades["lots"].tolist()


def draw_tape(tape: Tape, path: Path) -> str:
    """Draw the busiest instrument of a tape into a file that `check_plot` accepts; returns its name and trades."""
    history = follow(tape, busiest_instrument(tape))
    save_figure(draw(history), path)
    return f"{history.name}, {len(history.trade_ticks):,} trades"


def draw(history: InstrumentHistory) -> Any:
    """Make the figure: prices and trades above, volume below, the book at the end on the right."""
    from matplotlib.figure import Figure

    figure = Figure(INCHES, layout="constrained")
    (prices, book), (volume, unused) = figure.subplots(
        2, 2, sharex="col", width_ratios=(3, 1), height_ratios=(3, 1), squeeze=True
    )
    unused.remove()
    first_ns = min(history.times[:1] + history.trade_times[:1])
    seconds, trade_seconds = (
        (np.array(times, np.int64) - first_ns) / NS_PER_S for times in (history.times, history.trade_times)
    )
    prices.step(seconds, history.bids, where="post", color=BUY_COLOUR, linewidth=0.8, label="best bid")
    prices.step(seconds, history.asks, where="post", color=SELL_COLOUR, linewidth=0.8, label="best ask")
    prices.scatter(trade_seconds, history.trade_ticks, s=4, color=TRADE_COLOUR, label="trades")
    prices.set(ylabel="price, ticks")
    prices.set_title(history.name, parse_math=False)
    prices.legend(loc="best", fontsize="small")
    edges = np.linspace(0, max(float(seconds[-1]), *trade_seconds[-1:], 1e-9), 101)
    volume.hist(trade_seconds, edges, weights=history.trade_lots, color=TRADE_COLOUR)
    volume.set(xlabel="time, s", ylabel="lots traded")
    for side, colour in zip(history.depth, (BUY_COLOUR, SELL_COLOUR), strict=True):
        book.barh([tick for tick, _ in side], [lots for _, lots in side], height=1.0, color=colour)
    book.set(title="book at the end", xlabel="lots shown")
    book.tick_params(labelbottom=True)
    return figure


def draw_latency(found: dict[str, Any], path: Path) -> None:
    """Draw the answer to `open_loop` of the gateway into a file that `check_plot` accepts."""
    save_figure(gateway_latency(found), path)


def gateway_latency(found: dict[str, Any]) -> Any:
    """Make the figure: latency from when a request was due, at each offered load, and the closed loop's throughput."""
    from matplotlib.figure import Figure

    steps = found["steps"]
    figure = Figure(INCHES, layout="constrained")
    axes = figure.subplots()
    offered = [step["offered_per_s"] for step in steps]
    for name in ("p50_us", "p99_us", "p99.9_us"):
        label = name.removesuffix("_us")
        axes.plot(offered, [step[name] for step in steps], marker="o", label=label)
    axes.axvline(found["closed_loop_acks_per_s"], color="grey", linestyle=":", label="closed loop, 10 clients x 32")
    axes.set(yscale="log", xlabel="orders offered a second", ylabel="us from due to durable reply")
    axes.set_xlim(left=0)
    axes.set_title("gateway: latency against offered load")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    return figure
