"""Checks of an entry of a mass quote, in order of precedence (ORDER-004). Both sides are accepted, or neither
(QUOTE-002).

Arguments `bid` and `ask` are slots of the present sides of the quote, 0 if there is none. A check returns a
RejectReason, NONE if it passes. `codes.REJECT_PRECEDENCE` explains ranks."""

import numpy as np

from exchange.book.slots import can_take_slots
from exchange.clearing.margin import change_working, loss_per_lot
from exchange.clearing.positions import (
    missing_positions,
    open_positions,
    own_position,
    positions_left,
    release_last_position,
)
from exchange.engine.entry.price_range import check_price
from exchange.engine.entry.validate import check_lots
from exchange.engine.predicates import is_killed, known_account, known_book, takes_new
from exchange.engine.quotes.protection import may_quote
from exchange.engine.risk import (
    LOTS_CEILING,
    check_limits,
    free_margin_floor_mills,
    free_margin_mills,
    has_plain_limits,
    only_closes,
    possible_lots,
    side_is_full,
)
from exchange.kernel import kernel
from exchange.kernel_codes import (
    ENTRY_IOC_ONLY,
    MARKET_NOCANCEL,
    ORDER_QUOTE,
    REJECT_BAD_COMBO,
    REJECT_BAD_QTY,
    REJECT_CROSSED_QUOTE,
    REJECT_DUP_ID,
    REJECT_DUP_INST,
    REJECT_FULL,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_IOC_ONLY,
    REJECT_KILLED,
    REJECT_MMP,
    REJECT_NONE,
    REJECT_OFF_TICK,
    REJECT_RANKS,
    REJECT_STATE,
    REJECT_UNKNOWN_ACCOUNT,
    REJECT_UNKNOWN_INST,
    SIDE_BUY,
    TIF_DAY,
)
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.units import ORDER_LOTS_MAX


@kernel
def quoted_lots(command, side):
    """Lots of one side of an entry, 0 to remove that side."""
    return np.int64(command.bid_lots) if side == SIDE_BUY else np.int64(command.ask_lots)


@kernel
def quoted_tick(command, side):
    """Price of one side of an entry, ticks."""
    return np.int64(command.bid_tick) if side == SIDE_BUY else np.int64(command.ask_tick)


@kernel
def changes_side(state, slot, tick, lots):
    """Whether a side loses its priority or has none: it is new, its price changes, or its lots grow (QUOTE-004)."""
    return slot == 0 or state.orders[slot].price != tick or lots > state.orders[slot].leaves_lots


@kernel
def check_quote(state, command, bid, ask):
    """Reason to refuse an entry, NONE if there is none."""
    reason = _check_message(state, command)
    if reason != REJECT_NONE:
        return reason
    account = np.int64(command.account)
    if is_killed(state, account, np.int64(command.session)):
        return REJECT_KILLED
    if not known_book(state, np.int64(command.instrument)):
        return REJECT_UNKNOWN_INST
    book = state.books[np.int64(command.instrument)]
    # A resting quote does not change in NOCANCEL (STATE-002).
    if not takes_new(book.market_state) or (book.market_state == MARKET_NOCANCEL and (bid != 0 or ask != 0)):
        return REJECT_STATE
    if book.order_entry == ENTRY_IOC_ONLY:
        return REJECT_IOC_ONLY
    reason = _check_increments(state, account, book, command)
    if reason != REJECT_NONE:
        return reason
    if _is_taken(state, bid) or _is_taken(state, ask):
        return REJECT_DUP_ID
    if not may_quote(state, account, np.int64(command.protection_number), np.int64(book.group)):
        return REJECT_MMP
    for side in range(2):
        lots = quoted_lots(command, side)
        tick = quoted_tick(command, side)
        if lots != 0 and changes_side(state, ask if side else bid, tick, lots):
            reason = check_price(book, side, tick, TIF_DAY)
            if reason != REJECT_NONE:
                return reason
    return _check_risk(state, command, book, bid, ask)


@kernel
def _check_message(state, command):
    """Checks of ranks 0 and 1: account and message."""
    if not known_account(state, np.int64(command.account)):
        return REJECT_UNKNOWN_ACCOUNT
    if command.bid_lots < 0 or command.bid_lots > ORDER_LOTS_MAX:
        return REJECT_BAD_QTY
    if command.ask_lots < 0 or command.ask_lots > ORDER_LOTS_MAX:
        return REJECT_BAD_QTY
    entries = np.int64(state.cursor.entries)
    if entries >= QUOTE_ENTRIES_MAX:
        return REJECT_BAD_COMBO
    for place in range(entries):
        if state.cursor.quoted_instruments[place] == command.instrument:
            return REJECT_DUP_INST
    if command.bid_lots != 0 and command.ask_lots != 0 and command.bid_tick >= command.ask_tick:
        return REJECT_CROSSED_QUOTE
    return REJECT_NONE


