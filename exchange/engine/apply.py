"""apply_commands: the compiled loop over commands, which the engine calls from Python.

A command runs in steps; the cursor in the state holds its present step. Before each step, and within a step before each
further fill or report, STEP_EVENTS rows of the event buffer must be free. If not, the call returns, and the next call
continues from the cursor. Results depend neither on the length of the buffer nor on how commands are divided into
calls.
"""

import numpy as np

from exchange.book.expiry import is_over
from exchange.book.index import order_hash
from exchange.book.levels import IMPLIED_CHANGED, ZERO
from exchange.book.stops import VENUE_QUEUE
from exchange.engine.cancels.cancel_queue import cancel_next_queued
from exchange.engine.cancels.clock import begin_clock, expire_next
from exchange.engine.cancels.disconnect import disconnect, fire_next_timer, set_timer
from exchange.engine.cancels.kill import begin_kill, kill_next, lift_next, may_lift
from exchange.engine.cancels.mass_cancel import begin_cancel_all, cancel_next
from exchange.engine.cash import move_cash
from exchange.engine.emit import refuse
from exchange.engine.entry.new_order import enter_order
from exchange.engine.entry.replace import replace_order
from exchange.engine.entry.stops import inject_stop, keep_stop, next_injection
from exchange.engine.matching.implied_prices import emit_implied_prices
from exchange.engine.matching.match import match_once, start_order
from exchange.engine.matching.uncross import uncross_once
from exchange.engine.matching.velocity import halt_once
from exchange.engine.orders import cancel_order, cancel_remainder, end_matching
from exchange.engine.phases.state_changes import (
    begin_state_change,
    expire_day_orders,
    finish_state_change,
    needs_uncross,
    publish_indicative,
)
from exchange.engine.position_reports import report_positions
from exchange.engine.predicates import is_stop
from exchange.engine.prefetch import (
    CLOSE,
    FAR,
    NEAR,
    PREFETCH_ALL,
    choose_prefetch,
    prefetch_close,
    prefetch_far,
    prefetch_near,
)
from exchange.engine.quotes.mass_quotes import ENTRY_DONE, MATCH_SIDE, begin_quote, lose_side, quote_once, settle_side
from exchange.engine.quotes.protection import pull_once, reset_protection, set_protection
from exchange.engine.sessions import note_request, open_session
from exchange.engine.state import POSITION_UNKNOWN, QUOTE_PULLS
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_EXPIRED,
    EVENT_COMMAND_REFUSED,
    KIND_CANCEL,
    KIND_CANCEL_ALL,
    KIND_CLOCK,
    KIND_DEPOSIT,
    KIND_DISCONNECT,
    KIND_INDICATIVE,
    KIND_KILL,
    KIND_MMP_RESET,
    KIND_MMP_SET,
    KIND_NEW,
    KIND_QUOTE,
    KIND_REPLACE,
    KIND_SESSION,
    KIND_SET_STATE,
    KIND_TIMER,
    KIND_UNKILL,
    KIND_WITHDRAW,
    MARKET_CLOSED,
    REJECT_BAD_COMBO,
)
from exchange.limits import STEP_EVENTS
from exchange.machine import PREFETCH, clear_row, likely, opaque_row, row_at, unlikely

RING_MASK = FAR - 1

# Steps. STEP_IDLE is 0: a cursor between commands is all zero.
STEP_IDLE = 0
STEP_MATCH = 1  # an aggressor trades
STEP_MASS_CANCEL = 2  # a mass cancel cancels order after order
STEP_UNCROSS = 3  # books uncross before a SET_STATE
STEP_CLOSE_DAY = 4  # DAY orders have been cancelled before a SET_STATE
STEP_REPORT = 5  # end of a command: elected stops, POS events, implied prices
STEP_EXPIRE_GTD = 6  # a CLOCK cancels GTD orders
STEP_KILL = 7  # a KILL blocks account after account
STEP_UNKILL = 8  # an UNKILL lifts the kill of account after account
STEP_FIRE_TIMERS = 9  # a CLOCK fires dead-man timers
STEP_HALT = 10  # a breach of a window has ended matching
STEP_QUOTE = 11  # an entry of a mass quote enters its sides
STEP_QUOTE_MATCH = 12  # a side of it trades
STEP_QUOTE_HALT = 13  # a breach has ended the trading of a side


