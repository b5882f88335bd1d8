"""What the engine knows of sessions: the last request of each, who opened it, who killed it.

Numbers of sessions rise for ever, as a number that is given out again would be taken for the session that had it. A
session's row lies where the low bits of its number say. It stays that session's until another is opened there, which
the gateway does only when nobody may resume the first (RECOV-013).
"""

import numpy as np

from exchange.engine.emit import answer_event
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_SESSION_OPENED, REJECT_NONE
from exchange.machine import clear_row, likely


@leaf_kernel
def _place_of(state, number):
    """Where the row of a session lies, if it has one; 0: numbers that point there have none."""
    return number & np.int64(state.sessions.shape[0] - 1)


@leaf_kernel
def row_there(state, number):
    """The row where the number of a session points, whosever it is."""
    return state.sessions[_place_of(state, number)]


@leaf_kernel
def session_row(state, number):
    """The row of a session; the first, which is never written, if it has none."""
    return state.sessions[_place_of(state, number) if row_there(state, number).number == number else np.int64(0)]


@leaf_kernel
def may_take_row(state, number):
    """Whether something can be noted of a session: its row is its own, or nobody's so far."""
    holder = row_there(state, number).number
    return _place_of(state, number) != 0 and (holder == number or holder == 0)


@leaf_kernel
def take_row(state, number):
    """The row of a session that `may_take_row`, from now on its own."""
    row = row_there(state, number)
    row.number = number
    return row


@kernel
def open_session(state, out, command):
    """SESSION: opened or resumed. A stranger may have any number; of one that points nowhere nothing is noted."""
    number = np.int64(command.session)
    if _place_of(state, number) != 0:
        row = row_there(state, number)
        if row.number != number:
            clear_row(row)
        row.number = number
        row.account = np.int32(command.account)
        row.opened_ns = state.time_ns
    answer_event(state, out, EVENT_SESSION_OPENED, command, REJECT_NONE)


@leaf_kernel
def note_request(state, command):
    """Remember the highest request of a session: what makes a resend safe (SESS-007, RECOV-012)."""
    number = np.int64(command.session)
    row = row_there(state, number)
    if number == 0 or command.request_id <= row.last_request_id:
        return
    if likely(row.number == number):
        row.last_request_id = command.request_id
    elif may_take_row(state, number):
        take_row(state, number).last_request_id = command.request_id
