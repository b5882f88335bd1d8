"""The compiled first-in-first-out book of the flow generator. It decides which order a step is about, and its trades.

It is as plain as possible: each book and side has linked queues by price, and a walk over the prices finds the next
best one. It shares no code with the exchange's book.
"""

import numpy as np

from exchange.codes import Side
from exchange.kernel import kernel
from exchange.records import record_type

ADD, CANCEL, REPLACE, AGGRESS = range(4)
TICKS = 4_096  # prices are 1 to TICKS - 2; best price 0 or TICKS - 1 means that the side is empty
MID = 2_048  # first price of an empty book
REACH_TICKS = 200  # how far an aggressor's limit lies beyond the best price
RECENT_ORDERS = 4_096
TRIES = 8  # draws of a recent order before any live order is taken
LOTS_MAX = 10
BUY = int(Side.BUY)

# A step: fields that the generator draws, and fields that the book writes.
STEP = record_type(
    [
        ("pick", "<u8"),  # which live order to cancel or replace
        ("order", "<i4"),  # number of the order, from 1
        ("price", "<i4"),
        ("lots", "<i4"),
        ("distance", "<i4"),
        ("account", "<i4"),
        ("book", "<i4"),
        ("fills", "<i4"),  # resting orders that the step trades with
        ("kind", "u1"),
        ("side", "u1"),
        ("recent", "u1"),
        ("down", "u1"),  # REPLACE: a smaller size, not a new price
    ]
)
ORDER_FIELDS = ("price", "leaves", "filled", "next", "previous", "place", "account", "book", "side", "spare")
ORDER = record_type([(name, "<i4") for name in ORDER_FIELDS])
LEVEL = record_type([("head", "<i4"), ("tail", "<i4")])
CURSOR = record_type([("entered", "<i4"), ("live", "<i4")])


@kernel
def play_steps(steps, orders, levels, best, live, cursor):
    """Play drawn steps in order. Writes order, price, lots, fills and the final kind of each step, in place."""
    state = cursor[0]
    for index in range(len(steps)):
        step = steps[index]
        if step.kind == AGGRESS and best[step.book, 1 - step.side] in (0, TICKS - 1):
            step.kind = ADD
            step.lots = 1 + step.lots % LOTS_MAX
        if state.live == 0:
            step.kind = ADD
        if step.kind == ADD:
            add_order(step, orders, levels, best, live, state)
        elif step.kind == AGGRESS:
            state.entered += 1
            step.order = state.entered
            trade(step, orders, levels, best, live, state)
        else:
            number = pick_order(step, orders, live, state)
            order = orders[number]
            step.order, step.side, step.account, step.book = number, order.side, order.account, order.book
            if step.kind == CANCEL:
                unlink(number, orders, levels, best)
                drop_live(number, orders, live, state)
            else:
                replace_order(step, orders, levels, best)


@kernel
def pick_order(step, orders, live, state):
    """Number of a live order to cancel or replace: one of the most recent ones if the step says so, else any."""
    if step.kind == CANCEL and step.recent:
        word = step.pick
        for _ in range(TRIES):
            number = state.entered - np.int64(word & np.uint64(RECENT_ORDERS - 1))
            if number > 0 and orders[number].leaves > 0 and orders[number].place > 0:
                return number
            word = word >> np.uint64(7)
    return np.int64(live[1 + np.int64((step.pick >> np.uint64(8)) % np.uint64(state.live))])


@kernel
def passive_price(step, best):
    """A price `distance` ticks behind the best price at which the order does not trade."""
    opposite = np.int64(best[step.book, 1 - step.side])
    if opposite == 0 or opposite == TICKS - 1:
        opposite = MID
    price = opposite - 1 - step.distance if step.side == BUY else opposite + 1 + step.distance
    return min(max(price, 1), TICKS - 2)


@kernel
def add_order(step, orders, levels, best, live, state):
    """Enter an order at a price that does not trade."""
    state.entered += 1
    number = state.entered
    step.order = number
    step.price = passive_price(step, best)
    order = orders[number]
    order.leaves, order.account, order.book, order.side = step.lots, step.account, step.book, step.side
    state.live += 1
    live[state.live] = number
    order.place = state.live
    link(number, step.price, orders, levels, best)


@kernel
def replace_order(step, orders, levels, best):
    """Replace an order. A smaller size keeps priority; a new price goes to the end of its queue.

    `lots` of the step becomes the new total, filled lots included (REPL-002).
    """
    order = orders[step.order]
    if step.down and order.leaves > 1:
        order.leaves -= order.leaves // 2
        step.price = order.price
    else:
        step.down = 0
        step.price = passive_price(step, best)
        if step.price != order.price:
            unlink(step.order, orders, levels, best)
            link(step.order, step.price, orders, levels, best)
    step.lots = order.leaves + order.filled


@kernel
def trade(step, orders, levels, best, live, state):
    """Trade with the best levels up to the limit price; the remainder does not rest (IOC)."""
    resting_side = 1 - step.side
    reach = REACH_TICKS if step.side == BUY else -REACH_TICKS
    step.price = min(max(best[step.book, resting_side] + reach, 1), TICKS - 2)
    left = step.lots
    while left > 0:
        price = best[step.book, resting_side]
        if price in (0, TICKS - 1) or (price > step.price if step.side == BUY else price < step.price):
            break
        number = levels[step.book, resting_side, price].head
        order = orders[number]
        traded = min(left, order.leaves)
        left -= traded
        order.leaves -= traded
        order.filled += traded
        step.fills += 1
        if order.leaves == 0:
            unlink(number, orders, levels, best)
            drop_live(number, orders, live, state)


@kernel
def link(number, price, orders, levels, best):
    """Put an order at the end of the queue of its price."""
    order = orders[number]
    level = levels[order.book, order.side, price]
    order.price, order.previous, order.next = price, level.tail, 0
    if level.tail:
        orders[level.tail].next = number
    else:
        level.head = number
    level.tail = number
    touch = best[order.book, order.side]
    best[order.book, order.side] = max(touch, price) if order.side == BUY else min(touch, price)


@kernel
def unlink(number, orders, levels, best):
    """Take an order out of its level, and find the next best price if that level is empty."""
    order = orders[number]
    level = levels[order.book, order.side, order.price]
    if order.previous:
        orders[order.previous].next = order.next
    else:
        level.head = order.next
    if order.next:
        orders[order.next].previous = order.previous
    else:
        level.tail = order.previous
    price = np.int64(best[order.book, order.side])
    away = -1 if order.side == BUY else 1
    while 0 < price < TICKS - 1 and levels[order.book, order.side, price].head == 0:
        price += away
    best[order.book, order.side] = price


@kernel
def drop_live(number, orders, live, state):
    """Take an order out of the list of live orders: the last one moves to its place."""
    last = live[state.live]
    place = orders[number].place
    live[place] = last
    orders[last].place = place
    orders[number].place = 0
    state.live -= 1
