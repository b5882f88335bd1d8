"""A cascade moves no cash, whatever is held at whatever price in whatever kind of parent (CASCADE-002, CASCADE-004)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.funded import HIGH, LOW
from tests.properties.parents import ACCOUNTS, CHILDREN, FIRST_CHILD, PARENT, Family

RATES, RICH_MILLS = (400, 60, 50), 10**14
PRICES = st.integers(LOW, HIGH)
DEALS = st.lists(
    st.tuples(st.permutations(ACCOUNTS), st.integers(1, 200), PRICES, st.integers(PARENT, FIRST_CHILD + 2)),
    min_size=1, max_size=6,
)  # fmt: skip
Deal = tuple[list[int], int, int, int]


def cascaded(kind: str, deals: list[Deal], finals: list[int]) -> None:
    """Deals, a settlement of parent and children, the cascade, another settlement of the children."""
    market = Family(kind, RATES, RICH_MILLS)
    for accounts, lots, price, book in deals:
        market.deal(*accounts[:2], lots, price, book)
    prices = {book: finals[book % len(finals)] for book in market.hours}
    market.close_at(prices, LOW, HIGH)
    before, house = market.cash(), list(market.pair.reference.clearing.house_mills)
    parent_lots = {account: market.held(account, PARENT)[0] for account in ACCOUNTS}
    child_lots = {(account, book): market.held(account, book) for account in ACCOUNTS for book in market.children}
    market.cascade()
    market.compare()
    assert (market.cash(), list(market.pair.reference.clearing.house_mills)) == (before, house), "no cash moves"
    for (account, book), (lots, value) in child_lots.items():
        more = parent_lots[account]
        assert market.held(account, book) == (lots + more, value + more * prices[PARENT])
        assert market.held(account, PARENT) == (0, 0)
    later = {book: finals[(book + 1) % len(finals)] for book in market.children}
    market.close_at(later, LOW, HIGH)
    market.compare()
    for account in ACCOUNTS:
        gained = sum(
            ((later[book] - prices[book]) * child_lots[account, book][0] + (later[book] - prices[PARENT]) * more)
            * market.hours[book]
            for more in [parent_lots[account]]
            for book in market.children
        )
        assert market.cash()[account] - before[account] == gained, (
            "the next run pays the difference from the final price"
        )


@pytest.mark.rule("CASCADE-001", "CASCADE-002", "CASCADE-004", "INV-018")
@pytest.mark.parametrize("kind", CHILDREN)
@given(deals=DEALS, finals=st.lists(PRICES, min_size=3, max_size=3))
@settings(max_examples=8)
def test_a_cascade_moves_no_cash(kind: str, deals: list[Deal], finals: list[int]) -> None:
    cascaded(kind, deals, finals)
