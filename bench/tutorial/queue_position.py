"""Notebook 2: an own order in a queue, what trades and cancels before it, and when it fills.

python -m bench.tutorial.queue_position [--quick] [--source SOURCE | --messages CSV --book CSV] [--out FOLDER]
"""

# %% [markdown]
# # 2. Queue position
#
# Orders at one price trade in the order in which they came. So a new order waits until everything before it has
# traded or has been cancelled. In a backtest without queues one has to guess when it fills. Here the order is in the
# very engine, and `queue_ahead` counts what is before it.

# %%
from bench.tutorial.notebook import options, save

chosen = options(__doc__, source="zero-intelligence", commands=(60_000, 6_000))

# %%
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from bench import Replay
from bench.research.orders import Order
from exchange.codes import EventKind, Liquidity, Side
from exchange.errors import UserError
from exchange.units import NS_PER_S

market = Replay(chosen.source)
while market.book(1).best_bid is None:  # the book of a recorded file may be empty at its start
    if not market.advance(1):
        raise UserError(f"{chosen.name}: its first book never has a bid to join")

# %% [markdown]
# ## One order
#
# `submit` places it at the best bid. `follow` applies one command at a time and notes the lots before it whenever
# they change. Nobody can come before it, so they only become fewer: by trades at its price, which are among the
# events, or by cancels, which are the rest.

# %%
Path = list[tuple[float, int]]  # seconds since it was placed, lots before it


def follow(replay: Replay, order: Order, commands: int) -> Path:
    """What is before an order after each change, until it has traded, has gone, or some commands are over."""
    start_ns, ahead = replay.time_ns, replay.queue_ahead(order)
    path: Path = []
    for _ in range(commands):
        if ahead is None:
            break
        if not path or path[-1][1] != ahead[1]:
            path.append(((replay.time_ns - start_ns) / NS_PER_S, ahead[1]))
        if not replay.advance(1):
            break
        ahead = replay.queue_ahead(order)
    if not path and not order.filled:
        raise UserError(f"{chosen.name}: {order}: it is in no queue")
    return [*path, ((replay.time_ns - start_ns) / NS_PER_S, 0 if order.filled else path[-1][1])]


patience = 3_000 if chosen.quick else 10_000  # commands
single = market.fork()
best_bid = single.book(1).best_bid
assert best_bid is not None
order = single.submit("buy", best_bid, 1)
placed_at = single.sequence
path = follow(single, order, patience)
print(f"placed: {order.lots} lot to buy at {order.price}, {path[0][1]} lots before it")
for second, lots in path[:8]:
    print(f"{second:>8.2f} s: {lots} lots before it")
print(f"after {path[-1][0]:.2f} s: {order.state.name}, {order.filled} filled")
others = single.events.to_polars().filter(
    (pl.col("kind") == EventKind.FILL)
    & (pl.col("liquidity") == Liquidity.MAKER)
    & (pl.col("side") == Side.BUY)
    & (pl.col("price") == order.price)
    & (pl.col("sequence") > placed_at)
    & (pl.col("order_id") != order.id)
)
traded = others["lots"].sum()
left = path[0][1] - path[-1][1]
print(f"of the {left} lots that left the queue before it, {traded} traded and {left - traded} were cancelled")

# %% [markdown]
# ## Places compared
#
# A fork goes on from the same moment without changing the other. So the same order can be placed one tick better than
# the best bid, at it, and behind it, in the same market: what differs is the place alone. Several starting points
# give a distribution. If one tick better would trade at once, the order joins the best price instead (`post_only`
# slides it).

# %%
PLACES = {"one tick better": 1, "at the best": 0, "one behind": -1, "two behind": -2}
starts = 6 if chosen.quick else 40
gap = (market.length - market.place - patience) // starts
waits: dict[str, list[float]] = {place: [] for place in PLACES}  # seconds until it fills, NaN: it does not
first_ahead: dict[str, list[int]] = {place: [] for place in PLACES}
paths: dict[str, Path] = {}
for start in range(starts):
    best_bid = market.book(1).best_bid
    for place, better in PLACES.items():
        if best_bid is None:
            continue
        fork = market.fork()
        placed = fork.submit("buy", best_bid + better, 1, post_only="slide")
        walked = follow(fork, placed, patience)
        waits[place].append(walked[-1][0] if placed.filled else np.nan)
        first_ahead[place].append(walked[0][1])
        if start == 0:
            paths[place] = walked
    market.advance(max(1, gap))
for place, seconds in waits.items():
    filled = np.array(seconds)[~np.isnan(seconds)]
    share, wait = len(filled) / len(seconds), np.median(filled) if len(filled) else np.nan
    print(
        f"{place:<16} {np.mean(first_ahead[place]):>6.1f} lots before it, {share:>4.0%} filled, median {wait:>7.2f} s"
    )

# %% [markdown]
# ## A picture
#
# On the left the queue before the four orders of the first starting point; a circle is a fill. On the right the share
# of orders that had filled by a time. Those that did not fill count in the share, so a curve need not reach 1.

# %%
figure = Figure((11, 4.5), layout="constrained")
queue, shares = figure.subplots(1, 2)
for width, (place, walked) in zip((5, 3.5, 2, 2), paths.items(), strict=True):  # equal paths stay visible
    times, lots_before = zip(*walked, strict=True)
    (line,) = queue.step(times, lots_before, where="post", label=place, linewidth=width)
    if not np.isnan(waits[place][0]):
        queue.scatter(times[-1], 0, color=line.get_color(), zorder=3)
for place, seconds in waits.items():
    ordered = np.sort(np.array(seconds)[~np.isnan(seconds)])
    shares.step(ordered, np.arange(1, len(ordered) + 1) / len(seconds), where="post", label=place)
queue.set(xlabel="seconds since it was placed", ylabel="lots before it", ylim=(-0.2, None))
queue.yaxis.get_major_locator().set_params(integer=True)
shares.set(xlabel="seconds since it was placed", ylabel="share filled", ylim=(0, 1.02), xscale="log")
queue.legend(fontsize="small")
save(figure, chosen.out, "queue.png")