@leaf_kernel
def _begin_new(state, out, command, key_hash, position):
    """First step of a NEW. Afterwards the command is done, or the cursor says how it goes on."""
    slot = enter_order(state, out, command, key_hash, position)
    if likely(slot == 0):
        return
    if is_over(state, command.tif, command.expiry_ns):
        cancel_remainder(state, out, slot, CANCEL_EXPIRED)
    elif is_stop(command.order_type):
        keep_stop(state, slot, command.minimum_lots)
        _begin_elected(state)
    elif start_order(state, out, slot, command.minimum_lots):
        _begin_match(state, slot, command.minimum_lots)


@leaf_kernel
def _begin_match(state, slot, minimum_lots):
    cursor = state.cursor
    cursor.slot = slot
    cursor.minimum_lots = minimum_lots
    cursor.step = STEP_MATCH


@leaf_kernel
def _begin_elected(state):
    """Call this after a command that may elect stops without a trade: the stops are still to be injected."""
    if state.books[VENUE_QUEUE].injection_first != 0:
        state.cursor.step = STEP_REPORT


@kernel
def _inject_once(state, out):
    """Inject the next elected stop: it enters its book as an aggressor (STOP-006)."""
    slot = next_injection(state)
    if slot != 0:
        minimum_lots = inject_stop(state, out, slot)
        if start_order(state, out, slot, minimum_lots):
            _begin_match(state, slot, minimum_lots)


@kernel
def _begin_state(state, out, command):
    """First step of a SET_STATE: begin an uncross or the expiry of DAY orders, or make the change."""
    if not begin_state_change(state, out, command):
        _clear_cursor(state)
        return
    if needs_uncross(state):
        state.cursor.step = STEP_UNCROSS
    elif state.cursor.market_state == MARKET_CLOSED:
        expire_day_orders(state)
        state.cursor.step = STEP_CLOSE_DAY
    else:
        finish_state_change(state, out)
        state.cursor.step = STEP_REPORT


@kernel
def _end_entry(state):
    """Finish an entry of a mass quote: wait for the next row of the run, or after the last go on to STEP_REPORT."""
    cursor = state.cursor
    if cursor.more != 0:
        cursor.step = STEP_IDLE
        state.sequence = cursor.last_sequence
    else:
        cursor.step = STEP_REPORT


@leaf_kernel
def _begin(state, out, command, key_hash, slot, position):
    """First step of a command.

    key_hash, slot, position  what `prefetch` has found out about it, see PREFETCH_NOTE
    """
    state.sequence = command.sequence
    state.time_ns = command.time_ns
    note_request(state, command)
    kind = command.kind
    if likely(kind == KIND_NEW):
        _begin_new(state, out, command, key_hash, position)
    elif likely(kind == KIND_CANCEL):
        cancel_order(state, out, command, key_hash, slot)
    elif kind == KIND_REPLACE:
        aggressor = replace_order(state, out, command, key_hash, slot)
        if aggressor != 0:
            _begin_match(state, aggressor, 0)
        else:
            _begin_elected(state)
    elif kind == KIND_QUOTE:
        if begin_quote(state, out, command):
            state.cursor.step = STEP_QUOTE
        else:
            _end_entry(state)
    else:
        _begin_rare(state, out, command)


