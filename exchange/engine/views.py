"""Kernels behind `query.py`, which read many rows of a state in one call: price levels, queues, orders.

They write into buffers of the caller and change nothing else. `views` binds them to the type of a state; without that
each call from Python would take 60 us, because Numba looks at the type of the whole state.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from exchange.book.index import find_client_order
from exchange.book.layout import ORDER
from exchange.book.levels import place_of, row_of, tick_of, window_ticks, worse_place
from exchange.book.slots import slot_of
from exchange.clearing.margin import margin_held_mills
from exchange.clearing.positions import find_position
from exchange.kernel import bind, kernel
from exchange.kernel_codes import ORDER_QUOTE, SIDE_BUY, SIDE_SELL
from exchange.machine import copy_bytes, row_at
from exchange.records import record_type

ORDER_BYTES = ORDER.itemsize

LEVEL_VIEW = record_type([("price", "<i8"), ("shown_lots", "<i8")])
QUEUE_VIEW = record_type([("order_id", "<i8"), ("shown_lots", "<i8")])
# Statistics of a book: the day so far, then what is in it by side. Prices are in ticks, 0 where there is none.
BOOK_VIEW = record_type(
    [
        ("open", "<i8"),
        ("high", "<i8"),
        ("low", "<i8"),
        ("last", "<i8"),
        ("volume", "<i8"),  # lots
        ("value_tick_lots", "<i8"),  # sum of price * lots of the day's trades
        ("open_interest", "<i8"),  # lots
        ("settle", "<i8"),
        ("last_trade_id", "<i8"),
        ("market_state", "<i8"),
        ("best", "<i8", (2,)),
        ("best_lots", "<i8", (2,)),  # shown at the best price
        ("levels", "<i8", (2,)),
        ("orders", "<i8", (2,)),  # in queues
        ("shown_lots", "<i8", (2,)),
        ("hidden_lots", "<i8", (2,)),
    ]
)


@kernel
def copy_depth(states, index, bids, asks):
    """Copy the price levels of a book, best first, as many as fit. Returns the numbers of bids and asks copied.

    bids, asks   LEVEL_VIEW rows, filled
    """
    state = states[0]
    return copy_side(state, index, SIDE_BUY, bids), copy_side(state, index, SIDE_SELL, asks)


@kernel
def copy_side(state, index, side, rows):
    """Copy the price levels of one side of a book, best first, as many as fit. Returns the number of levels copied.

    rows   LEVEL_VIEW rows, filled
    """
    book = state.books[index]
    place, count = np.int64(book.best[side]), 0
    while place != 0 and count < rows.shape[0]:
        row = row_at(rows, count)
        row.price = tick_of(book, side, place)
        row.shown_lots = state.levels[row_of(book, side, place)].shown_lots
        place = worse_place(state, book, side, place)
        count += 1
    return count


@kernel
def copy_statistics(states, index, rows):
    """Copy statistics of a book. It walks over all its levels and queues.

    rows   BOOK_VIEW, shape (1,), filled
    """
    state, row = states[0], row_at(rows, 0)
    copy_day(state, index, row)
    count_side(state, index, SIDE_BUY, row)
    count_side(state, index, SIDE_SELL, row)


@kernel
def copy_day(state, index, row):
    """Copy the statistics that take no walk: the day so far, best prices. The rest of the row stays as it is.

    row   BOOK_VIEW, filled
    """
    book = state.books[index]
    for side in range(2):
        place = np.int64(book.best[side])
        row.best[side] = tick_of(book, side, place) if place != 0 else 0
        row.best_lots[side] = state.levels[row_of(book, side, place)].shown_lots if place != 0 else 0
    traded = 1 if book.volume_lots != 0 else 0
    row.open = traded * np.int64(book.open_tick)
    row.high = traded * np.int64(book.day_high)
    row.low = traded * np.int64(book.day_low)
    row.last = traded * np.int64(book.last_tick)
    row.volume = book.volume_lots
    row.value_tick_lots = book.volume_tick_lots
    row.open_interest = book.long_and_short_lots >> 1
    row.settle = book.settle_tick
    row.last_trade_id = book.last_trade_id
    row.market_state = book.market_state


@kernel
def count_side(state, index, side, row):
    """Count levels, orders in queues and lots of one side of a book.

    row   BOOK_VIEW, filled
    """
    book = state.books[index]
    levels, orders, shown, hidden = 0, 0, np.int64(0), np.int64(0)
    place = np.int64(book.best[side])
    while place != 0:
        level = state.levels[row_of(book, side, place)]
        levels += 1
        shown += level.shown_lots
        hidden += level.hidden_lots
        slot = np.int64(level.head)
        while slot != 0:
            orders += 1
            slot = np.int64(state.links[slot].newer)
        place = worse_place(state, book, side, place)
    row.levels[side] = levels
    row.orders[side] = orders
    row.shown_lots[side] = shown
    row.hidden_lots[side] = hidden


@kernel
def copy_queue(states, index, side, tick, rows):
    """Copy the orders at one price, first in the queue first, as many as fit. Returns the number of orders in the
    queue.

    rows   QUEUE_VIEW rows, filled
    """
    state = states[0]
    book = state.books[index]
    place, count = place_of(book, side, tick), 0
    if place < 1 or place > window_ticks(book) or book.side_rows == 0:
        return count
    slot = np.int64(state.levels[row_of(book, side, place)].head)
    while slot != 0:
        if count < rows.shape[0]:
            row, order = row_at(rows, count), state.orders[slot]
            row.order_id = order.order_id
            row.shown_lots = order.shown_lots
        slot = np.int64(state.links[slot].newer)
        count += 1
    return count


@kernel
def count_ahead(states, order_id):
    """Number of orders before an order in its queue, and the lots that they show; (-1, 0) if it is in no queue."""
    state = states[0]
    slot = slot_of(state, order_id)
    if slot == 0 or state.orders[slot].resting == 0:
        return -1, np.int64(0)
    return ahead_of(state, slot)


@kernel
def ahead_of(state, slot):
    """Number of orders before a resting order in its queue, and the lots that they show. `slot`: of that order."""
    count, lots = 0, np.int64(0)
    slot = np.int64(state.links[slot].older)
    while slot != 0:
        lots += state.orders[slot].shown_lots
        slot = np.int64(state.links[slot].older)
        count += 1
    return count, lots


@kernel
def copy_order(states, account, order_id, first, second, third, rows):
    """Copy one live order of an account. Returns 1, or 0 if there is no such order.

    order_id              its id; 0: find it by the words of its client order id
    first, second, third  these words
    rows                  ORDER, shape (1,), filled
    """
    state = states[0]
    slot = slot_of(state, order_id) if order_id != 0 else find_client_order(state, account, first, second, third)
    if slot == 0 or state.orders[slot].account != account:
        return 0
    copy_bytes(row_at(rows, 0), state.orders[slot], 0, ORDER_BYTES)
    return 1


@kernel
def copy_any_order(states, order_id, rows):
    """Copy a live order of any account. Returns 1, or 0 if there is no order with this id.

    rows   ORDER, shape (1,), filled
    """
    state = states[0]
    slot = slot_of(state, order_id)
    if slot == 0:
        return 0
    copy_bytes(row_at(rows, 0), state.orders[slot], 0, ORDER_BYTES)
    return 1


@kernel
def copy_orders(states, account, after, rows):
    """Copy the live orders of an account with an id above `after`, oldest first, as many as fit. Returns the number of
    such orders.

    rows   ORDER rows, filled
    """
    state = states[0]
    slot, count = np.int64(state.accounts[account].first_order), 0
    while slot != 0:
        order = state.orders[slot]
        if order.order_id > after:
            if count < rows.shape[0]:
                copy_bytes(row_at(rows, count), order, 0, ORDER_BYTES)
            count += 1
        slot = np.int64(state.links[slot].account_newer)
    return count


@kernel
def has_quote(states, account, session):
    """Whether a quote of this session is among the account's live orders."""
    state = states[0]
    slot = np.int64(state.accounts[account].first_order)
    while slot != 0:
        order = state.orders[slot]
        if order.order_type == ORDER_QUOTE and order.session == session:
            return True
        slot = np.int64(state.links[slot].account_newer)
    return False


