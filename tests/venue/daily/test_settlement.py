"""Settlement prices from the engine's state, and the controls that publish them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.periods import day_number
from exchange.codes import CommandKind, MarketState, SettleMethod
from exchange.engine import query
from exchange.errors import UserError
from exchange.main import Settings, prepare
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups, settled_day

DAY = date(2026, 11, 23)
SYMBOLS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.Q1-27", "H100.G95.F27", "A100.G90.F27")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenVenue]:
    terms = Settings(day=DAY, symbols=SYMBOLS, durability="none", limits="test")
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
