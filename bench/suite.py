"""Does the work of `gpux bench`: runs the named questions, prints one table, writes result files."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.extras import check_package
from bench.plot import check_plot, draw_latency
from bench.record import FOLDER, Report, machine, write_record
from exchange.errors import UserError

# By question: module and name of its function(report, question), in the order in which they run.
QUESTIONS = {
    "mixed": ("bench.bench_engine", "run_flow"),
    "churn": ("bench.bench_engine", "run_flow"),
    "passive": ("bench.bench_engine", "run_flow"),
    "sweep": ("bench.bench_engine", "run_flow"),
    "growth": ("bench.bench_engine", "run_growth"),
    "kinds": ("bench.bench_engine", "run_kinds"),
    "quotes": ("bench.bench_quotes", "run_quotes"),
    "uncross": ("bench.bench_uncross", "run_uncross"),
    "forks": ("bench.bench_forks", "run_forks"),
    "peers": ("bench.bench_engine", "run_peers"),
    "implied": ("bench.bench_implied", "run_implied"),
    "memory": ("bench.bench_start", "run_memory"),
    "start": ("bench.bench_start", "run_start"),
    "imports": ("bench.readers.questions", "run_imports"),
    "days": ("bench.bench_days", "run_days"),
    "flows": ("bench.flows.questions", "run_flows"),
    "clearing": ("bench.clearing.questions", "run_clearing"),
    "clients": ("bench.clients.questions", "run_clients"),
    "many": ("bench.many.questions", "run_many"),
    "gpu": ("bench.many.questions", "run_gpu"),
    "environments": ("bench.environments.questions", "run_environments"),
    "tapes": ("bench.from_file.questions", "run_tapes"),
    "files": ("bench.from_file.questions", "run_files"),
    "facts": ("bench.facts.question", "run_question"),
    "gateway": ("bench.gateway.targets", "run_gateway"),
    "research": ("bench.research.questions", "run_research"),
}


def run_bench(names: list[str], quick: bool, folder: Path = FOLDER, plot: Path | None = None) -> int:
    """Run the named questions, or all. Returns the exit code: 1 if a result was wrong, 2 if one was not measured.

    plot    file for the picture of latency against offered load of the gateway
    """
    unknown = [name for name in names if name not in QUESTIONS]
    if unknown:
        raise UserError(f"bench {unknown[0]!r}: not one of {', '.join(QUESTIONS)}")
    check_package("gpux bench", "pyarrow", "bench")
    if plot is not None:
        if names and "gateway" not in names:
            raise UserError("--plot draws the latency of the gateway: gpux bench gateway --plot FILE")
        check_plot(plot)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--results {folder}: {error.strerror}") from None
    console = Console(highlight=False)
    about = machine()
    table = Table(title=f"{about['processor']}, {about['cores']} cores, load {about['load_1m']}", title_justify="left")
    table.add_column("what")
    table.add_column("figure\nleast / median / p99", justify="right")
    table.add_column("detail")
    tables, codes = [table], []
    for name in names or list(QUESTIONS):
        report = Report(quick, table)
        with console.status(f"{name} ..."):
            codes.append(answer(name, report))
        if report.figures:
            write_record(name, report.parameters | {"quick": quick}, report.figures, folder)
        tables += report.tables
        if plot is not None and "open_loop" in report.figures:
            draw_latency(report.figures["open_loop"], plot)
    for one in tables:
        console.print(one)
    console.print(f"result files with machine, versions and distributions: {folder}/", soft_wrap=True)
    return 1 if 1 in codes else max(codes)


def answer(name: str, report: Report) -> int:
    """Run one question. Returns 0; 1 if a result was wrong; 2 if it cannot be measured here. The table then says so."""
    module, function = QUESTIONS[name]
    try:
        run: Callable[[Report, str], None] = getattr(import_module(module), function)
        run(report, name)
    except AssertionError as error:
        report.row(name, "WRONG", escape(str(error)))
        return 1
    except UserError as error:
        report.row(name, "-", escape(f"not measured: {error}"))
        return 2
    return 0
