"""Takes the rates of zero intelligence and of the queue-reactive model from a tape.

Both are maximum likelihood for Poisson processes: a rate is the number of events over the time, or the order-time, in
which they could come (Cont, Stoikov, Talreja 2010, section 2; Huang, Lehalle, Rosenbaum 2015, section 2.2.2). Its
standard error is the rate over the root of that number. Without events a rate is 0, and its error is not known: NaN.
Where events could not come at all, a rate takes the nearest one at a smaller distance or size.

Sizes are counted in units, the mean lots of the orders that rest, as both papers do. In zero intelligence all orders
have one unit, so an event of more lots counts as that many units (Cont, Stoikov, Talreja scale by mean sizes); what
rests of an order that traded is not counted. The probabilities `follow` and `redraw` of the queue-reactive model are
not identified from single events; the paper fits them to volatility and mean reversion. They stay as given.

A model needs more than rates of highest likelihood where a cancel rate is 0. In zero intelligence orders would pile up
at that distance: it takes the least rate of the other distances. In the queue-reactive model a queue would never fall
from a size that nothing was seen to leave: cancels come as at the nearest smaller size that something left, or else
the nearest larger one. The rates that are returned beside the model stay those of highest likelihood.
"""

from dataclasses import dataclass, replace

import numpy as np

from bench.flows.book_steps import best_price, lots_at
from bench.flows.notes import CANCEL, LIMIT, MARKET, MOVE, note_tape
from bench.flows.queue_reactive import CELLS, QUEUES, SIZES, QueueReactive
from bench.flows.zero_intelligence import DISTANCES, ZeroIntelligence
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, Side, TimeInForce
from exchange.errors import UserError
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY
from exchange.records import record_type
from exchange.units import NS_PER_S

NOWHERE = -1

BY_DISTANCE = record_type(
    [
        ("instrument", "<i8"),
        ("time_ns", "<i8"),  # of the last command looked at, 0: none
        ("best", "<i8", (2,)),
        ("lots_ns", "<f8", (DISTANCES,)),  # lots at each distance times how long
    ]
)

BY_SIZE = record_type(
    [
        ("instrument", "<i8"),
        ("time_ns", "<i8"),
        ("unit", "<f8"),  # lots
        ("reference", "<i8"),  # price of the first sell queue, 0: not known yet
        ("own_cell", "<i8"),  # of the last command: cell of its own price, NOWHERE outside the queues
        ("met_cell", "<i8"),  # and of the best queue that it would meet
        ("size_ns", "<f8", (CELLS,)),  # how long each queue had each size
        ("best_ns", "<f8", (CELLS,)),  # the same while it was the best one
        ("limits", "<f8", (CELLS,)),
        ("cancels", "<f8", (CELLS,)),
        ("markets", "<f8", (CELLS,)),
    ]
)


@dataclass(frozen=True)
class FittedRates:
    """Rates a second and their standard errors, NaN where no event was observed."""

    values: np.ndarray
    errors: np.ndarray

    @property
    def identified(self) -> np.ndarray:
        found: np.ndarray = ~np.isnan(self.errors)
        return found


def rates_of(counts: np.ndarray, seconds: np.ndarray, squares: np.ndarray | None = None) -> FittedRates:
    """Counts over exposure along the last axis; where exposure is 0, the rate of the place before it.

    squares   sum of the squared sizes, if an event counts by its size (a compound Poisson process)
    """
    exposed, squares = seconds > 0, counts if squares is None else squares
    length = np.where(exposed, seconds, 1.0)
    values = np.where(exposed, counts / length, 0.0)
    errors = np.where(exposed & (counts > 0), np.sqrt(squares) / length, np.nan)
    for place in range(1, values.shape[-1]):
        values[..., place] = np.where(exposed[..., place], values[..., place], values[..., place - 1])
    return FittedRates(values, errors)


