"""Spot months and limits follow the calendar, the listing and the index days (LIMIT-001, LIMIT-003)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.business_days import BusinessDays
from contracts_spec.periods import EPOCH, month_index
from exchange.clearing.index_layout import KEPT_DAYS
from exchange.engine import query
from exchange.engine.control.house.spot_months import SpotMonth
from exchange.engine.index_values import hours_left
from exchange.main import Settings, prepare
from exchange.reference.formulas.margin import spot_limit
from exchange.reference.house.schedule import DAY as ONE_DAY
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.daily.spot_months import changed_months, plain_limit, spot_months
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import Bench
from tests.operator.asking import do

DAY = date(2026, 11, 23)
SYMBOLS = ("H100.G90.F27", "H100.G80.F27", "H100.G90.G27", "H100.G90.Q1-27", "H100.G90.C27", "H100.G90.T3-27")
SYMBOLS += ("H100.G90.X26/I", "H100.G90.Z26/I", "H100.G90.F27-G27")
PHY, IDX = 1, 2
F27, X26 = month_index(date(2027, 1, 1)), month_index(date(2026, 11, 1))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenVenue]:
    folder: Path = tmp_path_factory.mktemp("venue")
    with prepare(str(folder), Settings(day=DAY, symbols=SYMBOLS, durability="none", limits="medium")) as made:
        yield made


def found(opened: OpenVenue, day: date) -> dict[int, SpotMonth]:
    return {one.commodity: one for one in spot_months(opened.engine.states, opened.spec, day)}


def names(opened: OpenVenue, one: SpotMonth) -> list[str]:
    rows = {row.index: row.symbol for row in query.instruments(opened.engine.states)}
    return [rows[index] for index in one.books]


@pytest.mark.rule("LIMIT-001", "LIMIT-003")
def test_a_month_is_in_its_window_from_ten_business_days_before_its_last_trading_day(opened: OpenVenue) -> None:
    ltd, days = date(2026, 12, 24), BusinessDays(opened.spec.calendar)
    begins = days.before(ltd, 10) + ONE_DAY
    assert begins == date(2026, 12, 11)
    for day, month in ((begins - ONE_DAY, 0), (begins, F27), (ltd, F27), (ltd + ONE_DAY, 0)):
        one = found(opened, day)[PHY]
        assert (one.month, one.lots_max) == (month, 500), day
    parents = ["H100.G80.F27", "H100.G90.F27", "H100.G90.Q1-27", "H100.G90.C27", "H100.G90.T3-27"]
    assert sorted(names(opened, found(opened, begins)[PHY])) == sorted(parents), "each parent counts in the month"


@pytest.mark.rule("LIMIT-001")
def test_the_limit_is_the_one_of_the_formula(opened: OpenVenue) -> None:
    for chip in opened.spec.listed_chips:
        assert plain_limit(opened.spec, chip) == spot_limit(opened.spec, chip.name, 0)


@pytest.mark.rule("LIMIT-003")
def test_an_index_month_in_progress_counts_by_its_hours_left_so_its_limit_on_lots_rises(opened: OpenVenue) -> None:
    state = opened.engine.states[0]
    row = next(row for row in query.instruments(opened.engine.states) if row.symbol == "H100.G90.X26/I")
    left = hours_left(state, state.books[row.index])
    one = found(opened, date(2026, 11, 30))[IDX]
    assert one.month == X26 and names(opened, one) == ["H100.G90.X26/I"]
    assert one.lots_max == 500 * 720 // left if left else one.lots_max == 0
    for lots in (one.lots_max, one.lots_max + 1) if left else ():
        assert (-(-lots * left // 720) > 500) == (lots > one.lots_max)
    index = int(state.indices["group"].nonzero()[0][0])
    last = state.indices[index].taken_day = (date(2026, 11, 30) - EPOCH).days
    for day in range(last - KEPT_DAYS + 1, last + 1):
        kept = state.indices[index].days[day % KEPT_DAYS]
        kept.day, kept.value_tick = day, 2_810
    assert hours_left(state, state.books[row.index]) == 0
    assert found(opened, date(2026, 11, 30))[IDX].lots_max == 0, "nothing is left that a limit could hold"


@pytest.mark.rule("LIMIT-001")
def test_only_what_differs_is_changed(opened: OpenVenue) -> None:
    states, spec = opened.engine.states, opened.spec
    assert not [one for one in changed_months(states, spec, date(2026, 12, 1)) if one.commodity == PHY]
    (one,) = [one for one in changed_months(states, spec, date(2026, 12, 15)) if one.commodity == PHY]
    assert one.month == F27
    states[0].commodities[PHY].spot_month = F27
    states[0].books["spot_weight"][one.books] = 1
    assert not [one for one in changed_months(states, spec, date(2026, 12, 15)) if one.commodity == PHY]
    states[0].books["spot_weight"][one.books[0]] = 0
    assert [one.commodity for one in changed_months(states, spec, date(2026, 12, 15))].count(PHY) == 1


@pytest.mark.rule("LIMIT-001", "LIMIT-003")
def test_the_venue_changes_the_month_after_the_close_and_counts_what_is_held(tmp_path: Path) -> None:
    symbol = "H100.G90.F27"
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(symbol,), day=date(2026, 12, 9)) as bench:
        for account in (1, 2):
            bench.opened.deposit(account, 10**15)
        do(bench, "block", symbol=symbol, lots=499, price=bench.price, buyer=1, seller=2)
        bench.clock.now = bench.clock.now // NS_PER_DAY * NS_PER_DAY + 21 * NS_PER_HOUR
        bench.pass_ms(200)
        bench.clock.now += 301 * 10**9
        bench.pass_ms(1_100)
        peer = bench.connect(bench.keys[1])
        assert bench.venue.states[0].commodities[1].spot_month == 0, "9 December"
        peer.ask(bench.order(1, "a", price_tick=bench.price - 9, order_lots=2, tif="gtc"))
        bench.clock.now += NS_PER_DAY - 301 * 10**9
        bench.pass_ms(200)
        bench.clock.now += 301 * 10**9
        bench.pass_ms(1_100)
        row = bench.venue.states[0].commodities[1]
        assert (int(row.spot_month), int(row.spot_lots_max)) == (F27, 500)
        risks = bench.venue.states[0].risks
        assert int(risks["spot_lots"].max()) == 499 and int(risks["spot_working"].max()) == 2
