"""Kill switch of a session, an account or a firm (KILL-001 to KILL-004).

The *scope* of a kill is a session, an account or a firm. Every account of the scope is blocked before the first order
is cancelled. A bit for each KillParty says who has set a kill; only that party can lift it.
"""

import numpy as np

from exchange.engine.cancels.cancel_queue import queue_cancel, start_cancels
from exchange.engine.cancels.scope import next_account_of
from exchange.engine.emit import market_event, next_in_stream, refuse
from exchange.engine.predicates import known_account
from exchange.engine.sessions import may_take_row, session_row, take_row
from exchange.kernel import kernel
from exchange.kernel_codes import (
    ACCOUNT_FLAG_KILLED,
    CANCEL_KILL,
    EVENT_COMMAND_REFUSED,
    EVENT_KILL_LIFTED,
    EVENT_KILLED,
    KILL_PARTY_RISK,
    MARKET_CLOSED,
    REJECT_BAD_COMBO,
    REJECT_KILLED,
    REJECT_NONE,
    REJECT_UNKNOWN,
    REJECT_UNKNOWN_ACCOUNT,
    SCOPE_ACCOUNT,
    SCOPE_FIRM,
    SCOPE_SESSION,
)

LAST_PARTY = KILL_PARTY_RISK


@kernel
def begin_kill(state, out, command):
    """Check a KILL or UNKILL and write its scope to the cursor. False: it is refused, with REFUSED. True: the caller
    has to call `kill_next` or `lift_next`."""
    reason = _check_scope(state, command)
    if reason != REJECT_NONE:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, reason)
        return False
    cursor = state.cursor
    cursor.scope = command.scope
    if command.scope == SCOPE_FIRM:
        cursor.killed_firm = command.killed_firm
    else:
        cursor.killed_session = command.killed_session
    cursor.kill_party = command.kill_party
    cursor.session = command.session
    cursor.request_id = command.request_id
    cursor.account = command.account if command.scope == SCOPE_ACCOUNT else 0
    cursor.accounts_done = 0
    return True


@kernel
def may_lift(state, out, command):
    """Whether the party of a checked UNKILL has set the kill, or there is no kill (KILL-004). If not, emits REFUSED."""
    killed_by = _killed_by(state)
    if killed_by == 0 or killed_by & (1 << np.int64(command.kill_party)) != 0:
        return True
    refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_KILLED)
    return False


@kernel
def _check_scope(state, command):
    """Reason to refuse a KILL or UNKILL, NONE if there is none."""
    if command.scope > SCOPE_FIRM or command.kill_party > LAST_PARTY:
        return REJECT_BAD_COMBO
    if command.scope == SCOPE_ACCOUNT:
        return REJECT_NONE if known_account(state, np.int64(command.account)) else REJECT_UNKNOWN_ACCOUNT
    if command.scope == SCOPE_SESSION:
        return REJECT_NONE if command.killed_session != 0 else REJECT_UNKNOWN
    return (
        REJECT_NONE
        if command.killed_firm != 0 and _next_of_firm(state, np.int64(command.killed_firm), np.int64(1)) != 0
        else REJECT_UNKNOWN
    )


@kernel
def _next_of_firm(state, firm, account):
    """First account of a firm, from number `account` on; 0 if there is none."""
    while account < state.accounts.shape[0]:
        if state.accounts[account].firm == firm and known_account(state, account):
            return account
        account += 1
    return np.int64(0)


@kernel
def _killed_by(state):
    """Bits of the parties that have killed the scope of the running command; for a firm, those of any account."""
    cursor = state.cursor
    if cursor.scope == SCOPE_SESSION:
        return np.int64(session_row(state, np.int64(cursor.killed_session)).killed_by)
    if cursor.scope == SCOPE_ACCOUNT:
        return np.int64(state.accounts[cursor.account].killed_by)
    return np.int64(state.accounts[_next_of_firm(state, np.int64(cursor.killed_firm), np.int64(1))].firm_killed_by)


@kernel
def _next_account(state):
    """Next account of the scope, 0 after the last. For a session it is the account that opened it."""
    cursor = state.cursor
    if cursor.scope == SCOPE_FIRM:
        return _next_of_firm(state, np.int64(cursor.killed_firm), np.int64(cursor.last_account) + 1)
    cursor.accounts_done += 1
    if cursor.accounts_done > 1:
        return np.int64(0)
    if cursor.scope != SCOPE_SESSION:
        return np.int64(cursor.account)
    account = np.int64(session_row(state, np.int64(cursor.killed_session)).account)
    return account if known_account(state, account) else np.int64(0)


