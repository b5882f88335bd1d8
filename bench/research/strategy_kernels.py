"""What a kernel strategy calls: questions about the state, and commands to ask for.

    @kernel
    def quote(state, account, memory, asked):
        count = cancel_all(state, account, asked, 0)
        if has_level(state, 1, SIDE_BUY):
            count = ask_new(asked, count, 1, SIDE_BUY, best_tick(state, 1, SIDE_BUY), 1)
        return count

`state` is the engine's STATE, to read only; its own orders are `state.orders[slot]` of the slots that `first_order` and
`next_order` give. Orders of kernels have no client order id; cancel and replace name the order id.
"""

import numpy as np

from exchange.book.levels import row_of, tick_of
from exchange.clearing.positions import find_position
from exchange.kernel import kernel
from exchange.kernel_codes import KIND_CANCEL, KIND_NEW, KIND_REPLACE, TIF_GTC
from exchange.machine import clear_row, row_at


@kernel
def has_level(state, instrument, side):
    """Whether a side of a book has an order."""
    return state.books[instrument].best[side] != 0


@kernel
def best_tick(state, instrument, side):
    """Best price of a side, ticks. Call it only after `has_level`."""
    book = state.books[instrument]
    return np.int64(tick_of(book, side, np.int64(book.best[side])))


@kernel
def best_lots(state, instrument, side):
    """Lots that the best price of a side shows. Call it only after `has_level`."""
    book = state.books[instrument]
    return np.int64(state.levels[row_of(book, side, np.int64(book.best[side]))].shown_lots)


@kernel
def position_lots(state, account, instrument):
    """Lots that an account holds, long > 0."""
    return np.int64(state.positions[find_position(state, account, instrument)].lots)


@kernel
def first_order(state, account):
    """Slot of an account's oldest order that rests, 0: there is none."""
    return np.int64(state.accounts[account].first_order)


@kernel
def next_order(state, slot):
    """Slot of the account's next order that rests, 0: there is none."""
    return np.int64(state.links[slot].account_newer)


@kernel
def ask_new(asked, count, instrument, side, tick, lots):
    """Ask for a limit order, good till cancelled. Further fields may be set in its row, `asked[count]`.

    returns  count + 1
    """
    row = row_at(asked, count)
    clear_row(row)
    row.kind = KIND_NEW
    row.tif = TIF_GTC
    row.instrument = instrument
    row.side = side
    row.price = tick
    row.lots = lots
    return count + 1


@kernel
def ask_replace(asked, count, order_id, tick, lots):
    """Ask to change price and total lots of an order. Returns count + 1."""
    row = row_at(asked, count)
    clear_row(row)
    row.kind = KIND_REPLACE
    row.order_id = order_id
    row.price = tick
    row.lots = lots
    return count + 1


@kernel
def ask_cancel(asked, count, order_id):
    """Ask to cancel an order. Returns count + 1."""
    row = row_at(asked, count)
    clear_row(row)
    row.kind = KIND_CANCEL
    row.order_id = order_id
    return count + 1


@kernel
def cancel_all(state, account, asked, count):
    """Ask to cancel every order of an account that rests. Returns the new count."""
    slot = first_order(state, account)
    while slot != 0:
        count = ask_cancel(asked, count, state.orders[slot].order_id)
        slot = next_order(state, slot)
    return count