@kernel
def initial_margin_mills(states, account):
    """Initial margin of an account's positions and working orders, exact, mills (MARGIN-013)."""
    return margin_held_mills(states[0], account)


@kernel
def position_row(states, account, index):
    """Row of an account's position in a book, 0 if there never was one."""
    return find_position(states[0], account, index)


class Views(NamedTuple):
    """The kernels above, bound to states of one size."""

    copy_depth: Callable[..., tuple[int, int]]
    copy_statistics: Callable[..., None]
    copy_queue: Callable[..., int]
    count_ahead: Callable[..., tuple[int, int]]
    copy_order: Callable[..., int]
    copy_any_order: Callable[..., int]
    copy_orders: Callable[..., int]
    has_quote: Callable[..., bool]
    initial_margin_mills: Callable[..., int]
    position_row: Callable[..., int]


@cache
def views(row: np.dtype) -> Views:
    """Bind the kernels to states of one size. `row`: dtype of such a state."""
    states, word = np.empty(0, row), np.uint64(0)
    levels, queue, orders = (np.empty(0, view) for view in (LEVEL_VIEW, QUEUE_VIEW, ORDER))
    return Views(
        bind(copy_depth, states, 0, levels, levels),
        bind(copy_statistics, states, 0, np.empty(0, BOOK_VIEW)),
        bind(copy_queue, states, 0, 0, 0, queue),
        bind(count_ahead, states, 0),
        bind(copy_order, states, 0, 0, word, word, word, orders),
        bind(copy_any_order, states, 0, orders),
        bind(copy_orders, states, 0, 0, orders),
        bind(has_quote, states, 0, 0),
        bind(initial_margin_mills, states, 0),
        bind(position_row, states, 0, 0),
    )
