"""Published settlements become the coming day's limits of every book."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, MarketState, SettleMethod
from exchange.engine import query
from exchange.errors import UserError
from exchange.main import Settings, prepare
from exchange.operator.settlement import given_limits
from exchange.venue.bootstrap import OpenVenue

DAY = date(2026, 11, 23)
SYMBOLS = ("H100.G90.F27-G27", "H100.G90.F27:H27", "H100.G95-G90.F27", "H100.G90.F27/I", "A100.G90.F27")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenVenue]:
    folder: Path = tmp_path_factory.mktemp("venue")
    with prepare(str(folder), Settings(day=DAY, symbols=SYMBOLS, durability="none", limits="medium")) as made:
        yield made


def published(opened: OpenVenue, day: date = DAY, **prices: int) -> dict[str, dict[str, Any]]:
    """What would be set, by symbol."""
    symbols = {row.index: row.symbol for row in query.instruments(opened.engine.states)}
    named = {symbol.replace("_", "."): price for symbol, price in prices.items()}
    payloads = given_limits(opened.engine.states, opened.spec, day, named, opened.venue.groups.values())
    books = [book for payload in payloads.values() for book in msgspec.json.decode(payload)["books"]]
    return {symbols[book["index"]]: book for book in books}


@pytest.mark.rule("BAND-012", "BAND-013", "SPEC-053")
def test_unchanged_settlements_give_the_limits_that_the_books_were_listed_with(opened: OpenVenue) -> None:
    found = published(opened)
    rows = query.instruments(opened.engine.states)
    assert found.keys() == {row.symbol for row in rows} and len(rows) == 9
    for row in rows:
        book, guard = found[row.symbol], opened.engine.states["guards"][0][row.index]
        assert (book["settle_tick"], book["low_tick"], book["high_tick"]) == (
            row.settle_tick, row.low_tick, row.high_tick,
        )  # fmt: skip
        assert [book["velocity_ticks"], book["breaker_ticks"]] == guard["windows"]["width_ticks"].tolist()
        assert book["collar_ticks"] == guard["collar_ticks"]


@pytest.mark.rule("SPEC-053", "BAND-013", "SETTLE-004", "SETTLE-006")
def test_combinations_follow_from_their_legs_and_other_books_from_the_one_that_is_given(opened: OpenVenue) -> None:
    before, after = published(opened), published(opened, H100_G90_F27=2_900)
    f27, g27, spread = (after[symbol] for symbol in ("H100.G90.F27", "H100.G90.G27", "H100.G90.F27-G27"))
    change = 2_900 - before["H100.G90.F27"]["settle_tick"]
    assert (f27["settle_tick"], f27["method"]) == (2_900, SettleMethod.GIVEN)
    assert (g27["settle_tick"], g27["method"]) == (before["H100.G90.G27"]["settle_tick"] + change, SettleMethod.T3)
    assert after["H100.G95.F27"]["settle_tick"] == max(2_900, before["H100.G95.F27"]["settle_tick"])
    assert spread["settle_tick"] == 2_900 - g27["settle_tick"]
    width = f27["high_tick"] - f27["settle_tick"] + g27["high_tick"] - g27["settle_tick"]
    assert spread["high_tick"] - spread["settle_tick"] == width
    assert after["A100.G90.F27"] == before["A100.G90.F27"]


def test_what_the_coming_day_no_longer_lists_keeps_what_it_has(opened: OpenVenue) -> None:
    later = published(opened, date(2026, 12, 28))
    assert later["H100.G90.F27"] == published(opened)["H100.G90.F27"], "its last trading day was the 24th"
    assert later["H100.G90.F27-G27"] == published(opened)["H100.G90.F27-G27"]


@pytest.mark.rule("BAND-013")
def test_limits_that_a_limit_day_has_doubled_stay_when_the_settlement_is_published_again(tmp_path: Path) -> None:
    terms = Settings(day=DAY, symbols=("H100.G90.F27", "H100.G90.G27"), durability="none", limits="medium")
    with prepare(str(tmp_path / "venue"), terms) as made:
        states, group = made.engine.states, made.venue.groups["H100"]
        made.set_state(group, MarketState.CLOSED)

        def settle(by_two: bool = False, **prices: int) -> dict[str, tuple[int, int]]:
            named = {f"H100.G90.{month}": price for month, price in prices.items()}
            (payload,) = given_limits(states, made.spec, DAY, named, [group], by_two=by_two).values()
            made.control(CommandKind.DAY_LIMITS, payload)
            return {row.symbol: (row.low_tick, row.high_tick) for row in query.instruments(states)}

        first = settle(F27=query.instruments(states)[0].high_tick)
        assert settle() == first
        with pytest.raises(UserError, match=r"never changes \(SETTLE-011\)"):
            settle(by_two=True, G27=2_900)


@pytest.mark.rule("BAND-013")
@pytest.mark.parametrize("price", [0, -1_000, 100_001, -(10**12)])
def test_no_two_people_settle_where_no_price_is(opened: OpenVenue, price: int) -> None:
    groups = opened.venue.groups.values()
    with pytest.raises(UserError, match=r"^H100\.G90\.F27: settlement -?[0-9.]+ is not in 0\.001\.\.100\.000 dollars"):
        given_limits(opened.engine.states, opened.spec, DAY, {"H100.G90.F27": price}, groups, by_two=True)
