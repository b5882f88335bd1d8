"""Finds a live order by account and client order id: a hash table with buckets of one cache line.

An entry is one word, `hash << 32 | slot`; 0 is a free entry. A search compares all LANES entries of a bucket at once,
so it has one branch, which the processor predicts well; looking at the entries one by one takes a number of branches
that it cannot predict. A search goes on to the next bucket only if a bucket is full. It reads an ORDER row only if the
32 bits of hash agree.

`state.order_index` holds tables of 64, 128, 256 ... entries one behind the other; the table of n entries begins at
entry n. When a table is filled to a third, the next larger one takes its place. Each new order then moves one bucket,
so that no command waits for a whole rehash; until all buckets have moved, a search looks at both tables. A venue with
few orders thus keeps its index in the processor's cache. At a third a bucket has 8 / 3 entries on average, and fewer
than 1 bucket in 100 is full.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import ORDER_STATE_NONE
from exchange.limits import ENTRIES_PER_ORDER
from exchange.machine import LANES, equal_above, equal_lanes, lowest_bit, prefetch

MULTIPLY_A = np.uint64(0x9E3779B97F4A7C15)
MULTIPLY_B = np.uint64(0xBF58476D1CE4E5B9)
MULTIPLY_C = np.uint64(0x94D049BB133111EB)
SHIFT_32 = np.uint64(32)
SHIFT_29 = np.uint64(29)
LOW_32 = np.uint64(0xFFFFFFFF)
ZERO = np.uint64(0)
MOVED = np.uint64(1) << SHIFT_32  # an entry that has left an old table: it names no order, but is not free
ALL_LANES = np.int64((1 << LANES) - 1)


@leaf_kernel
def hash_key(account, first, second, third):
    """32-bit hash of an account and the three words of a client order id, as uint64."""
    word = (first ^ (np.uint64(account) * MULTIPLY_A)) * MULTIPLY_B
    word = ((word ^ (word >> SHIFT_29)) + second) * MULTIPLY_C
    word = ((word ^ (word >> SHIFT_32)) + third) * MULTIPLY_A
    return (word ^ (word >> SHIFT_32)) & LOW_32


@leaf_kernel
def order_hash(order):
    """The key hash of an order or command."""
    return hash_key(np.int64(order.account), order.client_order_id_0, order.client_order_id_1, order.client_order_id_2)


@leaf_kernel
def has_client_order_id(order):
    """Whether an order or command has a client order id. Orders of a tape may have none, only an order id."""
    return order.client_order_id_0 != ZERO


@leaf_kernel
def home_bucket(key_hash, size):
    """First entry of the bucket where a search begins.

    key_hash  result of `hash_key`
    size      entries of the table
    """
    return size + (np.int64(key_hash) & (size - LANES))


@leaf_kernel
def prefetch_entry(state, key_hash):
    """Prefetch the bucket where a search begins, in each table in use. `key_hash`: result of `hash_key`."""
    prefetch(state.order_index, home_bucket(key_hash, np.int64(state.index_size)), np.int64(0))
    if state.index_old_size != 0:
        prefetch(state.order_index, home_bucket(key_hash, np.int64(state.index_old_size)), np.int64(0))


@leaf_kernel
def _next_bucket(bucket, size):
    return size + ((bucket + LANES) & (size - 1))


@leaf_kernel
def _is_full(table, bucket):
    return equal_lanes(table, bucket, ZERO) == 0


@leaf_kernel
def has_key(order, account, first, second, third):
    """Whether this is the account's live order with this client order id."""
    return (
        order.client_order_id_0 == first
        and order.client_order_id_1 == second
        and order.client_order_id_2 == third
        and order.account == account
        and order.state != ORDER_STATE_NONE
    )


@leaf_kernel
def _slot_of_key(state, size, key_hash, account, first, second, third):
    """As `find_hashed`, in the table of `size` entries only."""
    table = state.order_index
    bucket = home_bucket(key_hash, size)
    while True:
        equal = equal_above(table, bucket, key_hash)
        while equal != 0:
            slot = np.int64(table[bucket + lowest_bit(equal)] & LOW_32)
            if has_key(state.orders[slot], account, first, second, third):
                return slot
            equal &= equal - 1
        if not _is_full(table, bucket):
            return np.int64(0)
        bucket = _next_bucket(bucket, size)


@leaf_kernel
def find_hashed(state, key_hash, account, first, second, third):
    """Slot of the account's live order with this client order id, 0 if none. `key_hash`: result of `hash_key`."""
    slot = _slot_of_key(state, np.int64(state.index_size), key_hash, account, first, second, third)
    if slot == 0 and state.index_old_size != 0:
        slot = _slot_of_key(state, np.int64(state.index_old_size), key_hash, account, first, second, third)
    return slot


@leaf_kernel
def _is_surely_not_in(state, size, key_hash):
    bucket = home_bucket(key_hash, size)
    taken = equal_above(state.order_index, bucket, key_hash)
    return taken == 0 and not _is_full(state.order_index, bucket)


@leaf_kernel
def find_free_entry(state, key_hash):
    """Number of a free entry for a new key, if a look at its home bucket proves that no live order has the key; else 0.

    The proof is that the bucket is not full and no entry in it has the hash. It nearly always succeeds. After 0 the
    caller has to search with `is_taken`. `key_hash`: result of `hash_key`.
    """
    table, old = state.order_index, np.int64(state.index_old_size)
    bucket = home_bucket(key_hash, np.int64(state.index_size))
    taken = equal_above(table, bucket, key_hash)
    free = equal_lanes(table, bucket, ZERO)
    if taken != 0 or free == 0 or (old != 0 and not _is_surely_not_in(state, old, key_hash)):
        return np.int64(0)
    return bucket + lowest_bit(free)


