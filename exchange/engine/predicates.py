"""Yes-or-no questions about accounts, books, market states and terms of orders that several groups share. Nothing is
written."""

import numpy as np

from exchange.book.implied import opposite_place
from exchange.book.levels import place_of
from exchange.engine.sessions import session_row
from exchange.kernel import leaf_kernel
from exchange.kernel_codes import (
    ACCOUNT_FLAG_DEFINED,
    ACCOUNT_FLAG_KILLED,
    FLAG_TIGHTEN,
    MARKET_CLOSED,
    MARKET_HALT,
    MARKET_OPEN,
    MARKET_PAUSED,
    MARKET_PREOPEN,
    MARKET_RESERVED,
    ORDER_MARKET,
    ORDER_MARKET_TO_LIMIT,
    ORDER_STOP,
    ORDER_STOP_LIMIT,
    TIF_FOK,
    TIF_GTD,
    TIF_IOC,
)


@leaf_kernel
def known_account(state, account):
    """Whether an account of this number is defined."""
    return 0 < account < state.accounts.shape[0] and state.accounts[account]["flags"] & ACCOUNT_FLAG_DEFINED != 0


@leaf_kernel
def is_killed(state, account, session):
    """Whether a kill of the account, its firm or the session blocks orders (KILL-001)."""
    return state.accounts[account]["flags"] & ACCOUNT_FLAG_KILLED != 0 or session_row(state, session).killed_by != 0


@leaf_kernel
def known_book(state, index):
    """Whether an instrument of this index is listed."""
    return 0 < index <= state.books_listed


@leaf_kernel
def takes_new(market_state):
    """Whether a market state accepts new orders (STATE-001, column New)."""
    return market_state != MARKET_CLOSED and market_state != MARKET_HALT


@leaf_kernel
def takes_replace(market_state):
    """Whether a market state accepts replaces (STATE-001, column Replace)."""
    return (
        market_state == MARKET_OPEN
        or market_state == MARKET_PREOPEN
        or market_state == MARKET_RESERVED
        or market_state == MARKET_PAUSED
    )


@leaf_kernel
def takes_cancel(market_state):
    """Whether a market state accepts cancels (STATE-001, column Cancel)."""
    return takes_replace(market_state) or market_state == MARKET_HALT


@leaf_kernel
def is_immediate(tif):
    """Whether an order of this time in force never rests: IOC and FOK."""
    return tif == TIF_IOC or tif == TIF_FOK


@leaf_kernel
def is_market(order_type):
    """Whether an order of this type gets its limit from the book: market, market-to-limit (ORDER-008, ORDER-011)."""
    return order_type == ORDER_MARKET or order_type == ORDER_MARKET_TO_LIMIT


@leaf_kernel
def is_stop(order_type):
    """Whether an order of this type is a stop, plain or with a limit."""
    return order_type == ORDER_STOP or order_type == ORDER_STOP_LIMIT


@leaf_kernel
def fits_expiry(command):
    """Whether a command has an expiry exactly if it is GTD (TIF-009), and a known time in force."""
    return command.tif <= TIF_FOK and (command.tif == TIF_GTD) == (command.expiry_ns > 0) and command.expiry_ns >= 0


@leaf_kernel
def owner_smp_id(command, account_row):
    """Self-match id of a NEW: the one that it gives, else its account's; 0: no prevention (SMP-001)."""
    return np.int64(command.smp_id) if command.smp_id != 0 else np.int64(account_row.smp_id)


@leaf_kernel
def gives_price(command):
    """Whether the `price` of a NEW counts. A market order or a plain stop gets its limit from book or trigger; its own
    price counts only with the flag TIGHTEN."""
    takes_own = not is_market(command.order_type) and command.order_type != ORDER_STOP
    return takes_own or command["flags"] & FLAG_TIGHTEN != 0


@leaf_kernel
def best_opposite(state, command):
    """Place, on the opposite side, of the best price that a NEW could trade at, implied ones included; 0 if none."""
    index, side, account = np.int64(command.instrument), np.int64(command.side), np.int64(command.account)
    return opposite_place(state, index, side, owner_smp_id(command, state.accounts[account]), account)


@leaf_kernel
def would_take(state, book, index, side, tick, smp_id, account):
    """Whether an order with this limit could trade at once, at a real or an implied price (TIF-005)."""
    best = opposite_place(state, index, side, smp_id, account)
    return best != 0 and best >= place_of(book, 1 - side, tick)
