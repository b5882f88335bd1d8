"""Zero intelligence: independent Poisson arrivals of unit orders, by distance from the opposite best price.

E. Smith, J. D. Farmer, L. Gillemot, S. Krishnamurthy (2003), "Statistical theory of the continuous double auction",
Quantitative Finance 3(6): limit orders at a constant rate for each price, market orders, and cancels at a rate for each
order. R. Cont, S. Stoikov, R. Talreja (2010), "A stochastic model for order book dynamics", Operations Research 58(3):
the rates depend on the distance. The default rates are those that the latter paper fitted to Sky Perfect
Communications at distances 1 to 5; from there on the limit rate falls by the power law that it fitted, and the cancel
rate stays that of distance 5.

Orders farther away than the tables reach are cancelled at the last cancel rate. A market order does not come while the
opposite side is empty; distances are then measured from the price that was best last.
"""

from dataclasses import dataclass

import numpy as np

from bench.flows.book_steps import (
    ACCOUNTS,
    BOOK,
    HIGH_TICK,
    LOW_TICK,
    MID_TICK,
    best_price,
    lots_at,
    slot_behind,
    slot_in_queue,
    tick_at,
    write_cancel,
    write_limit,
    write_market,
)
from bench.flows.draws import STREAM, draw_event, first_word, next_below
from bench.flows.flow import START_NS
from bench.flows.stepping import Process
from bench.tapes.market import PlainMarket
from exchange.codes import CommandKind, TimeInForce
from exchange.engine.engine import blank_commands
from exchange.errors import UserError
from exchange.kernel import kernel
from exchange.records import record_type

DISTANCES = 20
FITTED_LIMITS = (1.85, 1.51, 1.09, 0.88, 0.77)  # Cont, Stoikov, Talreja 2010, table 1
FITTED_CANCELS = (0.71, 0.81, 0.68, 0.56, 0.47)
FITTED_MARKET = 0.94
FITTED_SCALE, FITTED_EXPONENT = 1.92, 0.52
EVENTS = 2 * DISTANCES + 2  # of one side: limits, cancels, cancels farther away, market orders
FARTHER, MARKET = 2 * DISTANCES, 2 * DISTANCES + 1

WORLD = record_type(
    [
        ("stream", STREAM),
        ("time_ns", "<i8"),
        ("lots", "<i8"),
        ("market", "<f8"),
        ("limit", "<f8", (DISTANCES,)),
        ("cancel", "<f8", (DISTANCES,)),
        ("best", "<i8", (2,)),  # best price of each side, the last one while it is empty
        ("rates", "<f8", (2 * EVENTS,)),  # of the present book, by side and event
    ]
)


def _default_limits() -> tuple[float, ...]:
    return FITTED_LIMITS + tuple(FITTED_SCALE * i**-FITTED_EXPONENT for i in range(6, DISTANCES + 1))


@dataclass(frozen=True)
class ZeroIntelligence:
    """Rates of one side, a second. UserError: one is negative or not finite, or market orders would empty the book.

    limit    at distances 1, 2, ...
    cancel   of each order at distances 1, 2, ...
    lots     of every order
    """

    limit: tuple[float, ...] = _default_limits()
    cancel: tuple[float, ...] = FITTED_CANCELS + FITTED_CANCELS[-1:] * (DISTANCES - 5)
    market: float = FITTED_MARKET
    lots: int = 1

    def __post_init__(self) -> None:
        lengths = len(self.limit), len(self.cancel)
        if lengths != (DISTANCES, DISTANCES) or min(self.cancel) <= 0:
            raise UserError(f"zero-intelligence: rates at {lengths} distances, want {DISTANCES}, and cancels above 0")
        rates = (*self.limit, *self.cancel, self.market)
        if not np.isfinite(rates).all() or min(rates) < 0 or self.lots < 1:
            text = f"rates {min(rates)} to {max(rates)} a second, orders of {self.lots} lots"
            raise UserError(f"zero-intelligence: {text}: want finite rates of 0 or more, and 1 lot or more")
        if self.market >= sum(self.limit):
            text = f"{self.market:.3f} market orders a second and {sum(self.limit):.3f} limit orders"
            raise UserError(f"zero-intelligence: {text}: market orders would empty the book")


