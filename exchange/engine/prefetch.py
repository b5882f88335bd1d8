"""Asks memory for what the next commands will touch. It changes no result, only how long they wait.

Most of a command's time is waiting for rows that lie anywhere in a state of hundreds of megabytes. A batch tells
what comes: FAR commands before its turn a command's keys are hashed and the entries of tables asked for, NEAR before
it the rows that these entries name, CLOSE before it what those rows point to, and the orders that it will meet. A wrong
guess costs nothing. Asking costs instructions: they are well spent on what a cache would not hold anyway
(`scatter_of`).
"""

import numpy as np

from exchange.book.index import LOW_32, home_bucket, order_hash, prefetch_entry
from exchange.book.layout import BOOK
from exchange.book.levels import best_row, meets, place_of, row_of, worse_place
from exchange.book.slots import SLOT_MASK
from exchange.clearing.margin import prefetch_risk
from exchange.clearing.positions import home_of, position_hash
from exchange.engine.state import POSITION_UNKNOWN, PREFETCH_COMMANDS
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import KIND_NEW
from exchange.machine import CACHE_LINE, LANES, equal_above, lowest_bit, prefetch, row_at, unlikely
from exchange.records import place_in

FAR = PREFETCH_COMMANDS
NEAR = PREFETCH_COMMANDS // 2
CLOSE = PREFETCH_COMMANDS // 4
MAKERS = 4  # so many of the prices that an aggressor meets are looked at before it trades
MANY_ORDERS = 1 << 16  # slots ever used; beyond it links and levels no longer stay in a cache of the second level
MANY_POSITIONS = 1 << 9  # rows ever used; beyond it neither do accounts and what they hold
# How far apart the rows lie that commands touch, and so what is asked for beside orders and entries of their index.
LITTLE = np.int64(0)  # nothing
OWNERS = np.int64(1)  # books, accounts, their positions and RISK rows, those of makers too
ALL = np.int64(2)  # those, levels, and what an order's row points to
SAMPLES_SHIFT = 3  # one row in each eighth of a batch is looked at, of a short batch every one
FIRST = np.int64(0)
SECOND = np.int64(1)
THIRD = np.int64(2)
STATISTICS = np.int64(place_in(BOOK, "open_tick") // CACHE_LINE)  # of a day, in a book's row
assert place_in(BOOK, "last_trade_id") // CACHE_LINE == STATISTICS and place_in(BOOK, "summary") // CACHE_LINE == THIRD


@leaf_kernel
def scatter_of(state, commands, start, stop, before):
    """ALL if there are many orders or rows `start` to `stop` name more than one book, OWNERS if there are many
    positions, else LITTLE.

    Some rows are looked at; cancels need not name a book. `before`: the last answer, for rows that tell nothing.
    """
    if state.used_orders > MANY_ORDERS:
        return ALL
    seen, named = np.int64(0), 0
    for row in range(start, stop, max((stop - start) >> SAMPLES_SHIFT, 1)):
        instrument = np.int64(row_at(commands, row).instrument)
        if seen != 0 and instrument != 0 and instrument != seen:
            return ALL
        if instrument != 0:
            seen = instrument
            named += 1
    if named < 2 and before == ALL:
        return ALL
    return OWNERS if state.used_positions > MANY_POSITIONS else LITTLE


@leaf_kernel
def _likely_row(table, line, word):
    """Row of the first entry with this hash in one line of a table: nearly always the one meant; 0 if there is none."""
    equal = equal_above(table, line, word)
    row = np.int64(table[line + (lowest_bit(equal) & (LANES - 1))] & LOW_32)
    return row * np.int64(equal != 0)


@leaf_kernel
def _prefetch_book(state, index):
    """What every order reads of its book."""
    prefetch(state.books, index, FIRST)
    prefetch(state.books, index, SECOND)
    prefetch(state.books, index, THIRD)


@leaf_kernel
def _prefetch_level(state, row):
    """A price's queue and its bit in the map of occupied prices."""
    prefetch(state.levels, row, FIRST)
    prefetch(state.occupied, row >> 6, FIRST)


@leaf_kernel
def _prefetch_prices(state, book, command):
    """The level of a command's price, if that is not 0. If it is a NEW that may meet somebody, the best opposite level
    too: then 1 is returned, else 0."""
    side, tick = np.int64(command.side & 1), np.int64(command.price)
    place = place_of(book, side, tick)
    _prefetch_level(state, row_of(book, side, place) * np.int64(tick != 0))
    met = np.int64(command.kind == KIND_NEW) & np.int64(meets(book, side, place))
    prefetch(state.levels, best_row(book, 1 - side) * met, FIRST)
    return met


@leaf_kernel
def prefetch_order(state, slot):
    """The rows of an order."""
    prefetch(state.orders, slot, FIRST)
    prefetch(state.orders, slot, SECOND)
    prefetch(state.links, slot, FIRST)


@leaf_kernel
def prefetch_owner(state, slot):
    """What a fill of an order changes beside its own rows."""
    order = state.orders[slot]
    account = np.int64(order.account)
    book = state.books[order.book]
    prefetch(state.accounts, account, FIRST)
    prefetch_risk(state, account, book)
    prefetch(state.positions, np.int64(order.position), FIRST)
    prefetch_entry(state, order_hash(order))
    link = state.links[slot]
    prefetch(state.links, np.int64(link.account_newer), FIRST)
    prefetch(state.links, np.int64(link.account_older), FIRST)


@leaf_kernel
def prefetch_far(state, command, note, scatter):
    """Hash the keys of a command, and ask for what can be found without more."""
    note.word = order_hash(command)
    prefetch_entry(state, note.word)
    if scatter != LITTLE:
        index = np.int64(command.instrument)
        account = np.int64(command.account)
        position_word = position_hash(account, index) * np.uint64(command.kind == KIND_NEW)
        note.position_word = position_word
        prefetch(state.position_index, home_of(state, position_word), FIRST)
        _prefetch_book(state, index)
        prefetch(state.accounts, account, FIRST)


@leaf_kernel
def prefetch_near(state, command, note, scatter):
    """Ask for the rows that a command begins with. No branch on its kind: which comes next is not to be guessed."""
    slot = _likely_row(state.order_index, home_bucket(note.word, np.int64(state.index_size)), note.word)
    if command.order_id != 0:
        slot = min(np.int64(command.order_id) & SLOT_MASK, np.int64(state.used_orders))
    note.slot = slot
    prefetch_order(state, slot)
    index, position, met = np.int64(command.instrument), POSITION_UNKNOWN, np.int64(0)
    if scatter != LITTLE and index < state.books.shape[0]:
        book = state.books[index]
        prefetch_risk(state, np.int64(command.account), book)
        word = np.uint64(note.position_word)
        position = _likely_row(state.position_index, home_of(state, word) & -LANES, word)
        prefetch(state.positions, position, FIRST)
        if scatter == ALL:
            met = _prefetch_prices(state, book, command)
    note.position = position
    note.meets = met


@leaf_kernel
def prefetch_close(state, command, note):
    """Ask for what the order's row points to; slot 0, of a command that has no order yet, points nowhere."""
    order = state.orders[note.slot]
    book = state.books[order.book]
    prefetch(state.positions, np.int64(order.position), FIRST)
    _prefetch_book(state, np.int64(order.book))  # a cancel need not name it
    link = state.links[note.slot]
    prefetch(state.links, np.int64(link.account_newer), FIRST)
    prefetch(state.links, np.int64(link.account_older), FIRST)
    prefetch(state.links, np.int64(link.newer), FIRST)
    prefetch(state.links, np.int64(link.older), FIRST)
    side = np.int64(order.side & 1)
    _prefetch_level(state, row_of(book, side, place_of(book, side, np.int64(order.price))))
    if unlikely(note.meets != 0):
        _prefetch_trades(state, command)


@kernel
def _prefetch_trades(state, command):
    """What an aggressor begins with."""
    index, side = np.int64(command.instrument), 1 - np.int64(command.side & 1)
    book = state.books[index]
    prefetch(state.books, index, STATISTICS)
    prefetch_makers(state, book, side, place_of(book, side, command.price), np.int64(command.lots), False)


@kernel
def prefetch_makers(state, book, side, worst, lots, owners):
    """The first order at each of the MAKERS best prices of a side, down to the place `worst` and as far as `lots` go;
    if `owners`, what their fills change beside them."""
    place = np.int64(book.best[side])
    for _ in range(MAKERS):
        if place == 0 or place < worst or lots <= 0:
            return
        level = state.levels[row_of(book, side, place)]
        lots -= level.shown_lots
        head = np.int64(level.head)
        if owners:
            prefetch_owner(state, head)
        else:
            prefetch_order(state, head)
        place = worse_place(state, book, side, place)


@leaf_kernel
def prefetch_next(state, book, side, resting, scatter):
    """The order behind the one that is about to trade, in the queue at the best place of its side or a worse one."""
    following = np.int64(state.links[resting].newer)
    if following != 0:
        if scatter != LITTLE:
            prefetch_owner(state, following)
        prefetch_order(state, np.int64(state.links[following].newer))
    elif scatter == ALL:
        place = worse_place(state, book, side, np.int64(book.best[side]))
        if place != 0:
            prefetch_order(state, np.int64(state.levels[row_of(book, side, place)].head))
