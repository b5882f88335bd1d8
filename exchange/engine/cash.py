"""Rows of the venue that move money: what is paid in is bounded (SPEC-004), what is paid out is free (MARGIN-015)."""

import numpy as np

from exchange.clearing.margin import weigh_account
from exchange.codes import EventFlag, EventKind, RejectReason
from exchange.engine.emit import answer_event, next_in_stream, refuse
from exchange.engine.risk import equity_mills, free_mills, unpaid_mills
from exchange.engine.validate import BAD_QTY, FULL, NONE, UNKNOWN_ACCOUNT, known_account
from exchange.kernel import kernel
from exchange.units import MONEY_MAX

CASH = np.int64(EventKind.CASH)
REFUSED = np.int64(EventKind.REFUSED)
RISK = np.int64(RejectReason.RISK)
MARGIN = np.int64(EventFlag.MARGIN)


@kernel
def most_mills(state, account, sign):
    """The most that may be paid in now (sign 1), or out (sign -1)."""
    # What is free is never more than the cash that is there.
    return free_mills(state, account) if sign < 0 else MONEY_MAX - state.deposits_mills


@kernel
def _check_move(state, account, amount, sign):
    if not known_account(state, account):
        return UNKNOWN_ACCOUNT
    if amount <= 0:
        return BAD_QTY
    if amount > most_mills(state, account, sign):
        return RISK if sign < 0 else FULL
    return NONE


@kernel
def move_cash(state, out, command, sign):
    """DEPOSIT (sign 1) or WITHDRAW (sign -1): CASH, or REFUSED."""
    account = np.int64(command.account)
    amount = np.int64(command.price)
    reason = _check_move(state, account, amount, sign)
    if reason != NONE:
        row = refuse(state, out, REFUSED, command, reason)
        if reason == RISK or reason == FULL:
            row.amount_mills = amount
            row.value_tick_lots = most_mills(state, account, sign)
        return
    account_row = state.accounts[account]
    account_row.cash_mills += sign * amount
    account_row.deposits_mills += sign * amount
    if sign > 0:
        state.deposits_mills += amount
    else:
        state.withdrawals_mills += amount
    weigh_account(state, account)
    row = answer_event(state, out, CASH, command, NONE)
    row.amount_mills = sign * amount
    row.value_tick_lots = equity_mills(account_row)
    row.reference = account_row.hold_mills
    row.order_id = unpaid_mills(account_row)
    row["flags"] = MARGIN
    row.account_sequence = next_in_stream(state, account)
    next_in_stream(state, account)
