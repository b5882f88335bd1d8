"""The figures of `gpux bench gateway` beside their targets: what must be reached, and what is ambitious.

All of them are ratios to something in the same run, or times on this machine. They do not show a network, TLS, clients
that decode, or other machines; on a loaded machine times and rates are worse, and ratios move less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from bench.gateway.jobs import QUICK_SCALE
from bench.gateway.questions import QUESTIONS, measure, measure_apart
from bench.gateway.served import LoadError
from bench.record import Report

Answers = dict[str, dict[str, Any]]
APART = ("idle",)  # questions that need a process in which nothing has run
NOT_SHOWN = "not shown: a network, TLS, clients that decode, other machines; compare ratios, and only within one run"


@dataclass(frozen=True)
class Target:
    """One figure. `figure` reads it from the answers; KeyError: a question or an encoding is not among them."""

    metric: str
    figure: Callable[[Answers], float]
    must: float
    ambitious: float
    unit: str = ""
    more: bool = False  # whether more is better

    def reached(self, figure: float) -> str:
        for name, bound in (("ambitious", self.ambitious), ("must", self.must)):
            if figure >= bound if self.more else figure <= bound:
                return name
        return "no"

    def text(self, figure: float) -> str:
        digits = 0 if figure >= 1_000 else 1 if figure >= 100 else 2
        return f"{figure:,.{digits}f}{self.unit}"


def _to_echo(figure: str, encoding: str) -> Callable[[Answers], float]:
    return lambda answers: answers["throughput"][encoding][figure] / answers["throughput"]["echo"][figure]


def _deliveries(changes: str) -> Callable[[Answers], float]:
    return lambda answers: answers["fanout"]["changes_a_tick"][changes]["deliveries_per_s"]


TARGETS = (
    Target("server CPU an acknowledgement, to the echo's: JSON", _to_echo("server_cpu_us", "json"), 0.40, 0.25),
    Target("server CPU an acknowledgement, to the echo's: binary", _to_echo("server_cpu_us", "binary"), 0.28, 0.15),
    Target("durable acknowledgements, to the echo's: JSON", _to_echo("acks_per_s", "json"), 2.2, 3.5, more=True),
    Target("durable acknowledgements, to the echo's: binary", _to_echo("acks_per_s", "binary"), 3.5, 5.0, more=True),
    Target("CPU with a raw depth subscriber, to unwatched", lambda a: a["watched"]["cpu_ratio"]["raw"], 1.5, 1.2),
    Target("CPU with fills and refusals, to plain orders", lambda a: a["mixed"]["cpu_ratio"], 1.7, 1.25),
    Target(
        "one client, p50 to fdatasync alone",
        lambda a: a["latency"]["p50_us"] / a["latency"]["sync"]["p50_us"],
        2.2,
        1.9,
    ),
    Target("one client, p99 to p50", lambda a: a["latency"]["p99_us"] / a["latency"]["p50_us"], 2.0, 1.6),
    Target(
        "throughput, p99 to p50",
        lambda a: a["throughput"]["json"]["p99_us"] / a["throughput"]["json"]["p50_us"],
        *(2.5, 2.0),
    ),
    Target("Python calls an acknowledgement", lambda a: a["calls"]["python_calls"]["json"], 3.0, 1.5),
    Target("deliveries to 500 subscribers, 4 a tick", _deliveries("4"), 1e6, 1.7e6, "/s", more=True),
    Target("deliveries to 500 subscribers, 16 a tick", _deliveries("16"), 1.5e6, 2.5e6, "/s", more=True),
    Target("last of 100 subscribers has it, p50", lambda a: a["last_reader"]["p50_us"], 600, 450, " us"),
    Target("last of 100 subscribers has it, p99", lambda a: a["last_reader"]["p99_us"], 3_000, 1_000, " us"),
    Target("resume over 1000 missed events", lambda a: a["resume"]["p50_ms"], 50, 10, " ms"),
    Target("500 clients log on again", lambda a: a["relogon"]["seconds"], 5, 1, " s"),
    Target("p99 of others with a tenth stalled, to none", lambda a: a["stalled"]["p99_ratio"], 1.20, 1.05),
    Target("p99 of others with 60 of 500 stalled, to none", lambda a: a["many_stalled"]["p99_ratio"], 1.20, 1.05),
    Target("cancel p99 at ten times the load, to alone", lambda a: a["overload"]["p99_ratio"], 4, 2),
    Target("memory of an idle connection", lambda a: a["idle"]["kib_each"], 32, 16, " KiB"),
)


def compare(answers: Answers) -> list[dict[str, Any]]:
    """One row for each target: `metric`, `measured` (None: there is no such figure), `must`, `ambitious`, `reached`."""
    rows = []
    for target in TARGETS:
        try:
            measured: float | None = round(float(target.figure(answers)), 3)
        except KeyError:
            measured = None
        reached = "" if measured is None else target.reached(measured)
        rows.append(
            {"metric": target.metric, "measured": measured, "must": target.must, "ambitious": target.ambitious}
            | {"unit": target.unit.strip(), "reached": reached}
        )
    return rows


def target_table(rows: list[dict[str, Any]]) -> Table:
    """The rows of `compare` as a table for a terminal."""
    table = Table(title="gateway, all figures from this run", title_justify="left", caption=NOT_SHOWN)
    table.add_column("metric")
    for name in ("measured", "must", "ambitious"):
        table.add_column(name, justify="right")
    table.add_column("reached")
    for target, row in zip(TARGETS, rows, strict=True):
        measured = "-" if row["measured"] is None else target.text(row["measured"])
        table.add_row(target.metric, measured, target.text(target.must), target.text(target.ambitious), row["reached"])
    return table


def run_gateway(report: Report, _: str) -> None:
    """Answer all questions of the gateway, and compare the figures with their targets.

    A question whose load failed, or did something else than it should, is left out; AssertionError after the others.
    """
    answers: Answers = {}
    wrong = []
    scale = QUICK_SCALE if report.quick else 1.0
    for name in QUESTIONS:
        try:
            answers[name] = measure_apart(name, scale) if name in APART else measure(name, scale=scale)
        except (AssertionError, LoadError) as error:
            wrong.append(f"{name}: {error}")
            continue
        report.keep(name, answers[name], {"scale": scale})
        report.row(f"gateway {name}", *ROWS[name](answers[name]))
    rows = compare(answers)
    report.keep("targets", {"rows": rows, "not_shown": NOT_SHOWN}, None)
    report.tables.append(target_table(rows))
    assert not wrong, "; ".join(wrong)


def _latency_row(found: dict[str, Any]) -> tuple[str, str]:
    echo, sync = found["echo"], found["sync"]
    detail = f"echo p50 {echo['p50_us']:,.0f}, p99 {echo['p99_us']:,.0f}; fdatasync alone p50 {sync['p50_us']:,.0f}"
    return _times(found), f"{detail}, p99 {sync['p99_us']:,.0f} us; one order at a time"


def _times(found: dict[str, Any]) -> str:
    return f"p50 {found['p50_us']:,.0f}, p99 {found['p99_us']:,.0f}, p99.9 {found['p99.9_us']:,.0f} us"


def _throughput_row(found: dict[str, Any]) -> tuple[str, str]:
    variants = {name: one for name, one in found.items() if isinstance(one, dict)}
    detail = "; ".join(
        f"{name} {one['acks_per_s']:,}/s, {one['server_cpu_us']:.1f} us server and {one['client_cpu_us']:.1f} us client"
        for name, one in variants.items()
    )
    return f"{found['json']['acks_per_s']:,}/s", f"CPU each: {detail}"


def _ratio_row(name: str, base: str) -> Callable[[dict[str, Any]], tuple[str, str]]:
    def row(found: dict[str, Any]) -> tuple[str, str]:
        cpu, plain = found[name]["server_cpu_us"], found[base]["server_cpu_us"]
        detail = f"server CPU {cpu:.1f} us, plain orders {plain:.1f} us"
        ratios = found["cpu_ratio"]
        return f"{cpu / plain:.2f}x", f"{detail}; {_named(ratios)}" if isinstance(ratios, dict) else detail

    return row


def _calls_row(found: dict[str, Any]) -> tuple[str, str]:
    calls = found["python_calls"]
    return f"{calls['json']:.1f}", f"Python calls each: {_named(calls)}"


def _named(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())


def _open_loop_row(found: dict[str, Any]) -> tuple[str, str]:
    steps = ", ".join(f"{step['share']:.0%} {step['p50_us']:,.0f}/{step['p99_us']:,.0f}" for step in found["steps"])
    return _times(found["steps"][0]), f"p50/p99 in us at a share of {found['closed_loop_acks_per_s']:,}/s: {steps}"


def _fanout_row(found: dict[str, Any]) -> tuple[str, str]:
    each = {name: one["deliveries_per_s"] for name, one in found["changes_a_tick"].items()}
    detail = ", ".join(f"{name} a tick {figure:,}/s" for name, figure in each.items())
    return f"{each['4']:,}/s", f"deliveries to {found['subscribers']} subscribers: {detail}"


def _stalled_row(found: dict[str, Any]) -> tuple[str, str]:
    detail = f"p99 {found['stalled']['p99_us']:,.0f} us with {found['count']} of {found['subscribers']} stalled"
    return f"{found['p99_ratio']:.2f}x", detail


def _overload_row(found: dict[str, Any]) -> tuple[str, str]:
    refused = f"{found['counts']['busy']:,} busy, {found['counts']['throttled']:,} throttled"
    detail = f"{found['offered_per_s']:,}/s offered, {found['answered_per_s']:,}/s answered, {refused}"
    return f"cancel {_times(found['cancel'])}", f"{detail}; memory {found['memory_kib'] / 1_024:,.1f} MiB more"


ROWS: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "latency": _latency_row,
    "throughput": _throughput_row,
    "calls": _calls_row,
    "open_loop": _open_loop_row,
    "watched": _ratio_row("raw", "plain"),
    "mixed": _ratio_row("mixed", "plain"),
    "fanout": _fanout_row,
    "last_reader": lambda found: (_times(found), f"until the last of {found['subscribers']} subscribers has it"),
    "stalled": _stalled_row,
    "many_stalled": _stalled_row,
    "overload": _overload_row,
    "resume": lambda found: (f"{found['p50_ms']:.1f} ms", f"over {found['missed']:,} missed events"),
    "relogon": lambda found: (f"{found['seconds']:.2f} s", f"{found['clients']} clients resume at once"),
    "storm": lambda found: (
        f"{found['seconds']:.2f} s",
        f"{found['clients']} clients drop and resume; orders of another: {_times(found['orders'])}",
    ),
    "idle": lambda found: (f"{found['kib_each']:.1f} KiB", f"memory of each of {found['connections']} connections"),
}
