"""Makers quote around their belief; owners of resting orders that the price has passed take them back.

Each maker has one bid and one ask in each book of its chip. The first quotes half a spread away, the next ones farther
and larger. A quote is replaced if its price is no longer right, or if less than half of it is left. A maker that holds
much quotes less on the side that would add to it.
"""

import numpy as np

from bench.flows.book_steps import digits
from bench.flows.market.beliefs import believed, impact_of
from bench.flows.market.layout import FIRST_PASSIVE, INVENTORY_LOTS, MAKER_LOTS, MAKERS
from exchange.book.index import find_client_order
from exchange.book.levels import row_of, tick_of, worse_place
from exchange.clearing.positions import find_position
from exchange.kernel import kernel
from exchange.kernel_codes import KIND_CANCEL, KIND_NEW, KIND_REPLACE, MARKET_OPEN, SIDE_BUY, SIDE_SELL, TIF_GTC
from exchange.machine import row_at

FILLED_LOTS_MAX = 5_000  # a quote that has filled more is entered again, as the lots of an order are limited
PULLED_MAX = 32  # resting orders that one step takes back
NO_WORD = np.uint64(0)
QUOTE_LABEL = np.uint64(int.from_bytes(b"-quote\0\0", "little"))


@kernel
def quote_book(state, world, rows, index, instrument):
    """Quote a book again. Returns the number of rows written, maybe 0.

    If the price has risen, asks move first, so that no bid meets the ask of another maker.
    """
    flow, book = world.books[instrument], state.books[instrument]
    value, half = believed(world, instrument), impact_of(flow)
    world.stale &= ~(1 << instrument)
    if book.market_state != MARKET_OPEN:
        return 0
    middle = quoted_middle(state, book)
    first = SIDE_SELL if value >= middle else SIDE_BUY
    count = 0
    for side in range(2):
        price = quote_price(book, value, half, side, 0)
        count += pull_passed(state, world, rows, index + count, instrument, side, price)
    for turn in range(2):
        side = first if turn == 0 else 1 - first
        for maker in range(MAKERS):
            price = quote_price(book, value, half, side, maker)
            count += quote_side(state, world, rows, index + count, instrument, side, maker, price)
    return count


@kernel
def quoted_middle(state, book):
    """Middle of the best prices, 0 if a side is empty."""
    bid, ask = np.int64(book.best[SIDE_BUY]), np.int64(book.best[SIDE_SELL])
    if bid == 0 or ask == 0:
        return 0.0
    return 0.5 * (tick_of(book, SIDE_BUY, bid) + tick_of(book, SIDE_SELL, ask))


@kernel
def quote_price(book, value, half, side, maker):
    """Price of a maker's quote, inside the daily limits: bids below the value, asks above."""
    distance = half * (1.0 + 0.75 * maker) + maker
    if side == SIDE_BUY:
        price = np.int64(np.floor(value - distance + 0.5))
        price = min(price, np.int64(np.floor(value - 0.25)))
    else:
        price = np.int64(np.floor(value + distance + 0.5))
        price = max(price, np.int64(np.floor(value - 0.25)) + 1)
    return min(max(price, np.int64(book.low_tick)), np.int64(book.high_tick))


@kernel
def quote_side(state, world, rows, index, instrument, side, maker, price):
    """One quote: enter it, replace it, or leave it. Returns the number of rows written."""
    account = 1 + world.books[instrument].chip * MAKERS + maker
    lots = quote_lots(state, account, instrument, side, maker)
    name = digits(instrument * 10 + maker * 2 + side)
    slot, count = find_client_order(state, account, name, QUOTE_LABEL, NO_WORD), 1
    row = row_at(rows, index)
    if slot != 0:
        order = state.orders[slot]
        if order.price == price and 2 * order.leaves_lots >= lots:
            return 0
        row.time_ns, row.account, row.order_id = world.time_ns, account, order.order_id
        if order.filled_lots < FILLED_LOTS_MAX:
            row.kind, row.price, row.lots = KIND_REPLACE, price, order.filled_lots + lots
            row.client_order_id_0, row.client_order_id_1 = name, QUOTE_LABEL
            return 1
        row.kind = KIND_CANCEL
        row, count = row_at(rows, index + 1), 2
    row.kind, row.tif, row.instrument, row.side = KIND_NEW, TIF_GTC, instrument, side
    row.client_order_id_0, row.client_order_id_1 = name, QUOTE_LABEL
    row.time_ns, row.account, row.price, row.lots = world.time_ns, account, price, lots
    return count


@kernel
def quote_lots(state, account, instrument, side, maker):
    """Lots of a quote: larger for makers that stand farther away, half on the side that adds to INVENTORY_LOTS."""
    held = state.positions[find_position(state, account, instrument)].lots
    adding = held if side == SIDE_BUY else -held
    full = MAKER_LOTS * (1 + maker)
    return full if adding <= 0 else max(full - full * min(adding, INVENTORY_LOTS) // (2 * INVENTORY_LOTS), 1)


@kernel
def pull_passed(state, world, rows, index, instrument, side, price):
    """Cancel resting orders of others than makers that are better than `price`. Returns the number of rows written."""
    book = state.books[instrument]
    place, count = np.int64(book.best[side]), 0
    while place != 0 and count < PULLED_MAX:
        tick = tick_of(book, side, place)
        if tick <= price if side == SIDE_BUY else tick >= price:
            break
        slot = np.int64(state.levels[row_of(book, side, place)].head)
        while slot != 0 and count < PULLED_MAX:
            order = state.orders[slot]
            if order.account >= FIRST_PASSIVE:
                row = row_at(rows, index + count)
                row.kind, row.account, row.order_id = KIND_CANCEL, order.account, order.order_id
                row.time_ns = world.time_ns
                count += 1
            slot = np.int64(state.links[slot].newer)
        place = worse_place(state, book, side, place)
    return count
