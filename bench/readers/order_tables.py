"""The tables of the order tracker: parts of orders in linked queues by price, and a hash table of order ids.

Slot 0 means none. Prices are places in a ladder: tick - low_tick + 1; place 0 and the last one are its edges.
"""

import numpy as np

from exchange.codes import Side
from exchange.kernel import kernel, leaf_kernel
from exchange.machine import highest_bit, lowest_bit
from exchange.records import record_type

BUY = int(Side.BUY)
ALL_BITS = np.uint64(0xFFFFFFFFFFFFFFFF)

PART = record_type(
    [
        ("order_id", "<u8"),
        ("entered", "<i8"),  # number of the entry, which gives time priority
        ("pending", "<i8"),  # lots of notices for the order, kept at its first part
        ("price", "<i4"),  # place in the ladder: tick - low_tick + 1
        ("leaves", "<i4"),
        ("filled", "<i4"),
        ("next", "<i4"),  # in the queue, or in the list of free slots
        ("previous", "<i4"),
        ("part", "<i4"),  # 0: the order has one part so far
        ("book", "<i4"),
        ("side", "<i4"),
    ]
)
QUEUE = record_type([("head", "<i4"), ("tail", "<i4")])
ENTRY = record_type([("order_id", "<u8"), ("slot", "<i4"), ("used", "u1"), ("skipped", "u1"), ("side", "<u2")])


@leaf_kernel
def find(order_id, entries):
    """Place of an order id in the hash table: its entry, or the free one where it would be."""
    mask, place = len(entries) - 1, home(order_id, entries)
    while entries[place].used and entries[place].order_id != order_id:
        place = (place + 1) & mask
    return place


@leaf_kernel
def home(order_id, entries):
    """Place where the search for an order id begins.

    Ids of a feed ascend, so neighbours stay neighbours: their last 6 bits are kept, and the others are mixed.
    """
    mixed = (order_id >> np.uint64(6)) * np.uint64(0x9E3779B97F4A7C15)
    place = (order_id & np.uint64(63)) + ((mixed >> np.uint64(32)) << np.uint64(6))
    return np.int64(place & np.uint64(len(entries) - 1))


@leaf_kernel
def link(slot, parts, queues, best, occupied):
    """Put a part at the end of the queue of its price."""
    part = parts[slot]
    queue = queues[part.book, part.side, part.price]
    part.previous, part.next = queue.tail, 0
    if queue.tail:
        parts[queue.tail].next = slot
    else:
        queue.head = slot
        occupied[part.book, part.side, part.price >> 6] |= np.uint64(1) << np.uint64(part.price & 63)
    queue.tail = slot
    touch = best[part.book, part.side]
    best[part.book, part.side] = max(touch, part.price) if part.side == BUY else min(touch, part.price)


@leaf_kernel
def unlink(slot, parts, queues, best, occupied):
    """Take a part out of its queue, and find the next best price if that queue is empty."""
    part = parts[slot]
    queue = queues[part.book, part.side, part.price]
    if part.previous:
        parts[part.previous].next = part.next
    else:
        queue.head = part.next
    if part.next:
        parts[part.next].previous = part.previous
    else:
        queue.tail = part.previous
    if queue.head == 0:
        occupied[part.book, part.side, part.price >> 6] &= ~(np.uint64(1) << np.uint64(part.price & 63))
        if best[part.book, part.side] == part.price:
            best[part.book, part.side] = next_best(part.book, part.side, part.price, queues, occupied)


@kernel
def next_best(book, side, place, queues, occupied):
    """The best place that has orders, from `place` away from the other side; an edge of the ladder if there is none."""
    found = next_occupied(occupied[book, side], side, place)
    if found >= 0:
        return found
    return np.int64(0) if side == BUY else np.int64(queues.shape[2] - 1)


@leaf_kernel
def next_occupied(occupied, side, place):
    """The first occupied place from `place` on, away from the other side: downwards for buys, else upwards; -1: none.

    occupied   uint64 words of one side: bit `place & 63` of word `place >> 6`
    """
    word, bit = np.int64(place >> 6), np.uint64(place & 63)
    if side == BUY:
        bits = occupied[word] & (ALL_BITS >> (np.uint64(63) - bit))
        while bits == np.uint64(0):
            if word == 0:
                return np.int64(-1)
            word -= 1
            bits = occupied[word]
        return np.int64(word * 64 + highest_bit(bits))
    bits = occupied[word] & (ALL_BITS << bit)
    while bits == np.uint64(0):
        word += 1
        if word == len(occupied):
            return np.int64(-1)
        bits = occupied[word]
    return np.int64(word * 64 + lowest_bit(bits))
