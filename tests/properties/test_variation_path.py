"""Variation depends neither on the order of commands nor on the path of the marks (SETTLE-007)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.funded import HIGH, LOW
from tests.properties.parents import ACCOUNTS, FIRST_CHILD, PARENT, Family

RATES, RICH_MILLS = (400, 60, 50), 10**14
PRICES = st.integers(LOW, HIGH)
DEALS = st.lists(
    st.tuples(st.permutations(ACCOUNTS), st.integers(1, 50), PRICES, st.integers(PARENT, FIRST_CHILD + 1)),
    min_size=1, max_size=6,
)  # fmt: skip
# What happens behind a deal: nothing, a mark of the minute, a run at noon, a close at a price.
STOPS = st.lists(st.one_of(st.just(0), st.just(1), st.just(2), PRICES), min_size=6, max_size=6)
Deal = tuple[list[int], int, int, int]


def played(deals: list[Deal], stops: list[int], final: int) -> dict[int, int]:
    """Cash of all accounts after deals with stops between them, and a close at the final price."""
    market = Family("Q", RATES, RICH_MILLS)
    for (accounts, lots, price, book), stop in zip(deals, stops, strict=False):
        market.deal(*accounts[:2], lots, price, book)
        if stop in (1, 2):
            market.mark(pays=stop == 2)
        elif stop:
            market.close_at(dict.fromkeys(market.hours, stop), LOW, HIGH)
            market.reopen()
    market.close_at(dict.fromkeys(market.hours, final), LOW, HIGH)
    market.compare()
    return market.cash()


@pytest.mark.rule("SETTLE-007")
@given(deals=DEALS, stops=STOPS, order=st.permutations(range(6)), final=PRICES)
@settings(max_examples=20)
def test_cash_is_the_same_in_any_order_and_along_any_path(
    deals: list[Deal], stops: list[int], order: list[int], final: int
) -> None:
    hours = Family("Q", RATES, RICH_MILLS).hours
    expected = dict.fromkeys(ACCOUNTS, RICH_MILLS)
    for (buyer, seller, _), lots, price, book in deals:
        expected[buyer] += (final - price) * lots * hours[book]
        expected[seller] -= (final - price) * lots * hours[book]
    turned = [deals[place] for place in order if place < len(deals)]
    assert played(deals, [0] * 6, final) == expected
    assert played(turned, stops, final) == expected