def zero_intelligence(seed: int, model: ZeroIntelligence | None = None) -> Process:
    """The model with its book filled as it is on average: at each distance the arrivals of one lifetime."""
    model = model or ZeroIntelligence()
    worlds = np.zeros(1, WORLD)
    worlds["stream"]["word"], worlds["time_ns"] = first_word(seed, 1), START_NS
    worlds["lots"], worlds["market"] = model.lots, model.market
    worlds["limit"], worlds["cancel"] = model.limit, model.cancel
    worlds["best"] = [MID_TICK, MID_TICK + 1]
    expected = [max(1, round(new / gone)) for new, gone in zip(model.limit, model.cancel, strict=True)]
    prices = [
        MID_TICK + 1 - distance if side == 0 else MID_TICK + distance
        for distance, count in enumerate(expected, 1)
        for side in (0, 1)
        for _ in range(count)
    ]
    warm = fill_rows(prices, model.lots)
    market = PlainMarket(LOW_TICK, HIGH_TICK, MID_TICK, 1, ACCOUNTS)
    return Process(market, warm, worlds, decide, orders=4 * len(prices) + 400)


def fill_rows(prices: list[int], lots: int) -> np.ndarray:
    """One resting order for each price: a buy at MID_TICK or below, else a sell."""
    rows = blank_commands(len(prices))
    rows["kind"], rows["tif"], rows["time_ns"] = CommandKind.NEW, TimeInForce.GTC, START_NS
    rows["price"], rows["lots"], rows["instrument"] = prices, lots, BOOK
    rows["side"] = rows["price"] > MID_TICK
    rows["account"] = 1 + np.arange(len(rows)) % ACCOUNTS
    rows["client_order_id_0"] = [int.from_bytes(f"w{number:07}".encode(), "little") for number in range(len(rows))]
    return rows


@kernel
def decide(states, outs, worlds, rows, index):
    """The next event: its time, its kind by the rates of the present book, and its row."""
    state, world = states[0], worlds[0]
    total = set_rates(state, world)
    event = draw_event(world, total, 2 * EVENTS)
    side = event // EVENTS
    write_event(state, world, rows, index, side, event - side * EVENTS)
    return 1


@kernel
def set_rates(state, world):
    """Compute the rate of every event in the present book. Returns their sum."""
    book = state.books[BOOK]
    for side in range(2):
        world.best[side] = best_price(state, book, side, world.best[side])
    total = 0.0
    for side in range(2):
        opposite, near, first = world.best[1 - side], np.int64(0), side * EVENTS
        for place in range(DISTANCES):
            lots = lots_at(state, book, side, tick_at(opposite, side, place + 1))
            near += lots
            world.rates[first + place] = world.limit[place]
            world.rates[first + DISTANCES + place] = world.cancel[place] * lots / world.lots
        farther = (book.working_lots[side] - near) / world.lots
        world.rates[first + FARTHER] = world.cancel[DISTANCES - 1] * farther
        world.rates[first + MARKET] = world.market if book.best[1 - side] != 0 else 0.0
        for event in range(first, first + EVENTS):
            total += world.rates[event]
    return total


@kernel
def write_event(state, world, rows, index, side, event):
    """Write the row of an event of one side. A market order of a side is one that buys or sells."""
    book, opposite = state.books[BOOK], world.best[1 - side]
    if event < DISTANCES:
        price = tick_at(opposite, side, event + 1)
        write_limit(rows, index, world.time_ns, 1 + next_below(world.stream, ACCOUNTS), side, price, world.lots)
    elif event < FARTHER:
        price = tick_at(opposite, side, event - DISTANCES + 1)
        count = lots_at(state, book, side, price) // world.lots
        slot = slot_in_queue(state, book, side, price, next_below(world.stream, count))
        write_cancel(rows, index, world.time_ns, state.orders[slot])
    elif event == FARTHER:
        count = np.int64(world.rates[side * EVENTS + FARTHER] / world.cancel[DISTANCES - 1] + 0.5)
        before = next_below(world.stream, count) * world.lots
        slot = slot_behind(state, book, side, tick_at(opposite, side, DISTANCES), before)
        write_cancel(rows, index, world.time_ns, state.orders[slot])
    else:
        write_market(rows, index, world.time_ns, 1 + next_below(world.stream, ACCOUNTS), side, world.lots)