def unit_lots(tape: Tape, instrument: int) -> float:
    """Mean lots of the orders that may rest. UserError: the book has none."""
    rows = tape.commands
    rests = (rows["kind"] == CommandKind.NEW) & (rows["tif"] != TimeInForce.IOC) & (rows["instrument"] == instrument)
    if not rests.any():
        raise UserError(f"calibration: no order of instrument {instrument} can rest, needed: at least one")
    return float(rows["lots"][rests].mean())


def calibrate_zero_intelligence(tape: Tape, instrument: int = 1) -> tuple[ZeroIntelligence, dict[str, FittedRates]]:
    """The model of highest likelihood, and its rates with errors: limit, cancel, market.

    UserError: the tape has no time, or no limit orders, cancels and market orders
    """
    unit, tallies = unit_lots(tape, instrument), np.zeros(1, BY_DISTANCE)
    tallies["instrument"] = instrument
    notes = note_tape(tape, tally_distances, tallies)
    rows = notes[(notes["instrument"] == instrument) & (notes["bid"] > 0) & (notes["ask"] > 0)]
    seconds = np.ptp(notes["time_ns"]) / NS_PER_S
    if not seconds or not np.any(rows["kind"] == LIMIT) or not np.any(rows["kind"] == MARKET):
        raise UserError("calibration: needed are limit and market orders over some time")
    limit = rates_of(*_exposed(rows, (LIMIT, MOVE), "price", unit, np.full(DISTANCES, 2 * seconds)))
    order_seconds = tallies["lots_ns"][0] / unit / NS_PER_S
    cancel = rates_of(*_exposed(rows, (CANCEL, MOVE), "old_price", unit, order_seconds))
    if not cancel.values.any():
        raise UserError(f"calibration: no cancel within {DISTANCES} ticks of the opposite best price, needed: some")
    traded = rows["traded_lots"] / unit
    market = rates_of(traded.sum(keepdims=True), np.array([2 * seconds]), (traded**2).sum(keepdims=True))
    cancels = tuple(np.maximum(cancel.values, cancel.values[cancel.values > 0].min()).tolist())
    model = ZeroIntelligence(tuple(limit.values.tolist()), cancels, float(market.values[0]), max(1, round(unit)))
    return model, {"limit": limit, "cancel": cancel, "market": market}