@kernel
def _begin_rare(state, out, command):
    """First step of a command that is no NEW, CANCEL, REPLACE or QUOTE."""
    kind = command.kind
    if kind == KIND_CANCEL_ALL:
        if begin_cancel_all(state, out, command):
            state.cursor.step = STEP_MASS_CANCEL
        else:
            _clear_cursor(state)
    elif kind == KIND_DEPOSIT:
        move_cash(state, out, command, np.int64(1))
    elif kind == KIND_WITHDRAW:
        move_cash(state, out, command, np.int64(-1))
    elif kind == KIND_SET_STATE:
        _begin_state(state, out, command)
    elif kind == KIND_CLOCK:
        begin_clock(state)
        state.cursor.step = STEP_EXPIRE_GTD
    elif kind == KIND_INDICATIVE:
        publish_indicative(state, out, command)
    elif kind == KIND_MMP_SET:
        set_protection(state, out, command)
    elif kind == KIND_MMP_RESET:
        reset_protection(state, out, command)
    elif kind == KIND_KILL:
        if begin_kill(state, out, command):
            state.cursor.step = STEP_KILL
    elif kind == KIND_UNKILL:
        if begin_kill(state, out, command) and may_lift(state, out, command):
            state.cursor.step = STEP_UNKILL
        else:
            _clear_cursor(state)
    elif kind == KIND_DISCONNECT:
        disconnect(state, out, command)
        state.cursor.step = STEP_REPORT
    elif kind == KIND_TIMER:
        set_timer(state, out, command)
    elif kind == KIND_SESSION:
        open_session(state, out, command)
    else:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_BAD_COMBO)


@kernel
def _clear_cursor(state):
    """End a command: set the cursor to zero, so that equal states have equal bytes."""
    cursor = state.cursor
    if cursor.run != 0:
        state.sequence = cursor.last_sequence  # the last command applied is the last row of the run
    clear_row(cursor)


@kernel
def _advance_quote(state, out, step):
    """Run one step of an entry of a mass quote."""
    cursor = state.cursor
    if step == STEP_QUOTE:
        following = quote_once(state, out)
        if following == MATCH_SIDE:
            cursor.step = STEP_QUOTE_MATCH
        elif following == ENTRY_DONE:
            _end_entry(state)
    elif step == STEP_QUOTE_MATCH:
        if not match_once(state, out, np.int64(cursor.slot)):
            if cursor.halt_reason != 0:
                cursor.step = STEP_QUOTE_HALT
            else:
                settle_side(state, out)
                cursor.step = STEP_QUOTE
    elif not halt_once(state, out):
        lose_side(state)
        cursor.step = STEP_QUOTE


@kernel
def _advance(state, out, rows_max):
    """Run steps of the current command until it is done or the event buffer holds more than `rows_max` rows."""
    while state.cursor.step != STEP_IDLE and out.count <= rows_max:
        _advance_once(state, out)


@leaf_kernel
def _advance_once(state, out):
    """Run one step of the current command. Cancels that a step has queued (`pending_cancels`) come first."""
    cursor = state.cursor
    step = cursor.step
    if cursor.pending_cancels & QUOTE_PULLS != 0:
        pull_once(state, out)
    elif cursor.pending_cancels != 0:
        cancel_next_queued(state, out)
    elif step == STEP_MATCH:
        if not match_once(state, out, np.int64(cursor.slot)):
            if cursor.halt_reason != 0:
                cursor.step = STEP_HALT
            else:
                end_matching(state, out, np.int64(cursor.slot))
                cursor.step = STEP_REPORT
    elif step == STEP_REPORT:
        if state.books[VENUE_QUEUE].injection_first != 0:
            _inject_once(state, out)
        elif not report_positions(state, out) and not emit_implied_prices(state, out):
            _clear_cursor(state)
    elif step == STEP_HALT:
        if not halt_once(state, out):
            cursor.step = STEP_REPORT
    elif step == STEP_MASS_CANCEL:
        if not cancel_next(state, out):
            cursor.step = STEP_REPORT
    elif step == STEP_UNCROSS:
        if not uncross_once(state, out):
            finish_state_change(state, out)
            cursor.step = STEP_REPORT
    elif step == STEP_QUOTE or step == STEP_QUOTE_MATCH or step == STEP_QUOTE_HALT:
        _advance_quote(state, out, step)
    elif step == STEP_CLOSE_DAY:
        finish_state_change(state, out)
        cursor.step = STEP_REPORT
    elif step == STEP_KILL:
        if not kill_next(state, out):
            cursor.step = STEP_REPORT
    elif step == STEP_UNKILL:
        if not lift_next(state, out):
            cursor.step = STEP_REPORT
    elif step == STEP_FIRE_TIMERS:
        if not fire_next_timer(state, out):
            cursor.step = STEP_REPORT
    elif step == STEP_EXPIRE_GTD and not expire_next(state, out):
        cursor.step = STEP_FIRE_TIMERS


