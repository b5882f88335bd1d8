"""Random days on the engine's clearing house and on the reference house, compared all the way.

    python -m tests.soak_clearing 1 2 3                # three seeds
    python -m tests.soak_clearing 1 --account-days 100000

A seed decides a plan and everything in it. Ends with the account-days compared, or with the first difference: the lines
that lead to it, as few as were found, and exit code 1.
"""

import argparse
import itertools
import random
import sys
from collections import Counter
from datetime import date, timedelta

from exchange.conformance.clearing.house import NotBuilt
from tests.properties.clearing_days import Plan, RandomDays
from tests.properties.clearing_pair import Difference, shrunk

VERBS = {"order": 10, "trade": 8, "block": 1, "cancel": 3, "deposit": 1, "withdraw": 2, "settle": 1}
STARTS = (date(2026, 11, 16), date(2027, 3, 1))
SHRINKING = 150  # tries


def plan_of(seed: int) -> Plan:
    """The plan of a seed: where it starts, how many accounts and days it has."""
    chosen = random.Random(seed)
    start = STARTS[0] + timedelta(days=chosen.randrange((STARTS[1] - STARTS[0]).days))
    setup = ("fees on",) if chosen.random() < 0.5 else ()
    accounts, days, acts = chosen.randint(10, 200), chosen.randint(5, 20), chosen.randint(15, 60)
    return Plan(start, accounts, days, acts, VERBS, setup, index=chosen.random() < 0.5)


def run(seed: int) -> tuple[int, RandomDays, str]:
    """(account-days compared, the run, what ended it early) of one seed. Difference: engine and reference differ."""
    plan = plan_of(seed)
    days = RandomDays(seed, plan)
    ended = ""
    try:
        days.run()
    except NotBuilt as error:
        ended = str(error)
    except Difference as error:
        lines = days.pair.lines
        raise Difference(
            f"seed {seed}: {error}\n" + "\n".join(shrunk(lines, error.kind, SHRINKING)), error.kind
        ) from None
    return plan.accounts * (days.day - plan.start).days, days, ended


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare the clearing houses of engine and reference on random days.")
    parser.add_argument("seeds", type=int, nargs="+", help="counted on from the last if more account-days are wanted")
    parser.add_argument("--account-days", type=int, default=0)
    options = parser.parse_args(arguments)
    seeds = itertools.chain(options.seeds, itertools.count(options.seeds[-1] + 1))
    seen: Counter[str] = Counter()
    compared = 0
    for number, seed in enumerate(seeds, 1):
        if number > len(options.seeds) and compared >= options.account_days:
            break
        try:
            count, days, ended = run(seed)
        except Difference as error:
            print(error, file=sys.stderr)
            return 1
        compared, seen = compared + count, seen + days.seen
        left_out = f", {days.pair.bounded} lines left out" if days.pair.bounded else ""
        print(f"seed {seed}: {compared:,} account-days agree{left_out}{'; ended: ' * bool(ended)}{ended}", flush=True)
    print(" ".join(f"{name}:{count}" for name, count in sorted(seen.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