@kernel
def kill_next(state, out):
    """Block the next account of the scope, or the session, and queue the cancels of its orders. Emits KIL. False: all
    are blocked, and the cancels start."""
    cursor = state.cursor
    if cursor.scope == SCOPE_SESSION:
        if cursor.accounts_done == 0:
            if may_take_row(state, np.int64(cursor.killed_session)):
                take_row(state, np.int64(cursor.killed_session)).killed_by |= 1 << cursor.kill_party
            _emit_kill(state, out, EVENT_KILLED, _next_account(state), _gather_session(state))
            return True
    else:
        account = _next_account(state)
        if account != 0:
            _mark_account(state, account, np.int64(1) << cursor.kill_party, np.int64(0))
            _emit_kill(state, out, EVENT_KILLED, account, _gather_account(state, account))
            cursor.last_account = account
            return True
    start_cancels(state, CANCEL_KILL, cursor.scope != SCOPE_ACCOUNT)
    return False


@kernel
def lift_next(state, out):
    """Lift the kill from the next account of the scope, or from the session. Emits LIFTED. False: there is no other."""
    cursor = state.cursor
    if cursor.scope == SCOPE_SESSION:
        if cursor.accounts_done != 0:
            return False
        session_row(state, np.int64(cursor.killed_session)).killed_by &= ~(1 << cursor.kill_party)  # stays 0 in row 0
        _emit_kill(state, out, EVENT_KILL_LIFTED, _next_account(state), np.int64(0))
        return True
    account = _next_account(state)
    if account == 0:
        return False
    _mark_account(state, account, np.int64(0), np.int64(1) << cursor.kill_party)
    _emit_kill(state, out, EVENT_KILL_LIFTED, account, np.int64(0))
    cursor.last_account = account
    return True


@kernel
def _mark_account(state, account, added, removed):
    """Add and remove bits of parties that have killed an account or its firm, and set or clear its flag KILLED."""
    account_row = state.accounts[account]
    if state.cursor.scope == SCOPE_FIRM:
        account_row.firm_killed_by = (account_row.firm_killed_by | added) & ~removed
    else:
        account_row.killed_by = (account_row.killed_by | added) & ~removed
    if account_row.killed_by != 0 or account_row.firm_killed_by != 0:
        account_row["flags"] |= ACCOUNT_FLAG_KILLED
    else:
        account_row["flags"] &= ~ACCOUNT_FLAG_KILLED


@kernel
def _is_killable(state, slot):
    """Whether a kill cancels this order, as it does in every market state but CLOSED (KILL-003)."""
    return state.books[state.orders[slot].book].market_state != MARKET_CLOSED


@kernel
def _gather_account(state, account):
    """Queue the cancels of an account's orders. Returns their number."""
    before = np.int64(state.cursor.stop)
    slot = np.int64(state.accounts[account].first_order)
    while slot != 0:
        if _is_killable(state, slot):
            queue_cancel(state, slot)
        slot = np.int64(state.links[slot].account_newer)
    return np.int64(state.cursor.stop) - before


@kernel
def _gather_session(state):
    """Queue the cancels of a session's orders, in all accounts. Returns their number."""
    session = np.int64(state.cursor.killed_session)
    account = next_account_of(state, session, np.int64(1))
    while account != 0:
        slot = np.int64(state.accounts[account].first_order)
        while slot != 0:
            if state.orders[slot].session == session and _is_killable(state, slot):
                queue_cancel(state, slot)
            slot = np.int64(state.links[slot].account_newer)
        account = next_account_of(state, session, account + 1)
    return np.int64(state.cursor.stop)


@kernel
def _emit_kill(state, out, kind, account, lots):
    """Emit KIL or LIFTED (`kind`). `lots`: number of orders that are cancelled."""
    cursor = state.cursor
    row = market_event(state, out, kind, np.int64(0))
    row.account = account
    row.reference = cursor.request_id
    if cursor.scope == SCOPE_SESSION:
        row.killed_session = cursor.killed_session
    else:
        row.session = cursor.session
    row.scope = cursor.scope
    row.kill_party = cursor.kill_party
    row.order_count = lots
    if known_account(state, account):
        row.account_sequence = next_in_stream(state, account)
