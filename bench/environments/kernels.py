"""Quoting of many books in compiled code: the same as `quoter.py`, for one maker in each of an array of states.

A step of a book is: change own orders, run these rows and the messages of the flow in the engine, write what the maker
sees and earns. All figures are integers; `observation.scale` makes an observation of them.
"""

import numpy as np

from bench.environments.observation import (
    BLOCKS,
    MID_CHANGE,
    OWN,
    OWN_AHEAD,
    OWN_FIGURES,
    OWN_GAP,
    OWN_LOTS,
    POSITION,
    TIME_LEFT,
    TIME_PARTS,
)
from bench.many.play import step_book
from exchange.book.index import find_client_order
from exchange.book.levels import row_of, tick_of, worse_place
from exchange.clearing.positions import find_position
from exchange.codes import CommandFlag, CommandKind, Side, TimeInForce
from exchange.engine.views import ahead_of
from exchange.kernel import kernel
from exchange.machine import clear_row, row_at
from exchange.records import pack_client_order_id, record_type

OWN_ROWS = 4  # most rows that change the orders of one maker: two leave, two enter
NEW, REPLACE, CANCEL = (int(kind) for kind in (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL))
GTC, KEEP_PRICE = int(TimeInForce.GTC), int(CommandFlag.KEEP_PRICE)
BUY, SELL = int(Side.BUY), int(Side.SELL)
BID_WORD, ASK_WORD = (np.uint64(pack_client_order_id(name)[0]) for name in ("BID", "ASK"))
NO_WORD = np.uint64(0)

# The terms that kernels need, one row.
TERMS = record_type([(name, "<i8") for name in ("levels", "steps", "length_ns", "position_max", "largest_gap")])
# One maker in one book. `mid2` is twice the mid price, ticks; money is in half mills.
MAKER = record_type(
    [
        ("account", "<i8"),
        ("instrument", "<i8"),
        ("steps", "<i8"),  # actions so far
        ("start_ns", "<i8"),
        ("mid2", "<i8"),
        ("last_mid2", "<i8"),  # at the action before
        ("equity2", "<i8"),
        ("start_equity2", "<i8"),
        ("position_lots", "<i8"),
        ("time_left", "<i8"),  # parts of TIME_PARTS
    ]
)


@kernel
def own_slot(state, maker, side):
    """Slot of the maker's order on a side, 0 if it has none."""
    word = BID_WORD if side == BUY else ASK_WORD
    return np.int64(find_client_order(state, maker.account, word, NO_WORD, NO_WORD))


@kernel
def lots_of_others(state, book, side, place, own):
    """Lots at a place that are not the maker's. `own`: slot of its order on this side, 0 none."""
    lots = np.int64(state.levels[row_of(book, side, place)].shown_lots)
    if own != 0 and state.orders[own].price == tick_of(book, side, place):
        lots -= state.orders[own].shown_lots
    return lots


@kernel
def best_of_others(state, book, side, own):
    """Place of the best price with an order that is not the maker's, 0 if there is none."""
    place = np.int64(book.best[side])
    while place != 0 and lots_of_others(state, book, side, place, own) == 0:
        place = worse_place(state, book, side, place)
    return place


@kernel
def open_books(
    chosen, code, states, outs, results, rows, starts, stops, buffer, streams, flows, messages, makers, terms, figures
):
    """Play the first messages of books that have been opened again, then write what their makers see.

    chosen    int64, shape (m,): numbers of these books. For the others see `quote_books`
    """
    for place in range(chosen.shape[0]):
        index = chosen[place]
        stops[index] = starts[index]
        step_book(index, code, states, outs, results, rows, starts, stops, buffer, streams, flows, messages)
        maker = row_at(makers, index)
        maker.steps = 0
        maker.start_ns = states[index].time_ns
        observe_book(states[index], maker, terms[0], figures, index)
        maker.start_equity2 = maker.equity2
        figures[index, BLOCKS * terms[0].levels + MID_CHANGE] = 0


