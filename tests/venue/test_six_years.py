"""A venue lives from 2026 into 2032 in simulated time, in one process: every kind of period ends and is listed again.

It lists one chip and the benchmark tier without index contracts, 45 of the 997 books of the launch catalogue, so that
six years take half a minute. Two accounts hold one lot of a five-year term until the last of its months ends.
"""

import os
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from contracts_spec.load import load_spec
from contracts_spec.periods import first_day
from contracts_spec.schema import Spec
from exchange.clearing_codes import HouseAccount, Life
from exchange.codes import CommandKind, Family, PeriodKind, Side
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.demo.story.accounts import faults_of
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.journal.replay import replay_folder
from exchange.limits import MEDIUM
from exchange.main import long_run
from exchange.venue.account_terms import new_account

FIRST, LAST = date(2026, 11, 2), date(2032, 1, 5)
TERM = "H100.G90.T5-27"
HOURS = 43_824
MEMORY_MIB = 48  # that five years may add to the first one


def small_spec() -> Spec:
    """One chip, the benchmark tier, physical contracts, calendars and strips; narrow limits, for few price levels."""
    spec = load_spec().with_chips(["H100"])
    products = tuple(
        msgspec.structs.replace(one, tiers=("G90",), enabled=one.enabled and one.family != Family.IDX.name)
        for one in spec.products.product
    )
    combinations = msgspec.structs.replace(spec.products.combinations, tier_spreads=())
    bands = msgspec.structs.replace(spec.products.bands, daily_limit_bp=800)
    replaced = msgspec.structs.replace(spec.products, product=products, combinations=combinations, bands=bands)
    return msgspec.structs.replace(spec, products=replaced)


def memory_mib() -> int:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def open_accounts(simulated: SimulatedVenue) -> None:
    """Two accounts; one sells the other a lot of the term."""
    for account in (1, 2):
        simulated.opened.define_account(new_account(simulated.spec, account))
        simulated.opened.deposit(account, 10**9)
    row = next(row for row in query.instruments(simulated.states) if row.symbol == TERM)
    for account, side in ((1, Side.SELL), (2, Side.BUY)):
        simulated.row(CommandKind.NEW, account=account, instrument=row.index, side=side, price=row.settle_tick, lots=1)


def held_hours(simulated: SimulatedVenue) -> int:
    """GPU-hours that account 2 is long."""
    hours = simulated.states["books"]["hours"][0]
    return sum(row.lots * int(hours[row.instrument]) for row in query.positions(simulated.states, 2))


@pytest.mark.long
@pytest.mark.rule("SPEC-050", "SPEC-051", "CASCADE-001", "CASCADE-003", "SESSION-001", "INV-018")
def test_a_venue_started_in_2026_runs_into_2032_in_one_process_with_bounded_memory(tmp_path: Path) -> None:
    ended: set[tuple[int, Life]] = set()
    had: set[int] = set()
    with long_run(), SimulatedVenue(str(tmp_path), FIRST, small_spec(), "medium") as simulated:
        open_accounts(simulated)
        day, after_a_year_mib = FIRST, 0
        while day <= LAST:
            simulated.go_to(day, hour=21, second=1_800)
            if day.day == 1:
                assert not list(faults_of(simulated.states)), day
                had |= {row.instrument_id for row in query.known_instruments(simulated.states)}
                ended |= {(row.period_kind, row.life) for row in query.known_instruments(simulated.states)}
                left = sum((first_day(month + 1) - first_day(month)).days * 24 for month in months_left(day))
                assert held_hours(simulated) == left, f"{day}: what is left of the term"
            if day == date(2027, 11, 2):
                after_a_year_mib = memory_mib()
            day += timedelta(days=1)
        listed = query.instruments(simulated.states)
        assert {row.symbol for row in listed} >= {"H100.G90.H32", "H100.G90.C36", "H100.G90.T3-33", "H100.G90.T5-33"}
        assert len(had) > 3 * MEDIUM.books >= 3 * simulated.states["books_listed"][0], "books are used again"
        assert not simulated.opened.warnings.lines
        assert query.totals(simulated.states).house_mills[HouseAccount.FEES] == (2 + 2) * HOURS
        assert memory_mib() < after_a_year_mib + MEMORY_MIB
        state_hash = simulated.venue.engine.state_hash()
    for kind in PeriodKind:
        assert (kind, Life.LISTED) in ended
        assert (kind, Life.SETTLED if kind == PeriodKind.MONTH else Life.CASCADED) in ended
    engine = Engine(MEDIUM)
    replay_folder(str(tmp_path), engine)
    assert engine.state_hash() == state_hash


def months_left(day: date) -> range:
    """Months of the term (2027 to 2031) whose last trading day is not over on the first of a month: from the next one
    on, counted from January 2020."""
    following = (day.year - 2020) * 12 + day.month
    return range(max(84, following), 144)
