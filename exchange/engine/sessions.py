"""What the engine keeps of sessions: last request, account, kills.

Session numbers only rise: a number given out twice would be taken for the earlier session. The low bits of its number
say which row a session uses. The row is its own until another session is opened there, which the gateway does only when
the first cannot be resumed any more (RECOV-013).
"""

import numpy as np

from exchange.engine.emit import answer_event
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_SESSION_OPENED, REJECT_NONE
from exchange.machine import clear_row, likely


@leaf_kernel
def _place_of(state, number):
    """Number of the row that a session uses. Row 0 is used by none: sessions whose number leads there have no row."""
    return number & np.int64(state.sessions.shape[0] - 1)


@leaf_kernel
def row_there(state, number):
    """The row that a session's number leads to, which may be another session's."""
    return state.sessions[_place_of(state, number)]


@leaf_kernel
def session_row(state, number):
    """The row of a session; row 0, which is never written, if it has none."""
    return state.sessions[_place_of(state, number) if row_there(state, number).number == number else np.int64(0)]


@leaf_kernel
def may_take_row(state, number):
    """Whether a session can have its row: it is its own, or still unused."""
    holder = row_there(state, number).number
    return _place_of(state, number) != 0 and (holder == number or holder == 0)


@leaf_kernel
def take_row(state, number):
    """The row of a session that `may_take_row`; from now on it is its own."""
    row = row_there(state, number)
    row.number = number
    return row


@kernel
def open_session(state, out, command):
    """SESSION: a session is opened or resumed. It takes its row over. A tape may use any number; one that leads to row
    0 is not noted."""
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
    """Note the highest request id of a session, which makes a resend safe (SESS-007, RECOV-012)."""
    number = np.int64(command.session)
    row = row_there(state, number)
    if number == 0 or command.request_id <= row.last_request_id:
        return
    if likely(row.number == number):
        row.last_request_id = command.request_id
    elif may_take_row(state, number):
        take_row(state, number).last_request_id = command.request_id
