"""A house is filled by trades alone, the same for the same seed."""

import numpy as np
import pytest

from exchange.book.check import check_books
from tests.bench.clearing.small_house import SMALL, SYMBOLS, small_house
from tests.venues import check_ledger


def test_every_account_holds_positions_that_sum_to_zero_and_orders_work() -> None:
    house = small_house()
    state = house.engine.states[0]
    check_books(house.engine.states)
    check_ledger(house.engine.states)
    held = state.positions[state.positions["lots"] != 0]
    assert len(house.instruments) == len(SYMBOLS) and len(held) > 0.8 * SMALL.accounts * SMALL.positions_each
    for book in np.unique(held["book"]).tolist():
        assert held["lots"][held["book"] == book].sum() == 0
    live = np.unique(state.orders["book"][state.orders["state"] != 0])
    assert (state.books["leg_count"][live] > 1).any(), "orders of combinations too"


def test_the_same_seed_gives_the_same_state() -> None:
    assert small_house().engine.state_hash() == small_house().engine.state_hash()


@pytest.mark.rule("SESSION-001")
def test_controls_that_cannot_be_are_refused() -> None:
    house = small_house()
    assert house.groups == [2]
    with pytest.raises(Exception, match="99"):
        house.control(99, b"{}")  # type: ignore[arg-type]
