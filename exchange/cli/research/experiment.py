"""`gpux experiment`: runs a task for every source, parameter and seed of a file (`bench.experiments`)."""

import sys
from pathlib import Path


def experiment(
    file: Path, *, out: Path | None = None, workers: int = 0, cluster: str = "", plot: Path | None = None
) -> None:
    """Run every combination of an experiment file on all cores, or on a Dask cluster, and keep the results.

    Runs that the results have already are left out, so a stopped experiment goes on. Exit code 1 if a run failed.

    Args:
        file: Experiment file (TOML): name, task, seeds, [fixed], [grid], [[source]], [[plot]]; "Experiments" in
            bench/README.md explains them.
        out: File of results (.parquet); without it results/NAME.parquet.
        workers: Number of processes on this machine; 0: one for each core.
        cluster: Address of a Dask scheduler instead, like tcp://10.0.0.5:8786.
        plot: Draw the [[plot]]s into this file (.png, .svg or .pdf).
    """
    from bench.experiments.command import run_experiment

    sys.exit(run_experiment(file, out, workers, cluster, plot))
