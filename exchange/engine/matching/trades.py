"""Carries out a trade: changes the book, both orders and their accounts, and emits one FILL for each order."""

import numpy as np

from exchange.book.index import order_hash, prefetch_entry
from exchange.book.levels import place_of, reduce_at, row_of, unlink_at
from exchange.book.windows import note_print
from exchange.clearing.fills import base_tick, clear_fill, clear_fills, fee_mills, leg_price
from exchange.clearing.positions import queue_position_report
from exchange.engine.emit import TOTALS, copied_order_event, fill_codes, market_event, next_in_stream
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.engine.entry.stops import elect_stops
from exchange.engine.orders import refresh_order, release_hashed_order, release_order
from exchange.engine.quotes.protection import count_fill
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    COMBO_OUTRIGHT,
    EVENT_LEG_FILLED,
    FEATURE_STOPS,
    FEATURE_VELOCITY,
    LIQUIDITY_AUCTION,
    LIQUIDITY_MAKER,
    LIQUIDITY_TAKER,
    ORDER_QUOTE,
    ORDER_STATE_FILLED,
    leg_side,
)
from exchange.machine import put_word, word_at


@leaf_kernel
def record_print(state, index, price, lots):
    """Record a print: last price, statistics of the day, look-back windows. Then it elects stops (STOP-004)."""
    book = state.books[index]
    had_last, last = book.has_last != 0, np.int64(book.last_tick)
    _note_trades(state, book, price, price, lots, price * lots)
    if book.features & FEATURE_VELOCITY != 0:
        note_print(state, index, price)
    if book.features & FEATURE_STOPS != 0:
        elect_stops(state, book, price, had_last, last)


@leaf_kernel
def _note_trades(state, book, first, last, lots, value):
    """Add trades of one aggressor to the statistics of the day and to the closing window. Refreshes the fast path,
    which depends on the last price.

    first, last  prices of the first and the last trade; all others are between these
    lots, value  of all trades; value is the sum of price * lots
    """
    book.last_trade_id = state.trade_id
    if book.volume_lots == 0:
        book.open_tick = first
        book.day_high = first
        book.day_low = first
    book.day_high = max(book.day_high, first, last)
    book.day_low = min(book.day_low, first, last)
    book.last_tick = last
    book.has_last = 1
    book.volume_lots += lots
    book.volume_tick_lots += value
    if state.window_from_ns <= state.time_ns < state.window_to_ns:
        book.window_lots += lots
        book.window_tick_lots += value
    refresh_fast_path(book)


@kernel
def _fill(state, out, book, slot, lots, price, liquidity):
    """Fill one order of a trade: clearing, book, FILL."""
    order = state.orders[slot]
    fee = clear_fill(state, book, order, lots, price, liquidity)
    emit_fill(state, out, book, slot, lots, price, liquidity, fee)
    if book.combo != COMBO_OUTRIGHT:
        base = base_tick(state, book, price)
        for leg in range(np.int64(book.leg_count)):
            emit_leg(state, out, book, order, leg, leg_price(state, book, price, base, leg), lots)


@kernel
def emit_leg(state, out, book, order, leg, tick, lots):
    """Emit one leg of the combination's fill that was emitted last, with its number in the account's stream.

    leg   number of the leg, from 0
    tick  its price, ticks
    """
    account = np.int64(order.account)
    row = market_event(state, out, EVENT_LEG_FILLED, np.int64(book.legs[leg].book))
    row.side = leg_side(np.int64(order.side), book.legs[leg].sign)
    row.account = account
    row.order_id = order.order_id
    row.trade_id = state.trade_id
    row.trade_tick = tick
    row.lots = lots
    row.account_sequence = state.accounts[account].stream


@leaf_kernel
def emit_fill(state, out, book, slot, lots, price, liquidity, fee):
    """Take the lots of a cleared fill off its order and its level. Emits and returns FILL. `fee`: mills."""
    order = state.orders[slot]
    side = np.int64(order.side)
    place = place_of(book, side, np.int64(order.price))
    return _emit_fill_at(state, out, book, slot, side, place, row_of(book, side, place), lots, price, liquidity, fee)