@kernel
def _cut_run(state):
    """End a mass quote whose last row has the flag MORE, although no further QUOTE row follows."""
    state.sequence = state.cursor.run
    state.cursor.step = STEP_REPORT


@kernel
def apply_commands(states, commands, start, stop, outs):
    """Run rows `start` to `stop` of `commands`, or as many as the event buffer has space for.

    states    STATE, shape (1,); changed in place
    commands  COMMAND rows, shape (n,), with sequence and time; no controls
    start     first row to run, int64
    stop      row to stop before, int64; if below `start`: run no row, but end a mass quote that waits for another
    outs      event buffer, shape (1,); emptied first, then filled with events
    returns   the row to start the next call with. All is done when it is `stop` and `states[0].cursor.step` is 0
    """
    return run_commands(states[0], outs[0], commands, start, stop)


@leaf_kernel
def run_commands(whole, out, commands, start, stop):
    """As `apply_commands`, for one state among many and its event buffer. `whole`: STATE."""
    state = whole
    out.count = 0
    rows_max = out.capacity - STEP_EVENTS
    index = start
    extent = choose_prefetch(state, commands, start, stop, out.prefetch_extent)
    out.prefetch_extent = extent
    if PREFETCH:
        for ahead in range(start, min(start + FAR, stop)):
            prefetch_far(state, commands[ahead], out.notes[ahead & RING_MASK], extent)
        for ahead in range(start, min(start + NEAR, stop)):
            prefetch_near(state, commands[ahead], out.notes[ahead & RING_MASK], extent)
    while likely(out.count <= rows_max):
        state = opaque_row(whole)
        if unlikely(state.cursor.step != STEP_IDLE):
            _advance(state, out, rows_max)
        elif unlikely(index >= stop):
            if stop >= start or state.cursor.run == 0:
                break
            _cut_run(state)
        elif unlikely(state.cursor.run != 0) and row_at(commands, index).kind != KIND_QUOTE:
            _cut_run(state)
        else:
            note = out.notes[index & RING_MASK]
            if not PREFETCH:
                note.key_hash, note.slot, note.position = order_hash(row_at(commands, index)), 0, POSITION_UNKNOWN
            key_hash, slot, position = note.key_hash, np.int64(note.slot), np.int64(note.position)
            if PREFETCH and extent == PREFETCH_ALL and index + CLOSE < stop:
                prefetch_close(state, row_at(commands, index + CLOSE), out.notes[(index + CLOSE) & RING_MASK])
            if PREFETCH and index + NEAR < stop:
                prefetch_near(state, row_at(commands, index + NEAR), out.notes[(index + NEAR) & RING_MASK], extent)
            if PREFETCH and index + FAR < stop:
                prefetch_far(state, row_at(commands, index + FAR), out.notes[index & RING_MASK], extent)
            _begin(state, out, row_at(commands, index), key_hash, slot, position)
            if state.marked_words[IMPLIED_CHANGED] != ZERO and state.cursor.step == STEP_IDLE and state.cursor.run == 0:
                state.cursor.step = STEP_REPORT
            index += 1
    return index
