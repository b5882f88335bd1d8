"""Settlement prices from the engine's state, and the controls that publish them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.instruments import Known, instruments_on
from contracts_spec.periods import day_number
from exchange.codes import CommandKind, MarketState, SettleMethod
from exchange.engine import query
from exchange.errors import UserError
from exchange.main import Settings, prepare
from exchange.units import NS_PER_DAY
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups, settled_day

DAY = date(2026, 11, 23)
SYMBOLS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.Q1-27", "H100.G95.F27", "A100.G90.F27")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenVenue]:
    terms = Settings(day=DAY, symbols=SYMBOLS, durability="none", limits="medium")
    with prepare(str(tmp_path / "venue"), terms) as made:
        yield made


def found(opened: OpenVenue, day: date = DAY, **prices: int) -> dict[str, tuple[int, str]]:
    """Price and method by symbol, of all groups."""
    symbols = {row.instrument_id: row.symbol for row in query.instruments(opened.engine.states)}
    named = {symbol.replace("_", "."): price for symbol, price in prices.items()}
    settled = settle_groups(opened.engine.states, day, opened.venue.groups.values(), named).prices
    return {symbols[number]: (one.price_tick, one.method.name) for number, one in settled.items()}


@pytest.mark.rule("SETTLE-004", "SETTLE-005")
def test_a_day_without_trades_keeps_its_prices(opened: OpenVenue) -> None:
    rows = {row.symbol: row.settle_tick for row in query.instruments(opened.engine.states)}
    prices = found(opened)
    assert {symbol: price for symbol, (price, _) in prices.items()} == rows
    assert {method for _, method in prices.values()} == {"T3", "T4"}


@pytest.mark.rule("SETTLE-002", "SETTLE-006")
def test_sums_of_the_window_and_closing_quotes_are_read_from_the_books(opened: OpenVenue) -> None:
    for group in opened.venue.groups.values():
        opened.set_state(group, MarketState.CLOSED)
    rows = {row.symbol: row for row in query.instruments(opened.engine.states)}
    books = opened.engine.states["books"][0]
    tick = rows["H100.G90.F27"].settle_tick + 20
    first, second = rows["H100.G90.F27"].index, rows["H100.G90.G27"].index
    books["window_lots"][first], books["window_tick_lots"][first] = 7, 7 * tick
    books["is_quoted"][second], books["quoted_tick"][second] = 1, rows["H100.G90.G27"].settle_tick - 9
    prices = found(opened)
    assert prices["H100.G90.F27"] == (tick, "T1")
    assert prices["H100.G90.G27"] == (rows["H100.G90.G27"].settle_tick - 9, "T2")
    assert prices["A100.G90.F27"] == (rows["A100.G90.F27"].settle_tick, "T3")


@pytest.mark.rule("SETTLE-011")
def test_a_settled_group_keeps_prices_and_methods_for_that_day(opened: OpenVenue) -> None:
    states, group = opened.engine.states, opened.venue.groups["H100"]
    opened.set_state(group, MarketState.CLOSED)
    row = next(row for row in query.instruments(states) if row.symbol == "H100.G90.F27")
    settled = settle_groups(states, DAY, [group], {row.symbol: row.settle_tick + 5}).prices
    (payload,) = encoded(day_limits(states, opened.spec, DAY, settled)).values()
    opened.control(CommandKind.DAY_LIMITS, payload)
    assert settled_day(states, group) == day_number(DAY)
    again = settle_groups(states, DAY, [group]).prices
    assert again == settled and SettleMethod.GIVEN in {one.method for one in again.values()}
    later = settle_groups(states, date(2026, 11, 24), [group]).prices
    assert {number: one.price_tick for number, one in later.items()} == {
        number: one.price_tick for number, one in settled.items()
    }
    assert SettleMethod.GIVEN not in {one.method for one in later.values()}


@pytest.mark.rule("CONFIG-007")
def test_a_day_beyond_the_holiday_lists_is_one_error(opened: OpenVenue) -> None:
    settled = settle_groups(opened.engine.states, date(2050, 1, 3), [opened.venue.groups["H100"]]).prices
    with pytest.raises(UserError, match="holiday"):
        day_limits(opened.engine.states, opened.spec, date(2050, 1, 3), settled)


@pytest.mark.rule("BAND-012", "BAND-013", "SPEC-053")
@pytest.mark.parametrize(("day", "again"), [(date(2026, 11, 28), False), (date(2026, 11, 27), True)])
def test_limits_of_the_coming_day_are_those_that_the_specification_derives(
    tmp_path: Path, day: date, again: bool
) -> None:
    """Spreads and a strip too; a month at its limit, also if it is settled twice; an index month without limits."""
    names = ("H100.G90.F27-G27", "H100.G95-G90.F27", "H100.G90.F27:H27", "H100.G90.X26/I", "H100.G90.Z26/I")
    terms = Settings(day=DAY, symbols=(*SYMBOLS, *names), durability="none", limits="medium")
    with prepare(str(tmp_path / "venue"), terms) as opened:
        states, group = opened.engine.states, opened.venue.groups["H100"]
        opened.set_state(group, MarketState.CLOSED)
        rows = {row.symbol: row for row in query.instruments(states)}
        given = {"H100.G90.F27": rows["H100.G90.F27"].high_tick, "H100.G90.G27": rows["H100.G90.G27"].settle_tick + 7}
        settled = settle_groups(states, day, [group], given).prices
        if again:
            opened.control(CommandKind.DAY_LIMITS, encoded(day_limits(states, opened.spec, day, settled))[group])
            settled = settle_groups(states, day, [group]).prices
        limits = {one.index: one for one in day_limits(states, opened.spec, day, settled)[group].books}
        ticks = {number: one.price_tick for number, one in settled.items()}
        ids = {row.symbol: row.instrument_id for row in rows.values() if row.combo}
        known = Known(ticks, frozenset([rows["H100.G90.F27"].instrument_id]), ids)
        derived = {one.id: one for one in instruments_on(opened.spec, day, known)}
    own = [row for row in rows.values() if row.group == group]
    assert len(limits) == len(own) > len(names)
    for row in own:
        one, found = derived[row.instrument_id], limits[row.index]
        assert (found.settle_tick, found.low_tick, found.high_tick) == (one.settle_tick, one.low_tick, one.high_tick)
        assert (found.velocity_ticks, found.breaker_ticks) == (one.velocity_ticks, one.breaker_ticks)
    assert (limits[rows["H100.G90.X26/I"].index].low_tick == 1) == (day.day == 28), "it ends on the 30th"


@pytest.mark.rule("BAND-013")
def test_a_book_that_the_coming_day_no_longer_lists_keeps_its_limits(opened: OpenVenue) -> None:
    states, group, day = opened.engine.states, opened.venue.groups["H100"], date(2026, 12, 28)
    row = next(row for row in query.instruments(states) if row.symbol == "H100.G90.F27")
    assert row.ltd_ns < day_number(day) * NS_PER_DAY
    settled = settle_groups(states, day, [group], {row.symbol: row.settle_tick + 5}).prices
    limits = {one.index: one for one in day_limits(states, opened.spec, day, settled)[group].books}[row.index]
    assert (limits.settle_tick, limits.low_tick, limits.high_tick) == (row.settle_tick + 5, row.low_tick, row.high_tick)