@leaf_kernel
def _emit_fill_at(state, out, book, slot, side, place, level_row, lots, price, liquidity, fee):
    """As `emit_fill`, for an order whose level's place and row are known. They do not matter for an aggressor."""
    order = state.orders[slot]
    if book.features != 0 and liquidity == LIQUIDITY_MAKER and order.order_type == ORDER_QUOTE:
        count_fill(state, order, lots, book.hours)
    row = copied_order_event(state, out, order, fill_codes(order, lots, liquidity))
    leaves = np.int64(order.leaves_lots) - lots
    totals, value = word_at(order, TOTALS) + np.uint64(lots), order.value_tick_lots + price * lots  # filled_lots grow
    put_word(order, TOTALS, totals)
    order.value_tick_lots = value
    level_lots = np.int64(0)
    if liquidity == LIQUIDITY_TAKER:
        order.leaves_lots = leaves
    elif leaves == 0:
        shown = np.int64(order.shown_lots)
        order.resting = 0
        level_lots = unlink_at(state, book, slot, np.int64(order.book), side, place, level_row, shown, lots - shown)
        order.leaves_lots = 0
        order.shown_lots = 0
    else:
        level_lots = reduce_at(state, book, slot, side, place, level_row, lots)
    if leaves == 0:
        order.state = ORDER_STATE_FILLED
    row.trade_tick = price
    row.trade_id = state.trade_id
    row.lots = lots
    row.leaves_lots = leaves
    put_word(row, TOTALS, totals)
    row.level_lots = level_lots
    row.level_tick = order.price
    row.value_tick_lots = value
    row.account_sequence = next_in_stream(state, np.int64(order.account))
    row.fee_mills = fee
    return row


@leaf_kernel
def trade_lots(state, out, book, first, second, price, lots, auction):
    """Trade two orders. Returns the lots.

    first, second  resting and aggressor; in an uncross buyer and seller
    auction        True: the trade is part of an uncross

    An order that rested is released if it is filled. A filled aggressor keeps its row until its command ends.
    """
    state.trade_id += 1
    record_print(state, np.int64(state.orders[first].book), price, lots)
    _fill(state, out, book, first, lots, price, LIQUIDITY_AUCTION if auction else LIQUIDITY_MAKER)
    _fill(state, out, book, second, lots, price, LIQUIDITY_AUCTION if auction else LIQUIDITY_TAKER)
    if state.orders[first].leaves_lots == 0:
        release_order(state, first)
    elif state.orders[first].shown_lots == 0 and not auction:
        refresh_order(state, out, first)
    if auction and state.orders[second].leaves_lots == 0:
        release_order(state, second)
    return lots


@kernel
def trade_share(state, out, book, resting, slot, price, lots):
    """As `trade_lots`, for one share of a pro-rata pass. Icebergs show their next slice later, after all shares."""
    state.trade_id += 1
    record_print(state, np.int64(state.orders[resting].book), price, lots)
    _fill(state, out, book, resting, lots, price, LIQUIDITY_MAKER)
    _fill(state, out, book, slot, lots, price, LIQUIDITY_TAKER)
    if state.orders[resting].leaves_lots == 0:
        release_order(state, resting)


@leaf_kernel
def trade_oldest(state, out, book, side, place, level_row, resting, slot):
    """Trade an aggressor with the oldest order at the best price of an outright without features. Returns the price.

    The caller books the aggressor's clearing and the statistics, for all its fills together (`book_aggressor_fills`).

    side, place, level_row  of the resting order
    resting, slot           slots of the resting order and of the aggressor
    """
    maker, order = state.orders[resting], state.orders[slot]
    key_hash = order_hash(maker)
    prefetch_entry(state, key_hash)
    price = np.int64(maker.price)
    lots = min(np.int64(maker.shown_lots), np.int64(order.leaves_lots))
    state.trade_id += 1
    fee = clear_fills(state, book, maker, lots, price * lots, LIQUIDITY_MAKER)
    _emit_fill_at(state, out, book, resting, side, place, level_row, lots, price, LIQUIDITY_MAKER, fee)
    row = np.int64(order.position)
    queue_position_report(state, np.int64(order.account), state.positions[row], row)
    fee = fee_mills(book, LIQUIDITY_TAKER, lots)
    _emit_fill_at(state, out, book, slot, side, place, level_row, lots, price, LIQUIDITY_TAKER, fee)
    if maker.leaves_lots == 0:
        release_hashed_order(state, resting, np.int64(maker.account), key_hash)
    elif maker.shown_lots == 0:
        refresh_order(state, out, resting)
    return price


@leaf_kernel
def book_aggressor_fills(state, book, order, lots, value, first, last):
    """Book what `trade_oldest` has left out, for all fills of an aggressor: statistics of the book, its clearing.

    lots, value  of all these fills; value is the sum of price * lots
    first, last  prices of the first and the last fill
    """
    if lots != 0:
        _note_trades(state, book, first, last, lots, value)
        clear_fills(state, book, order, lots, value, LIQUIDITY_TAKER)
