"""Notebook 1: replays a source, looks into its book, and draws prices, trades and the spread.

python -m bench.tutorial.replay_and_plot [--quick] [--source SOURCE | --messages CSV --book CSV] [--out FOLDER]
"""

# %% [markdown]
# # 1. Replay and plot
#
# A *source* is a list of commands: new orders, changes and cancels, in the order in which they reached a venue. It is
# a recorded file, or a generated flow. A `Replay` runs it through the venue's own engine, so the book is what the
# rules of the venue make of these commands.
#
# The first cell reads the options. Without any, the source is a model of order flow: *zero intelligence*, in which
# orders arrive at random (Smith, Farmer, Gillemot, Krishnamurthy 2003).

# %%
from bench.tutorial.notebook import options, save

chosen = options(__doc__, source="zero-intelligence", commands=(20_000, 2_000))

# %%
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from bench import Replay
from bench.inspection.explain import explain
from bench.inspection.place import TapePlace
from bench.tapes.tape import read_tape, tape_hash, write_tape
from exchange.codes import EventKind, Liquidity, Side
from exchange.units import NS_PER_S

replay = Replay(chosen.source)
print(f"source: {replay.length - replay.place:,} commands, state size {replay.tape.limits}")

# %% [markdown]
# ## The book
#
# A replay begins behind the commands that only fill the book. `book(n)` has the best n levels of each side, best
# first: the price in ticks, and the lots shown there. `advance` applies more commands and returns how many.

# %%
book = replay.book(5)
print("before the first command")
for (buy, buy_lots), (sell, sell_lots) in zip(book.bids.tolist(), book.asks.tolist(), strict=False):
    print(f"{buy_lots:>8} lots at {buy:>8}   {sell:>8} for {sell_lots} lots")

# %% [markdown]
# A sample of the best prices after every ten commands is enough for a picture. The book object is the same each time,
# with new values, so copy what has to stay.

# %%
first_ns = replay.time_ns
samples: list[tuple[float, float, float]] = []  # seconds, best bid, best ask; NaN: the side is empty
while replay.advance(10):
    book = replay.book(5)
    bid, ask = (np.nan if price is None else price for price in (book.best_bid, book.best_ask))
    samples.append(((replay.time_ns - first_ns) / NS_PER_S, bid, ask))
prices = pl.DataFrame(samples, schema=["second", "bid", "ask"], orient="row")
prices = prices.with_columns(spread=pl.col("ask") - pl.col("bid"))
print(f"state hash at the end: {replay.state_hash()}")
print(f"mean spread: {np.nanmean(prices['spread']):.3f} ticks")

# %% [markdown]
# ## Events
#
# The engine says what each command did as *events*. `replay.events` is an Arrow table over the memory of the replay,
# and `to_polars` a frame over the same memory. A trade has two FILL events, of the maker and of the taker. Of a FILL,
# `price` is the price of the trade and `reference` the number of the trade (`exchange/engine/ROWS.md` lists all
# fields).

# %%
events = replay.events.to_polars()
counts = events.group_by("kind").len().sort("len", descending=True)
for kind, count in counts.iter_rows():
    print(f"{EventKind(kind).name:<20} {count:>8,}")
trades = events.filter(
    (pl.col("kind") == EventKind.FILL) & (pl.col("liquidity") == Liquidity.TAKER) & (pl.col("time_ns") >= first_ns)
).select(
    second=(pl.col("time_ns") - first_ns) / NS_PER_S,
    price=pl.col("price"),
    lots=pl.col("lots"),
    is_buy=pl.col("side") == Side.BUY,
)
print(f"trades: {len(trades):,}, {trades['lots'].sum():,} lots, in {trades['is_buy'].sum():,} the taker buys")

# %% [markdown]
# ## A picture
#
# Prices and trades above, the spread below. `gpux replay SOURCE --plot FILE` draws a similar one without any code.

# %%
figure = Figure((10, 6), layout="constrained")
above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
above.step(prices["second"], prices["bid"], where="post", color="tab:green", linewidth=0.8, label="best bid")
above.step(prices["second"], prices["ask"], where="post", color="tab:red", linewidth=0.8, label="best ask")
for is_buy, marker, label in ((True, "^", "trade, taker buys"), (False, "v", "trade, taker sells")):
    part = trades.filter(pl.col("is_buy") == is_buy)
    above.scatter(part["second"], part["price"], s=9, marker=marker, color="tab:blue", alpha=0.6, label=label)
above.set_ylabel("price, ticks")
above.legend(fontsize="small", ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
above.ticklabel_format(useOffset=False)
below.step(prices["second"], prices["spread"], where="post", color="black", linewidth=0.8)
below.set(xlabel="seconds from the first command", ylabel="spread, ticks", ylim=(0, None))
save(figure, chosen.out, "prices.png")

# %% [markdown]
# ## A tape
#
# `write_tape` saves the commands as a *tape*, a Parquet file with a hash of its own: equal commands have equal
# hashes. `gpux replay FILE` checks it. Any other program reads the file as a table.

# %%
file = chosen.out / "source.parquet"
write_tape(replay.tape, file)
print(f"tape: {file}, {file.stat().st_size / 1024:,.0f} KiB, hash {tape_hash(read_tape(file))[:16]}...")

# %% [markdown]
# ## Time travel
#
# `replay.at(n)` is the market as it was just after command n; nothing of the replay itself changes. What follows is
# what `gpux replay FILE --at n` and `gpux replay FILE --explain n` print: the book then, and one command with the
# checks that it met and the events that it caused.

# %%
middle = int(replay.tape.commands["sequence"][(replay.tape.resting_rows + len(replay.tape.commands)) // 2])
earlier = replay.at(middle)
listed = TapePlace(replay.tape, middle)
print(f"after command {middle:,} of {replay.sequence:,}: {listed.book(1, levels=1)}")
assert earlier.engine.state_hash() == listed.engine.state_hash()
found = explain(replay.tape, middle)
command = found.rows[0].command
asked = {name: command[name] for name in ("kind", "side", "price", "lots") if name in command}
passed = sum(check.verdict == "passed" for check in found.rows[0].checks)
print(f"command {middle:,}: {asked}: {found.verdict}, {passed} checks passed")
for event in found.events:
    print(f"event: {event['kind']}")
