"""Queue-reactive model: rates depend on the size of the queue, and the reference price moves when queues are empty.

W. Huang, C.-A. Lehalle, M. Rosenbaum (2015), "Simulating and analyzing order book data: the queue-reactive model",
Journal of the American Statistical Association 110(509), models I and III. Queues 1 to QUEUES stand on each side of a
reference price, which lies half a tick below `reference`, the price of the first sell queue. Orders have one unit, the
average event size of the paper. A limit order joins queue i of n units at rate limit[i, n], an order in it is cancelled
at rate cancel[i, n], and a market order meets the best queue, if it is queue i with n units, at rate market[i, n].

When an event moves the mid price and the first queue on the side of the move is empty, the reference price follows by
one tick with probability `follow`. The queue that comes into reach then has a size drawn from its invariant
distribution, and the orders of the queue that goes out of reach leave. With probability `redraw` all queues are drawn
again: news from outside the book.

The default rates have the shapes of the paper's figures: limit orders come at a rate that falls slowly with the queue,
cancels grow with it and level off, market orders fall exponentially. Their figures are our own; `calibration` takes
them from a tape.
"""

from dataclasses import dataclass, field

import numpy as np

from bench.flows.book_steps import (
    ACCOUNTS,
    BOOK,
    EDGE_TICKS,
    HIGH_TICK,
    LOW_TICK,
    MID_TICK,
    lots_at,
    slot_in_queue,
    write_cancel,
    write_limit,
    write_market,
)
from bench.flows.draws import STREAM, draw_event, first_word, next_below, next_unit
from bench.flows.flow import START_NS
from bench.flows.stepping import Process
from bench.flows.zero_intelligence import fill_rows
from bench.tapes.market import PlainMarket
from exchange.errors import UserError
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL
from exchange.records import record_type

QUEUES = 3
SIZES = 40  # queue sizes 0 to SIZES - 1, the last one for all larger ones; limit orders do not come to it
CELLS = QUEUES * SIZES
EVENTS = 2 * QUEUES + 1  # of one side: limit orders, cancels, a market order that meets it
NO_MOVE, MOVE, REDRAW = 0, 1, 2

WORLD = record_type(
    [
        ("stream", STREAM),
        ("time_ns", "<i8"),
        ("reference", "<i8"),  # price of the first sell queue; the first buy queue is one tick below
        ("limit", "<f8", (CELLS,)),  # by queue and size
        ("cancel", "<f8", (CELLS,)),
        ("market", "<f8", (CELLS,)),
        ("invariant", "<f8", (CELLS,)),  # cumulated distribution of sizes
        ("follow", "<f8"),
        ("redraw", "<f8"),
        ("pending", "<i8"),  # MOVE: the last event moved the mid price, in `direction`
        ("direction", "<i8"),
        ("rates", "<f8", (2 * EVENTS,)),
    ]
)


def _default_rates() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sizes = np.arange(SIZES, dtype=float)
    limit = np.array([[1.0], [0.8], [0.7]]) * np.exp(-sizes / 60)
    cancel = np.array([[0.10], [0.05], [0.04]]) * sizes / (1 + sizes / 30)
    market = np.array([[0.9], [0.6], [0.4]]) * np.exp(-sizes / 6)
    market[:, 0] = 0.0
    limit[:, -1] = 0.0
    return limit, cancel, market


