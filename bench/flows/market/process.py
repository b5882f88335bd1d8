"""The compute market as a process: a clock that chooses what happens, and one step.

Times come from a Hawkes process over books: each event excites its own book and, less, all books of its chip (Bacry,
Mastromatteo, Muzy 2015). An event is the next child order of a parent, a look of the makers at a book, or a passive
order that comes or goes. After a trade, and after news, makers quote the books that are stale before anything else.
"""

import numpy as np

from bench.flows.book_steps import write_new
from bench.flows.draws import decay, first_word, next_below, next_exponential, next_unit
from bench.flows.market.agents import start_parent
from bench.flows.market.beliefs import impact_of, prediction, watch
from bench.flows.market.contracts import CHIPS, PERIODS, START_NS, compute_market_of, contracts, months_ahead
from bench.flows.market.layout import (
    ACCOUNTS,
    BOOKS,
    CHILD_LOTS_MAX,
    CHIP_BRANCHING,
    DECAY,
    EVENTS_A_SECOND,
    FIRST_PASSIVE,
    IMPACT_SHARE,
    LOOK_SHARE,
    OWN_BRANCHING,
    PARENTS,
    PASSIVE,
    PASSIVE_DISTANCE,
    PASSIVE_DISTANCE_MAX,
    PASSIVE_LOTS,
    PASSIVE_LOTS_MAX,
    REACH_TICKS,
    TRADE_SHARE,
    WORLD,
)
from bench.flows.market.makers import quote_book
from bench.flows.stepping import Process
from exchange.book.levels import tick_of
from exchange.engine.engine import blank_commands
from exchange.kernel import kernel
from exchange.kernel_codes import (
    KIND_CANCEL,
    KIND_SET_STATE,
    MARKET_NONE,
    MARKET_OPEN,
    SIDE_BUY,
    STATE_REASON_SCHEDULE,
    TIF_GTC,
    TIF_IOC,
)
from exchange.machine import row_at
from exchange.units import NS_PER_S

ALL_STALE = (1 << (BOOKS + 1)) - 2
REACTION_NS = 200_000  # mean time of makers to react
ROW_NS = 1_000
SEARCHES = 2_000  # draws of a slot until it holds a passive order of the book
# Activity of the books of a chip in the order of PERIODS, and of the two chips.
BOOK_ACTIVITY = (0.40, 0.16, 0.10, 0.10, 0.10, 0.06, 0.08)
CHIP_ACTIVITY = (0.65, 0.35)
# Shares of operators, labs, routers, value, momentum, arbitrage, desks among those that start parent orders.
KIND_SHARES = (0.18, 0.18, 0.12, 0.10, 0.06, 0.10, 0.26)
LIMIT_MARGIN = 0.03  # part of a price that the makers' belief keeps from the daily limits
MONTH_REACH = 0.97  # what the next month keeps of a move, as in exchange/demo/market


def compute_market(seed: int) -> Process:
    """The market before its first quotes: makers enter them in the first steps."""
    listed = contracts()
    worlds = np.zeros(1, WORLD)
    worlds["stream"]["word"], worlds["time_ns"] = first_word(seed, 4), START_NS
    worlds["stale"], worlds["last_trade"] = ALL_STALE, -1
    worlds["weights"], worlds["surprise"] = prediction()
    worlds["kinds"] = np.cumsum(KIND_SHARES)
    books = worlds["books"][0]
    for index, one in enumerate(listed.instruments, 1):
        chip, period = CHIPS.index(one.chip), PERIODS.index(one.symbol.removeprefix(f"{one.chip}."))
        book = books[index]
        if period == 0:
            worlds["fronts"][0][chip] = index
        book["anchor"] = book["slow_mid"] = one.settle_tick
        book["reach"], book["chip"] = round(MONTH_REACH ** months_ahead(one), 6), chip
        margin = LIMIT_MARGIN * one.settle_tick
        book["least"], book["most"] = one.low_tick + margin, one.high_tick - margin
        book["rate"] = EVENTS_A_SECOND * CHIP_ACTIVITY[chip] * BOOK_ACTIVITY[period]
        book["variance"], book["impact"] = 1.0, IMPACT_SHARE * one.settle_tick
    market = compute_market_of(listed, ACCOUNTS)
    return Process(market, blank_commands(0), worlds, decide, watch, orders=1_000)


@kernel
def decide(states, outs, worlds, rows, index):
    """Learn from the last step; then quote a stale book, or let the next event happen. Returns the rows written."""
    state, world = states[0], worlds[0]
    watch(outs, worlds)
    while True:
        if world.stale != 0:
            count = quote_stale(state, world, rows, index)
        else:
            count = next_event(state, world, rows, index)
        if count > 0:
            return count


@kernel
def quote_stale(state, world, rows, index):
    """Quote the first stale book, a moment later. Returns the rows written, maybe 0."""
    instrument = 1
    while world.stale >> instrument & 1 == 0:
        instrument += 1
    world.time_ns += ROW_NS + np.int64(next_exponential(world.stream) * REACTION_NS)
    return quote_book(state, world, rows, index, instrument)


