"""The day on which venues of tests begin, whatever day it is: in this process, and in those that it starts.

one_day.begin(patch)                          the real clock begins at noon of DAY, also in a `VenueProcess`
python -m tests.one_day serve FOLDER ...      the command `gpux` with this clock
"""

import sys
from datetime import UTC, date, datetime, time
from functools import partial
from multiprocessing.connection import Connection

import pytest

from exchange.demo import venue_process
from exchange.demo.venue_process import Plan, venue_main
from exchange.seams import RealClock
from exchange.units import NS_PER_S, NS_PER_US

DAY = date(2026, 11, 24)  # a Tuesday; what venues of tests trade ends later
NOON_NS = int(datetime.combine(DAY, time(12), UTC).timestamp()) * NS_PER_S


def begin(patch: pytest.MonkeyPatch) -> None:
    _pass_later(patch, NOON_NS - RealClock().now_ns())


def _pass_later(patch: pytest.MonkeyPatch, later_ns: int) -> None:
    now_ns = RealClock.now_ns
    patch.setattr(RealClock, "now_ns", lambda self: now_ns(self) + later_ns)
    patch.setattr(RealClock, "wall_us", lambda self: self.now_ns() // NS_PER_US)
    patch.setattr(venue_process, "venue_main", partial(_venue_main, later_ns))


def _venue_main(later_ns: int, folder: str, plan: Plan, pipe: Connection) -> None:
    """In a process of its own, whose clock is that of its parent."""
    with pytest.MonkeyPatch.context() as patch:
        _pass_later(patch, later_ns)
        venue_main(folder, plan, pipe)


if __name__ == "__main__":
    from exchange.cli.app import main

    begin(pytest.MonkeyPatch())
    main(sys.argv[1:])