@kernel
def quote_books(
    first, last, code, states, outs, results, rows, starts, stops, buffer, streams, flows, messages,
    makers, actions, terms, figures,
):  # fmt: skip
    """One step of books `first` to `last`: change own orders, play messages, write what the makers see.

    code, states, outs, results, starts, buffer, streams, flows   as for `many.play.step_book`
    rows      COMMAND, shape (n * OWN_ROWS,), overwritten; `starts[i]` is i * OWN_ROWS
    stops     int64, shape (n,), overwritten
    messages  messages of the flow
    makers    MAKER, shape (n,), changed in place
    actions   int64, shape (n, 4): bid offset, ask offset, bid lots, ask lots
    terms     TERMS, shape (1,)
    figures   int64, shape (n, figure_count), filled
    """
    for index in range(first, last):
        state, maker = row_at(states, index), row_at(makers, index)
        stops[index] = place_quotes(state, maker, actions, index, terms[0], rows)
        step_book(index, code, states, outs, results, rows, starts, stops, buffer, streams, flows, messages)
        maker.steps += 1
        observe_book(state, maker, terms[0], figures, index)


@kernel
def place_quotes(state, maker, actions, index, terms, rows):
    """Write the rows that change the orders of a maker to what its action asks for. Returns the place after the last.

    actions   int64, shape (n, 4): bid offset, ask offset, bid lots, ask lots
    index     number of the book
    terms     TERMS
    rows      COMMAND, shape (n * OWN_ROWS,): those of the book from index * OWN_ROWS on, filled
    """
    book = state.books[maker.instrument]
    bid_slot, ask_slot = own_slot(state, maker, BUY), own_slot(state, maker, SELL)
    bid, ask = quoted_ticks(state, book, maker, actions[index, 0], actions[index, 1], bid_slot, ask_slot)
    bid_lots = allowed_lots(book, bid, actions[index, 2], terms.position_max - maker.position_lots)
    ask_lots = allowed_lots(book, ask, actions[index, 3], terms.position_max + maker.position_lots)
    place = leave(state, maker, BUY, bid_slot, bid, bid_lots, rows, index * OWN_ROWS)
    place = leave(state, maker, SELL, ask_slot, ask, ask_lots, rows, place)
    place = enter(state, maker, BUY, bid_slot, bid, bid_lots, rows, place)
    return enter(state, maker, SELL, ask_slot, ask, ask_lots, rows, place)


@kernel
def quoted_ticks(state, book, maker, bid_offset, ask_offset, bid_slot, ask_slot):
    """Prices of bid and ask. They never trade at once."""
    bid = (maker.mid2 - 2 * bid_offset) >> 1
    ask = (maker.mid2 + 2 * ask_offset + 1) >> 1
    best_bid = best_of_others(state, book, BUY, bid_slot)
    best_ask = best_of_others(state, book, SELL, ask_slot)
    if best_ask != 0:
        bid = min(bid, tick_of(book, SELL, best_ask) - 1)
    if best_bid != 0:
        ask = max(ask, tick_of(book, BUY, best_bid) + 1)
    return bid, max(ask, bid + 1)


@kernel
def allowed_lots(book, tick, lots, most):
    """Size of a quote: none outside the daily limits, and not more than `most`."""
    if tick < book.low_tick or tick > book.high_tick:
        return np.int64(0)
    return max(min(lots, most), np.int64(0))


@kernel
def keeps_price(state, slot, tick, lots):
    """Whether an order stays in its queue."""
    return slot != 0 and state.orders[slot].price == tick and lots > 0


@kernel
def leave(state, maker, side, slot, tick, lots, rows, place):
    """Write the row that cancels an order or makes it smaller, if one is needed. Returns the place of the next row."""
    if slot == 0:
        return place
    order = state.orders[slot]
    keeps = keeps_price(state, slot, tick, lots)
    if keeps and order.leaves_lots <= lots:
        return place
    row = begin_row(maker, side, rows, place)
    if keeps:
        row.kind, row.flags, row.lots = REPLACE, KEEP_PRICE, order.filled_lots + lots
    else:
        row.kind = CANCEL
    return place + 1