@kernel
def _check_increments(state, account, book, command):
    """Checks of rank 6. The price of a side that is removed is not checked."""
    for side in range(2):
        if book.min_inc > 1 and quoted_lots(command, side) != 0 and quoted_tick(command, side) % book.min_inc != 0:
            return REJECT_OFF_TICK
    reason = check_lots(state, account, book, np.int64(command.bid_lots))
    return _first_reason(reason, check_lots(state, account, book, np.int64(command.ask_lots)))


@kernel
def _is_taken(state, slot):
    """Whether another order has the key of a quote. Only a tape can have such an order, as it may use any id."""
    return slot != 0 and state.orders[slot].order_type != ORDER_QUOTE


@kernel
def _enters(state, command, slot, side):
    lots = quoted_lots(command, side)
    return lots != 0 and changes_side(state, slot, quoted_tick(command, side), lots)


@kernel
def _leaves(state, command, slot, side):
    return slot != 0 and (quoted_lots(command, side) == 0 or _enters(state, command, slot, side))


@kernel
def _count(state, account, row, book, side, tick, lots):
    """Count more lots at a price as working. `lots`: negative for fewer."""
    change_working(state, account, row, book, side, lots, lots * loss_per_lot(book, side, tick))


@kernel
def _check_risk(state, command, book, bid, ask):
    """Checks of rank 11, for both new sides together in place of the present ones."""
    account = np.int64(command.account)
    row = own_position(state, account, np.int64(command.instrument))
    fresh = int(bid == 0 and command.bid_lots != 0) + int(ask == 0 and command.ask_lots != 0)
    full = not can_take_slots(state, fresh)
    if fresh != 0 and missing_positions(state, account, book) > positions_left(state):
        full = True
    if not _fits_beside(state, account, row, book, command, bid, ask):
        reason = _try_sides(state, command, account, row, book, bid, ask, fresh)
        if reason != REJECT_NONE:
            return reason
    for side in range(2):
        slot = ask if side else bid
        more = quoted_lots(command, side) - (np.int64(state.orders[slot].leaves_lots) if slot != 0 else 0)
        full = full or side_is_full(book, side, more)
        # An updated side keeps its filled lots, so filled and new lots together must be countable.
        full = full or (slot != 0 and state.orders[slot].filled_lots + quoted_lots(command, side) > LOTS_CEILING)
    return REJECT_FULL if full else REJECT_NONE


@kernel
def _fits_beside(state, account, row, book, command, bid, ask):
    """Whether limits and margin allow the new sides even if the present ones stayed. This quick check nearly always
    decides: without the present sides neither margin nor possible position can be larger."""
    if not has_plain_limits(state, account, row, book):
        return False
    account_row = state.accounts[account]
    need = np.int64(0)
    for side in range(2):
        if _enters(state, command, ask if side else bid, side):
            lots = quoted_lots(command, side)
            if possible_lots(state.positions[row], side, lots) > account_row.position_lots_max:
                return False
            need += lots * (book.margin_bound_mills + loss_per_lot(book, side, quoted_tick(command, side)))
    return need <= free_margin_floor_mills(account_row)


@kernel
def _try_sides(state, command, account, row, book, bid, ask, fresh):
    """Check the new sides exactly: count them as working in place of the present ones, check, and undo it all.

    Free margin must not be negative then, unless every side that enters only closes positions (MARGIN-016).

    fresh  number of new sides
    """
    before = np.int64(state.used_positions)
    account_row = state.accounts[account]
    bound_mills, changed = np.int64(account_row.scan_rise_bound_mills), np.int64(account_row.changed_scans)
    if fresh != 0:
        row = open_positions(state, account, row, book)
    _swap_sides(state, command, account, row, book, bid, ask, np.int64(-1))
    reason, opens = REJECT_NONE, False
    for side in range(2):
        if _enters(state, command, ask if side else bid, side):
            lots = quoted_lots(command, side)
            reason = _first_reason(reason, check_limits(state, account, row, book, side, lots))
            opens = opens or not only_closes(state, account, row, book, side, lots)
            _count(state, account, row, book, side, quoted_tick(command, side), lots)
    if reason == REJECT_NONE and opens and free_margin_mills(state, account) < 0:
        reason = REJECT_INSUFFICIENT_MARGIN
    for side in range(2):
        if _enters(state, command, ask if side else bid, side):
            tick = quoted_tick(command, side)
            _count(state, account, row, book, side, tick, -quoted_lots(command, side))
    _swap_sides(state, command, account, row, book, bid, ask, np.int64(1))
    account_row.scan_rise_bound_mills, account_row.changed_scans = bound_mills, changed
    while state.used_positions > before:
        release_last_position(state)
    return reason


@kernel
def _first_reason(reason, other):
    """The one of two reasons that comes first in precedence (ORDER-004). NONE comes last."""
    return other if REJECT_RANKS[other] < REJECT_RANKS[reason] else reason


@kernel
def _swap_sides(state, command, account, row, book, bid, ask, sign):
    """Count present sides that will change as no longer working (`sign` -1), or as working again (1)."""
    for side in range(2):
        slot = ask if side else bid
        if _leaves(state, command, slot, side):
            order = state.orders[slot]
            _count(state, account, row, book, side, np.int64(order.price), sign * np.int64(order.leaves_lots))
