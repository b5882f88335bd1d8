"""The strategy of `bench.experiments.quoting` as a kernel, for `market_making.py`.

It is in a file of its own, because a change of the file compiles it again.
"""

import numpy as np

from bench.research.strategy_kernels import ask_cancel, ask_new, first_order, next_order, position_lots
from exchange.book.levels import row_of, tick_of, worse_place
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL

HALF_SPREAD, LOTS, POSITION_MAX = 0, 1, 2  # places in the kernel's memory
INSTRUMENT = 1


@kernel
def quote_fixed(state, account, memory, asked):
    """Quote both sides at a fixed distance from the mid price of the others.

    memory   int64: half spread in ticks, lots of a quote, largest position
    """
    bid, ask = others_best(state, account, SIDE_BUY), others_best(state, account, SIDE_SELL)
    held, limit = position_lots(state, account, INSTRUMENT), memory[POSITION_MAX]
    buy_lots, sell_lots = min(memory[LOTS], limit - held), min(memory[LOTS], limit + held)
    if bid == 0 or ask == 0:
        buy_lots, sell_lots = np.int64(0), np.int64(0)
    buy = (bid + ask - 2 * memory[HALF_SPREAD]) // 2
    sell = (bid + ask + 2 * memory[HALF_SPREAD] + 1) // 2
    count, slot = 0, first_order(state, account)
    while slot != 0:
        order = state.orders[slot]
        if order.side == SIDE_BUY and order.price == buy and buy_lots > 0:
            buy_lots = np.int64(0)  # it stays, and keeps its place in the queue
        elif order.side == SIDE_SELL and order.price == sell and sell_lots > 0:
            sell_lots = np.int64(0)
        else:
            count = ask_cancel(asked, count, order.order_id)
        slot = next_order(state, slot)
    if buy_lots > 0:
        count = ask_new(asked, count, INSTRUMENT, SIDE_BUY, buy, buy_lots)
    if sell_lots > 0:
        count = ask_new(asked, count, INSTRUMENT, SIDE_SELL, sell, sell_lots)
    return count


@kernel
def others_best(state, account, side):
    """Best price of a side at which others show lots, ticks; 0: there is none."""
    book = state.books[INSTRUMENT]
    place = np.int64(book.best[side])
    while place != 0:
        tick = np.int64(tick_of(book, side, place))
        if state.levels[row_of(book, side, place)].shown_lots > own_lots(state, account, side, tick):
            return tick
        place = np.int64(worse_place(state, book, side, place))
    return np.int64(0)


@kernel
def own_lots(state, account, side, tick):
    """Lots of an account's orders that rest at a price."""
    lots, slot = np.int64(0), first_order(state, account)
    while slot != 0:
        order = state.orders[slot]
        if order.side == side and order.price == tick:
            lots += np.int64(order.leaves_lots)
        slot = next_order(state, slot)
    return lots
