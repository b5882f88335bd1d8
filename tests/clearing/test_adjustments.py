"""Cash adjustments: posted to the mill, over the house's account of variation."""

import numpy as np
import pytest

from exchange.clearing.adjustments import move_variation
from exchange.clearing_codes import HouseAccount
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


@pytest.mark.rule("SETTLE-011", "INV-018")
def test_each_account_is_paid_its_amount_and_the_house_the_opposite_of_the_sum() -> None:
    state = new_state(MEDIUM)[0]
    moved = np.zeros(state.accounts.shape[0], np.int64)
    moved[[1, 5, 64]] = 7_440, -(10**15), 10**15 - 7_440
    move_variation(state, moved)
    assert state.accounts["cash_mills"][[1, 5, 64]].tolist() == [7_440, -(10**15), 10**15 - 7_440]
    assert np.count_nonzero(state.accounts["cash_mills"]) == 3 and not state.house_mills.any()
    moved[:] = 0
    moved[2] = 9
    move_variation(state, moved)
    assert int(state.house_mills[HouseAccount.VARIATION]) == -9
