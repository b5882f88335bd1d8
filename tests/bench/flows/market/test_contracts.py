"""The contracts of the compute market are those of the catalogue, on a backwardated curve."""

import numpy as np

from bench.flows.market.contracts import START_NS, SYMBOLS, compute_market_of, contracts, curve, months_ahead
from exchange.codes import CommandKind


def test_the_catalogue_gives_terms_and_the_curve_gives_prices() -> None:
    listed = contracts()
    by_symbol = {one.symbol: one for one in listed.instruments}
    assert set(by_symbol) == set(SYMBOLS)
    front = by_symbol["H100.G90.F27"]
    assert (front.hours, front.settle_tick, front.chip_code) == (744, 2_810, 2)
    assert (front.low_tick, front.high_tick) == (2_248, 3_372), "20 % each side (BAND-013)"
    assert by_symbol["H100.G80.F27"].settle_tick == 2_498, "8/9 of the price of the floor of 90 %"
    prices = [by_symbol[f"B200.G90.{code}"].settle_tick for code in ("F27", "G27", "H27", "Q2-27", "C27", "T3-27")]
    assert prices == sorted(prices, reverse=True) and len(set(prices)) == 6


def test_the_curve_is_near_the_prices_of_the_test_vectors() -> None:
    """contracts.md: 2846, 2826, 2803 for the months, 2701 for the year, 2450 for five years."""
    for ahead, vector in ((1, 2_826), (2, 2_803), (5.5, 2_701), (29.5, 2_450)):
        assert abs(curve(ahead) * 2_846 / vector - 1) < 0.02


def test_periods_count_from_the_front_month_to_their_middle() -> None:
    ahead = {one.symbol: months_ahead(one) for one in contracts().instruments}
    assert ahead["H100.G90.F27"] == 0 and ahead["H100.G90.Q2-27"] == 4 and ahead["H100.G90.C27"] == 5.5


def test_the_opening_opens_both_chips() -> None:
    market = compute_market_of(contracts(), 3)
    lists, accounts, rows = market.opening()
    assert len(lists) >= 1 and len(accounts) == 3
    assert rows["kind"].tolist() == [CommandKind.DEPOSIT] * 3 + [CommandKind.SET_STATE] * 4
    assert np.unique(rows["group"][3:]).tolist() == [2, 4] and START_NS % 86_400_000_000_000 == 0
