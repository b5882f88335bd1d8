"""`gpux experiment`: carries out the runs of an experiment file that its results do not have yet."""

import os
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from time import monotonic

from rich.console import Console

from bench.experiments.plan import ExperimentPlan, ExperimentRun, read_plan
from bench.experiments.plots import draw
from bench.experiments.results import Results, open_results
from bench.experiments.running import cluster, outcomes, processes
from bench.extras import check_file, check_package
from bench.plot import check_plot
from bench.replay import progress_bar
from exchange.errors import UserError

SAVE_EVERY_S = 5.0
FAILURES_SHOWN = 5
CLUSTER_WINDOW = 256  # runs that are at a cluster at a time


def run_experiment(file: Path, out: Path | None, workers: int, cluster_address: str, plot: Path | None) -> int:
    """Carry out an experiment. Returns the exit code: 1 if a run failed, or gave another result when repeated."""
    console = Console(highlight=False)
    check_package("gpux experiment", "polars", "research")
    if workers < 0:
        raise UserError(f"--workers {workers} is not 0 or more")
    if workers and cluster_address:
        raise UserError(f"--workers {workers} does not apply to --cluster {cluster_address}, which has its own workers")
    plan = read_plan(file)
    target = out or Path("results") / f"{plan.name}.parquet"
    if out is not None:
        check_file("--out", out, (".parquet",))
    if plot is not None:
        check_plot(plot)
        if not plan.plots:
            raise UserError(f"--plot {plot}: {file} has no [[plot]] with x and y")
    with open_results(target, plan.name) as results:
        missing = [run for run in plan.runs if not results.has(run.id)]
        done = len(plan.runs) - len(missing)
        console.print(f"{plan.name}: {len(plan.runs):,} runs of task {plan.task}, {done:,} done before", soft_wrap=True)
        if missing:
            count = workers or os.cpu_count() or 1
            new_executor = cluster(cluster_address) if cluster_address else processes(min(count, len(missing)))
            window = CLUSTER_WINDOW if cluster_address else 2 * count
            _carry_out(console, missing, results, new_executor, window, file)
        return _summary(console, plan, results, target, plot)


def _carry_out(
    console: Console,
    missing: list[ExperimentRun],
    results: Results,
    executors: Callable[[], Executor],
    window: int,
    file: Path,
) -> None:
    saved_at = monotonic()
    try:
        with progress_bar(console) as bar:
            task = bar.add_task(file.name, total=len(missing))
            for outcome in outcomes(missing, executors, window):
                results.add(outcome)
                bar.advance(task)
                if monotonic() - saved_at > SAVE_EVERY_S:
                    results.save()
                    saved_at = monotonic()
    except KeyboardInterrupt:
        console.print(f"stopped; results so far are kept, and `gpux experiment {file}` goes on")
        raise
    finally:
        results.save()


def _summary(console: Console, plan: ExperimentPlan, results: Results, target: Path, plot: Path | None) -> int:
    rows = results.rows({run.id for run in plan.runs})
    failed = [row for row in rows if row["error"]]
    repeated = sum(row["repeated"] for row in rows)
    console.print(
        f"results     {target}: {len(rows):,} runs, {repeated:,} run twice with equal results", soft_wrap=True
    )
    for row in failed[:FAILURES_SHOWN]:
        where = " ".join(f"{name}={row[name]}" for name in row if name.startswith("p.") and row[name] is not None)
        console.print(f"failed      {row['source']} {where} seed {row['seed']}: {row['error']}", soft_wrap=True)
    if len(failed) > FAILURES_SHOWN:
        console.print(f"failed      and {len(failed) - FAILURES_SHOWN:,} more, see column error")
    if plot is not None:
        draw(rows, plan.plots, plot)
        console.print(f"plot        {plot}", soft_wrap=True)
    return 1 if failed else 0
