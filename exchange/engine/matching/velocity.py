"""What follows a breach of a look-back window (BAND-006 to BAND-008, BAND-010).

A breach ends the matching of an aggressor (`featured`). Then its remainder is cancelled or rests, and its book or group
becomes RESERVED. This runs in steps; the cursor holds the next one.
"""

import numpy as np

from exchange.book.windows import BREAKER, VELOCITY
from exchange.engine.cancels.cancel_queue import queue_cancel, start_cancels
from exchange.engine.orders import cancel_remainder, rest_order
from exchange.engine.phases.market_state import change_state
from exchange.engine.predicates import is_immediate
from exchange.engine.quote_counts import next_quote
from exchange.kernel import kernel
from exchange.kernel_codes import CANCEL_VELOCITY, MARKET_RESERVED, ORDER_MARKET, ORDER_QUOTE, STATE_REASON_HALT_DCB
from exchange.units import NS_PER_DAY

# Steps after a breach, in `halt_step`. The first is 0, as a cursor is zero.
REMAINDER = 0  # cancel the remainder if it may not rest
RESERVE = 1  # change the state to RESERVED
REST = 2  # rest the remainder
DONE = 3


@kernel
def note_breach(state, index, reason):
    """Write a breach to the cursor, for `halt_once`.

    index   the book whose window the next print would breach
    reason  StateReason
    """
    cursor = state.cursor
    cursor.halt_reason = reason
    cursor.breached_book = index
    cursor.aggressor_book = state.orders[cursor.slot].book


@kernel
def halt_once(state, out):
    """Run the next step after a breach. False: nothing is left to do."""
    cursor = state.cursor
    slot = np.int64(cursor.slot)
    if cursor.halt_step == REMAINDER:
        cursor.halt_step = RESERVE
        if not _may_rest(state, slot):
            cancel_remainder(state, out, slot, CANCEL_VELOCITY)
            cursor.slot = 0
            if cursor.halt_reason != STATE_REASON_HALT_DCB:
                cursor.halt_step = DONE  # velocity, and nothing rests: the state stays (BAND-006)
    elif cursor.halt_step == RESERVE:
        _reserve(state, out)
        cursor.halt_step = REST if slot != 0 else DONE
    elif cursor.halt_step == REST:
        rest_order(state, out, slot)
        cursor.halt_step = DONE
    if cursor.halt_step != DONE:
        return True
    cursor.halt_reason = 0  # the next aggressor, an elected stop, must not find it
    cursor.breached_book = 0
    cursor.halt_step = 0
    cursor.aggressor_book = 0
    return False


@kernel
def _may_rest(state, slot):
    """Whether the remainder of an aggressor may rest until the uncross (BAND-006). IOC, FOK and market orders, orders
    with a minimum quantity and quotes may not."""
    order = state.orders[slot]
    return (
        not is_immediate(order.tif)
        and order.order_type != ORDER_MARKET
        and order.order_type != ORDER_QUOTE
        and state.cursor.minimum_lots == 0
    )


@kernel
def _reserve(state, out):
    """Make the aggressor's book RESERVED for the pause of the breached window, and queue the cancels of its quotes.
    Emits STA. If it was a window of the lead month, do so for the whole group (BAND-007, BAND-008)."""
    cursor = state.cursor
    breached = np.int64(cursor.breached_book)
    reason = np.int64(cursor.halt_reason)
    until_ns = state.time_ns + _pause_ns(state, breached, reason)
    group = np.int64(state.books[breached].group)
    if state.groups[group].lead_book == breached:
        change_state(state, out, np.int64(0), group, MARKET_RESERVED, reason, until_ns)
        _pull_quotes(state, np.int64(0), group)
    else:
        change_state(state, out, np.int64(cursor.aggressor_book), np.int64(0), MARKET_RESERVED, reason, until_ns)
        _pull_quotes(state, np.int64(cursor.aggressor_book), group)


@kernel
def _pull_quotes(state, index, group):
    """Queue the cancels of all quotes of a book, or of its group if `index` is 0, which come before the next step
    (BAND-007, BAND-008)."""
    for other in range(1, state.books_listed + 1):
        if other == index or (index == 0 and state.books[other].group == group):
            slot = np.int64(state.books[other].first_quote)
            while slot != 0:
                queue_cancel(state, slot)
                slot = next_quote(state, slot)
    start_cancels(state, CANCEL_VELOCITY, True)


@kernel
def _pause_ns(state, index, reason):
    """How long RESERVED lasts after a breach, ns; in the closing window of the day it is shorter (BAND-012)."""
    guard = state.guards[index]
    window = guard.windows[BREAKER if reason == STATE_REASON_HALT_DCB else VELOCITY]
    of_day = state.time_ns % NS_PER_DAY
    if guard.closing_from_ns <= of_day < guard.closing_to_ns:
        return min(window.pause_ns, guard.closing_pause_ns)
    return window.pause_ns
