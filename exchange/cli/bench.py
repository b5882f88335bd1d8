"""`gpux bench`: measures the engine and its peers (`bench.suite`)."""

import sys
from pathlib import Path


def bench(*names: str, quick: bool = False, results: Path = Path("results"), plot: Path | None = None) -> None:
    """Measure the engine and its peers, and print one table. Exit code 1 if a result is wrong.

    Args:
        names: Questions: mixed, churn, passive, sweep, growth, kinds, implied, quotes, uncross, forks, peers, memory,
            start, imports, days, flows, clearing, clients, many, gpu, environments, tapes, files, facts, gateway,
            research; without names, all of them.
        quick: Shorter flows and fewer repeats, for a first look; do not quote these figures.
        results: Folder for the result files.
        plot: Draw latency against offered load of the gateway into this file (.png, .svg or .pdf).
    """
    from bench import suite

    sys.exit(suite.run_bench(list(names), quick, results, plot))
