"""Hawkes process with cross excitation over six types of event: limit order, cancel, market order, each of two sides.

E. Bacry, I. Mastromatteo, J.-F. Muzy (2015), "Hawkes processes in finance", Market Microstructure and Liquidity 1(1).
The intensity of type k is mu[k] + sum over past events, of type j at time s, of n[k, j] beta[k] exp(-beta[k] (t - s)).
So n[k, j] is the mean number of events of type k that an event of type j causes directly, and one rate beta[k] says how
fast type k answers. It is simulated exactly by thinning (Ogata 1981).

Types say what comes and when; where and how much is drawn beside them. A limit order is placed at a Lomax distance from
the opposite best price. A cancel takes any order of its side with equal chance. The lots of a market order grow with
the number of orders it meets, so that the book keeps its size although types do not depend on it. An event that would
empty a side becomes a limit order (with the default parameters that does not happen).

The default parameters have the signs that the survey reports - limit and market orders excite their own type most,
market orders bring cancels on the side that they take from, and limit orders refill it - with a spectral radius of
about 0.6. The figures are our own; `hawkes_fit` takes them from a tape.
"""

from dataclasses import dataclass, field

import numpy as np

from bench.flows.book_steps import (
    ACCOUNTS,
    BOOK,
    HIGH_TICK,
    LOW_TICK,
    MID_TICK,
    best_price,
    tick_at,
    write_cancel,
    write_limit,
    write_market,
)
from bench.flows.draws import STREAM, decay, first_word, next_below, next_exponential, next_unit
from bench.flows.flow import START_NS
from bench.flows.stepping import Process
from bench.flows.zero_intelligence import fill_rows
from bench.tapes.market import PlainMarket
from exchange.errors import UserError
from exchange.kernel import kernel
from exchange.records import record_type
from exchange.units import NS_PER_S

TYPES = 6
LIMIT, CANCEL, MARKET = 0, 2, 4  # plus the side
NAMES = ("limit buy", "limit sell", "cancel buy", "cancel sell", "market buy", "market sell")
TARGET_ORDERS = 200  # of a side
DISTANCE_MAX = 100
LOTS_MAX = 5  # of a limit order
SEARCHES = 1_000  # draws of a slot until it holds an order of the side

WORLD = record_type(
    [
        ("stream", STREAM),
        ("time_ns", "<i8"),
        ("base_rate", "<f8", (TYPES,)),
        ("branching", "<f8", (TYPES * TYPES,)),  # row: the type that is excited
        ("beta", "<f8", (TYPES,)),
        ("excess", "<f8", (TYPES,)),  # intensity above the base
        ("best", "<i8", (2,)),
        ("changed", "<i8"),  # events that became a limit order
        ("scale", "<f8"),  # of the distance, ticks
        ("balance", "<f8"),  # mean lots of a market order at which the book keeps its size
        ("seconds", "<f8"),  # exact time, because nanoseconds are rounded
    ]
)


def _default_branching() -> np.ndarray:
    """Rows: excited type; columns: exciting type; sides in the order of NAMES."""
    matrix = np.zeros((TYPES, TYPES))
    for side in (0, 1):
        other = 1 - side
        matrix[LIMIT + side, [LIMIT + side, LIMIT + other, CANCEL + side, MARKET + other]] = [0.30, 0.08, 0.12, 0.90]
        matrix[CANCEL + side, [LIMIT + side, CANCEL + side, CANCEL + other, MARKET + other]] = [0.25, 0.25, 0.05, 0.60]
        matrix[MARKET + side, [MARKET + side, MARKET + other, LIMIT + side]] = [0.45, 0.05, 0.01]
    return matrix


@dataclass(frozen=True)
class Hawkes:
    """mu in events a second, branching ratios, and decay rates a second; types in the order of NAMES.

    UserError: a rate that cannot be, not stationary, or cancels alone would empty the book
    """

    base: np.ndarray = field(default_factory=lambda: np.array([6.0, 6.0, 3.5, 3.5, 0.6, 0.6]))
    branching: np.ndarray = field(default_factory=_default_branching)
    beta: np.ndarray = field(default_factory=lambda: np.array([30.0, 30.0, 20.0, 20.0, 10.0, 10.0]))
    distance_ticks: float = 6.0  # scale of the Lomax distance, whose exponent is 1.5

    def __post_init__(self) -> None:
        shapes = self.base.shape, self.beta.shape, self.branching.shape
        if shapes != ((TYPES,), (TYPES,), (TYPES, TYPES)):
            raise UserError(
                f"hawkes: base, beta and branching of shapes {shapes}, want {TYPES} types in each dimension"
            )
        if not all(np.isfinite(one).all() for one in (self.base, self.branching, self.beta, self.distance_ticks)):
            raise UserError("hawkes: base, branching, beta or distance_ticks is not finite")
        if self.base.sum() <= 0:
            raise UserError("hawkes: base rates of sum 0, want one above 0: no event would ever come")
        if self.distance_ticks <= 0:
            raise UserError(f"hawkes: distance_ticks {self.distance_ticks}, want above 0")
        if min(self.base.min(), self.branching.min()) < 0 or self.beta.min() <= 0:
            raise UserError("hawkes: a negative base rate or branching ratio, or a decay rate that is not above 0")
        if self.radius >= 1:
            raise UserError(f"hawkes: not stationary: spectral radius {self.radius:.3f} of the branching, want below 1")
        if self.balance.min() <= 0:
            limits, cancels = (self.rates[first : first + 2].round(3).tolist() for first in (LIMIT, CANCEL))
            text = f"{limits} limit orders and {cancels} cancels a second (bid, ask)"
            raise UserError(f"hawkes: {text}: cancels alone would empty the book")

    @property
    def radius(self) -> float:
        """Spectral radius of the branching matrix: below 1 the process is stationary."""
        return float(np.abs(np.linalg.eigvals(self.branching)).max())

    @property
    def rates(self) -> np.ndarray:
        """Mean events of each type a second."""
        return np.linalg.solve(np.eye(TYPES) - self.branching, self.base)

    @property
    def balance(self) -> np.ndarray:
        """Mean lots of a market order, by the side that it takes from, at which the book keeps its size."""
        limits, cancels, markets = self.rates.reshape(3, 2)
        found: np.ndarray = (limits - cancels) * (1 + LOTS_MAX) / 2 / markets[::-1]
        return found


