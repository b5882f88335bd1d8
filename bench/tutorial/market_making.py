"""Notebook 3: a market maker with delays, as callbacks and as a kernel, and what it earns.

python -m bench.tutorial.market_making [--quick] [--source SOURCE | --messages CSV --book CSV] [--out FOLDER]
"""

# %% [markdown]
# # 3. Market making
#
# A market maker quotes both sides and lives on the spread. It loses when the price moves while it holds a position,
# and when others trade with quotes that it has not moved in time. How much depends on its place in the queue and on
# its delays, so both have to be right: own orders meet the flow in the engine, and each message takes its time.

# %%
from bench.tutorial.notebook import options, save

chosen = options(__doc__, source="zero-intelligence", commands=(20_000, 4_000))

# %%
import numpy as np
from matplotlib.figure import Figure

from bench import Latency, Replay
from bench.experiments.quoting import FixedQuotes, largest_position, profit_mills
from bench.tutorial.quote_kernel import quote_fixed
from exchange.units import NS_PER_S

EVERY = 10  # commands between two looks at the book
LOTS, POSITION_MAX = 1, 3
DOLLAR = 1_000  # mills

tape = chosen.source

# %% [markdown]
# ## A strategy is an object with callbacks
#
# `FixedQuotes` (`bench/experiments/quoting.py`) has one, `on_book`. It finds the mid price of the others, cancels own
# orders that are at another distance, and sends the quotes that are missing. What rests at the right price stays,
# because a new order would be last in its queue. Here a strategy of our own calls it and notes the profit now and
# then.


# %%
class NotedQuotes:
    """Fixed quotes, and their profit over time."""

    def __init__(self, half_spread: int) -> None:
        self.quotes = FixedQuotes(half_spread, LOTS, POSITION_MAX)
        self.history: list[tuple[int, float, int]] = []  # ns, mills, lots

    def on_book(self, replay: Replay) -> None:
        self.quotes.on_book(replay)
        self.history.append((replay.time_ns, profit_mills(replay), replay.position))


replay, strategy = Replay(tape), NotedQuotes(half_spread=1)
run = replay.run(strategy, every=EVERY)
assert run.error is None, run.error
fees = sum(fill.fee_mills for fill in run.fills)
print(f"{run.steps:,} looks at the book, {len(run.fills)} fills, position {replay.position}")
print(f"profit {profit_mills(replay) / DOLLAR:,.2f} dollars after {fees / DOLLAR:,.2f} dollars of fees")
print(f"largest position {largest_position(run.fills)} of {POSITION_MAX} lots")

# %% [markdown]
# ## The same strategy as a kernel
#
# A strategy may also be a function that Numba compiles (`bench/tutorial/quote_kernel.py`). Then the whole loop,
# engine included, is compiled, and no Python runs between two looks. The first run compiles it, which takes seconds.
# It trades exactly as the callbacks do.


# %%
def trades(replay: Replay) -> list[tuple[int, int, int, int]]:
    return [(fill.time_ns, fill.side, fill.price, fill.lots) for fill in replay.fills]


compiled = Replay(tape)
memory = np.array([1, LOTS, POSITION_MAX], np.int64)  # half spread, lots, largest position
compiled.run(quote_fixed, every=EVERY, memory=memory)
same_fills = trades(compiled) == trades(replay)
print(f"kernel: {len(compiled.fills)} fills, the same as the callbacks: {same_fills}")

# %% [markdown]
# ## Latency
#
# `Latency` has four delays: of a new order, of a cancel, of an answer, and of market data. They are constant, drawn
# from a distribution, drawn from measured samples (`empirical`), or read from a file. An order sent at time t reaches
# the engine behind all commands up to t plus its delay. Drawn delays depend on their seed alone, so a run can be
# repeated.
#
# Quotes on their way do not count for this strategy. With delays as long as the time between two looks it would send
# a quote twice, so look at longer delays with a longer `EVERY`.

