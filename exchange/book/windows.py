"""Look-back windows over the prints of a book: velocity and the circuit breaker (BAND-005, BAND-010).

A window covers 60 time slots of equal length, the current one included. A ring keeps the lowest and the highest print
of each slot. The range over all slots is cached in the window until the current slot ends. A window with `slot_ns` 0
does not look back: it measures from the settlement price.
"""

import numpy as np

from exchange.kernel import kernel
from exchange.kernel_codes import STATE_REASON_HALT_DCB, STATE_REASON_NONE, STATE_REASON_VELOCITY
from exchange.limits import WINDOW_SLOTS

VELOCITY = 0  # index in `guard.windows`
BREAKER = 1
REASONS = (STATE_REASON_VELOCITY, STATE_REASON_HALT_DCB)  # by that index


@kernel
def breach_reason(state, index, tick):
    """Which window a print at `tick` would breach, as its StateReason; NONE if it breaches none. Nothing is written.

    index  the book that prints
    """
    for number in (BREAKER, VELOCITY):
        low, high, _ = window_range(state, index, number)
        if is_beyond(state, index, number, low, high, tick):
            return REASONS[number]
    return STATE_REASON_NONE


@kernel
def breach_of_route(state, index):
    """Which window the implied fill in `state.route` would breach, with all its prints (BAND-009). Internal legs do not
    print (SMP-010). Nothing is written.

    index    the aggressor's book, which prints at the implied price
    returns  StateReason: the circuit breaker's if any print breaches one, else that of velocity, else NONE; and the
             book in breach: the lead month if it is among them (BAND-008), else the first with this reason
    """
    route = state.route
    lead = np.int64(state.groups[state.books[index].group].lead_book)
    worst, book, leads = STATE_REASON_NONE, index, False
    for number in range(-1, np.int64(route.count)):
        if number >= 0 and route.internal[number] != 0:
            continue
        printed = index if number < 0 else np.int64(route.books[number])
        reason = breach_reason(state, printed, np.int64(route.tick) if number < 0 else np.int64(route.ticks[number]))
        leads = leads or (reason != STATE_REASON_NONE and printed == lead)
        if reason != STATE_REASON_NONE and (
            worst == STATE_REASON_NONE or (reason == REASONS[BREAKER] and worst != reason)
        ):
            worst, book = reason, printed
    return worst, lead if leads else book


@kernel
def is_beyond(state, index, number, low, high, tick):
    """Whether a price lies further from the range `low` to `high` than window `number` of the book allows."""
    width = state.guards[index].windows[number].width_ticks
    return width != 0 and (tick - low > width or high - tick > width)


@kernel
def window_range(state, index, number):
    """The range that a print is measured against: low tick, high tick, and whether there were prints in the window.

    Without prints both are the last price of the day, without that the settlement price.
    """
    book = state.books[index]
    window = state.guards[index].windows[number]
    if window.slot_ns == 0:
        return np.int64(book.settle_tick), np.int64(book.settle_tick), False
    if window.dry_run != 0:
        return np.int64(window.dry_low), np.int64(window.dry_high), True
    if state.time_ns < window.until_ns:
        return np.int64(window.low), np.int64(window.high), True
    low, high, found = _scan(window, state.time_ns // window.slot_ns)
    if not found:
        low = high = np.int64(book.last_tick) if book.has_last != 0 else np.int64(book.settle_tick)
    return low, high, found


@kernel
def _scan(window, slot):
    """Low and high tick of the prints in a window that ends with time slot `slot`, and whether there were any."""
    low = high = np.int64(0)
    found = False
    for place in range(WINDOW_SLOTS):
        # The ring keeps slot numbers plus one: 0 is a slot without a print.
        if window.slots[place] > slot + 1 - WINDOW_SLOTS and window.slots[place] != 0:
            low = min(low, np.int64(window.lows[place])) if found else np.int64(window.lows[place])
            high = max(high, np.int64(window.highs[place])) if found else np.int64(window.highs[place])
            found = True
    return low, high, found


@kernel
def note_print(state, index, tick):
    """Add a print to both windows."""
    for number in range(2):
        window = state.guards[index].windows[number]
        if window.slot_ns != 0:
            _note_in(state, window, tick)


@kernel
def _note_in(state, window, tick):
    """Add a print to one window: to its time slot and to the cached range."""
    slot = state.time_ns // window.slot_ns
    place = slot % WINDOW_SLOTS
    if state.time_ns >= window.until_ns:
        low, high, found = _scan(window, slot)
        window.low = low if found else tick
        window.high = high if found else tick
        window.until_ns = (slot + 1) * window.slot_ns
    if window.slots[place] != slot + 1:
        window.slots[place] = slot + 1
        window.lows[place] = tick
        window.highs[place] = tick
    window.lows[place] = min(np.int64(window.lows[place]), tick)
    window.highs[place] = max(np.int64(window.highs[place]), tick)
    window.low = min(np.int64(window.low), tick)
    window.high = max(np.int64(window.high), tick)


@kernel
def add_dry_print(state, index, tick):
    """Widen the windows of a book by a print of a dry run, until `end_dry_prints` (TIF-003). Real prints stay."""
    guard = state.guards[index]
    in_list = guard.windows[VELOCITY].dry_run + guard.windows[BREAKER].dry_run
    for number in range(2):
        window = guard.windows[number]
        if window.width_ticks != 0 and window.slot_ns != 0:
            low, high, found = window_range(state, index, number)
            window.dry_low = min(low, tick) if found else tick
            window.dry_high = max(high, tick) if found else tick
            window.dry_run = 1
    if in_list == 0 and guard.windows[VELOCITY].dry_run + guard.windows[BREAKER].dry_run != 0:
        guard.next_dry_run = state.guards[0].next_dry_run
        state.guards[0].next_dry_run = index


@kernel
def end_dry_prints(state):
    """Forget the prints of the dry run, in all books."""
    index = np.int64(state.guards[0].next_dry_run)
    state.guards[0].next_dry_run = 0
    while index != 0:
        guard = state.guards[index]
        for number in range(2):
            window = guard.windows[number]
            window.dry_run = 0
            window.dry_low = 0
            window.dry_high = 0
        index = np.int64(guard.next_dry_run)
        guard.next_dry_run = 0


@kernel
def empty_windows(state, index):
    """Forget all prints in both windows: after an uncross they begin again (BAND-010)."""
    for number in range(2):
        window = state.guards[index].windows[number]
        window.until_ns = 0
        window.low = 0
        window.high = 0
        for place in range(WINDOW_SLOTS):
            window.slots[place] = 0
            window.lows[place] = 0
            window.highs[place] = 0
