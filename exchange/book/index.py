"""(account, client order id) -> slot: open addressing with linear probing, no tombstones.

An entry is `hash << 32 | slot` in one word, 0 free: a probe reads an order row only when 32 bits of hash agree, and
deletion moves later entries back without touching the orders. The table is at most half full (limits.py).
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel

MULTIPLY_A = np.uint64(0x9E3779B97F4A7C15)
MULTIPLY_B = np.uint64(0xBF58476D1CE4E5B9)
MULTIPLY_C = np.uint64(0x94D049BB133111EB)
SHIFT_32 = np.uint64(32)
SHIFT_29 = np.uint64(29)
LOW_32 = np.uint64(0xFFFFFFFF)
ZERO = np.uint64(0)


@leaf_kernel
def key_hash(account, first, second, third):
    """32-bit hash of the key, as uint64."""
    word = (first ^ (np.uint64(account) * MULTIPLY_A)) * MULTIPLY_B
    word = ((word ^ (word >> SHIFT_29)) + second) * MULTIPLY_C
    word = ((word ^ (word >> SHIFT_32)) + third) * MULTIPLY_A
    return (word ^ (word >> SHIFT_32)) & LOW_32


@leaf_kernel
def find_hashed(state, word, account, first, second, third):
    """Slot of the account's live order with this client order id, 0 if none. `word` is the `key_hash`."""
    table = state.order_index
    mask = np.int64(table.shape[0] - 1)
    spot = np.int64(word) & mask
    while table[spot] != ZERO:
        if table[spot] >> SHIFT_32 == word:
            slot = np.int64(table[spot] & LOW_32)
            order = state.orders[slot]
            if (
                order.client_order_id_0 == first
                and order.client_order_id_1 == second
                and order.client_order_id_2 == third
                and order.account == account
            ):
                return slot
        spot = (spot + 1) & mask
    return np.int64(0)


@kernel
def find_client_order(state, account, first, second, third):
    """As `find_hashed`, hashing first."""
    return find_hashed(state, key_hash(account, first, second, third), account, first, second, third)


@leaf_kernel
def has_client_order_id(order):
    """Rows of tapes may have none; such orders are found by order id alone."""
    return order.client_order_id_0 != ZERO


@leaf_kernel
def add_client_order(state, slot, word):
    """Enter an order whose key is known to be free. `word` is the key's `key_hash`."""
    table = state.order_index
    mask = np.int64(table.shape[0] - 1)
    spot = np.int64(word) & mask
    while table[spot] != ZERO:
        spot = (spot + 1) & mask
    table[spot] = (word << SHIFT_32) | np.uint64(slot)


@leaf_kernel
def remove_client_order(state, slot):
    """Take an order's entry out and close the gap it leaves."""
    order = state.orders[slot]
    table = state.order_index
    mask = np.int64(table.shape[0] - 1)
    word = key_hash(order.account, order.client_order_id_0, order.client_order_id_1, order.client_order_id_2)
    entry = (word << SHIFT_32) | np.uint64(slot)
    gap = np.int64(word) & mask
    while table[gap] != entry:
        gap = (gap + 1) & mask
    spot = (gap + 1) & mask
    while table[spot] != ZERO:
        home = np.int64(table[spot] >> SHIFT_32) & mask
        # An entry may move back to the gap only if its home is not behind the gap.
        if ((spot - home) & mask) >= ((spot - gap) & mask):
            table[gap] = table[spot]
            gap = spot
        spot = (spot + 1) & mask
    table[gap] = ZERO
