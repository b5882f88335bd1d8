"""What makers learn from trades.

Order signs have long memory, yet prices are nearly a random walk. They are if makers move prices by the part of a sign
that they did not expect (Lillo, Farmer 2004; Gerig 2007; Taranto et al. 2018, the history-dependent impact model). The
expected sign is the best linear prediction from moving averages of past signs with the lengths MEMORIES, by the
autocorrelation that parent orders give to signs. Variance follows past moves (Bollerslev 1986), so that it clusters.
"""

import numpy as np

from bench.flows.draws import next_exponential, next_unit
from bench.flows.market.layout import (
    BOOKS,
    COMMON_SHARE,
    LENGTH_EXPONENT,
    LENGTH_MAX,
    MEMORIES,
    MID_STEP,
    NEWS_IMPACTS,
    NEWS_IMPACTS_MAX,
    NEWS_SHARE,
    PARENTS,
    RESIDUAL_DECAY,
    VARIANCE_BASE,
    VARIANCE_MAX,
    VARIANCE_STEP,
    WORTH_DECAY,
)
from exchange.kernel import kernel
from exchange.kernel_codes import EVENT_FILL, LIQUIDITY_TAKER, SIDE_BUY
from exchange.machine import row_at

LAGS = 3_000  # at which the autocorrelation of signs is counted; it is 0 later


def sign_autocorrelation(lags: int) -> np.ndarray:
    """Autocorrelation of signs at lags 0 to `lags`, of PARENTS parents that take turns by chance.

    Two trades `lag` apart have one sign on average if they are of the same place, and if its parent goes on through the
    n trades of that place between them, n being binomial; else their signs are independent. The chance to go on is that
    of a parent met at one of its trades (Lillo, Mike, Farmer 2005, section III).
    """
    lengths = np.arange(1, LENGTH_MAX + 1)
    at_least = lengths**-LENGTH_EXPONENT  # P(length >= l), by `draws.next_power_law`
    goes_on = np.zeros(lags + 2)  # through n more trades
    survival = np.cumsum(at_least[::-1])[::-1] / at_least.sum()
    goes_on[: len(survival)] = survival[: lags + 2]
    found = [1.0]
    between = np.array([1.0])  # distribution of n
    for _ in range(lags):
        found.append(float(between @ goes_on[1 : 1 + len(between)]) / PARENTS)
        between = np.convolve(between, [1 - 1 / PARENTS, 1 / PARENTS])
    return np.array(found)


def prediction() -> tuple[np.ndarray, float]:
    """Weights of the moving averages of signs in the expected sign, and the variance of what it leaves.

    Least squares with the exact covariances. The weights are rounded, because libraries of linear algebra differ in
    the last bits.
    """
    known = sign_autocorrelation(LAGS)
    keeps = 1 - 1 / np.array(MEMORIES, float)
    past = (1 - keeps)[:, None] * keeps[:, None] ** np.arange(LAGS)  # weight of the sign `lag` trades before the last
    both = np.concatenate([known[:0:-1], known])  # autocorrelation at lags -LAGS to LAGS
    spread = np.array([np.convolve(one, both)[LAGS : 2 * LAGS] for one in past])  # covariance with the sign at a lag
    weights = np.linalg.solve(spread @ past.T, past @ known[1:]).round(6)
    return weights, round(float(1 - 2 * weights @ (past @ known[1:]) + weights @ spread @ past.T @ weights), 6)


@kernel
def watch(outs, worlds):
    """Learn from the trades in the event buffer; an aggressor with several fills is one trade."""
    out, world = outs[0], worlds[0]
    for place in range(out.count):
        event = row_at(out.rows, place)
        if event.kind == EVENT_FILL and event.liquidity == LIQUIDITY_TAKER and event.sequence != world.last_trade:
            world.last_trade = event.sequence
            learn(world, np.int64(event.instrument), 1 if event.side == SIDE_BUY else -1)


@kernel
def believed(world, index):
    """Makers' belief of the value of a book, ticks."""
    book = world.books[index]
    return book.anchor * (1.0 + world.chips[book.chip].level * book.reach) + book.residual


@kernel
def worth(world, index):
    """What a book is worth after the news, ticks; agents of value come back to it."""
    book = world.books[index]
    return book.anchor * (1.0 + world.chips[book.chip].worth * book.reach)


@kernel
def impact_of(book):
    """Ticks by which an unexpected trade moves the belief now; also the half-spread."""
    return book.impact * np.sqrt(book.variance)


@kernel
def learn(world, index, sign):
    """Move the belief by what was not expected of a trade, then expect the next one."""
    book = world.books[index]
    change = impact_of(book) * (sign - book.predicted)
    move(world, index, change)
    relative = change * change / (book.impact * book.impact * world.surprise)
    goal = VARIANCE_BASE + (1.0 - VARIANCE_BASE) * relative
    book.variance = min(book.variance + VARIANCE_STEP * (goal - book.variance), VARIANCE_MAX)
    book.predicted = predict(world, book, sign)
    book.slow_mid += MID_STEP * (believed(world, index) - book.slow_mid)
    book.residual -= RESIDUAL_DECAY * book.residual
    chip = world.chips[book.chip]
    chip.worth -= WORTH_DECAY * chip.worth
    if next_unit(world.stream) < NEWS_SHARE:
        read_news(world, index)


@kernel
def move(world, index, change):
    """Change a belief by some ticks: in part it is of the whole chip."""
    book = world.books[index]
    common = COMMON_SHARE * change
    world.chips[book.chip].level += common / (book.anchor * book.reach)
    book.residual += change - common
    value = believed(world, index)
    book.residual += min(max(value, book.least), book.most) - value
    world.stale |= 1 << index


@kernel
def predict(world, book, sign):
    """Count a sign in the moving averages, and return the expected sign of the next trade."""
    total = 0.0
    for place in range(len(MEMORIES)):
        book.averages[place] += (sign - book.averages[place]) / MEMORIES[place]
        total += world.weights[place] * book.averages[place]
    return total


@kernel
def read_news(world, index):
    """News of the whole chip, in either direction: worth and belief move together, and all makers quote again."""
    book = world.books[index]
    impacts = min(next_exponential(world.stream) * NEWS_IMPACTS, NEWS_IMPACTS_MAX)
    size = impacts * impact_of(book) / (book.anchor * book.reach)
    change = size if next_unit(world.stream) < 0.5 else -size
    chip = world.chips[book.chip]
    chip.level += change
    chip.worth += change
    for other in range(1, BOOKS + 1):
        if world.books[other].chip == book.chip:
            world.stale |= 1 << other