def _exposed(
    rows: np.ndarray, kinds: tuple[int, ...], price: str, unit: float, seconds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arguments of `rates_of`: units of these events at each distance from the opposite best price just before them."""
    rows = rows[np.isin(rows["kind"], kinds)]
    distance = np.where(rows["side"] == Side.BUY, rows["ask"] - rows[price], rows[price] - rows["bid"])
    inside = (distance >= 1) & (distance <= DISTANCES)
    places, units = distance[inside] - 1, rows["lots"][inside] / unit
    counts, squares = (np.bincount(places, weights=weights, minlength=DISTANCES) for weights in (units, units**2))
    return counts, seconds, squares


@kernel
def tally_distances(states, notes, index, tallies):
    """Add what rested at each distance since the last command."""
    state, tally = states[0], tallies[0]
    book = state.books[tally.instrument]
    passed = notes[index].time_ns - tally.time_ns if tally.time_ns != 0 else np.int64(0)
    tally.time_ns = notes[index].time_ns
    for side in range(2):
        tally.best[side] = best_price(state, book, side, tally.best[side])
    for side in range(2):
        opposite = tally.best[1 - side]
        for place in range(DISTANCES):
            tick = opposite - place - 1 if side == SIDE_BUY else opposite + place + 1
            tally.lots_ns[place] += np.float64(lots_at(state, book, side, tick) * passed)


def calibrate_queue_reactive(
    tape: Tape, instrument: int = 1, given: QueueReactive | None = None
) -> tuple[QueueReactive, dict[str, FittedRates]]:
    """The model with the rates of highest likelihood, and the rates with errors: limit, cancel, market.

    A move counts as a cancel. `follow` and `redraw` are those of `given`.
    """
    tallies = np.zeros(1, BY_SIZE)
    tallies["instrument"], tallies["unit"] = instrument, unit_lots(tape, instrument)
    tallies["own_cell"] = tallies["met_cell"] = NOWHERE
    note_tape(tape, tally_sizes, tallies)
    tables = {name: tallies[name][0].reshape(QUEUES, SIZES) for name in BY_SIZE.names or () if tallies[name].ndim == 2}
    seconds, best = tables["size_ns"] / NS_PER_S, tables["best_ns"] / NS_PER_S
    limit, cancel = rates_of(tables["limits"], seconds), rates_of(tables["cancels"], seconds)
    market = rates_of(tables["markets"], best)
    for table in (cancel, market):
        table.values[:, 0] = 0.0
    limit.values[:, -1] = 0.0
    shrinking = shrinking_cancels(cancel.values, market.values)
    model = replace(given or QueueReactive(), limit=limit.values, cancel=shrinking, market=market.values)
    return model, {"limit": limit, "cancel": cancel, "market": market}


def shrinking_cancels(cancel: np.ndarray, market: np.ndarray) -> np.ndarray:
    """Cancel rates with which every size above 0 is left, if its queue leaves any: see the top of this file."""
    found = cancel.copy()
    gone = cancel + market
    for queue in range(QUEUES):
        left = np.flatnonzero(gone[queue] > 0)
        for size in np.flatnonzero(gone[queue, 1:] == 0) + 1 if len(left) else ():
            nearest = left[max(0, np.searchsorted(left, size) - 1)]
            found[queue, size] = gone[queue, nearest]
    return found


@kernel
def tally_sizes(states, notes, index, tallies):
    """Count the last command, add the time since it, and find the cells of this one."""
    state, tally, note = states[0], tallies[0], notes[index]
    if index > 0:
        count_last(tally, notes[index - 1].kind)
    book = state.books[tally.instrument]
    bid, ask = best_price(state, book, 0, np.int64(0)), best_price(state, book, 1, np.int64(0))
    passed = np.float64(note.time_ns - tally.time_ns) if tally.time_ns != 0 else 0.0
    tally.time_ns = note.time_ns
    tally.own_cell = tally.met_cell = NOWHERE
    if bid == 0 or ask == 0:
        return
    tally.reference = reference_of(bid, ask, tally.reference)
    for side in range(2):
        best = True
        for queue in range(QUEUES):
            price = tally.reference - 1 - queue if side == SIDE_BUY else tally.reference + queue
            size = np.int64(np.ceil(lots_at(state, book, side, price) / tally.unit))
            cell = queue * SIZES + min(size, SIZES - 1)
            tally.size_ns[cell] += passed
            if note.instrument == tally.instrument and note.side == side and note.price == price:
                tally.own_cell = cell
            if size > 0 and best:
                best = False
                tally.best_ns[cell] += passed
                if note.instrument == tally.instrument and note.side != side:
                    tally.met_cell = cell


@kernel
def count_last(tally, kind):
    """Count the last command in its cell."""
    if kind == MARKET:
        if tally.met_cell != NOWHERE:
            tally.markets[tally.met_cell] += 1.0
    elif tally.own_cell != NOWHERE:
        if kind == LIMIT:
            tally.limits[tally.own_cell] += 1.0
        elif kind != 0:
            tally.cancels[tally.own_cell] += 1.0


@kernel
def reference_of(bid, ask, last):
    """Price of the first sell queue: half a tick above the reference price, which is the mid if the spread is odd, and
    else the nearer to the last one of the two around the mid (section 2.1 of the paper)."""
    if (ask - bid) % 2 == 1:
        return (bid + ask + 1) // 2
    middle = (bid + ask) // 2
    return middle if last <= middle else middle + 1