@dataclass(frozen=True)
class QueueReactive:
    """Rates a second by queue and size, shape (QUEUES, SIZES), and the two probabilities."""

    limit: np.ndarray = field(default_factory=lambda: _default_rates()[0])
    cancel: np.ndarray = field(default_factory=lambda: _default_rates()[1])
    market: np.ndarray = field(default_factory=lambda: _default_rates()[2])
    follow: float = 0.7
    redraw: float = 0.1

    def __post_init__(self) -> None:
        for table in (self.limit, self.cancel, self.market):
            if table.shape != (QUEUES, SIZES) or table.min() < 0:
                wanted = f"want rates of 0 or more, shape {(QUEUES, SIZES)}"
                raise UserError(f"queue-reactive: rates of shape {table.shape}, the least {table.min()}, {wanted}")
        if self.cancel[:, 0].any() or self.market[:, 0].any():
            raise UserError(
                "queue-reactive: a rate of cancels or market orders at size 0: nothing leaves an empty queue"
            )
        if self.limit[:, -1].any():
            raise UserError(f"queue-reactive: a rate of limit orders at size {SIZES - 1}, want 0: queues are finite")
        if not (0 <= self.follow <= 1 and 0 <= self.redraw <= 1):
            raise UserError(f"queue-reactive: follow {self.follow}, redraw {self.redraw}: a probability is in 0..1")

    @property
    def invariant(self) -> np.ndarray:
        """Distribution of the size of each queue on its own (section 2.3.2 of the paper), shape (QUEUES, SIZES).

        It takes each queue as if market orders always met it. In a run only the best queue of a side meets them, so
        the farther queues are larger than here (with the default rates by 2 to 8 %, in the mean). It is exact without
        market orders, while the reference price stays.
        """
        gone = self.cancel + self.market
        ratios = self.limit[:, :-1] / np.maximum(gone[:, 1:], 1e-12)
        weights = np.concatenate([np.ones((QUEUES, 1)), np.cumprod(ratios, axis=1)], axis=1)
        shares: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
        return shares


def queue_reactive(seed: int, model: QueueReactive | None = None) -> Process:
    """The model with each queue of its mean size."""
    model = model or QueueReactive()
    worlds = np.zeros(1, WORLD)
    worlds["stream"]["word"], worlds["time_ns"], worlds["reference"] = first_word(seed, 3), START_NS, MID_TICK + 1
    worlds["limit"], worlds["cancel"] = model.limit.ravel(), model.cancel.ravel()
    worlds["market"], worlds["invariant"] = model.market.ravel(), np.cumsum(model.invariant, axis=1).ravel()
    worlds["follow"], worlds["redraw"] = model.follow, model.redraw
    means = np.maximum(1, np.rint(model.invariant @ np.arange(SIZES))).astype(int).tolist()
    prices = [
        price
        for queue, size in enumerate(means)
        for price in (MID_TICK - queue, MID_TICK + 1 + queue)
        for _ in range(size)
    ]
    market = PlainMarket(LOW_TICK, HIGH_TICK, MID_TICK, 1, ACCOUNTS)
    return Process(market, fill_rows(prices, 1), worlds, decide, orders=2 * (QUEUES + 1) * SIZES)


@kernel
def decide(states, outs, worlds, rows, index):
    """The next event, or what follows from the last one: a move of the reference price, or a new book."""
    state, world = states[0], worlds[0]
    if world.pending != NO_MOVE:
        count = follow_price(state, world, rows, index)
        if count > 0:
            return count
    total = set_rates(state, world)
    event = draw_event(world, total, 2 * EVENTS)
    side = event // EVENTS
    write_event(state, world, rows, index, side, event - side * EVENTS)
    return 1


@kernel
def queue_price(world, side, queue):
    """Price of queue 0 to QUEUES - 1 of a side."""
    return world.reference - 1 - queue if side == SIDE_BUY else world.reference + queue


@kernel
def queue_size(state, world, side, queue):
    """Units in a queue."""
    return lots_at(state, state.books[BOOK], side, queue_price(world, side, queue))


@kernel
def best_queue(state, world, side):
    """The first queue of a side that is not empty; QUEUES if all are."""
    for queue in range(QUEUES):
        if queue_size(state, world, side, queue) > 0:
            return queue
    return QUEUES


@kernel
def set_rates(state, world):
    """Compute the rate of every event in the present book. Returns their sum."""
    total = 0.0
    for side in range(2):
        first, best = side * EVENTS, best_queue(state, world, side)
        world.rates[first + 2 * QUEUES] = 0.0
        for queue in range(QUEUES):
            cell = queue * SIZES + min(queue_size(state, world, side, queue), SIZES - 1)
            world.rates[first + queue] = world.limit[cell]
            world.rates[first + QUEUES + queue] = world.cancel[cell]
            if queue == best:
                world.rates[first + 2 * QUEUES] = world.market[cell]
        for event in range(first, first + EVENTS):
            total += world.rates[event]
    return total


