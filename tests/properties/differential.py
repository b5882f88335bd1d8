"""The compiled engine and the reference run the same seeded random commands and are compared.

    make differential COMMANDS=1000000                                  # or with options of one's own:
    python -m tests.properties.differential --commands N --seeds S [S ...] --workers N

Every command's events are compared field by field; every 50 commands all queues, states, orders, positions, money and
holds; at the end of a market the same rows in batches must leave the same state hash. A market of 5,000 commands is one
seed, which decides everything in it. It ends with what was seen, or with the first difference, how to repeat it, and
exit code 1.
"""

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from exchange.book.check import check_books
from tests.properties.plans import plan_of
from tests.properties.wanted_features import table

MARKET_COMMANDS = 5_000
MODULE = "tests.properties.differential"

Market = tuple[int, int]  # seed, commands


def run_market(market: Market) -> tuple[Counter[str], int]:
    """One market to its end: (features seen, commands compared). AssertionError: the first difference."""
    seed, commands = market
    plan = plan_of(seed)
    run = None
    try:
        run = plan.begin(seed)
        while run.commands < commands:
            plan.chapter(run)
            check_books(run.pair.fast.engine.states)
        run.replay()
    except Exception as error:
        place = "its opening" if run is None else f"command {run.flow.sequence}, step {run.commands}"
        again = f"python -m {MODULE} --seeds {seed} --commands {commands}"
        kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__} "
        raise AssertionError(f"seed {seed} ({plan.name}), {place}: {kind}{error}\nagain: {again}") from error
    return run.seen, run.commands


def markets(commands: int, seeds: list[int]) -> Iterator[Market]:
    """The seeds given, then those after the last, a market of each until there are so many commands."""
    following = itertools.chain(seeds, itertools.count(seeds[-1] + 1))
    for done in range(0, commands, MARKET_COMMANDS):
        yield next(following), min(MARKET_COMMANDS, commands - done)


def differential(commands: int, seeds: list[int], workers: int = 1) -> tuple[Counter[str], int]:
    """Compare at least so many commands: (features seen, commands compared)."""
    seen: Counter[str] = Counter()
    compared = 0
    for one, count in _results(list(markets(commands, seeds)), workers):
        seen, compared = seen + one, compared + count
        print(f"{compared:,} commands agree", flush=True)
    return seen, compared


def _results(jobs: list[Market], workers: int) -> Iterator[tuple[Counter[str], int]]:
    if workers == 1:
        yield from map(run_market, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        try:
            yield from pool.map(run_market, jobs)
        except AssertionError:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare engine and reference on random commands.")
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1], help="of the first markets; counted on from the last"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    for name in ("commands", "workers"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)} is not above 0")
    try:
        seen, compared = differential(options.commands, options.seeds, options.workers)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(seen))
    print(f"{compared:,} commands compared, 0 differences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