@kernel
def next_event(state, world, rows, index):
    """One event of the clock. Returns the rows written, maybe 0."""
    instrument = next_book(world)
    world.time_ns = max(world.time_ns + ROW_NS, START_NS + np.int64(world.seconds * NS_PER_S))
    if state.books[instrument].market_state != MARKET_OPEN:
        return reopen(state, world, rows, index, instrument)
    point = next_unit(world.stream)
    if point < TRADE_SHARE:
        return write_child(state, world, rows, index, instrument)
    if point < TRADE_SHARE + LOOK_SHARE:
        return quote_book(state, world, rows, index, instrument)
    return write_passive(state, world, rows, index, instrument)


@kernel
def next_book(world):
    """The book of the next event, by thinning (Ogata 1981); it excites its book and its chip."""
    while True:
        bound = 0.0
        for instrument in range(1, BOOKS + 1):
            bound += world.books[instrument].rate + world.books[instrument].excess
        passed = next_exponential(world.stream) / bound
        world.seconds += passed
        left, kept, found = next_unit(world.stream) * bound, decay(DECAY * passed), 0
        for instrument in range(1, BOOKS + 1):
            book = world.books[instrument]
            book.excess *= kept
            if found == 0:
                left -= book.rate + book.excess
                if left < 0.0:
                    found = instrument
        if found != 0:
            excite(world, found)
            return found


@kernel
def excite(world, found):
    """Raise the intensity of a book, and that of the books of its chip by their activity."""
    chip, total = world.books[found].chip, 0.0
    for instrument in range(1, BOOKS + 1):
        if world.books[instrument].chip == chip:
            total += world.books[instrument].rate
    for instrument in range(1, BOOKS + 1):
        book = world.books[instrument]
        if book.chip == chip:
            book.excess += CHIP_BRANCHING * DECAY * book.rate / total
    world.books[found].excess += OWN_BRANCHING * DECAY


@kernel
def reopen(state, world, rows, index, instrument):
    """Open a book whose velocity or breaker time has run out, as the venue's timekeeper does (STATE-004). Returns the
    rows written: 0 before that time. Nobody acts in the book until then."""
    book = state.books[instrument]
    whole = book.own_state == MARKET_NONE
    until_ns = state.groups[book.group].reopen_ns if whole else state.guards[instrument].reopen_ns
    if world.time_ns < until_ns:
        return 0
    row = row_at(rows, index)
    row.kind, row.time_ns = KIND_SET_STATE, world.time_ns
    row.market_state, row.state_reason = MARKET_OPEN, STATE_REASON_SCHEDULE
    if whole:
        row.group = book.group
    else:
        row.instrument = instrument
    for other in range(1, BOOKS + 1):
        if state.books[other].group == book.group:
            world.stale |= 1 << other
    return 1


@kernel
def write_child(state, world, rows, index, instrument):
    """The next child order of one of the parents of a book; an ended parent is followed by a new one."""
    place = next_below(world.stream, PARENTS)
    parent = world.books[instrument].parents[place]
    if parent.left <= 0:
        start_parent(state, world, instrument, place)
    book, side = state.books[instrument], np.int64(parent.side)
    best = np.int64(book.best[1 - side])
    if best == 0:
        world.stale |= 1 << instrument
        return 0
    parent.left -= 1
    touch = tick_of(book, 1 - side, best)
    price = touch + REACH_TICKS if side == SIDE_BUY else touch - REACH_TICKS
    price = min(max(price, np.int64(book.low_tick)), np.int64(book.high_tick))
    lots = 1 + next_below(world.stream, CHILD_LOTS_MAX)
    write_new(rows, index, world.time_ns, instrument, parent.account, side, price, lots, TIF_IOC)
    return 1


@kernel
def write_passive(state, world, rows, index, instrument):
    """A passive order comes behind the best price of its side, or goes: the more of them rest, the more go."""
    book, side = state.books[instrument], next_below(world.stream, 2)
    if next_unit(world.stream) * 2 * PASSIVE_LOTS < np.float64(book.working_lots[side]):
        return cancel_passive(state, world, rows, index, instrument, side)
    best = np.int64(book.best[side])
    if best == 0:
        return 0
    tail = 1.0 / max(decay(next_exponential(world.stream) / 1.5), 1e-9) - 1.0
    half = impact_of(world.books[instrument])
    distance = 1 + np.int64(half * min(PASSIVE_DISTANCE * tail, PASSIVE_DISTANCE_MAX))
    touch = tick_of(book, side, best)
    price = touch - distance if side == SIDE_BUY else touch + distance
    price = min(max(price, np.int64(book.low_tick)), np.int64(book.high_tick))
    account, lots = FIRST_PASSIVE + next_below(world.stream, PASSIVE), 1 + next_below(world.stream, PASSIVE_LOTS_MAX)
    write_new(rows, index, world.time_ns, instrument, account, side, price, lots, TIF_GTC)
    return 1


@kernel
def cancel_passive(state, world, rows, index, instrument, side):
    """Cancel any passive order of a side of a book. Returns the rows written: 0 if none is found."""
    for _ in range(SEARCHES):
        order = state.orders[1 + next_below(world.stream, np.int64(state.used_orders))]
        if order.resting != 0 and order.book == instrument and order.side == side and order.account >= FIRST_PASSIVE:
            row = row_at(rows, index)
            row.kind, row.time_ns = KIND_CANCEL, world.time_ns
            row.account, row.order_id = order.account, order.order_id
            return 1
    return 0
