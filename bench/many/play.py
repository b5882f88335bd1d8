"""Kernels that run books: recorded rows, own orders, and messages of a flow.

A book has a place in every array: its STATE, event buffer, COMMAND row to write in, STREAM and RESULT. `code` is the
compiled `apply_commands` (`kernel.code_of`); on CUDA, where code has no address, `apply_rows_directly` takes the place
of `apply_rows`.
"""

import numpy as np

from bench.many.noise import write_message
from exchange.book.layout import BOOK, LEVEL, LINK
from exchange.book.levels import best_row, best_tick, row_of
from exchange.compiler import call_code
from exchange.engine.apply import apply_commands
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_CANCEL_REJECTED,
    EVENT_COMMAND_REFUSED,
    EVENT_FILL,
    EVENT_ORDER_REJECTED,
    EVENT_REPLACE_REJECTED,
)
from exchange.machine import CACHE_LINE, copy_bytes, prefetch, row_at, word_at
from exchange.records import ROW_BYTES

MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(29)
FIRST_INSTRUMENT = np.int64(1)
REFUSALS = sum(
    1 << kind for kind in (EVENT_ORDER_REJECTED, EVENT_REPLACE_REJECTED, EVENT_CANCEL_REJECTED, EVENT_COMMAND_REFUSED)
)  # a bit for each kind of event that says that a command is refused
# What is prefetched of the next book, in cache lines. Numbers of rows in one are of LINK and LEVEL.
FIRST_LINE, SECOND_LINE = np.int64(0), np.int64(1)
BOOK_LINES = BOOK.itemsize // CACHE_LINE
LINKS_EACH, LEVELS_EACH = CACHE_LINE // LINK.itemsize, CACHE_LINE // LEVEL.itemsize
LEVEL_LINES = 10


@leaf_kernel
def hash_event(value, event):
    """Hash of some events, with one more.

    value   hash so far, uint64
    event   EVENT
    """
    first = ((word_at(event, 0) * MULTIPLY ^ word_at(event, 32)) * MULTIPLY ^ word_at(event, 64)) * MULTIPLY
    second = ((word_at(event, 8) * MULTIPLY ^ word_at(event, 40)) * MULTIPLY ^ word_at(event, 72)) * MULTIPLY
    third = ((word_at(event, 16) * MULTIPLY ^ word_at(event, 48)) * MULTIPLY ^ word_at(event, 80)) * MULTIPLY
    fourth = ((word_at(event, 24) * MULTIPLY ^ word_at(event, 56)) * MULTIPLY ^ word_at(event, 88)) * MULTIPLY
    first, second = (first ^ word_at(event, 96)) * MULTIPLY, (second ^ word_at(event, 104)) * MULTIPLY
    third, fourth = (third ^ word_at(event, 112)) * MULTIPLY, (fourth ^ word_at(event, 120)) * MULTIPLY
    value = (value ^ first ^ (first >> SHIFT)) * MULTIPLY
    value = (value ^ second ^ (second >> SHIFT)) * MULTIPLY
    value = (value ^ third ^ (third >> SHIFT)) * MULTIPLY
    value = (value ^ fourth ^ (fourth >> SHIFT)) * MULTIPLY
    return value ^ (value >> SHIFT)


@kernel
def add_events(out, result):
    """Add the events in a buffer to a RESULT, changed in place."""
    value = result.event_hash
    for index in range(out.count):
        event = out.rows[index]
        kind = event.kind
        value = hash_event(value, event)
        if kind == EVENT_FILL:
            result.fills += 1
            result.fill_lots += event.lots
        result.refused += REFUSALS >> np.int64(kind) & 1
    result.events += out.count
    result.event_hash = value


@kernel
def apply_rows(code, states, rows, start, stop, outs):
    """`apply_commands`, by the address of its code."""
    return call_code(code, states, rows, start, stop, outs)


def apply_rows_directly(code, states, rows, start, stop, outs):
    """What takes the place of `apply_rows` on CUDA."""
    return apply_commands(states, rows, start, stop, outs)


