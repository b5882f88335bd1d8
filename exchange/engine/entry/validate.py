"""The slow path: checks of a NEW one by one, in order of precedence, for the reason of a refusal (ORDER-004).

Each check returns a RejectReason, NONE if it passes. Nothing is written. `codes.REJECT_PRECEDENCE` explains ranks."""

import numpy as np

from exchange.book.index import has_client_order_id, is_taken
from exchange.book.levels import in_limits
from exchange.clearing.margin import loss_per_lot
from exchange.engine.entry.plain_order import is_plain
from exchange.engine.entry.price_range import check_price
from exchange.engine.entry.stop_terms import check_stop_prices, is_elected_now
from exchange.engine.predicates import (
    best_opposite,
    fits_expiry,
    gives_price,
    is_immediate,
    is_killed,
    is_market,
    is_stop,
    known_account,
    known_book,
    owner_smp_id,
    takes_new,
    would_take,
)
from exchange.engine.risk import check_risk, is_full
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    ENTRY_IOC_ONLY,
    FLAG_KEEP_LOTS,
    FLAG_LIQUIDATION,
    FLAG_REJECT_IF_ELECTED,
    FLAG_SET_DISPLAY,
    FLAG_SET_TIF,
    FLAG_TIGHTEN,
    MARKET_OPEN,
    ORDER_STOP_LIMIT,
    POST_ONLY_NONE,
    POST_ONLY_REJECT,
    POST_ONLY_SLIDE,
    REJECT_BAD_COMBO,
    REJECT_BAD_LOT,
    REJECT_BAD_QTY,
    REJECT_BAND,
    REJECT_DUP_ID,
    REJECT_ELECTED,
    REJECT_FULL,
    REJECT_IOC_ONLY,
    REJECT_KILLED,
    REJECT_NO_OPP,
    REJECT_NONE,
    REJECT_OFF_TICK,
    REJECT_PO_CROSS,
    REJECT_SHOW,
    REJECT_STATE,
    REJECT_UNKNOWN_ACCOUNT,
    REJECT_UNKNOWN_INST,
    SMP_DECREMENT,
)
from exchange.units import ORDER_LOTS_MAX


@leaf_kernel
def check_syntax(command):
    """Check of rank 1: a NEW by itself, whatever the state."""
    if command.lots < 1 or command.lots > ORDER_LOTS_MAX:
        return REJECT_BAD_QTY
    if is_plain(command):
        return REJECT_NONE
    if command.minimum_lots < 0 or command.minimum_lots > ORDER_LOTS_MAX:
        return REJECT_BAD_QTY
    if command.display_lots < 0 or command.display_lots > ORDER_LOTS_MAX:
        return REJECT_BAD_QTY
    if command.side > 1 or command.order_type > ORDER_STOP_LIMIT or not fits_expiry(command):
        return REJECT_BAD_COMBO
    if command.smp_mode > SMP_DECREMENT:
        return REJECT_BAD_COMBO
    if command.post_only > POST_ONLY_SLIDE:
        return REJECT_BAD_COMBO
    if is_stop(command.order_type) and (is_immediate(command.tif) or command.post_only != POST_ONLY_NONE):
        return REJECT_BAD_COMBO
    keeps_out = command.post_only != POST_ONLY_NONE or command.display_lots != 0
    if keeps_out and (is_immediate(command.tif) or is_market(command.order_type)):
        return REJECT_BAD_COMBO
    return REJECT_NONE


@kernel
def _is_off_tick(book, command):
    """First check of rank 6: whether a price or trigger that the command gives is off the increment."""
    if is_stop(command.order_type) and command.trigger % book.min_inc != 0:
        return True
    return gives_price(command) and command.price % book.min_inc != 0


@leaf_kernel
def check_replace_syntax(command):
    """Check of rank 1: a REPLACE by itself, whatever the state."""
    if command["flags"] & FLAG_KEEP_LOTS == 0 and (command.lots < 1 or command.lots > ORDER_LOTS_MAX):
        return REJECT_BAD_QTY
    if command["flags"] & FLAG_SET_DISPLAY != 0 and (command.display_lots < 0 or command.display_lots > ORDER_LOTS_MAX):
        return REJECT_BAD_QTY
    if command["flags"] & FLAG_SET_TIF != 0 and (is_immediate(command.tif) or not fits_expiry(command)):
        return REJECT_BAD_COMBO
    return REJECT_NONE


