"""`gpux bench`: measures the engine and its peers (`bench.suite`)."""

import sys
from pathlib import Path


def bench(*names: str, quick: bool = False, results: Path = Path("results")) -> None:
    """Measure the engine and its peers, and print one table; wrong results fail.

    Args:
        names: Questions: mixed, churn, passive, sweep, growth, kinds, implied, quotes,
            uncross, peers, memory, start, gateway; all without names.
        quick: Shorter flows and fewer repeats: a look, not a figure to quote.
        results: Folder for the result files.
    """
    from bench import suite

    sys.exit(suite.run_bench(list(names), quick, results))