def hawkes(seed: int, model: Hawkes | None = None) -> Process:
    """The model with TARGET_ORDERS orders on each side, spread as it places them."""
    model = model or Hawkes()
    worlds = np.zeros(1, WORLD)
    worlds["stream"]["word"], worlds["time_ns"] = first_word(seed, 2), START_NS
    worlds["base_rate"], worlds["branching"], worlds["beta"] = model.base, model.branching.ravel(), model.beta
    worlds["best"], worlds["scale"] = [MID_TICK, MID_TICK + 1], model.distance_ticks
    worlds["balance"] = model.balance.mean()
    shares = (1 - (np.arange(TARGET_ORDERS) + 0.5) / TARGET_ORDERS) ** (-2 / 3) - 1
    distances = 1 + np.minimum(model.distance_ticks * shares, DISTANCE_MAX).astype(np.int64)
    prices = [price for distance in distances.tolist() for price in (MID_TICK + 1 - distance, MID_TICK + distance)]
    market = PlainMarket(LOW_TICK, HIGH_TICK, MID_TICK, 1, ACCOUNTS)
    return Process(market, fill_rows(prices, 1 + LOTS_MAX // 2), worlds, decide, orders=1_000)


@kernel
def decide(states, outs, worlds, rows, index):
    """The next event of the process and its row."""
    state, world = states[0], worlds[0]
    kind = next_event(world)
    side = kind & 1
    book = state.books[BOOK]
    for one in range(2):
        world.best[one] = best_price(state, book, one, world.best[one])
    world.time_ns = START_NS + np.int64(world.seconds * NS_PER_S)
    if kind >= MARKET:
        write_sized(state, book, world, rows, index, side)
    elif kind >= CANCEL and book.working_lots[side] > LOTS_MAX:
        write_cancel(rows, index, world.time_ns, state.orders[any_order(state, world, side)])
    else:
        world.changed += kind >= CANCEL
        write_placed(world, rows, index, side)
    return 1


@kernel
def next_event(world):
    """Advance to the next event by thinning, and let it excite. Returns its type."""
    while True:
        bound = 0.0
        for kind in range(TYPES):
            bound += world.base_rate[kind] + world.excess[kind]
        passed = next_exponential(world.stream) / bound
        world.seconds += passed
        left = next_unit(world.stream) * bound
        found = -1
        for kind in range(TYPES):
            world.excess[kind] *= decay(world.beta[kind] * passed)
            if found < 0:
                left -= world.base_rate[kind] + world.excess[kind]
                if left < 0.0:
                    found = kind
        if found >= 0:
            for kind in range(TYPES):
                world.excess[kind] += world.branching[kind * TYPES + found] * world.beta[kind]
            return found


@kernel
def any_order(state, world, side):
    """Slot of an order of a side, each with the same chance: slots are drawn until one fits, else the best one."""
    for _ in range(SEARCHES):
        slot = 1 + next_below(world.stream, np.int64(state.used_orders))
        order = state.orders[slot]
        if order.resting != 0 and order.side == side:
            return slot
    return first_slot(state, side)


@kernel
def first_slot(state, side):
    """Slot of the first order at the best price of a side."""
    book = state.books[BOOK]
    row = np.int64(book.first_level_row) + side * np.int64(book.side_rows) + np.int64(book.best[side])
    return np.int64(state.levels[row].head)


@kernel
def write_placed(world, rows, index, side):
    """A limit order at a Lomax distance with exponent 1.5, of 1 to LOTS_MAX lots."""
    tail = 1.0 / max(decay(next_exponential(world.stream) / 1.5), 1e-9) - 1.0
    distance = 1 + np.int64(min(world.scale * tail, DISTANCE_MAX))
    account, lots = 1 + next_below(world.stream, ACCOUNTS), 1 + next_below(world.stream, LOTS_MAX)
    write_limit(rows, index, world.time_ns, account, side, tick_at(world.best[1 - side], side, distance), lots)


@kernel
def write_sized(state, book, world, rows, index, side):
    """A market order. Its lots are exponential; their mean grows with the square of the lots that rest.

    At TARGET_ORDERS it takes what limit orders bring beyond the cancels, on average. It leaves at least one order.
    """
    resting = np.float64(book.working_lots[1 - side])
    fullness = resting / (TARGET_ORDERS * (1 + LOTS_MAX) / 2)
    mean = world.balance * fullness * fullness
    lots = min(1 + np.int64(next_exponential(world.stream) * mean), np.int64(resting) - LOTS_MAX)
    account = 1 + next_below(world.stream, ACCOUNTS)
    if lots < 1:
        world.changed += 1
        write_placed(world, rows, index, side)
    else:
        write_market(rows, index, world.time_ns, account, side, lots)
