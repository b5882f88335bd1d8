"""The statistics of LOB-Bench (Nagy et al. 2025): one number of each message, order or cancel.

Definitions follow LOB-Bench where a message is the same thing. They differ in this: prices are in increments of each
book, not in dollars, so that books with different ticks compare in their own increments; a time of 0 counts as 1 ns;
`spread | volatility` takes the volatility of windows of WINDOW messages (LOB-Bench: of whole sequences); there is no
`spread | time of day`, as generated flow has no hours.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.facts.book_facts import imbalances
from bench.facts.collector import CANCEL, DEEPER, LIMIT, REDUCE
from bench.facts.series import BookSeries
from exchange.codes import Side
from exchange.units import NS_PER_S

WINDOW = 500
REMOVALS = (REDUCE, CANCEL)


@dataclass(frozen=True)
class Statistic:
    """One statistic of a book. `of` gives its values; `is_discrete`: each value is a group of its own."""

    key: str
    name: str
    of: Callable[[BookSeries], np.ndarray]
    is_discrete: bool = False


def volatilities(series: BookSeries) -> np.ndarray:
    """Standard deviation of the changes of the mid in the window of WINDOW usable messages that a message is in."""
    mids = series.mids[series.usable] / series.min_inc
    count = len(mids) // WINDOW
    changes = np.diff(mids, prepend=mids[:1])[: count * WINDOW].reshape(count, WINDOW)
    found: np.ndarray = np.repeat(changes.std(axis=1), WINDOW)
    return found


def spreads(series: BookSeries) -> np.ndarray:
    """Spread after each message with a usable book, increments."""
    found: np.ndarray = series.spreads[series.usable] / series.min_inc
    return found


def _log_gap(series: BookSeries) -> np.ndarray:
    gaps = np.diff(series.messages["time_ns"])
    found: np.ndarray = np.log(np.maximum(gaps, 1) / NS_PER_S)
    return found


def _log_age(series: BookSeries) -> np.ndarray:
    rows = series.messages
    kept = (rows["is_aged"] == 1) & np.isin(rows["kind"], REMOVALS)
    found: np.ndarray = np.log(np.maximum(rows["age_ns"][kept], 1) / NS_PER_S)
    return found


def ask_lots(series: BookSeries) -> np.ndarray:
    """Lots at the best ask after each message with a usable book."""
    return _book("ask_lots")(series)


def _book(field: str) -> Callable[[BookSeries], np.ndarray]:
    def values(series: BookSeries) -> np.ndarray:
        found: np.ndarray = series.messages[field][series.usable].astype(np.float64)
        return found

    return values


def _of_orders(side: Side, kinds: tuple[np.int64, ...], is_level: bool) -> Callable[[BookSeries], np.ndarray]:
    """Distance to the mid after the message, in increments, or number of the level, of orders of a side."""

    def values(series: BookSeries) -> np.ndarray:
        rows = series.messages
        kept = (rows["side"] == side) & np.isin(rows["kind"], kinds) & (rows["level"] > 0)
        if is_level:
            levels: np.ndarray = rows["level"][kept & (rows["level"] < DEEPER)].astype(np.float64)
            return levels
        kept &= series.usable
        found: np.ndarray = np.abs(rows["price_tick"][kept] - series.mids[kept]) / series.min_inc
        return found

    return values


def statistics() -> list[Statistic]:
    """The unconditional statistics, in the order of LOB-Bench."""
    found = [
        Statistic("spread", "spread, increments", spreads, True),
        Statistic("orderbook_imbalance", "imbalance of the best prices", imbalances),
        Statistic("log_inter_arrival_time", "log of seconds between messages", _log_gap),
        Statistic("log_time_to_cancel", "log of seconds to cancel or reduction", _log_age),
    ]
    sides = ((Side.SELL, "ask"), (Side.BUY, "bid"))
    found += [Statistic(f"{name}_volume_touch", f"best {name} lots", _book(f"{name}_lots")) for _, name in sides]
    found += [Statistic(f"{name}_volume", f"{name} lots, 10 levels", _book(f"{name}_total_lots")) for _, name in sides]
    for what, kinds in (("limit", (LIMIT,)), ("cancellation", REMOVALS)):
        for side, name in sides:
            words = f"{name} {what}s"
            found += [
                Statistic(
                    f"{what}_{name}_order_depth", f"{words}: increments to the mid", _of_orders(side, kinds, False)
                ),
                Statistic(f"{what}_{name}_order_levels", f"{words}: level", _of_orders(side, kinds, True), True),
            ]
    return found


def statistics_of(series: BookSeries) -> dict[str, np.ndarray]:
    """The values of every unconditional statistic of a book, by key."""
    return {one.key: one.of(series) for one in statistics()}
