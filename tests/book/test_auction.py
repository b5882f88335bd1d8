"""Price and volume of the uncross against a brute force that writes the five steps down one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.book.auction import equilibrium, is_crossed
from exchange.codes import Side
from tests.book.test_levels import fresh_book, put

ORDERS = st.lists(
    st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(90, 110), st.integers(1, 9)), min_size=1, max_size=12
)


def five_steps(orders, reference):
    """AUC-002 to AUC-007 over every tick of the crossed range; returns (price, volume, imbalance)."""
    best_bid = max(tick for side, tick, _ in orders if side == Side.BUY)
    best_ask = min(tick for side, tick, _ in orders if side == Side.SELL)
    buys = {p: sum(q for s, t, q in orders if s == Side.BUY and t >= p) for p in range(best_ask, best_bid + 1)}
    sells = {p: sum(q for s, t, q in orders if s == Side.SELL and t <= p) for p in buys}
    volume = max(min(buys[p], sells[p]) for p in buys)
    ticks = [p for p in buys if min(buys[p], sells[p]) == volume]
    least = min(abs(buys[p] - sells[p]) for p in ticks)
    ticks = [p for p in ticks if abs(buys[p] - sells[p]) == least]
    signs = {buys[p] - sells[p] > 0 for p in ticks} if least else set()
    if signs == {True}:
        price = max(ticks)
    elif signs == {False}:
        price = min(ticks)
    else:
        if signs:
            flip = max(p for p in ticks if buys[p] > sells[p])
            ticks = [flip, flip + 1]
        price = min(max(reference, ticks[0]), ticks[-1])
    return price, volume, buys[price] - sells[price]


@pytest.mark.rule("AUC-002", "AUC-003", "AUC-004", "AUC-005", "AUC-006", "AUC-007", "INV-012")
@given(ORDERS, st.integers(80, 120))
def test_uncross_price_is_that_of_the_five_steps(orders, reference):
    state, book = fresh_book()
    for slot, (side, tick, lots) in enumerate(orders, 1):
        put(state, book, slot, side, tick, lots)
    bids = [tick for side, tick, _ in orders if side == Side.BUY]
    asks = [tick for side, tick, _ in orders if side == Side.SELL]
    assert is_crossed(book) == bool(bids and asks and max(bids) >= min(asks))
    if is_crossed(book):
        assert tuple(int(x) for x in equilibrium(state, book, reference)) == five_steps(orders, reference)
