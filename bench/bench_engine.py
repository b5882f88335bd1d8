"""What does a command cost in the engine with all features on, and what does the cost depend on?

Features: client order id index, limits and bands, initial margin, positions, fees, events. One thread sends batches of
512 commands to a state of venue size. Each figure is checked: the predicted number of trades, no refusal, and the same
state hash in every pass.

Not shown: journal, gateway and publishers (bench.gateway), cold caches of an idle venue, other machines.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from bench.bare_ladder import PART_STEPS, BareLadder, CppLadder, TimedLadder, compiler
from bench.flows.flow import FLOWS, KINDS, Flow, Parameters
from bench.record import Distribution, Report, distribution, needed_ratio, sum_of_least_parts
from bench.warm_engine import BATCH_ROWS, WarmEngine, prepare_engine, prepare_engine_for, without_client_ids

PASSES = 30
GROWTH_COMMANDS = 500_000
QUICK_COMMANDS = 100_000
BARE_LADDER, CPP_LADDER = "bare ladder", "bare ladder in C++"
# The requirement, in ns a command of the mixed flow, and the figures of the ladders on the machine that it is for.
NEEDED_NS, REFERENCE_NS = 60, {BARE_LADDER: 19, CPP_LADDER: 13}
GROWTH = {
    "10x resting orders": {"warm_orders": 300_000},
    "10x accounts": {"accounts": 2_560},
    "1,000 books instead of 1": {"books": 1_000},
}


def sized(parameters: Parameters, quick: bool, commands: int | None = None) -> Parameters:
    """The parameters with `commands` commands; with QUICK_COMMANDS for a quick run."""
    return replace(parameters, commands=QUICK_COMMANDS if quick else commands or parameters.commands)


def per_command(warm: WarmEngine, passes: list[np.ndarray]) -> dict[str, Any]:
    """Figures in ns a command, of an engine's passes.

    pass                distribution over whole passes
    least_of_parts_ns   sum of the least times of each batch over all passes
    batch               distribution over all batches of all passes
    """
    rows = len(warm.rows)
    full = [times[: rows // BATCH_ROWS] / BATCH_ROWS for times in passes]
    return {
        "pass": of_passes(passes, rows),
        "least_of_parts_ns": sum_of_least_parts(passes) / rows,
        "batch": distribution(np.concatenate(full).tolist(), "ns"),
        "state_hash": warm.hash,
    }


def of_passes(passes: list[np.ndarray], rows: int) -> Distribution:
    """Distribution of ns a row over whole passes. `passes`: ns of the parts of each pass."""
    return distribution([float(times.sum()) / rows for times in passes], "ns")


def run_flow(report: Report, name: str) -> None:
    """Measure a flow in the engine and in the ladders, ns a command. Passes of all of them alternate."""
    parameters = sized(FLOWS[name], report.quick)
    warm = prepare_engine(parameters)
    events = warm.verify()
    ladders = bare_ladders(warm.flow, warm.engine.limits.name)
    passes, floors = [], []
    for _ in range(report.passes(PASSES)):
        passes.append(warm.time_pass())
        floors.append([ladder.time_pass() for ladder in ladders.values()])
    figures = per_command(warm, passes)
    mix = ", ".join(f"{share:.1f} {kind.replace('_', ' ')}" for kind, share in warm.flow.mix().items() if share)
    least = figures["least_of_parts_ns"]
    detail = f"{least:.1f} with each batch at its least; batch p99 {figures['batch'].p99:,.1f}; {mix}"
    report.row(f"{name} flow", figures["pass"].text(), detail)
    for ladder, times in zip(ladders, zip(*floors, strict=True), strict=True):
        floor, part = of_passes(list(times), len(warm.rows)), sum_of_least_parts(times) / len(warm.rows)
        needed = f", needed {needed_ratio(NEEDED_NS, REFERENCE_NS[ladder])}" if name == "mixed" else ""
        usual = figures["pass"].median / floor.median
        detail = f"{part:.1f} with each part at its least: the engine takes {least / part:.2f}x as long{needed}"
        report.row(f"{name}, {ladder}", floor.text(), f"{detail}; median passes {usual:.2f}x")
        figures[ladder] = {"pass": floor, "least_of_parts_ns": part, "part_steps": PART_STEPS}
    if CPP_LADDER not in ladders:
        report.row(f"{name}, {CPP_LADDER}", "-", "no C++ compiler found")
    extra = {"mix": warm.flow.mix(), "resting": warm.flow.resting, "levels": warm.flow.levels, "events": events}
    report.keep(name, figures | extra, parameters)


def bare_ladders(flow: Flow, limits: str = "venue") -> dict[str, TimedLadder]:
    """The ladders by name: the exchange's book alone, and the C++ ladder if there is a compiler."""
    command = compiler()
    ours: dict[str, TimedLadder] = {BARE_LADDER: BareLadder(flow, limits)}
    return ours | ({CPP_LADDER: CppLadder(flow, command)} if command else {})