@kernel
def enter(state, maker, side, slot, tick, lots, rows, place):
    """Write the row of a new order, if one is needed. Returns the place of the next row."""
    if lots == 0 or keeps_price(state, slot, tick, lots):
        return place
    row = begin_row(maker, side, rows, place)
    row.kind, row.side, row.tif = NEW, side, GTC
    row.instrument, row.price, row.lots = maker.instrument, tick, lots
    return place + 1


@kernel
def begin_row(maker, side, rows, place):
    """An empty row that names the maker's order on a side."""
    row = row_at(rows, place)
    clear_row(row)
    row.account = maker.account
    row.client_order_id_0 = BID_WORD if side == BUY else ASK_WORD
    return row


@kernel
def observe_book(state, maker, terms, figures, index):
    """Write what a maker sees, in the order of `observation`, and its equity, position and time left into its row."""
    book = state.books[maker.instrument]
    bid_slot, ask_slot = own_slot(state, maker, BUY), own_slot(state, maker, SELL)
    best_bid = best_of_others(state, book, BUY, bid_slot)
    best_ask = best_of_others(state, book, SELL, ask_slot)
    if best_bid != 0 and best_ask != 0:
        maker.mid2 = tick_of(book, BUY, best_bid) + tick_of(book, SELL, best_ask)
    take_equity(state, maker)
    take_time(state, maker, terms)
    observe_side(state, maker, BUY, best_bid, bid_slot, terms, figures, index)
    observe_side(state, maker, SELL, best_ask, ask_slot, terms, figures, index)
    first = BLOCKS * terms.levels
    figures[index, first + POSITION] = maker.position_lots
    figures[index, first + TIME_LEFT] = maker.time_left
    figures[index, first + MID_CHANGE] = maker.mid2 - maker.last_mid2
    maker.last_mid2 = maker.mid2
    observe_own(state, maker, bid_slot, figures, index, first + OWN)
    observe_own(state, maker, ask_slot, figures, index, first + OWN + OWN_FIGURES)


@kernel
def take_equity(state, maker):
    """Write equity and position: cash and the value of the position at the mid price, in half mills."""
    position = state.positions[find_position(state, maker.account, maker.instrument)]
    maker.position_lots = position.lots
    value = maker.mid2 * position.lots - 2 * position.open_value_tick_lots
    hours = np.int64(state.books[maker.instrument].hours)
    maker.equity2 = 2 * np.int64(state.accounts[maker.account].cash_mills) + value * hours


@kernel
def take_time(state, maker, term):
    """Write the rest of the episode."""
    left = (term.steps - maker.steps) * TIME_PARTS // term.steps
    if term.length_ns != 0:
        rest_ns = maker.start_ns + term.length_ns - state.time_ns
        left = min(left, rest_ns // max(term.length_ns // TIME_PARTS, 1))
    maker.time_left = max(left, 0)


@kernel
def observe_side(state, maker, side, place, own, term, figures, index):
    """Write gaps and lots of the levels of a side without the maker's order. `place`: the best of the others."""
    book = state.books[maker.instrument]
    first, count = 2 * side * term.levels, 0
    while place != 0 and count < term.levels:
        lots = lots_of_others(state, book, side, place, own)
        if lots > 0:
            gap = maker.mid2 - 2 * tick_of(book, side, place)
            figures[index, first + count] = gap if side == BUY else -gap
            figures[index, first + term.levels + count] = lots
            count += 1
        place = worse_place(state, book, side, place)
    for missing in range(count, term.levels):
        figures[index, first + missing] = term.largest_gap
        figures[index, first + term.levels + missing] = 0


@kernel
def observe_own(state, maker, slot, figures, index, first):
    """Write the figures of an own order. `slot`: 0 none."""
    if slot == 0:
        for place in range(OWN_FIGURES):
            figures[index, first + place] = 0
        return
    order = state.orders[slot]
    _, ahead = ahead_of(state, slot)
    figures[index, first + OWN_GAP] = 2 * np.int64(order.price) - maker.mid2
    figures[index, first + OWN_LOTS] = order.leaves_lots
    figures[index, first + OWN_AHEAD] = ahead
