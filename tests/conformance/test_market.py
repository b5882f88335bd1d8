"""The market of a scenario: its books, daily limits, price guards and accounts."""

import pytest

from exchange.codes import ComboKind, OrderEntry
from exchange.conformance.market import BOOKS, account_payload, listing, parameter_name, scenario_listing
from exchange.units import NS_PER_S, PRICE_MAX


def test_books_are_two_months_with_spread_and_strip_and_a_tier_with_its_spread() -> None:
    books = {one["symbol"]: one for one in scenario_listing({})["instruments"]}
    assert {name: one["index"] for name, one in books.items()} == BOOKS
    assert books["SP"]["legs"] == [(1, 1), (2, -1)]
    assert books["ST"]["combo"] == ComboKind.STRIP
    assert books["TS"]["legs"] == [(5, 1), (1, -1)]


def test_prices_lie_around_the_reference_prices() -> None:
    parameters = {"ref": 110, "ref.M2": 100, "hours": 3, "hours.M2": 1}
    settled = {one["symbol"]: one["settle_tick"] for one in scenario_listing(parameters)["instruments"]}
    # The strip is the mean by hours, nearest: (3 * 110 + 1 * 100) / 4 = 107.5.
    assert settled == {"M1": 110, "M2": 100, "SP": 10, "ST": 108, "M3": 110, "TS": 0}


@pytest.mark.parametrize(
    ("parameters", "prices", "limits"),
    [
        ({}, [], (-900, 1_100)),
        ({}, [5_000], (-900, 5_100)),
        ({"pp": 500}, [5_000], (-900, 5_500)),
        ({"limit": 7}, [5_000], (93, 107)),
        ({}, [PRICE_MAX, 10 * PRICE_MAX], (-900, PRICE_MAX)),
    ],
)
def test_daily_limits_reach_beyond_every_price_unless_they_are_given(
    parameters: dict[str, int], prices: list[int], limits: tuple[int, int]
) -> None:
    book = scenario_listing(parameters, {1: prices})["instruments"][0]
    assert (book["low_tick"], book["high_tick"]) == limits


def test_parameters_become_terms_of_every_book() -> None:
    parameters = {"band": 5, "tick": 2, "lot": 3, "fee": 1, "vel": 4, "velwin": 6, "algo": 1, "split": 40, "iocm3": 1}
    books = scenario_listing(parameters)["instruments"]
    assert {(one["band_ticks"], one["min_inc"], one["lot_inc"], one["taker_fee"]) for one in books} == {(5, 2, 3, 2)}
    assert books[0]["guard"]["velocity"] == {"width_ticks": 4, "window_ns": 6 * NS_PER_S, "pause_ns": 5 * NS_PER_S}
    assert books[0]["sharing"] == {"top": True, "top_lots_max": 0, "split_percent": 40, "minimum_allocation": 2}
    assert [one["order_entry"] for one in books].count(OrderEntry.IOC_ONLY) == 1


def test_fees_are_for_the_hours_of_a_book_unless_they_are_given() -> None:
    assert listing(9, "X", hours=7)["fee_hours"] == 7
    assert listing(9, "X", hours=7, fee_hours=2)["fee_hours"] == 2


def test_an_account_has_the_limits_of_the_parameters() -> None:
    payload = account_payload(4, {"maxpos": 5, "closeonly": 1, "firm": 2})
    assert (payload["account"], payload["position_lots_max"], payload["firm"]) == (4, 5, 2)
    assert payload["close_only"] is True
    assert account_payload(4, {})["close_only"] is False


def test_the_first_month_needs_no_suffix() -> None:
    assert (parameter_name("ltp", "M1"), parameter_name("ltp", "M2")) == ("ltp", "ltp.M2")
