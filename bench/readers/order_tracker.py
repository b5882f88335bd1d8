"""The compiled converter of order messages to commands. It knows every order and queue, so that an execution of the
first order of the best level becomes an aggressor (IOC), and any other execution only makes its order smaller.

An order that is larger than the exchange allows becomes several *parts* with ids like `77.1`, one after the other in
the queue. The tracker shares no code with the exchange's book. Slot 0 means none.
"""

import numpy as np

from bench.readers.order_messages import ADD, CLEAR, DELETE, EXECUTE, MODIFY, NOTICE, REPLACE
from bench.readers.order_tables import BUY, find, home, link, unlink
from exchange.codes import CommandFlag, CommandKind, TimeInForce
from exchange.kernel import kernel, leaf_kernel
from exchange.machine import clear_row, prefetch
from exchange.records import record_type
from exchange.units import ORDER_LOTS_MAX

# Why a message gives no command, or another one than the file says.
REASONS = (
    "order outside the price bounds",
    "order that crosses the book",
    "of an unknown order",
    "of an order that was skipped",
    "order id that rests already: the earlier order is cancelled",
    "of more lots than the order has",
    "execution of an order that is not first at the best price: only made smaller",
    "order without lots",
)
SKIPPED_REASONS = frozenset(REASONS[i] for i in (0, 1, 2, 3, 7))
OUTSIDE, CROSSING, UNKNOWN, OF_SKIPPED, DUPLICATE, CLAMPED, NOT_FIRST, NO_LOTS = range(len(REASONS))
OWNERS = 24  # accounts 1 to 24 own resting orders, the next 24 own aggressors
ENTRY_AHEAD, PART_AHEAD = 16, 6  # messages whose rows are asked for ahead
DOT, AGGRESSOR = ord("."), ord("x")
NEW, CANCEL, CHANGE = int(CommandKind.NEW), int(CommandKind.CANCEL), int(CommandKind.REPLACE)
GTC, IOC, DAY = int(TimeInForce.GTC), int(TimeInForce.IOC), int(TimeInForce.DAY)
KEEP_PRICE = int(CommandFlag.KEEP_PRICE)

TRACKER = record_type(
    [(name, "<i8") for name in ("rows", "entered", "aggressors", "free", "slots", "low_tick", "silent", "spare")]
)


DIGITS_MAX = 2 * 20  # of the two numbers in a client order id, 64 bits each


@kernel
def convert_messages(messages, start, stop, parts, queues, best, occupied, entries, state, counts, rows):
    """Convert messages[start:stop] and write COMMAND rows after the first state[0].rows, in place.

    parts    PART, one for each part that can live at a time, and slot 0
    queues   QUEUE, shape (books, 2, ticks + 2);  best: places of the best prices, shape (books, 2)
    occupied  a bit for each place that has orders, in words of 64, shape (books, 2, words)
    entries  ENTRY, shape (a power of two,), at most half full
    rows     COMMAND, long enough, of any content
    counts   by reason: number, and index of the first message plus 1, shape (reasons, 2)
    """
    tracker = state[0]
    for index in range(start, stop):
        if index + ENTRY_AHEAD < stop:
            prefetch(entries, home(named(messages[index + ENTRY_AHEAD]), entries), 0)
            prefetch(parts, entries[home(named(messages[index + PART_AHEAD]), entries)].slot, 0)
        message = messages[index]
        kind = message.kind
        if kind == CLEAR:
            clear(message, parts, queues, best, occupied, entries, tracker, rows)
            continue
        place = find(named(message), entries)
        if kind == ADD:
            if entries[place].slot:
                count(counts, DUPLICATE, index)
                cancel(message, place, message.lots, True, parts, queues, best, occupied, entries, tracker, rows)
            side = np.int64(message.side)
            enter(message, index, side, place, parts, queues, best, occupied, entries, tracker, counts, rows)
        elif not entries[place].slot:
            skipped = entries[place].used and entries[place].skipped
            if skipped and kind in (REPLACE, MODIFY):
                side, entries[place].skipped = np.int64(entries[place].side), 0
                place = find(message.order_id, entries)
                enter(message, index, side, place, parts, queues, best, occupied, entries, tracker, counts, rows)
            else:
                count(counts, OF_SKIPPED if skipped else UNKNOWN, index)
                if skipped and kind == DELETE:
                    entries[place].skipped = 0
        elif kind == EXECUTE:
            execute(message, index, place, message.lots, parts, queues, best, occupied, entries, tracker, counts, rows)
        elif kind == NOTICE:
            parts[entries[place].slot].pending += message.lots
        else:
            change(message, index, place, parts, queues, best, occupied, entries, tracker, counts, rows)


