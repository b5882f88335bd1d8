"""Asks memory for what the next commands will touch. It changes no result, only how long they wait.

Most of a command's time is waiting for rows that lie anywhere in a state of hundreds of megabytes. A batch tells
what comes: FAR commands before its turn a command's keys are hashed and the entries of tables asked for, NEAR before
it the rows that these entries name, CLOSE before it what those rows point to. A wrong guess costs nothing.
"""

import numpy as np

from exchange.book.index import LOW_32, order_hash
from exchange.book.layout import BOOK
from exchange.book.levels import place_of, row_of
from exchange.clearing.positions import home_of
from exchange.codes import CommandKind
from exchange.engine.state import LOOK_AHEAD
from exchange.kernel import leaf_kernel, prefetch
from exchange.limits import SUMMARY_WORDS

NEW = np.int64(CommandKind.NEW)
FAR = LOOK_AHEAD
NEAR = LOOK_AHEAD // 2
CLOSE = LOOK_AHEAD // 4
WORDS_A_LINE = 8
SUMMARY_LINE = np.int64(BOOK.fields["summary"][1] // 64)  # type: ignore[index]  # a record type has fields
FIRST = np.int64(0)
SECOND = np.int64(1)
THIRD = np.int64(2)


@leaf_kernel
def _first_slot(state, word):
    """Slot in the first entry for this hash: nearly always the order that is meant."""
    size = np.int64(state.index_size)
    return np.int64(state.order_index[size + (np.int64(word) & (size - 1))] & LOW_32)


@leaf_kernel
def _ask_for_level(state, index, side, tick):
    """A price's queue and its bits in the two maps of occupied prices."""
    book = state.books[index]
    place = place_of(book, side, tick)
    row = row_of(book, side, place)
    prefetch(state.levels, row, FIRST)
    prefetch(state.occupied, row >> 6, FIRST)
    prefetch(state.books, index, SUMMARY_LINE + (side * SUMMARY_WORDS + (place >> 12)) // WORDS_A_LINE)


@leaf_kernel
def ask_for_order(state, slot):
    """The rows of an order."""
    prefetch(state.orders, slot, FIRST)
    prefetch(state.orders, slot, SECOND)
    prefetch(state.links, slot, FIRST)


@leaf_kernel
def ask_for_owner(state, slot):
    """What a fill of an order changes beside its own rows."""
    order = state.orders[slot]
    account = np.int64(order.account)
    row = account * np.int64(state.commodities.shape[0]) + state.books[order.book].commodity
    prefetch(state.accounts, account, FIRST)
    prefetch(state.risks, row, FIRST)
    prefetch(state.risks, row, SECOND)
    prefetch(state.positions, np.int64(order.position), FIRST)
    size = np.int64(state.index_size)
    prefetch(state.order_index, size + (np.int64(order_hash(order)) & (size - 1)), FIRST)
    link = state.links[slot]
    prefetch(state.links, np.int64(link.account_newer), FIRST)
    prefetch(state.links, np.int64(link.account_older), FIRST)


@leaf_kernel
def look_far(state, command):
    """Ask for table entries of a command. Returns its `order_hash`."""
    size = np.int64(state.index_size)
    word = order_hash(command)
    prefetch(state.order_index, size + (np.int64(word) & (size - 1)), FIRST)
    index = np.int64(command.instrument)
    account = np.int64(command.account)
    if index < state.books.shape[0] and account < state.accounts.shape[0]:
        prefetch(state.books, index, FIRST)
        prefetch(state.books, index, SECOND)
        prefetch(state.books, index, THIRD)
        prefetch(state.accounts, account, FIRST)
        prefetch(state.position_index, home_of(state, account, index), FIRST)
    return word


@leaf_kernel
def look_near(state, command, word):
    """Ask for the rows that a command begins with. No branch on its kind: which comes next is not to be guessed."""
    ask_for_order(state, _first_slot(state, word))
    index = np.int64(command.instrument)
    account = np.int64(command.account)
    if index < state.books.shape[0] and account < state.accounts.shape[0]:
        book = state.books[index]
        row = account * np.int64(state.commodities.shape[0]) + book.commodity
        prefetch(state.risks, row, FIRST)
        prefetch(state.risks, row, SECOND)
        prefetch(state.positions, np.int64(state.position_index[home_of(state, account, index)]), FIRST)
        tick = min(max(command.price, np.int64(book.low_tick)), np.int64(book.high_tick))
        _ask_for_level(state, index, np.int64(command.side & 1), tick)


@leaf_kernel
def look_close(state, command, word):
    """Ask for what the rows of a cancel or replace point to."""
    if command.kind != NEW:
        slot = _first_slot(state, word)
        link = state.links[slot]
        prefetch(state.links, np.int64(link.account_newer), FIRST)
        prefetch(state.links, np.int64(link.account_older), FIRST)
        prefetch(state.links, np.int64(link.newer), FIRST)
        prefetch(state.links, np.int64(link.older), FIRST)
        order = state.orders[slot]
        if order.resting != 0:
            _ask_for_level(state, np.int64(order.book), np.int64(order.side), np.int64(order.price))
