"""Facts of the book: spread and depth."""

import numpy as np

from bench.facts.collector import DISTANCES, LEVELS
from bench.facts.estimators import Estimate, mean
from bench.facts.series import BookSeries
from bench.facts.sheet import About, Curve, Fact, number, numbers
from exchange.codes import Side

BIAIS_1995 = "Biais, Hillion, Spatt 1995"
BOUCHAUD_2002 = "Bouchaud, Mezard, Potters 2002"
SIDES = {Side.BUY: "bid", Side.SELL: "ask"}
ONE_SIDED = "the book never had both sides"
EMPTY = "the side was always empty"


def book_facts(series: BookSeries) -> list[Fact]:
    """All facts of the book."""
    return [*spreads(series), *depths(series)]


def spreads(series: BookSeries) -> list[Fact]:
    """The spread, by time and by message."""
    usable = series.usable
    values, weights = series.spreads[usable], series.weights_ns[usable]
    by_time = About(
        key="spread_mean_ticks",
        name="spread, mean over time",
        unit="ticks",
        definition="best ask less best bid, each weighted with the time it stood; while the book has both sides",
        source=BIAIS_1995,
    )
    by_message = About(
        key="spread_message_mean_ticks",
        name="spread, mean over messages",
        unit="ticks",
        definition="best ask less best bid after each message",
        source=BIAIS_1995,
    )
    found = [by_time.of(mean(values, weights), _why(usable, weights)), by_message.of(mean(values), ONE_SIDED)]
    for part, rank in (("median", 50), ("p90", 90)):
        about = About(
            key=f"spread_{part}_ticks",
            name=f"spread, {part.replace('p90', '90th percentile')}",
            unit="ticks",
            definition=f"{part} of the spread after each message",
            source=BIAIS_1995,
        )
        value = float(np.percentile(values, rank)) if len(values) else np.nan
        found.append(about.of(Estimate(value, np.nan, len(values)), ONE_SIDED))
    about = About(
        key="two_sided_share",
        name="share of messages with a two-sided book",
        unit="1",
        definition="messages after which there are bid and ask, and the bid is below the ask, over all",
        source=BIAIS_1995,
    )
    return [*found, about.of(mean(usable.astype(float)), "no messages")]


def _why(usable: np.ndarray, weights: np.ndarray) -> str:
    return "all messages have one time" if usable.any() and not weights.sum() else ONE_SIDED


def depths(series: BookSeries) -> list[Fact]:
    """Lots at the best price, in the best levels, and where the book is deepest."""
    rows, found = series.messages, []
    for side, name in SIDES.items():
        for key, words in (("", "at the best price"), ("total_", f"in the {LEVELS} best levels")):
            about = About(
                key=f"depth_{name}_{key or 'best_'}lots",
                name=f"depth of the {name}s {words}, mean",
                unit="lots",
                definition=f"lots that the {name} side shows {words}, mean over messages after which it is not empty",
                source=BIAIS_1995,
            )
            lots = rows[f"{name}_{key}lots"][rows[f"{name}_lots"] > 0]
            found.append(about.of(mean(lots.astype(float)), EMPTY))
        found.append(_hump(series, side, name))
    about = About(
        key="imbalance_mean",
        name="imbalance of the best prices, mean",
        unit="1",
        definition="(bid lots - ask lots) / (bid lots + ask lots) at the best prices, mean over messages",
        source="Cao, Hansch, Wang 2009",
    )
    return [*found, about.of(mean(imbalances(series)), ONE_SIDED)]


def imbalances(series: BookSeries) -> np.ndarray:
    """Imbalance at the best prices after each message with a usable book."""
    bid, ask = (series.messages[f"{name}_lots"][series.usable].astype(float) for name in SIDES.values())
    found: np.ndarray = (bid - ask) / (bid + ask)
    return found


def _hump(series: BookSeries, side: Side, name: str) -> Fact:
    about = About(
        key=f"depth_{name}_peak_ticks",
        name=f"distance at which the {name}s are deepest",
        unit="ticks",
        definition=f"ticks behind the best price, below {DISTANCES}, at which the mean lots are most",
        source=BOUCHAUD_2002,
    )
    lots = series.distance_lots[:, side]
    average = lots.mean(axis=0) if len(lots) else np.zeros(1)
    return about.exact(float(average.argmax()), len(lots)) if average.any() else about.without(EMPTY)


def book_curves(series: BookSeries) -> list[Curve]:
    """Depth by level and by distance of each side, and the distribution of the spread."""
    found = [spread_curve(series)]
    for side, name in SIDES.items():
        by_level = ("level", "level from the best price", series.level_lots, "the same level from the best one")
        by_distance = ("distance", "ticks behind the best price", series.distance_lots, "this distance")
        for key, x_name, samples, where in (by_level, by_distance):
            first = 1 if key == "level" else 0
            lots = samples[:, side]
            estimates = [mean(lots[:, column].astype(float)) for column in range(lots.shape[1])] if len(lots) else []
            found.append(
                Curve(
                    key=f"depth_by_{key}_{name}_lots",
                    name=f"depth of the {name}s by {key}",
                    x_name=x_name,
                    y_name="lots, mean",
                    definition=f"mean lots at {where}, sampled each {series.sample_every:,} messages; none counts as 0",
                    source=BOUCHAUD_2002,
                    x=[float(first + place) for place in range(len(estimates))],
                    y=numbers([one.value for one in estimates]),
                    low=numbers([one.interval[0] for one in estimates]),
                    high=numbers([one.interval[1] for one in estimates]),
                    missing="" if lots.any() else EMPTY,
                )
            )
    return found


def spread_curve(series: BookSeries) -> Curve:
    """Share of messages at each spread."""
    values, counts = np.unique(series.spreads[series.usable], return_counts=True)
    total = counts.sum()
    return Curve(
        key="spread_distribution",
        name="spread",
        x_name="spread, ticks",
        y_name="share of messages",
        definition="share of messages after which the spread is this",
        source=BIAIS_1995,
        x=values.tolist(),
        y=[number(count / total) for count in counts],
        missing="" if total else ONE_SIDED,
    )
