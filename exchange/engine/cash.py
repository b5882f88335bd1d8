"""DEPOSIT and WITHDRAW. Deposits of all accounts together are limited (SPEC-004); only free margin can be withdrawn
(MARGIN-015). A deposit that brings equity to the initial margin of the last run ends a margin call (MARGIN-012)."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import recompute_scans
from exchange.engine.emit import answer_event, market_event, next_in_stream, refuse
from exchange.engine.predicates import known_account
from exchange.engine.risk import equity_mills, free_margin_mills, unpaid_mills
from exchange.kernel import kernel
from exchange.kernel_codes import (
    ACCOUNT_FLAG_CALLED,
    EVENT_CASH_MOVED,
    EVENT_COMMAND_REFUSED,
    EVENT_FLAG_MARGIN,
    EVENT_MARGIN_CALLED,
    HOUSE_DEPOSITS,
    HOUSE_WITHDRAWALS,
    REJECT_BAD_QTY,
    REJECT_FULL,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_NONE,
    REJECT_UNKNOWN_ACCOUNT,
    STANDING_CLOSE_ONLY,
    STANDING_OPEN,
)
from exchange.units import MONEY_MAX


@kernel
def most_mills(state, account, sign):
    """The most that an account may pay in now (`sign` 1) or withdraw (`sign` -1), mills."""
    # Free margin is never more than the cash of the account.
    return free_margin_mills(state, account) if sign < 0 else MONEY_MAX + state.house_mills[HOUSE_DEPOSITS]


@kernel
def _check_move(state, account, amount, sign):
    if not known_account(state, account):
        return REJECT_UNKNOWN_ACCOUNT
    if amount <= 0:
        return REJECT_BAD_QTY
    if amount > most_mills(state, account, sign):
        return REJECT_INSUFFICIENT_MARGIN if sign < 0 else REJECT_FULL
    return REJECT_NONE


@kernel
def move_cash(state, out, command, sign):
    """Carry out a DEPOSIT (`sign` 1) or a WITHDRAW (`sign` -1). Emits CASH, or REFUSED."""
    account = np.int64(command.account)
    amount = np.int64(command.amount_mills)
    reason = _check_move(state, account, amount, sign)
    if reason != REJECT_NONE:
        refused = refuse(state, out, EVENT_COMMAND_REFUSED, command, reason)
        if reason == REJECT_INSUFFICIENT_MARGIN or reason == REJECT_FULL:
            refused.asked_mills = amount
            refused.most_mills = most_mills(state, account, sign)
        return
    post(state, account, HOUSE_DEPOSITS if sign > 0 else HOUSE_WITHDRAWALS, sign * amount)
    account_row = state.accounts[account]
    recompute_scans(state, account)
    row = answer_event(state, out, EVENT_CASH_MOVED, command, REJECT_NONE)
    row.amount_mills = sign * amount
    row.equity_after_mills = equity_mills(account_row)
    row.margin_held_mills = account_row.initial_margin_mills
    row.required_mills = account_row.required_mills
    row.unpaid_gain_mills = unpaid_mills(account_row)
    row["flags"] = EVENT_FLAG_MARGIN
    row.account_sequence = next_in_stream(state, account)
    next_in_stream(state, account)
    if sign > 0 and account_row["flags"] & ACCOUNT_FLAG_CALLED != 0:
        _look_at_call(state, out, account)


@kernel
def _look_at_call(state, out, account):
    """End an account's margin call if it is met, else report what is still missing. Emits MARGIN_CALLED."""
    account_row = state.accounts[account]
    missing = account_row.required_mills - equity_mills(account_row)
    row = market_event(state, out, EVENT_MARGIN_CALLED, np.int64(0))
    row.account = account
    if missing <= 0:
        account_row["flags"] &= ~ACCOUNT_FLAG_CALLED
        account_row.call_due_ns = 0
        row.standing = STANDING_OPEN
    else:
        row.standing = STANDING_CLOSE_ONLY
        row.call_mills = missing
        row.due_ns = account_row.call_due_ns
    row.account_sequence = next_in_stream(state, account)
