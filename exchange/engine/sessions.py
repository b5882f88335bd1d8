"""What the engine knows of sessions: the last request of each, who opened it, who killed it.

Numbers of sessions rise for ever, as a number that is given out again would be taken for the session that had it. A
session's row lies where the low bits of its number say. It stays that session's until another is opened there, which
the gateway does only when nobody may resume the first (RECOV-013).
"""

import numpy as np

from exchange.codes import EventKind, RejectReason
from exchange.engine.emit import answer_event
from exchange.kernel import clear_row, kernel, leaf_kernel

SESSION = np.int64(EventKind.SESSION)
NONE = np.int64(RejectReason.NONE)


@leaf_kernel
def session_row(state, number):
    """The row where a session's number points; of 0, and of all that point there, one that is never written."""
    return state.sessions[number & np.int64(state.sessions.shape[0] - 1)]


@leaf_kernel
def _points_nowhere(state, number):
    return number & np.int64(state.sessions.shape[0] - 1) == 0


@leaf_kernel
def has_row(state, number):
    """Whether something can be noted of a session: its row is its own, or nobody's so far."""
    holder = session_row(state, number).number
    return not _points_nowhere(state, number) and (holder == number or holder == 0)


@leaf_kernel
def own_row(state, number):
    """The row of a session that `has_row`, from now on its own."""
    row = session_row(state, number)
    row.number = number
    return row


@leaf_kernel
def is_session_killed(state, number):
    """Whether a kill of a session is in force (KILL-001)."""
    row = session_row(state, number)
    return row.killed_by != 0 and row.number == number


@kernel
def open_session(state, out, command):
    """SESSION: opened or resumed. A stranger may have any number; of one that points nowhere nothing is noted."""
    number = np.int64(command.session)
    if not _points_nowhere(state, number):
        row = session_row(state, number)
        if row.number != number:
            clear_row(row)
        row = own_row(state, number)
        row.account = np.int32(command.account)
        row.opened_ns = state.time_ns
    answer_event(state, out, SESSION, command, NONE)


@leaf_kernel
def note_request(state, command):
    """Remember the highest request of a session: what makes a resend safe (SESS-007, RECOV-012)."""
    number = np.int64(command.session)
    if command.request_id > session_row(state, number).last_request_id and has_row(state, number):
        own_row(state, number).last_request_id = command.request_id