def run_growth(report: Report, _: str) -> None:
    """Measure larger markets relative to the plain mixed flow, ns a command. Passes of both alternate."""
    parameters = sized(FLOWS["mixed"], report.quick, GROWTH_COMMANDS)
    plain = prepare_engine(parameters)
    plain.verify()
    for name, change in GROWTH.items():
        grown = prepare_engine(replace(parameters, **change))  # type: ignore[arg-type]
        grown.verify()
        pairs = [(plain.time_pass(), grown.time_pass()) for _ in range(report.passes(PASSES))]
        before, after = (
            per_command(warm, list(passes))
            for warm, passes in zip((plain, grown), zip(*pairs, strict=True), strict=True)
        )
        least_before, least_after = (figures["least_of_parts_ns"] for figures in (before, after))
        ratio = least_after / least_before
        usual = after["pass"].median / before["pass"].median
        costs = f"{least_before:,.1f} -> {least_after:,.1f} ns with each batch at its least"
        report.row(name, f"{ratio:.2f}x", f"{costs}; median passes {usual:.2f}x")
        report.keep(name, {"ratio": ratio, "plain": before, "grown": after}, grown.flow.parameters)


def run_kinds(report: Report, _: str) -> None:
    """Measure the cost of each kind of command, and of the mixed flow without some features."""
    parameters = sized(FLOWS["mixed"], report.quick, GROWTH_COMMANDS)
    warm = prepare_engine(parameters)
    warm.verify()
    rounds = report.passes(PASSES)
    times = np.min([warm.time_pass() for _ in range(rounds)], axis=0)
    costs = kind_costs(warm, times)
    counts = np.append(np.bincount(warm.flow.steps["kind"], minlength=len(KINDS)), warm.flow.fills)
    share = 100 * counts * list(costs.values()) / times.sum()
    for (name, cost), part in zip(costs.items(), share, strict=True):
        report.row(f"cost of one {name}", f"{cost:,.0f} ns", f"{part:.0f} % of the mixed flow's time")
    least = float(times.sum()) / len(warm.rows)
    variants = {
        "mixed without client order ids": without_client_ids(warm),
        "mixed of one account": prepare_engine(replace(parameters, accounts=1)),
    }
    figures: dict[str, Any] = {"costs_ns": costs, "plain_ns": least}
    for name, variant in variants.items():
        cost = sum_of_least_parts([variant.time_pass() for _ in range(rounds)]) / len(variant.rows)
        report.row(name, f"{cost:,.1f} ns", f"plain {least:,.1f} ns")
        figures[name] = cost
    report.keep("kinds", figures, parameters)


def kind_costs(warm: WarmEngine, times: np.ndarray) -> dict[str, float]:
    """Cost in ns of an add, a cancel, a replace, an aggressor and a trade, by least squares over batches.

    times   ns of each batch, its least over several passes
    """
    whole = len(warm.rows) // BATCH_ROWS
    steps = warm.flow.steps[: whole * BATCH_ROWS].reshape(whole, BATCH_ROWS)
    columns = [(steps["kind"] == kind).sum(axis=1) for kind in range(len(KINDS))]
    design = np.stack([*columns, steps["fills"].sum(axis=1)], axis=1).astype(float)
    kept = times[:whole] <= np.quantile(times[:whole], 0.99)
    solution = np.linalg.lstsq(design[kept], times[:whole][kept].astype(float), rcond=None)[0]
    return dict(zip((*KINDS, "trade"), solution.tolist(), strict=True))


def time_ours(flow: Any, rounds: int) -> Distribution:
    """Distribution of ns a command of our engine on a peer's flow, for bench_peers."""
    warm = prepare_engine_for(flow)
    warm.verify()
    pass_figure: Distribution = per_command(warm, [warm.time_pass() for _ in range(rounds)])["pass"]
    return pass_figure


def run_peers(report: Report, _: str) -> None:
    """Measure the same steps in other engines and ours, in the same run."""
    from bench.bench_peers import run_peers

    for result in run_peers(time_ours, report.passes(PASSES)):
        if result.peer is None or result.ours is None:
            report.row(result.package, "-", result.remark)
            continue
        same = f"ours {result.ours.least:,.1f} ns on the same {result.commands:,} commands"
        detail = f"{same}, {result.ratio:,.0f}x; {result.remark}"
        report.row(result.package, result.peer.text(), detail)
        report.keep(
            result.package, {"peer": result.peer, "ours": result.ours, "ratio": result.ratio}, result.warm_orders
        )
