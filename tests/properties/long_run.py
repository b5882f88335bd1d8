"""The differential run for as long as one likes: python -m tests.properties.long_run --commands N --seed S

Reference and engine get the same random commands; a new market starts every 5,000, with the next seed. It ends with
what was seen, or with the first difference, the seed and the number of the command, and exit code 1.
"""

import argparse
import sys
from collections import Counter

from tests.properties.driver import Run, continuous

MARKET_COMMANDS = 5_000


def long_run(commands: int, seed: int) -> Counter[str]:
    """Run so many commands; AssertionError tells the first difference."""
    seen: Counter[str] = Counter()
    for done in range(0, commands, MARKET_COMMANDS):
        weights = continuous() if seed % 3 == 0 else None
        run = Run(seed, weights, compare_every=100)
        try:
            run.go(min(MARKET_COMMANDS, commands - done))
            run.auctions(6)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, command {run.flow.sequence}: {error}") from error
        seen += run.seen
        seed += 1
        print(f"{min(done + MARKET_COMMANDS, commands):,} commands agree", flush=True)
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare reference and engine on random commands.")
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        seen = long_run(options.commands, options.seed)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    for name, count in sorted(seen.items()):
        print(f"{count:>9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
