"""A folder with some trading days, and its history."""

import json
import random
from pathlib import Path
from typing import Any

from exchange.cli.history.day_writer import Wanted, write_days
from tests.publish.daily.days import end_day, open_bench
from tests.venue.daily.test_settler import trade


def played(folder: Path, days: int, seed: int) -> None:
    """Trades at random times of some days; the last day is not over."""
    rng, request = random.Random(seed), 1
    with open_bench(str(folder)) as bench:
        for day in range(days):
            for _ in range(rng.randint(0, 8)):
                trade(bench, request, bench.price + rng.randint(-9, 9), rng.randint(1, 9))
                request += 1
                bench.clock.now += rng.choice([10**6, 20 * 10**9, 1_000 * 10**9])
            if day + 1 < days:
                end_day(bench, request)
                request += 1


def run(folder: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write_days(Wanted(str(folder), out, **options), as_json=True)]
