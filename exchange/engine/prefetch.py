"""Asks memory for the rows that the next commands of a batch will use. Results do not depend on it.

A command spends most of its time waiting for rows of a state of hundreds of megabytes. So three stages run ahead of it.
FAR commands ahead, its keys are hashed and entries of hash tables are prefetched. NEAR commands ahead, the rows that
these entries name. CLOSE commands ahead, what those rows point to, and the orders that it will trade with.

A row prefetched in vain does no harm but takes instructions. So rows are prefetched only if the cache is unlikely to
hold them already: see `choose_prefetch`.

Without prefetching the mixed flow of `gpux bench` takes 2.1 times as long and 1,000 books 2.6 times. `PREFETCH = False`
in `machine.py` switches it off.
"""

import numpy as np

from exchange.book.index import LOW_32, home_bucket, order_hash, prefetch_entry
from exchange.book.layout import BOOK
from exchange.book.levels import best_row, crosses_at, place_of, row_of, worse_place
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
MAKERS = 4  # price levels whose first orders are prefetched before an aggressor trades
MANY_ORDERS = 1 << 16  # order slots ever used; with more, links and levels do not fit into a second-level cache
MANY_POSITIONS = 1 << 9  # positions; with more, accounts and their positions do not fit either
# The extent of a batch: what is prefetched for it.
PREFETCH_ORDERS = np.int64(0)  # only orders and their index
PREFETCH_OWNERS = np.int64(1)  # these; books, accounts, positions and RISK rows, also of resting orders that trade
PREFETCH_ALL = np.int64(2)  # all these, levels, and what an ORDER row points to
SAMPLES_SHIFT = 3  # `choose_prefetch` looks at 8 rows of a batch, or at all of a shorter one
# Numbers of cache lines in a row.
FIRST = np.int64(0)
SECOND = np.int64(1)
THIRD = np.int64(2)
STATISTICS_LINE = np.int64(place_in(BOOK, "open_tick") // CACHE_LINE)  # cache line of the day's statistics in BOOK
assert place_in(BOOK, "last_trade_id") // CACHE_LINE == STATISTICS_LINE, "the statistics lie in one cache line of BOOK"
assert place_in(BOOK, "summary") // CACHE_LINE == THIRD, "the summary begins in the third cache line of BOOK"


@leaf_kernel
def choose_prefetch(state, commands, start, stop, before):
    """Choose the extent for rows `start` to `stop`: PREFETCH_ALL if the state has many orders or the rows name several
    books, PREFETCH_OWNERS if it has many positions, else PREFETCH_ORDERS.

    before   result for the last batch; PREFETCH_ALL is kept if the sampled rows name no book, because cancels need not
    """
    if state.used_orders > MANY_ORDERS:
        return PREFETCH_ALL
    seen, named = np.int64(0), 0
    for row in range(start, stop, max((stop - start) >> SAMPLES_SHIFT, 1)):
        instrument = np.int64(row_at(commands, row).instrument)
        if seen != 0 and instrument != 0 and instrument != seen:
            return PREFETCH_ALL
        if instrument != 0:
            seen = instrument
            named += 1
    if named < 2 and before == PREFETCH_ALL:
        return PREFETCH_ALL
    return PREFETCH_OWNERS if state.used_positions > MANY_POSITIONS else PREFETCH_ORDERS


@leaf_kernel
def _likely_row(table, line, key_hash):
    """Row of the first entry with this hash in one cache line of a hash table, 0 if there is none. It is nearly always
    the row that a search would find.

    line      first entry of the cache line
    key_hash  32-bit hash
    """
    equal = equal_above(table, line, key_hash)
    row = np.int64(table[line + (lowest_bit(equal) & (LANES - 1))] & LOW_32)
    return row * np.int64(equal != 0)


@leaf_kernel
def _prefetch_book(state, index):
    """Prefetch the cache lines of a book that every order reads."""
    prefetch(state.books, index, FIRST)
    prefetch(state.books, index, SECOND)
    prefetch(state.books, index, THIRD)


@leaf_kernel
def _prefetch_level(state, row):
    """Prefetch a level and its word in the bitmap of occupied places."""
    prefetch(state.levels, row, FIRST)
    prefetch(state.occupied, row >> 6, FIRST)


@leaf_kernel
def _prefetch_prices(state, book, command):
    """Prefetch the level of a command's price, if that is not 0; for a NEW that crosses, also the best opposite
    level. Returns 1 for such a NEW, else 0."""
    side, tick = np.int64(command.side & 1), np.int64(command.price)
    place = place_of(book, side, tick)
    _prefetch_level(state, row_of(book, side, place) * np.int64(tick != 0))
    crossing = np.int64(command.kind == KIND_NEW) & np.int64(crosses_at(book, side, place))
    prefetch(state.levels, best_row(book, 1 - side) * crossing, FIRST)
    return crossing


@leaf_kernel
def prefetch_order(state, slot):
    """Prefetch an order's row and its links."""
    prefetch(state.orders, slot, FIRST)
    prefetch(state.orders, slot, SECOND)
    prefetch(state.links, slot, FIRST)


@leaf_kernel
def prefetch_owner(state, slot):
    """Prefetch what a fill of an order changes beside the order: account, RISK row, position, entry of the index, links
    of its account's list."""
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
def prefetch_far(state, command, note, extent):
    """First stage: write the hashes of a command's keys to `note`; prefetch the hash table entries, book and account.

    note   PREFETCH_NOTE row of the command
    """
    note.key_hash = order_hash(command)
    prefetch_entry(state, note.key_hash)
    if extent != PREFETCH_ORDERS:
        index = np.int64(command.instrument)
        account = np.int64(command.account)
        hashed = position_hash(account, index) * np.uint64(command.kind == KIND_NEW)
        note.position_hash = hashed
        prefetch(state.position_index, home_of(state, hashed), FIRST)
        _prefetch_book(state, index)
        prefetch(state.accounts, account, FIRST)


@leaf_kernel
def prefetch_near(state, command, note, extent):
    """Second stage: prefetch the order, position, RISK row and level of a command, and write their rows to `note`.

    There is no branch on the kind of command, because the processor cannot predict it.
    """
    slot = _likely_row(state.order_index, home_bucket(note.key_hash, np.int64(state.index_size)), note.key_hash)
    if command.order_id != 0:
        slot = min(np.int64(command.order_id) & SLOT_MASK, np.int64(state.used_orders))
    note.slot = slot
    prefetch_order(state, slot)
    index, position, crossing = np.int64(command.instrument), POSITION_UNKNOWN, np.int64(0)
    if extent != PREFETCH_ORDERS and index < state.books.shape[0]:
        book = state.books[index]
        prefetch_risk(state, np.int64(command.account), book)
        hashed = np.uint64(note.position_hash)
        position = _likely_row(state.position_index, home_of(state, hashed) & -LANES, hashed)
        prefetch(state.positions, position, FIRST)
        if extent == PREFETCH_ALL:
            crossing = _prefetch_prices(state, book, command)
    note.position = position
    note.crosses = crossing


@leaf_kernel
def prefetch_close(state, command, note):
    """Third stage: prefetch what the ORDER row points to. Slot 0, of a command without an order, points to row 0."""
    order = state.orders[note.slot]
    book = state.books[order.book]
    prefetch(state.positions, np.int64(order.position), FIRST)
    _prefetch_book(state, np.int64(order.book))  # a cancel need not name its instrument
    link = state.links[note.slot]
    prefetch(state.links, np.int64(link.account_newer), FIRST)
    prefetch(state.links, np.int64(link.account_older), FIRST)
    prefetch(state.links, np.int64(link.newer), FIRST)
    prefetch(state.links, np.int64(link.older), FIRST)
    side = np.int64(order.side & 1)
    _prefetch_level(state, row_of(book, side, place_of(book, side, np.int64(order.price))))
    if unlikely(note.crosses != 0):
        _prefetch_trades(state, command)


@kernel
def _prefetch_trades(state, command):
    """Prefetch what the first trades of an aggressor need."""
    index, side = np.int64(command.instrument), 1 - np.int64(command.side & 1)
    book = state.books[index]
    prefetch(state.books, index, STATISTICS_LINE)
    prefetch_makers(state, book, side, place_of(book, side, command.price), np.int64(command.lots), False)


@kernel
def prefetch_makers(state, book, side, worst, lots, owners):
    """Prefetch the first order at each of the MAKERS best prices of a side, until `lots` are covered.

    worst    place of the worst price to look at
    owners   True: prefetch what the orders' fills change (`prefetch_owner`) instead of the orders
    """
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
def prefetch_next(state, book, side, resting, extent):
    """Prefetch the order that will trade after `resting`, which is the oldest at the best price of a side."""
    following = np.int64(state.links[resting].newer)
    if following != 0:
        if extent != PREFETCH_ORDERS:
            prefetch_owner(state, following)
        prefetch_order(state, np.int64(state.links[following].newer))
    elif extent == PREFETCH_ALL:
        place = worse_place(state, book, side, np.int64(book.best[side]))
        if place != 0:
            prefetch_order(state, np.int64(state.levels[row_of(book, side, place)].head))
