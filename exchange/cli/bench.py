"""`gpux bench`: measures the engine and its peers (`bench.suite`)."""

import sys
from pathlib import Path


def bench(*names: str, quick: bool = False, results: Path = Path("results")) -> None:
    """Measure the engine and its peers, and print one table. Exit code 1 if a result is wrong.

    Args:
        names: Questions: mixed, churn, passive, sweep, growth, kinds, implied, quotes,
            uncross, peers, memory, start, gateway; without names, all of them.
        quick: Shorter flows and fewer repeats, for a first look; do not quote these figures.
        results: Folder for the result files.
    """
    from bench import suite

    sys.exit(suite.run_bench(list(names), quick, results))