@kernel
def change(message, index, place, parts, queues, best, occupied, entries, tracker, counts, rows):
    """A reduction, deletion, replacement or modification of a known order."""
    slot = entries[place].slot
    side, pending = np.int64(parts[slot].side), parts[slot].pending
    total = leaves_of(slot, parts)
    if message.kind == REPLACE:
        cancel(message, place, total, True, parts, queues, best, occupied, entries, tracker, rows)
        place = find(message.order_id, entries)
        enter(message, index, side, place, parts, queues, best, occupied, entries, tracker, counts, rows)
        return
    if message.kind == MODIFY:
        same = message.price - tracker.low_tick + 1 == parts[slot].price
        if not same or message.lots > total:
            cancel(message, place, total, True, parts, queues, best, occupied, entries, tracker, rows)
            enter(message, index, side, place, parts, queues, best, occupied, entries, tracker, counts, rows)
            return
        lots = total - message.lots
    else:
        lots = total if message.kind == DELETE else message.lots
    if lots > total:
        count(counts, CLAMPED, index)
        lots = total
    traded = min(pending, lots)
    if traded:
        parts[slot].pending -= traded
        execute(message, index, place, traded, parts, queues, best, occupied, entries, tracker, counts, rows)
        lots -= traded
    if lots:
        cancel(message, place, lots, False, parts, queues, best, occupied, entries, tracker, rows)


@kernel
def enter(message, index, side, place, parts, queues, best, occupied, entries, tracker, counts, rows):
    """Enter an order in parts, unless its price is out of bounds or would trade at once."""
    ticks = queues.shape[2] - 2
    price = message.price - tracker.low_tick + 1
    entry = entries[place]
    entry.order_id, entry.used, entry.skipped, entry.slot, entry.side = message.order_id, 1, 1, 0, side
    if message.lots <= 0:
        count(counts, NO_LOTS, index)
        return
    if price < 1 or price > ticks:
        count(counts, OUTSIDE, index)
        return
    opposite = best[message.book, 1 - side]
    if (price >= opposite) if side == BUY else (price <= opposite):
        count(counts, CROSSING, index)
        return
    entry.skipped = 0
    lots, number = message.lots, 0
    while lots > 0:
        slot = tracker.free
        if slot:
            tracker.free = parts[slot].next
        else:
            tracker.slots += 1
            slot = tracker.slots
        part = parts[slot]
        size = min(lots, ORDER_LOTS_MAX)
        part.order_id, part.price, part.book, part.side = message.order_id, price, message.book, side
        part.leaves, part.filled, part.part, part.pending = size, 0, number, 0
        tracker.entered += 1
        part.entered = tracker.entered
        link(slot, parts, queues, best, occupied)
        if number == 0:
            entry.slot = slot
        put_part(message.time_ns, NEW, slot, size, parts, tracker, rows)
        lots -= size
        number += 1


@kernel
def execute(message, index, place, lots, parts, queues, best, occupied, entries, tracker, counts, rows):
    """Trade lots of an order: an aggressor if the order is first at the best price, else the order becomes smaller."""
    while lots > 0:
        slot = entries[place].slot
        if not slot:
            count(counts, CLAMPED, index)
            return
        part = parts[slot]
        traded = min(lots, np.int64(part.leaves))
        if best[part.book, part.side] != part.price or queues[part.book, part.side, part.price].head != slot:
            count(counts, NOT_FIRST, index)
            cancel(message, place, traded, False, parts, queues, best, occupied, entries, tracker, rows)
        else:
            put_aggressor(message.time_ns, slot, traded, parts, tracker, rows)
            part.leaves -= traded
            part.filled += traded
            if not part.leaves:
                drop(place, parts, queues, best, occupied, entries, tracker)
        lots -= traded


@kernel
def cancel(message, place, lots, whole, parts, queues, best, occupied, entries, tracker, rows):
    """Cancel lots of an order, its first part first. `whole`: cancel all that is left, whatever `lots` says."""
    slot = entries[place].slot
    while slot and (whole or lots > 0):
        part = parts[slot]
        if not whole and lots < part.leaves:
            part.leaves -= lots
            put_part(message.time_ns, CHANGE, slot, part.leaves + part.filled, parts, tracker, rows)
            return
        lots -= part.leaves
        put_part(message.time_ns, CANCEL, slot, 0, parts, tracker, rows)
        part.leaves = 0
        drop(place, parts, queues, best, occupied, entries, tracker)
        slot = entries[place].slot


