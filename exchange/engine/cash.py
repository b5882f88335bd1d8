"""Rows of the venue that move money or block accounts: deposits, withdrawals, kill and its lifting, sessions."""

import numpy as np

from exchange.codes import AccountFlag, EventFlag, EventKind, RejectReason
from exchange.engine.emit import answer_event, next_in_stream, refuse
from exchange.engine.risk import equity_mills
from exchange.engine.validate import BAD_QTY, NONE, UNKNOWN_ACCOUNT, known_account
from exchange.kernel import kernel, leaf_kernel

CASH = np.int64(EventKind.CASH)
KIL = np.int64(EventKind.KIL)
SESSION = np.int64(EventKind.SESSION)
ACCOUNT = np.int64(EventKind.ACCOUNT)
REFUSED = np.int64(EventKind.REFUSED)
RISK = np.int64(RejectReason.RISK)
MARGIN = np.int64(EventFlag.MARGIN)
KILLED_FLAG = np.int64(AccountFlag.KILLED)


@kernel
def _check_move(state, account, amount, sign):
    if not known_account(state, account):
        return UNKNOWN_ACCOUNT
    if amount <= 0:
        return BAD_QTY
    account_row = state.accounts[account]
    # Only free equity leaves, and never more than the cash that is there (MARGIN-013).
    free = min(equity_mills(account_row) - account_row.hold_mills, account_row.cash_mills)
    if sign < 0 and amount > free:
        return RISK
    return NONE


@kernel
def move_cash(state, out, command, sign):
    """DEPOSIT (sign 1) or WITHDRAW (sign -1): CASH, or REFUSED."""
    account = np.int64(command.account)
    amount = np.int64(command.price)
    reason = _check_move(state, account, amount, sign)
    if reason != NONE:
        refuse(state, out, REFUSED, command, reason)
        return
    account_row = state.accounts[account]
    account_row.cash_mills += sign * amount
    account_row.deposits_mills += sign * amount
    if sign > 0:
        state.deposits_mills += amount
    else:
        state.withdrawals_mills += amount
    row = answer_event(state, out, CASH, command, NONE)
    row.amount_mills = sign * amount
    row.value_tick_lots = equity_mills(account_row)
    row.reference = account_row.hold_mills
    row["flags"] = MARGIN
    row.account_sequence = next_in_stream(state, account)
    next_in_stream(state, account)


@kernel
def block_account(state, out, command):
    """KILL of an account (KILL-001): no new orders from now on. Returns whether its orders are to be cancelled."""
    account = np.int64(command.account)
    if not known_account(state, account):
        refuse(state, out, REFUSED, command, UNKNOWN_ACCOUNT)
        return False
    state.accounts[account]["flags"] |= KILLED_FLAG
    row = answer_event(state, out, KIL, command, NONE)
    row.account_sequence = next_in_stream(state, account)
    return True


@kernel
def unblock_account(state, out, command):
    """UNKILL: the account may enter orders again; what was cancelled does not come back (KILL-004)."""
    account = np.int64(command.account)
    if not known_account(state, account):
        refuse(state, out, REFUSED, command, UNKNOWN_ACCOUNT)
        return
    state.accounts[account]["flags"] &= ~KILLED_FLAG
    answer_event(state, out, ACCOUNT, command, NONE)


@kernel
def open_session(state, out, command):
    """SESSION: opened or resumed."""
    session = np.int64(command.session)
    if 0 < session < state.sessions.shape[0]:
        state.sessions[session].account = command.account
        state.sessions[session].opened_ns = state.time_ns
    answer_event(state, out, SESSION, command, NONE)


@leaf_kernel
def note_request(state, command):
    """Remember the highest request of a session: what makes a resend safe (SESS-007, RECOV-012)."""
    session = np.int64(command.session)
    if (
        session != 0
        and session < state.sessions.shape[0]
        and command.request_id > state.sessions[session].last_request_id
    ):
        state.sessions[session].last_request_id = command.request_id