@leaf_kernel
def is_taken(state, command, key_hash):
    """Whether the account of a NEW has a live order with its client order id. `key_hash`: the NEW's `order_hash`."""
    first, second, third = command.client_order_id_0, command.client_order_id_1, command.client_order_id_2
    return find_hashed(state, key_hash, np.int64(command.account), first, second, third) != 0


@kernel
def find_client_order(state, account, first, second, third):
    """As `find_hashed`, without the hash."""
    return find_hashed(state, hash_key(account, first, second, third), account, first, second, third)


@leaf_kernel
def _put(state, size, entry):
    """Write an entry into its home bucket, or the first one after it that is not full."""
    table = state.order_index
    bucket = home_bucket(entry >> SHIFT_32, size)
    free = equal_lanes(table, bucket, ZERO)
    while free == 0:
        bucket = _next_bucket(bucket, size)
        free = equal_lanes(table, bucket, ZERO)
    table[bucket + lowest_bit(free)] = entry


@kernel
def _move_bucket(state):
    """Move a bucket from the old table to the present one. The old entries become MOVED, not free: the bucket stays
    full, so that searches in the old table still go past it."""
    table = state.order_index
    old = np.int64(state.index_old_size)
    first = old + state.index_moved
    taken = ALL_LANES ^ equal_lanes(table, first, ZERO)
    while taken != 0:
        entry_index = first + lowest_bit(taken)
        entry = table[entry_index]
        if entry != MOVED:
            _put(state, np.int64(state.index_size), entry)
            table[entry_index] = MOVED
        taken &= taken - 1
    state.index_moved += LANES
    if state.index_moved == old:
        state.index_old_size = 0
        state.index_moved = 0


@leaf_kernel
def _has_space(state):
    """Whether less than a third of the present table is taken."""
    return ENTRIES_PER_ORDER * state.index_entries < state.index_size


@kernel
def make_space(state):
    """Call this before an entry is added. It moves one bucket of the old table; or, if there is no old table and a
    third of the present one is taken, it starts the next larger table."""
    if state.index_old_size != 0:
        _move_bucket(state)
    elif not _has_space(state):
        state.index_old_size = state.index_size
        state.index_size = 2 * state.index_size


@leaf_kernel
def add_client_order(state, slot, key_hash, entry_index):
    """Add an order. No live order may have its key.

    key_hash     its `order_hash`
    entry_index  the result of `find_free_entry` if the index has not changed since; else 0
    """
    entry = (key_hash << SHIFT_32) | np.uint64(slot)
    if entry_index != 0 and state.index_old_size == 0 and _has_space(state):
        state.order_index[entry_index] = entry
    else:
        make_space(state)
        _put(state, np.int64(state.index_size), entry)
    state.index_entries += 1


@leaf_kernel
def remove_client_order(state, slot, key_hash):
    """Remove an order's entry. `key_hash`: its `order_hash`."""
    table = state.order_index
    entry = (key_hash << SHIFT_32) | np.uint64(slot)
    bucket = home_bucket(key_hash, np.int64(state.index_size))
    equal = equal_lanes(table, bucket, entry)
    if equal != 0 and not _is_full(table, bucket):
        table[bucket + lowest_bit(equal)] = ZERO
    else:
        _remove_displaced(state, entry)
    state.index_entries -= 1


@kernel
def _remove_displaced(state, entry):
    """Remove an entry that is in a full bucket, in a bucket after its home bucket, or in the old table."""
    table = state.order_index
    size = np.int64(state.index_size)
    bucket = home_bucket(entry >> SHIFT_32, size)
    equal = equal_lanes(table, bucket, entry)
    while equal == 0 and _is_full(table, bucket):
        bucket = _next_bucket(bucket, size)
        equal = equal_lanes(table, bucket, entry)
    if equal != 0:
        _close_gap(state, size, bucket, bucket + lowest_bit(equal))
    else:
        _mark_moved(state, entry)


@kernel
def _close_gap(state, size, gap_bucket, gap):
    """Free entry `gap` of bucket `gap_bucket`.

    If the bucket was full, an entry that had to go to a later bucket moves into the gap, and so on: a search ends at a
    bucket that is not full, so it would miss that entry otherwise.
    """
    table = state.order_index
    was_full = _is_full(table, gap_bucket)
    table[gap] = ZERO
    bucket = gap_bucket
    while was_full:
        bucket = _next_bucket(bucket, size)
        was_full = _is_full(table, bucket)
        for lane in range(LANES):
            entry = table[bucket + lane]
            home = home_bucket(entry >> SHIFT_32, size)
            # An entry may move back only if its home bucket is not after the gap.
            if entry != ZERO and ((bucket - home) & (size - 1)) >= ((bucket - gap_bucket) & (size - 1)):
                table[gap] = entry
                gap_bucket, gap = bucket, bucket + lane
                table[gap] = ZERO
                break


@kernel
def _mark_moved(state, entry):
    """Remove an entry from the old table. It becomes MOVED, for the reason given in `_move_bucket`."""
    table = state.order_index
    size = np.int64(state.index_old_size)
    bucket = home_bucket(entry >> SHIFT_32, size)
    equal = equal_lanes(table, bucket, entry)
    while equal == 0:
        bucket = _next_bucket(bucket, size)
        equal = equal_lanes(table, bucket, entry)
    table[bucket + lowest_bit(equal)] = MOVED