# %%
MS = 1_000  # us
LATENCIES = {
    "none": None,
    "10 ms": Latency.constant(place_us=10 * MS, response_us=10 * MS, feed_us=10 * MS),
    "50 ms": Latency.constant(place_us=50 * MS, response_us=50 * MS, feed_us=50 * MS),
    "50 ms, log-normal": Latency.lognormal(place_us=50 * MS, response_us=50 * MS, feed_us=50 * MS, sigma=0.5, seed=1),
}
half_spreads = (1, 2, 3) if chosen.quick else (1, 2, 3, 4, 6)
profits: dict[str, list[float]] = {name: [] for name in LATENCIES}  # dollars
fills: dict[str, list[int]] = {name: [] for name in LATENCIES}
for name, latency in LATENCIES.items():
    for half_spread in half_spreads:
        late = Replay(tape, latency=latency)
        done = late.run(FixedQuotes(half_spread, LOTS, POSITION_MAX), every=EVERY)
        assert done.error is None, done.error
        profits[name].append(profit_mills(late) / DOLLAR)
        fills[name].append(len(late.fills))
print("half spread         " + "".join(f"{half_spread:>16}" for half_spread in half_spreads))
for name in LATENCIES:
    cells = (f"{money:>9,.2f} ({count:>4})" for money, count in zip(profits[name], fills[name], strict=True))
    print(f"{name:<20}" + "".join(cells) + "   dollars (fills)")

# %% [markdown]
# The fee is one tick of a lot here, so quotes at one tick can earn nothing, and wider ones seldom trade. The later
# quotes move, the more often others trade with prices that are gone: fills become more, and worse.
#
# One source and one seed say little: a profit differs more from seed to seed than from delay to delay. `gpux
# experiment bench/tutorial/width.toml` asks the same for ten seeds on all cores, and draws means with intervals. A
# small largest position keeps the intervals narrow, because less of the profit is then the luck of holding lots.
# These settings were chosen for that: with a largest position of 20 lots, or delays of 20 and 200 ms, the intervals of
# ten seeds overlapped. They show the effect; they do not measure how often it is that large.
#
# ## Results do not depend on batches
#
# The engine takes commands in batches, and a run may be split into pieces. The result has to be the same to the last
# byte. The *state hash* covers the whole state of the engine: books, queues, accounts. Here the same run is done
# whole and in pieces, with delays, and without.


# %%
def hash_in_pieces(latency: Latency | None, piece: int) -> str:
    """State hash at the end of a run that is split into pieces of so many commands."""
    replay, quotes = Replay(tape, latency=latency), FixedQuotes(1, LOTS, POSITION_MAX)
    while replay.run(quotes, every=EVERY, commands=piece).commands:
        pass
    return replay.state_hash()


state_hashes = {name: [hash_in_pieces(LATENCIES[name], piece) for piece in (10**9, 1_000, 30)] for name in LATENCIES}
for name, found in state_hashes.items():
    print(f"{name:<20}whole {found[0][:16]}, pieces of 1,000 {found[1][:16]}, of 30 {found[2][:16]}")

# %% [markdown]
# ## A picture

# %%
figure = Figure((11, 4.5), layout="constrained")
over_time, by_width = figure.subplots(1, 2)
times, mills, lots = (np.array(values) for values in zip(*strategy.history, strict=True))
seconds = (times - times[0]) / NS_PER_S
over_time.plot(seconds, mills / DOLLAR, color="tab:blue", linewidth=1)
over_time.set_xlabel("seconds")
over_time.set_ylabel("profit, dollars (half spread 1 tick, no delay)", color="tab:blue")
held = over_time.twinx()
held.step(seconds, lots, where="post", color="tab:grey", linewidth=0.7)
held.set_ylabel("position, lots", color="tab:grey")
for name in LATENCIES:
    by_width.plot(half_spreads, profits[name], marker="o", label=name)
by_width.axhline(0, color="black", linewidth=0.8)
by_width.set(xlabel="half spread, ticks", ylabel="profit, dollars", xticks=half_spreads)
by_width.legend(title="delay, one way", fontsize="small")
save(figure, chosen.out, "market_making.png")