@kernel
def clear(message, parts, queues, best, occupied, entries, tracker, rows):
    """Cancel all orders of a book."""
    edges = (0, queues.shape[2] - 1)
    for side in range(2):
        while best[message.book, side] != edges[side]:
            slot = queues[message.book, side, best[message.book, side]].head
            place = find(parts[slot].order_id, entries)
            cancel(message, place, 0, True, parts, queues, best, occupied, entries, tracker, rows)


@leaf_kernel
def leaves_of(slot, parts):
    """Lots of all parts of an order. They follow one another in the queue."""
    name, lots = parts[slot].order_id, np.int64(0)
    while slot and parts[slot].order_id == name:
        lots += parts[slot].leaves
        slot = parts[slot].next
    return lots


@leaf_kernel
def named(message):
    """Id of the resting order that a message is about."""
    return message.old_order_id if message.kind == REPLACE else message.order_id


@leaf_kernel
def drop(place, parts, queues, best, occupied, entries, tracker):
    """Take the first part of an order out of its queue. The entry then names the next part, if there is one."""
    slot = entries[place].slot
    part = parts[slot]
    following = part.next
    unlink(slot, parts, queues, best, occupied)
    if following and parts[following].order_id == part.order_id:
        entries[place].slot = following
        parts[following].pending = part.pending
    else:
        entries[place].slot = 0
    part.next = tracker.free
    tracker.free = slot


@leaf_kernel
def count(counts, reason, index):
    """Count a message that is skipped or changed."""
    counts[reason, 0] += 1
    if counts[reason, 1] == 0:
        counts[reason, 1] = index + 1


@leaf_kernel
def next_row(tracker, rows):
    """The next COMMAND to write, of zeros."""
    row = rows[tracker.rows]
    tracker.rows += 1
    clear_row(row)
    return row


@leaf_kernel
def put_part(time_ns, kind, slot, lots, parts, tracker, rows):
    """Write a command about a part. `lots`: total lots of a NEW or REPLACE, filled lots included."""
    if tracker.silent:
        return
    part = parts[slot]
    row = next_row(tracker, rows)
    row.time_ns, row.kind, row.side = time_ns, kind, part.side
    row.tif = GTC if kind == NEW else DAY
    row.flags = KEEP_PRICE if kind == CHANGE else 0
    row.account = 1 + np.int64(part.order_id % np.uint64(OWNERS))
    row.instrument = 1 + part.book
    row.price = 0 if kind == CANCEL else part.price + tracker.low_tick - 1
    row.lots = lots
    put_name(row, part.order_id, np.uint64(DOT), np.uint64(part.part))


@leaf_kernel
def put_aggressor(time_ns, slot, lots, parts, tracker, rows):
    """Write the aggressor that trades with a part."""
    if tracker.silent:
        return
    part = parts[slot]
    tracker.aggressors += 1
    row = next_row(tracker, rows)
    row.time_ns, row.kind, row.side, row.tif = time_ns, NEW, 1 - part.side, IOC
    row.account = 1 + OWNERS + tracker.aggressors % OWNERS
    row.instrument = 1 + part.book
    row.price, row.lots = part.price + tracker.low_tick - 1, lots
    put_name(row, np.uint64(tracker.aggressors), np.uint64(AGGRESSOR), np.uint64(0))


@leaf_kernel
def put_name(row, number, letter, part):
    """Write a client order id: `77`, or `77.1` for part 1, or `x77` for an aggressor.

    Letters are put before those that are there, last digit first: all three words move up by a byte.
    """
    first, second, third = np.uint64(0), np.uint64(0), np.uint64(0)
    rest, digits = number, part != np.uint64(0)
    if digits:
        rest = part
    for _ in range(DIGITS_MAX):
        quotient = rest // np.uint64(10)
        word = rest - quotient * np.uint64(10) + np.uint64(48)
        third = third << np.uint64(8) | second >> np.uint64(56)
        second = second << np.uint64(8) | first >> np.uint64(56)
        first = first << np.uint64(8) | word
        rest = quotient
        if rest == np.uint64(0):
            if not digits and letter != np.uint64(AGGRESSOR):
                break
            third = third << np.uint64(8) | second >> np.uint64(56)
            second = second << np.uint64(8) | first >> np.uint64(56)
            first = first << np.uint64(8) | letter
            if not digits:
                break
            rest, digits = number, False
    row.client_order_id_0, row.client_order_id_1, row.client_order_id_2 = first, second, third
