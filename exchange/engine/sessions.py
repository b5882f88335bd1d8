"""What the engine keeps of each session: last request id, account, kills.

Session numbers only rise, so that no number means two sessions. The low bits of its number are the row of a session.
Two sessions may thus share a row; it belongs to the one opened last. The gateway opens the second only when the first
cannot be resumed any more (RECOV-013).
"""

import numpy as np

from exchange.engine.emit import answer_event
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_SESSION_OPENED, REJECT_NONE
from exchange.machine import clear_row, likely


@leaf_kernel
def _place_of(state, number):
    """Number of a session's row. Sessions whose number gives 0 have no row."""
    return number & np.int64(state.sessions.shape[0] - 1)


@leaf_kernel
def row_there(state, number):
    """The row of a session's number, which may belong to another session."""
    return state.sessions[_place_of(state, number)]


@leaf_kernel
def session_row(state, number):
    """The row of a session if it belongs to it; else row 0, which is all zero."""
    return state.sessions[_place_of(state, number) if row_there(state, number).number == number else np.int64(0)]


@leaf_kernel
def may_take_row(state, number):
    """Whether the row of a session belongs to it or is unused."""
    holder = row_there(state, number).number
    return _place_of(state, number) != 0 and (holder == number or holder == 0)


@leaf_kernel
def take_row(state, number):
    """Make the row of a session belong to it, and return the row. Call it only after `may_take_row`."""
    row = row_there(state, number)
    row.number = number
    return row


@kernel
def open_session(state, out, command):
    """Carry out a SESSION: a session is opened or resumed. Its row now belongs to it. Emits SESSION_OPENED.

    A session with no row, which only a tape can have, is answered but not kept.
    """
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
    """Keep the highest request id of a session, with which a resent request is recognised (SESS-007, RECOV-012)."""
    number = np.int64(command.session)
    row = row_there(state, number)
    if number == 0 or command.request_id <= row.last_request_id:
        return
    if likely(row.number == number):
        row.last_request_id = command.request_id
    elif may_take_row(state, number):
        take_row(state, number).last_request_id = command.request_id