@kernel
def run_rows(code, states, outs, results, rows, start, stop, book):
    """Run rows `start` to `stop`, which have sequence and time, in one book, and add their events to its RESULT."""
    index, state, result = start, row_at(states, book), row_at(results, book)
    while index < stop or state.cursor.step != 0:
        index = apply_rows(code, states[book : book + 1], rows, index, stop, outs[book : book + 1])
        add_events(row_at(outs, book), result)
    result.rows += stop - start


@leaf_kernel
def note_prices(states, results, book):
    """Write the best prices of a book to its RESULT, and that it is done."""
    state, result = row_at(states, book), row_at(results, book)
    listed = state.books[FIRST_INSTRUMENT]
    for side in range(2):
        result.best_tick[side] = result.best_lots[side] = 0
        if listed.best[side] != 0:
            result.best_tick[side] = best_tick(listed, side)
            result.best_lots[side] = state.levels[best_row(listed, side)].shown_lots
    result.done = 1


@kernel
def play_book(book, code, states, outs, results, rows, starts, stops):
    """Run the recorded rows of one book, `starts[book]` to `stops[book]` of `rows`."""
    row_at(results, book).done = 0
    run_rows(code, states, outs, results, rows, starts[book], stops[book], book)
    note_prices(states, results, book)


@kernel
def step_book(book, code, states, outs, results, actions, starts, stops, buffer, streams, flows, messages):
    """Run own commands of one book, then messages of its flow.

    actions          COMMAND rows of all books; `starts[book]` to `stops[book]` are this book's. They get the next
                     sequences and the time of the last message
    buffer           COMMAND, shape (B,), overwritten
    streams, flows   STREAM and FLOW, shape (B,); streams change in place
    messages         number of messages
    """
    row_at(results, book).done = 0
    state, row = row_at(states, book), row_at(buffer, book)
    for action in range(starts[book], stops[book]):
        copy_bytes(row, row_at(actions, action), 0, ROW_BYTES)
        row.sequence = state.sequence + 1
        row.time_ns = state.time_ns
        run_rows(code, states, outs, results, buffer, book, book + 1, book)
    flow, stream = row_at(flows, book), row_at(streams, book)
    for message in range(messages):
        prefetch_part(states, flows, book + 1, np.int64(message), messages)
        write_message(state, row, flow, stream)
        run_rows(code, states, outs, results, buffer, book, book + 1, book)
    note_prices(states, results, book)


@leaf_kernel
def prefetch_part(states, flows, book, part, parts):
    """Prefetch a part of the rows that messages of a small book read, because it has not been in the cache since its
    last turn. In parts, between the messages of the book before it, that takes no time of its own: a processor waits if
    it is asked for hundreds of lines at once.

    part    from 0 to `parts` - 1
    """
    if book == states.shape[0]:
        return
    state, flow = row_at(states, book), row_at(flows, book)
    if part == 0:
        listed = state.books[FIRST_INSTRUMENT]
        for line in range(BOOK_LINES):
            prefetch(state.books, FIRST_INSTRUMENT, np.int64(line))
        for account in range(flow.first_account, flow.first_account + flow.accounts):
            prefetch(state.accounts, np.int64(account), FIRST_LINE)
            prefetch(state.positions, np.int64(account), FIRST_LINE)
        for side in range(2):
            row = row_of(listed, side, np.int64(listed.best[side]))
            for line in range(LEVEL_LINES):
                prefetch(state.levels, row - LEVELS_EACH * line, FIRST_LINE)
    used = np.int64(state.used_orders)
    for slot in range(1 + used * part // parts, 1 + used * (part + 1) // parts):
        prefetch(state.orders, np.int64(slot), FIRST_LINE)
        prefetch(state.orders, np.int64(slot), SECOND_LINE)
        if slot % LINKS_EACH == 1:
            prefetch(state.links, np.int64(slot), FIRST_LINE)


@kernel
def play_books(first, last, code, states, outs, results, rows, starts, stops):
    """`play_book` for books `first` to `last`, one after the other."""
    for book in range(first, last):
        play_book(book, code, states, outs, results, rows, starts, stops)


@kernel
def step_books(first, last, code, states, outs, results, actions, starts, stops, buffer, streams, flows, messages):
    """`step_book` for books `first` to `last`, one after the other."""
    for book in range(first, last):
        step_book(book, code, states, outs, results, actions, starts, stops, buffer, streams, flows, messages)
