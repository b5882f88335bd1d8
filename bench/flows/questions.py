"""How fast do the order-flow models generate, and is the compute market within the bounds of the papers?

Speed: nanoseconds a message, model and engine together, from an empty venue on. Checked: a replay of the tape gives its
state hash and refuses nothing. Realism: the figures of `realism` for the front month of each chip, the mean over
several seeds, beside their bounds; a figure outside makes the question fail, unless the run is a quick one, which has
too few trades to say. Not shown: how near the models are to one given market; `gpux facts` compares two sources.
"""

from time import perf_counter_ns

import numpy as np
from rich.table import Table

from bench.flows.market.contracts import CHIPS, PERIODS
from bench.flows.market.process import compute_market
from bench.flows.notes import note_tape
from bench.flows.realism import BOUNDS, figures, outside, trades_of
from bench.flows.registry import MODELS, model_tape
from bench.flows.stepping import run_process
from bench.record import Report, distribution
from bench.replay import replay_tape
from bench.tapes.market import engine_at
from bench.tapes.tape import Tape
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.limits import NAMED

PASSES = 5
COMMANDS = 200_000
REALISM_COMMANDS, QUICK_COMMANDS = 3_000_000, 200_000
SEEDS = (1, 2, 3, 4)
QUICK_TRADES = 20  # of the variance ratio in a quick run


def run_flows(report: Report, name: str) -> None:
    """Measure the speed of each model, then the realism of the compute market."""
    commands = COMMANDS // 10 if report.quick else COMMANDS
    for model in MODELS:
        checked(model, model_tape(model, 1, commands))  # compiles
        times = []
        for _ in range(report.passes(PASSES)):
            start = perf_counter_ns()
            model_tape(model, 1, commands)
            times.append((perf_counter_ns() - start) / commands)
        figure = distribution(times, "ns")
        report.row(f"{model}, a message", figure.text(), f"{1e9 / min(times):,.0f} messages/s at the least")
        report.keep(model, {"message": figure}, {"commands": commands, "seed": 1})
    run_realism(report)


def checked(name: str, tape: Tape) -> None:
    """AssertionError: a replay gives another state, or refuses a command."""
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    assert summary.state_hash == tape.state_hash, f"{name}: a replay gives another state"
    assert not summary.refused, f"{name}: refused {dict(summary.refused)}"


def run_realism(report: Report) -> None:
    """Add a table of figures and bounds. AssertionError: a figure of a whole run is outside."""
    commands, seeds = (QUICK_COMMANDS, SEEDS[:1]) if report.quick else (REALISM_COMMANDS, SEEDS)
    found = realism(commands, seeds, QUICK_TRADES if report.quick else None)
    table = Table(title=f"compute market, mean of {len(seeds)} seeds of {commands:,} messages", title_justify="left")
    for column in ("figure", "bound", *found):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, (low, high) in BOUNDS.items():
        table.add_row(name, f"{low:g} to {high:g}", *(f"{one[name]:.3f}" for one in found.values()))
    report.tables.append(table)
    report.keep("realism", found, {"commands": commands, "seeds": list(seeds)})
    wrong = {symbol: outside(one) for symbol, one in found.items() if outside(one)}
    assert report.quick or not wrong, f"outside the bounds: {wrong}"


def realism(commands: int, seeds: tuple[int, ...], ratio_trades: int | None = None) -> dict[str, dict[str, float]]:
    """Mean figures of the front months by symbol."""
    by_symbol: dict[str, list[dict[str, float]]] = {f"{chip}.{PERIODS[0]}": [] for chip in CHIPS}
    for seed in seeds:
        tape = run_process(compute_market(seed), commands)
        notes = note_tape(tape)
        for row in query.instruments(engine_at(tape, tape.resting_rows).states):
            if row.symbol in by_symbol:
                trades = trades_of(notes, row.index)
                by_symbol[row.symbol].append(figures(trades, ratio_trades) if ratio_trades else figures(trades))
    return {
        symbol: {name: float(np.mean([one[name] for one in runs])) for name in BOUNDS}
        for symbol, runs in by_symbol.items()
    }