@kernel
def write_event(state, world, rows, index, side, event):
    """Write the row of an event, and note whether it moves the mid price."""
    best = best_queue(state, world, side)
    queue = best if event == 2 * QUEUES else event % QUEUES
    size = queue_size(state, world, side, queue)
    towards = 1 if side == SIDE_BUY else -1  # where the mid price goes if this side gets a better price
    account = 1 + next_below(world.stream, ACCOUNTS)
    price = queue_price(world, side, queue)
    if event < QUEUES:
        write_limit(rows, index, world.time_ns, account, side, price, 1)
        moved = towards if queue < best else 0
    else:
        moved = -towards if queue == best and size == 1 else 0
        if event < 2 * QUEUES:
            slot = slot_in_queue(state, state.books[BOOK], side, price, next_below(world.stream, size))
            write_cancel(rows, index, world.time_ns, state.orders[slot])
        else:
            write_market(rows, index, world.time_ns, account, 1 - side, 1)
    if moved != 0:
        world.pending, world.direction = MOVE, moved


@kernel
def follow_price(state, world, rows, index):
    """Move the reference price if the book lets it and chance wills it. Returns the number of rows written, maybe 0."""
    if world.pending == REDRAW:
        world.pending = NO_MOVE
        return redraw_queues(state, world, rows, index)
    world.pending = NO_MOVE
    side = SIDE_SELL if world.direction > 0 else SIDE_BUY
    edge = min(world.reference - LOW_TICK, HIGH_TICK - world.reference)
    if queue_size(state, world, side, 0) > 0 or edge <= EDGE_TICKS or next_unit(world.stream) >= world.follow:
        return 0
    dropped = queue_price(world, 1 - side, QUEUES - 1)
    count = clear_queue(state, world, rows, index, 1 - side, dropped, 0)
    world.reference += world.direction
    price, wanted = queue_price(world, side, QUEUES - 1), draw_size(world, QUEUES - 1)
    count += fill_queue(world, rows, index + count, side, price, wanted)
    if next_unit(world.stream) < world.redraw:
        world.pending = REDRAW
    return count


@kernel
def draw_size(world, queue):
    """A size from the invariant distribution of a queue."""
    point, size = next_unit(world.stream), 0
    while size < SIZES - 1 and point >= world.invariant[queue * SIZES + size]:
        size += 1
    return size


@kernel
def redraw_queues(state, world, rows, index):
    """Give every queue a size drawn from its invariant distribution: the last orders leave, or new ones join."""
    count = 0
    for side in range(2):
        for queue in range(QUEUES):
            price, size = queue_price(world, side, queue), queue_size(state, world, side, queue)
            wanted = draw_size(world, queue)
            count += clear_queue(state, world, rows, index + count, side, price, wanted)
            count += fill_queue(world, rows, index + count, side, price, wanted - size)
    return count


@kernel
def clear_queue(state, world, rows, index, side, price, kept):
    """Cancel the orders of a queue behind its first `kept` ones. Returns the number of rows written."""
    size = lots_at(state, state.books[BOOK], side, price)
    if size <= kept:
        return 0
    slot = slot_in_queue(state, state.books[BOOK], side, price, kept)
    for count in range(size - kept):
        write_cancel(rows, index + count, world.time_ns, state.orders[slot])
        slot = np.int64(state.links[slot].newer)
    return size - kept


@kernel
def fill_queue(world, rows, index, side, price, wanted):
    """Enter `wanted` orders of one unit. Returns the number of rows written."""
    for count in range(max(wanted, 0)):
        account = 1 + next_below(world.stream, ACCOUNTS)
        write_limit(rows, index + count, world.time_ns, account, side, price, 1)
    return max(wanted, 0)
