"""Positions: found by account and book, changed by fills, exact to the mill.

A position has signed lots and `open_value_tick_lots`, the sum of price * lots. Its unrealised P&L is
`(mark * lots - open_value) * hours` mills, whatever the order of its fills (SETTLE-007). A hash table,
`state.position_index`, finds the row; an entry is `hash << 32 | row`, 0 if it is free.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.limits import LEGS_MAX

MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)
LOW_32 = np.uint64(0xFFFFFFFF)
FREE = np.uint64(0)


@leaf_kernel
def position_hash(account, index):
    """32-bit hash of an account and a book, as uint64. `index`: the book's."""
    return (((np.uint64(account) << SHIFT) | np.uint64(index)) * MULTIPLY) >> SHIFT


@leaf_kernel
def home_of(state, key_hash):
    """Entry of the index where the search for a `position_hash` begins."""
    return np.int64(key_hash) & np.int64(state.position_index.shape[0] - 1)


@leaf_kernel
def find_position(state, account, index):
    """Row of the account's position in a book, 0 if it never had one. Reads a row only if its 32 bits of hash agree."""
    key_hash = position_hash(account, index)
    table = state.position_index
    mask = np.int64(table.shape[0] - 1)
    entry_index = home_of(state, key_hash)
    while table[entry_index] != FREE:
        if table[entry_index] >> SHIFT == key_hash:
            row = np.int64(table[entry_index] & LOW_32)
            position = state.positions[row]
            if position.account == account and position.book == index:
                return row
        entry_index = (entry_index + 1) & mask
    return np.int64(0)


@leaf_kernel
def positions_left(state):
    """Number of rows that are still free, without the LEGS_MAX rows that checks of quotes use for a moment."""
    return np.int64(state.positions.shape[0]) - 1 - LEGS_MAX - state.used_positions


@kernel
def open_position(state, account, index):
    """Row of the account's position in a book; makes it if there is none. Check `positions_left` first."""
    row = find_position(state, account, index)
    return row if row != 0 else make_position(state, account, index)


@kernel
def make_position(state, account, index):
    """Make a position and return its row. Call it only if `find_position` finds none; check `positions_left` first."""
    key_hash = position_hash(account, index)
    table = state.position_index
    mask = np.int64(table.shape[0] - 1)
    entry_index = home_of(state, key_hash)
    while table[entry_index] != FREE:
        entry_index = (entry_index + 1) & mask
    row = np.int64(state.used_positions) + 1
    state.used_positions = row
    table[entry_index] = (key_hash << SHIFT) | np.uint64(row)
    position = state.positions[row]
    position.account = account
    position.book = index
    return row


@kernel
def release_last_position(state):
    """Undo the last `make_position`. The position must be zero."""
    row = np.int64(state.used_positions)
    position = state.positions[row]
    table = state.position_index
    key_hash = position_hash(np.int64(position.account), np.int64(position.book))
    entry_index = home_of(state, key_hash)
    while table[entry_index] != (key_hash << SHIFT) | np.uint64(row):
        entry_index = (entry_index + 1) & np.int64(table.shape[0] - 1)
    table[entry_index] = FREE
    position.account = 0
    position.book = 0
    state.used_positions = row - 1


@leaf_kernel
def missing_positions(state, account, book):
    """Number of rows that an order in this book would have to make: one for each leg without a position."""
    missing = 0
    for leg in range(book.leg_count):
        if find_position(state, account, np.int64(book.legs[leg].book)) == 0:
            missing += 1
    return missing


@leaf_kernel
def own_position(state, account, index):
    """Row of the account's position in an outright's book; 0 for a combination, which has none."""
    if state.books[index].leg_count > 1:
        return np.int64(0)
    return find_position(state, account, index)


@leaf_kernel
def open_positions(state, account, row, book):
    """Make the positions that fills in this book will change. Returns the row in an outright, 0 for a combination.

    row  the row in an outright if it is known already, else 0
    """
    if row != 0:
        return row
    for leg in range(book.leg_count):
        row = open_position(state, account, np.int64(book.legs[leg].book))
    if book.leg_count > 1:
        return np.int64(0)
    return row


@leaf_kernel
def queue_position_report(state, account, position, row):
    """Queue a position for a POS event at the end of the running command, if it is not in the queue yet."""
    if position.report_queued != 0:
        return
    position.report_queued = 1
    state.accounts[account].reports_queued += 1
    cursor = state.cursor
    if cursor.report_last == 0:
        cursor.report_first = row
    else:
        state.positions[cursor.report_last].next_report = row
    cursor.report_last = row


@leaf_kernel
def largest_possible_lots(position):
    """The largest position, long or short, that working orders can lead to: all of one side fill, none of the other
    (MARGIN-013, LIMIT-004). Lots, >= 0."""
    return max(abs(position.lots + position.working_lots[0]), abs(position.lots - position.working_lots[1]))


@leaf_kernel
def book_lots(state, account, position, row, book, lots, value):
    """Add signed lots to a position, its account's unrealised P&L and term lots, and the open interest; queue a POS.

    row    of the position
    value  sum of price * signed lots
    """
    change_lots(state, account, position, book, lots, value)
    queue_position_report(state, account, position, row)


@leaf_kernel
def change_lots(state, account, position, book, lots, value):
    """As `book_lots`, without a POS."""
    before = np.int64(position.lots)
    after = before + lots
    account_row = state.accounts[account]
    if book.term != 0:
        worst = largest_possible_lots(position)
        position.lots = after
        account_row.term_lots += largest_possible_lots(position) - worst
    position.lots = after
    position.open_value_tick_lots += value
    account_row.unrealised_pnl_mills += (book.mark_tick * lots - value) * book.hours
    # Open interest is half of all lots held, long and short. The book keeps their sum, twice that.
    book.long_and_short_lots += abs(after) - abs(before)


@kernel
def index_positions(state):
    """Rebuild the index, after rows have moved."""
    table = state.position_index
    mask = np.int64(table.shape[0] - 1)
    table[:] = FREE
    for row in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[row]
        key_hash = position_hash(np.int64(position.account), np.int64(position.book))
        entry_index = home_of(state, key_hash)
        while table[entry_index] != FREE:
            entry_index = (entry_index + 1) & mask
        table[entry_index] = (key_hash << SHIFT) | np.uint64(row)