@leaf_kernel
def check_lots(state, account, book, lots):
    """Second check of rank 6: lot increment, largest order of the book and of the account."""
    if book.lot_inc > 1 and lots % book.lot_inc != 0:
        return REJECT_BAD_LOT
    if lots > book.order_lots_max or lots > state.accounts[account].order_lots_max:
        return REJECT_BAD_LOT
    return REJECT_NONE


@leaf_kernel
def check_display(book, lots, display):
    """Last check of rank 6: an iceberg shows at least one in `show_ratio` of its lots (ICE-006)."""
    if display != 0 and book.show_ratio != 0 and lots > display * np.int64(book.show_ratio):
        return REJECT_SHOW
    return REJECT_NONE


@leaf_kernel
def check_entry(state, command):
    """Checks of ranks 0 to 5: account, message, kill, instrument, market state."""
    account = np.int64(command.account)
    if not known_account(state, account):
        return REJECT_UNKNOWN_ACCOUNT
    reason = check_syntax(command)
    if reason != REJECT_NONE:
        return reason
    # A kill stops members; the venue still closes positions of an account in liquidation (FALL-003).
    if command["flags"] & FLAG_LIQUIDATION == 0 and is_killed(state, account, np.int64(command.session)):
        return REJECT_KILLED
    index = np.int64(command.instrument)
    if not known_book(state, index):
        return REJECT_UNKNOWN_INST
    book = state.books[index]
    if not takes_new(book.market_state):
        return REJECT_STATE
    if book.market_state != MARKET_OPEN and (is_immediate(command.tif) or is_market(command.order_type)):
        return REJECT_STATE
    if book.order_entry == ENTRY_IOC_ONLY and not is_immediate(command.tif):
        return REJECT_IOC_ONLY
    return REJECT_NONE


@leaf_kernel
def check_terms(state, command, book, row, key_hash, tick):
    """Checks of ranks 6 to 12, for a NEW that has passed `check_entry`.

    row   the account's position in the book; 0 for a combination, or if there is none yet
    key_hash  the NEW's `order_hash`
    tick  its `entry_tick`
    """
    account = np.int64(command.account)
    side = np.int64(command.side)
    lots = np.int64(command.lots)
    market = is_market(command.order_type)
    if book.min_inc > 1 and _is_off_tick(book, command):
        return REJECT_OFF_TICK
    reason = check_lots(state, account, book, lots)
    if reason == REJECT_NONE:
        reason = check_display(book, lots, np.int64(command.display_lots))
    if reason != REJECT_NONE:
        return reason
    if has_client_order_id(command) and is_taken(state, command, key_hash):
        return REJECT_DUP_ID
    if market:
        if best_opposite(state, command) == 0:
            return REJECT_NO_OPP
        if command["flags"] & FLAG_TIGHTEN != 0 and not in_limits(book, command.price):
            return REJECT_BAND
    elif is_stop(command.order_type):
        trigger, price = np.int64(command.trigger), np.int64(command.price)
        reason = check_stop_prices(book, side, command.tif, trigger, gives_price(command), price)
        if reason != REJECT_NONE:
            return reason
    else:
        reason = check_price(book, side, np.int64(command.price), command.tif)
        if reason == REJECT_NONE and tick != command.price:
            reason = check_price(book, side, tick, command.tif)
        if reason != REJECT_NONE:
            return reason
    reason = check_risk(state, account, row, book, side, lots, lots * loss_per_lot(book, side, tick))
    if reason != REJECT_NONE:
        return reason
    if is_full(state, account, row, book, side, lots):
        return REJECT_FULL
    index = np.int64(command.instrument)
    keeps_out = command.post_only == POST_ONLY_REJECT and book.market_state == MARKET_OPEN
    smp_id = owner_smp_id(command, state.accounts[account])
    if keeps_out and would_take(state, book, index, side, tick, smp_id, account):
        return REJECT_PO_CROSS
    refuses = is_stop(command.order_type) and command["flags"] & FLAG_REJECT_IF_ELECTED != 0
    return REJECT_ELECTED if refuses and is_elected_now(book, side, np.int64(command.trigger)) else REJECT_NONE
