"""The kernels that check and book the sides of a block."""

import numpy as np
import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import RejectReason, Side
from exchange.engine.control.house.block_booking import book_sides, refusal_of_side
from exchange.limits import LEGS_MAX
from tests.engine.control.house.test_block import met
from tests.funded import F27, HOURS, MARK, PSR, RICH


@pytest.mark.rule("LIMIT-006", "INV-018")
def test_rows_and_fees_of_both_sides_are_told() -> None:
    state = met().pair.fast.engine.states[0]
    paid, rows = np.zeros(state.accounts.shape[0], np.int64), np.zeros(2, np.int64)
    book_sides(state, 7, RICH, F27, 50, MARK, 3, paid, rows)
    held = [(int(row.account), int(row.book), int(row.lots)) for row in state.positions[rows]]
    assert held == [(7, F27, 50), (RICH, F27, -50)]
    assert paid[7] == paid[RICH] == 3 * HOURS[F27] * 50 and paid.sum() == 2 * paid[7]
    assert int(state.house_mills[HouseAccount.FEES]) == 2 * paid[7]
    assert not any(state.positions["report_queued"]), "the control reports them itself"


@pytest.mark.rule("LIMIT-006", "MARGIN-013")
def test_a_side_needs_funds_for_scan_loss_and_fee_and_a_free_row() -> None:
    need = (PSR + 3) * HOURS[F27] * 50
    state = met(need).pair.fast.engine.states[0]

    def refusal(account: int, tick: int, fee: int) -> RejectReason:
        return RejectReason(int(refusal_of_side(state, account, int(Side.BUY), F27, 50, tick, fee)))

    assert refusal(7, MARK, 3) == RejectReason.NONE
    assert refusal(7, MARK, 4) == RejectReason.INSUFFICIENT_MARGIN
    assert refusal(7, MARK + 1, 3) == RejectReason.INSUFFICIENT_MARGIN
    assert refusal(6, MARK, 3) == RejectReason.UNKNOWN_ACCOUNT
    used = state.used_positions
    state.used_positions = state.positions.shape[0] - LEGS_MAX - 2
    assert refusal(7, MARK, 3) == RejectReason.FULL
    state.used_positions = used
