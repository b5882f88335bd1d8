"""How much processor time does a day of a venue take, if nobody trades?

The whole launch catalogue runs through engine, journal and daily keepers in simulated time (`exchange.demo`), from
before the end of a quarter and a year on. The figure shows neither orders nor sockets, and writes wait for no disk.
"""

import tempfile
from datetime import date, timedelta
from time import process_time

from bench.record import Report, distribution
from contracts_spec.load import load_spec
from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.main import long_run

FIRST = date(2026, 11, 30)
WARM_DAYS = 2  # kernels are loaded on the first ones
CLOSE_HOUR, SETTLED_S = 21, 1_800
MS = 1_000


def run_days(report: Report, _: str) -> None:
    """Measure the processor time of each day."""
    count = 10 if report.quick else 60
    seconds, state_hash, instruments = days_of(load_spec(), "venue", count)
    each = distribution([MS * second for second in seconds], "ms")
    report.row(
        "a day without trades",
        each.text(),
        f"{count} days, {instruments:,} books, {MS * sum(seconds) / count:,.0f} ms mean",
    )
    figures = {"ms": each, "mean_ms": MS * sum(seconds) / count, "state_hash": state_hash.hex()}
    report.keep("days", figures, {"first_day": FIRST.isoformat(), "days": count})


def days_of(spec: Spec, limits: str, count: int) -> tuple[list[float], bytes, int]:
    """Run days of a new venue. Returns processor seconds of each, hash of the state at the end, number of books.

    count           days to measure, after WARM_DAYS others
    AssertionError  a day was not settled, or the venue has warned
    """
    seconds = []
    with tempfile.TemporaryDirectory() as folder, long_run(), SimulatedVenue(folder, FIRST, spec, limits) as simulated:
        for place in range(WARM_DAYS + count):
            begun = process_time()
            simulated.go_to(FIRST + timedelta(place), CLOSE_HOUR, SETTLED_S)
            seconds.append(process_time() - begun)
        groups, last = simulated.states["groups"][0], FIRST + timedelta(WARM_DAYS + count)
        settled = groups["settled_day"][groups["listed"] != 0]
        assert (settled == day_number(last)).all(), f"settled for days {settled.tolist()}, not {day_number(last)}"
        assert not simulated.opened.warnings.lines, simulated.opened.warnings.lines[0]
        return seconds[WARM_DAYS:], simulated.venue.engine.state_hash(), int(simulated.states["books_listed"][0])
