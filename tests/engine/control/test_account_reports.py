"""Events of a control to accounts: who is told what, in which order, under which numbers."""

import numpy as np
import pytest

from exchange.clearing_codes import CashReason
from exchange.codes import EventFlag, EventKind, Side
from exchange.engine.control.account_reports import report_accounts, report_cascade
from exchange.records import column
from tests.ending import F27, G27, Ending
from tests.funded import MARK, RICH


@pytest.mark.rule("SETTLE-012", "ACCT-001", "ACCT-002")
def test_money_comes_first_then_positions_by_book_and_margin_with_the_last() -> None:
    market = Ending()
    market.trade(2, Side.BUY, 1, MARK, G27)
    market.trade(2, Side.BUY, 1, MARK)
    state = market.pair.fast.engine.states[0]
    rows = np.flatnonzero(state.positions["account"] == 2)
    moved = np.zeros(len(state.accounts), np.int64)
    moved[[1, 2]] = 7, -9
    before = state.accounts["stream"].copy()
    events = report_accounts(state, rows, moved, CashReason.FEE, 20_800)
    told = list(zip(events["account"].tolist(), events["kind"].tolist(), events["instrument"].tolist(), strict=True))
    assert told == [
        (1, EventKind.CASH_MOVED, 0), (2, EventKind.CASH_MOVED, 0),
        (2, EventKind.POSITION_CHANGED, F27), (2, EventKind.POSITION_CHANGED, G27),
    ]  # fmt: skip
    assert events["amount_mills"][:2].tolist() == [7, -9]
    numbers = events["account_sequence"] - before[events["account"]]
    assert numbers.tolist() == [1, 1, 2, 3]
    assert (events["flags"] & EventFlag.MARGIN != 0).tolist() == [True, False, False, True]
    assert (state.accounts["stream"] - before)[[1, 2, RICH]].tolist() == [2, 4, 0]


def test_a_cascade_leads_the_positions_of_each_account() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 1, MARK)
    state = market.pair.fast.engine.states[0]
    rows = np.flatnonzero(state.positions["account"] == 1)
    events = report_cascade(state, rows, 4, np.array([1]), np.array([3]))
    assert events["kind"].tolist() == [EventKind.POSITION_CASCADED, EventKind.POSITION_CHANGED]
    assert (int(events["instrument"][0]), int(column(events, "position_lots")[0])) == (4, 3)
