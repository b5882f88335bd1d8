"""(account, client order id) -> slot: open addressing with linear probing, as large as the live orders need.

An entry is `hash << 32 | slot` in one word, 0 free: a probe reads an order row only when 32 bits of hash agree.
Tables of 64, 128, 256 ... entries lie one behind the other, a table of n from entry n on. When one is a quarter full
the next larger takes over: entries move a few at a time, with every order entered, so no command ever waits for a
rehash, and a venue of few orders keeps its index in the processor's cache. While they move, both are looked at. A
quarter, because a first probe then nearly always ends the search: a loop of unknown length is a branch guessed wrong.
"""

import numpy as np

from exchange.codes import OrderState
from exchange.kernel import kernel, leaf_kernel

MULTIPLY_A = np.uint64(0x9E3779B97F4A7C15)
MULTIPLY_B = np.uint64(0xBF58476D1CE4E5B9)
MULTIPLY_C = np.uint64(0x94D049BB133111EB)
SHIFT_32 = np.uint64(32)
SHIFT_29 = np.uint64(29)
LOW_32 = np.uint64(0xFFFFFFFF)
ZERO = np.uint64(0)
MOVED = np.uint64(1) << SHIFT_32  # an entry that left an old table: slot 0, so nobody's, but not free
MOVES_PER_ENTRY = 8
ENTRIES_PER_ORDER = 4
FREE = np.int64(OrderState.NONE)


@leaf_kernel
def key_hash(account, first, second, third):
    """32-bit hash of the key, as uint64."""
    word = (first ^ (np.uint64(account) * MULTIPLY_A)) * MULTIPLY_B
    word = ((word ^ (word >> SHIFT_29)) + second) * MULTIPLY_C
    word = ((word ^ (word >> SHIFT_32)) + third) * MULTIPLY_A
    return (word ^ (word >> SHIFT_32)) & LOW_32


@leaf_kernel
def order_hash(order):
    """The `key_hash` of an order's or command's own key."""
    return key_hash(np.int64(order.account), order.client_order_id_0, order.client_order_id_1, order.client_order_id_2)


@leaf_kernel
def has_client_order_id(order):
    """Rows of tapes may have none; such orders are found by order id alone."""
    return order.client_order_id_0 != ZERO


@leaf_kernel
def _spot_of_key(state, size, word, account, first, second, third):
    """Entry of the key in the table of this size, 0 if it is not there (entry 0 is in no table)."""
    table = state.order_index
    mask = size - 1
    spot = np.int64(word) & mask
    while table[size + spot] != ZERO:
        entry = table[size + spot]
        if entry >> SHIFT_32 == word:
            order = state.orders[np.int64(entry & LOW_32)]
            if (
                order.client_order_id_0 == first
                and order.client_order_id_1 == second
                and order.client_order_id_2 == third
                and order.account == account
                and order.state != FREE
            ):
                return size + spot
        spot = (spot + 1) & mask
    return np.int64(0)


@leaf_kernel
def find_hashed(state, word, account, first, second, third):
    """Slot of the account's live order with this client order id, 0 if none. `word` is the `key_hash`."""
    spot = _spot_of_key(state, np.int64(state.index_size), word, account, first, second, third)
    if spot == 0 and state.index_old_size != 0:
        spot = _spot_of_key(state, np.int64(state.index_old_size), word, account, first, second, third)
    return np.int64(state.order_index[spot] & LOW_32)


@kernel
def find_client_order(state, account, first, second, third):
    """As `find_hashed`, hashing first."""
    return find_hashed(state, key_hash(account, first, second, third), account, first, second, third)


@leaf_kernel
def _put(state, size, entry):
    """Write an entry into the first free spot of its probe sequence."""
    table = state.order_index
    mask = size - 1
    spot = np.int64(entry >> SHIFT_32) & mask
    while table[size + spot] != ZERO:
        spot = (spot + 1) & mask
    table[size + spot] = entry


@kernel
def _move_some(state):
    """Carry a few entries from the old table to the present one."""
    table = state.order_index
    old = np.int64(state.index_old_size)
    for _ in range(MOVES_PER_ENTRY):
        entry = table[old + state.index_moved]
        if entry & LOW_32 != ZERO:
            _put(state, np.int64(state.index_size), entry)
        table[old + state.index_moved] = ZERO if entry == ZERO else MOVED
        state.index_moved += 1
        if state.index_moved == old:
            state.index_old_size = 0
            state.index_moved = 0
            return


@leaf_kernel
def make_room(state):
    """Before an entry is added: start the next larger table if this one is a quarter full; go on moving."""
    if state.index_old_size != 0:
        _move_some(state)
    elif ENTRIES_PER_ORDER * state.index_entries >= state.index_size:
        state.index_old_size = state.index_size
        state.index_size = 2 * state.index_size


@leaf_kernel
def add_client_order(state, slot, word):
    """Enter an order whose key is known to be free. `word` is the key's `key_hash`."""
    make_room(state)
    _put(state, np.int64(state.index_size), (word << SHIFT_32) | np.uint64(slot))
    state.index_entries += 1


@leaf_kernel
def _close_gap(state, size, gap):
    """Free an entry and move later ones of its probe sequence back, so that no search ends early."""
    table = state.order_index
    mask = size - 1
    spot = (gap + 1) & mask
    while table[size + spot] != ZERO:
        home = np.int64(table[size + spot] >> SHIFT_32) & mask
        # An entry may move back to the gap only if its home is not behind the gap.
        if ((spot - home) & mask) >= ((spot - gap) & mask):
            table[size + gap] = table[size + spot]
            gap = spot
        spot = (spot + 1) & mask
    table[size + gap] = ZERO


@leaf_kernel
def remove_client_order(state, slot, word):
    """Take an order's entry out. `word` is the key's `key_hash`."""
    table = state.order_index
    entry = (word << SHIFT_32) | np.uint64(slot)
    size = np.int64(state.index_size)
    spot = np.int64(word) & (size - 1)
    while table[size + spot] != entry and table[size + spot] != ZERO:
        spot = (spot + 1) & (size - 1)
    if table[size + spot] == entry:
        _close_gap(state, size, spot)
    else:
        _mark_moved(state, word, entry)
    state.index_entries -= 1


@kernel
def _mark_moved(state, word, entry):
    """Take an entry out of the old table; its spot stays taken, as the move goes on from where it is."""
    table = state.order_index
    size = np.int64(state.index_old_size)
    spot = np.int64(word) & (size - 1)
    while table[size + spot] != entry:
        spot = (spot + 1) & (size - 1)
    table[size + spot] = MOVED
