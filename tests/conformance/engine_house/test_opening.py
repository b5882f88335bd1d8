"""Set-up lines open the engine as they say."""

import pytest

from exchange.codes import MarketState
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.engine_house.opening import spec_of
from exchange.engine import query
from exchange.errors import UserError
from tests.conformance.engine_house.scenes import play
from tests.conformance.scenes import HEAD


def test_chips_prices_and_accounts_are_those_of_the_set_up() -> None:
    venue = play("chips H100 VR\nprior H100.G90.F27 2900\naccount A 5\ndeposit A 1\n")
    assert {symbol.split(".")[0] for symbol in venue.instruments} == {"H100", "VR"}
    ticks = {symbol: row.settle_tick for symbol, row in venue.instruments.items()}
    assert [ticks[f"H100.{tier}.F27"] for tier in ("G80", "G85", "G90", "G95")] == [2497, 2653, 2900, 2966]
    assert (ticks["H100.G90.Q1-27"], ticks["H100.G90.F27-G27"], ticks["H100.G90.T5-27"]) == (2810, 90, 2810)
    assert set(query.group_states(venue.states).values()) == {MarketState.OPEN}
    assert query.margin(venue.states, venue.account("A")).cash_mills == 6


def test_bands_and_implied_prices_are_off_and_daily_limits_on() -> None:
    venue = play("close\n")
    books = venue.states["books"][0][1 : len(venue.instruments) + 1]
    assert not books["band_ticks"].any() and not books["features"].any()
    assert not venue.states["guards"][0]["windows"]["width_ticks"].any()
    row = venue.instruments["H100.G90.F27"]
    assert (row.low_tick, row.high_tick) == (2248, 3372)


@pytest.mark.parametrize(("line", "taker_mills"), [("", 0), ("fees on\n", 2)])
def test_fees_are_charged_only_where_a_scenario_wants_them(line: str, taker_mills: int) -> None:
    setup = read_clearing(f"{HEAD}{line}close\n", "test")[0].setup
    assert spec_of(setup).products.fees.taker_mills == taker_mills


@pytest.mark.parametrize("symbol", ["H100.G90.F30", "B200.G90.F27", "H100.G90.F27-G27"])
def test_a_prior_of_what_is_not_listed_is_a_mistake(symbol: str) -> None:
    with pytest.raises(UserError, match=f"prior {symbol}: no outright of that name is listed on 2026-11-16"):
        play(f"prior {symbol} 2800\nclose\n")
