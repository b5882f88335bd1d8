"""Agents that start parent orders: they look at the engine's books and at what they hold, and choose a side.

Each kind leans to a side by what it sees, `lean` from -1 (sells) to 1 (buys); a parent buys with probability
(1 + lean) / 2. An operator hedges capacity: the higher the price, the more of it is sold. A lab buys hours: the lower
the price, the more. A router holds hours of the chip whose useful hour is cheapest for its present work (ROUTE-001).
Value comes back to worth. Momentum follows the mid. Arbitrage sells what is dear against the other books of its chip.
A desk has reasons of its own. The length of a parent follows a power law (Lillo, Mike, Farmer 2005).
"""

from bench.flows.draws import next_below, next_power_law, next_unit
from bench.flows.market.beliefs import worth
from bench.flows.market.layout import (
    ARBITRAGE,
    ARBITRAGE_SHARE,
    BOOKS,
    CAPACITY_LOTS,
    FAR,
    FIRST_AGENT,
    KINDS,
    LAB,
    LENGTH_EXPONENT,
    LENGTH_MAX,
    MOMENTUM,
    MOMENTUM_SHARE,
    OF_KIND,
    OPERATOR,
    ROUTER,
    TILT,
    TILT_FAR,
    VALUE,
)
from bench.flows.market.makers import quoted_middle
from exchange.clearing.positions import find_position
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL

# Work of a router: the rate of a B200 over that of an H100, from small models that cannot fill a large chip (230 / 170)
# to training (12285 / 5400); contracts.md section 13, examples 1 and 2.
LEAST_GAIN, MOST_GAIN = 230 / 170, 12_285 / 5_400


@kernel
def start_parent(state, world, instrument, place):
    """Begin a new parent order in one of the places of a book."""
    parent = world.books[instrument].parents[place]
    point, kind = next_unit(world.stream), 0
    while kind < KINDS - 1 and point >= world.kinds[kind]:
        kind += 1
    parent.account = FIRST_AGENT + kind * OF_KIND + next_below(world.stream, OF_KIND)
    lean = min(max(lean_of(state, world, instrument, kind, parent.account), -1.0), 1.0)
    parent.side = SIDE_BUY if 2.0 * next_unit(world.stream) - 1.0 < lean else SIDE_SELL
    parent.left = next_power_law(world.stream, LENGTH_EXPONENT, LENGTH_MAX)


@kernel
def middle_of(state, world, instrument):
    """Middle of the engine's best prices; worth if a side is empty."""
    middle = quoted_middle(state, state.books[instrument])
    return middle if middle > 0.0 else worth(world, instrument)


@kernel
def lean_of(state, world, instrument, kind, account):
    """How much a kind of agent leans to buying a book, about -1 to 1."""
    flow = world.books[instrument]
    middle, value = middle_of(state, world, instrument), worth(world, instrument)
    dear = (middle - value) / value
    away = dear / FAR
    against = -TILT * dear - TILT_FAR * away * away * away
    if kind in (OPERATOR, LAB):
        # Capacity sold or hours held, beyond what is usual, count against more of the same.
        return against - held_share(state, account, instrument)
    if kind == ROUTER:
        return router_share(state, world, flow.chip) - held_share(state, account, instrument)
    if kind == VALUE:
        return 2.0 * against
    if kind == MOMENTUM:
        return (middle - flow.slow_mid) / (MOMENTUM_SHARE * middle)
    if kind == ARBITRAGE:
        return -(dear - chip_dearness(state, world, flow.chip) * flow.reach) / ARBITRAGE_SHARE
    return 0.0


@kernel
def held_share(state, account, instrument):
    """Lots held of a book, as a share of the agent's capacity."""
    return state.positions[find_position(state, account, instrument)].lots / CAPACITY_LOTS


@kernel
def chip_dearness(state, world, chip):
    """Mean over the books of a chip of how far they are above worth, brought to the front month."""
    total, count = 0.0, 0
    for other in range(1, BOOKS + 1):
        flow = world.books[other]
        if flow.chip == chip:
            value = worth(world, other)
            total += (middle_of(state, world, other) - value) / (value * flow.reach)
            count += 1
    return total / max(count, 1)


@kernel
def router_share(state, world, chip):
    """Change of the share of work for which a chip has the cheapest useful hour, since prices were on the curve."""
    first, second = world.fronts[0], world.fronts[1]
    now = middle_of(state, world, second) / middle_of(state, world, first)
    usual = world.books[second].anchor / world.books[first].anchor
    change = (now - usual) / (MOST_GAIN - LEAST_GAIN)
    return change if chip == 0 else -change
