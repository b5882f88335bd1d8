"""Facts of the order flow: what is sent, how often, how large, where, and how long orders live."""

import numpy as np

from bench.facts.collector import CANCEL, FILL, LIMIT, REDUCE
from bench.facts.estimators import (
    Estimate,
    block_bootstrap,
    coefficient_of_variation,
    hill,
    mean,
)
from bench.facts.series import BookSeries
from bench.facts.sheet import About, Fact
from exchange.codes import Side

BOUCHAUD_2002 = "Bouchaud, Mezard, Potters 2002"
HILL = "Hill 1975"
BOOTSTRAP_VALUES = 20_000  # a coefficient of variation of more values has no bootstrap interval
NO_TRADES = "no trades"


def flow_facts(series: BookSeries) -> list[Fact]:
    """All facts of the order flow."""
    return [
        *shares(series),
        *durations(series),
        *sizes(series),
        *lifetimes(series),
        *placement(series),
    ]


def shares(series: BookSeries) -> list[Fact]:
    """What the messages are."""
    kinds = series.messages["kind"]
    trades = len(series.trades)
    named = {
        "limit": ("limit orders", int(np.count_nonzero(kinds == LIMIT))),
        "cancel": ("cancels", int(np.count_nonzero(np.isin(kinds, (REDUCE, CANCEL))))),
        "trade": ("trades", trades),
    }
    total = sum(count for _, count in named.values())
    found = []
    for key, (name, count) in named.items():
        about = About(
            key=f"share_{key}",
            name=f"share of {name}",
            unit="1",
            definition=f"number of {name}, over that of limit orders, cancels (reductions included) and trades",
            source="Cont, Stoikov, Talreja 2010",
        )
        share = count / total if total else np.nan
        error = np.sqrt(share * (1 - share) / total) if total else np.nan
        found.append(about.of(Estimate(share, error, total), "no messages"))
    return found


def durations(series: BookSeries) -> list[Fact]:
    """Time between messages of different commands, and between trades."""
    rows = series.messages
    commands = rows["time_ns"][np.diff(rows["sequence"], prepend=-1) != 0]
    found = []
    for key, name, times in (("event", "events", commands), ("trade", "trades", series.trades["time_ns"])):
        gaps = np.diff(times).astype(np.float64)
        otherwise = f"fewer than two {name}"
        between = f"time between two {name} (commands that change the book)" if key == "event" else "between two trades"
        about = About(
            key=f"{key}_duration_mean_ns",
            name=f"time between {name}, mean",
            unit="ns",
            definition=f"mean of the {between}",
            source="Engle, Russell 1998",
        )
        found.append(about.of(mean(gaps), otherwise))
        found.append(_variation(key, name, gaps, otherwise))
        found.append(_tail(f"{key}_duration", f"time between {name}", gaps))
    return found


def _variation(key: str, name: str, gaps: np.ndarray, otherwise: str) -> Fact:
    about = About(
        key=f"{key}_duration_variation",
        name=f"time between {name}, coefficient of variation",
        unit="1",
        definition="standard deviation over mean; 1 for a Poisson process, above 1 if activity clusters",
        source="Engle, Russell 1998",
    )
    value = coefficient_of_variation(gaps) if len(gaps) else np.nan
    estimate = Estimate(value, np.nan, len(gaps))
    interval = None
    if 2 <= len(gaps) <= BOOTSTRAP_VALUES and np.isfinite(value):
        interval = block_bootstrap(gaps, coefficient_of_variation)
    return about.of(estimate, otherwise if len(gaps) < 1 else "all times are zero", interval)


def _tail(key: str, name: str, values: np.ndarray) -> Fact:
    about = About(
        key=f"{key}_tail",
        name=f"{name}, tail exponent",
        unit="1",
        definition="Hill estimate a of P(X > x) ~ x^-a from the largest 5 % of the values above 0",
        source=HILL,
    )
    found = hill(values)
    return about.of(found, "the largest values are equal" if found.count >= 10 else "fewer than 200 values above 0")


def sizes(series: BookSeries) -> list[Fact]:
    """Lots of limit orders as they rest, and of trades."""
    rests = series.messages["lots"][series.messages["kind"] == LIMIT]
    found = []
    named = (
        ("order", "limit order", "lots that rest", rests[rests > 0]),
        ("trade", "trade", "lots of all fills of one aggressor", series.trades["lots"]),
    )
    for key, name, what, lots in named:
        otherwise = NO_TRADES if key == "trade" else "no limit orders"
        for part, value in _parts(lots.astype(np.float64)):
            about = About(
                key=f"{key}_size_{part}_lots",
                name=f"size of a {name}, {part.replace('p99', '99th percentile')}",
                unit="lots",
                definition=f"{part} of the {what}",
                source="Gopikrishnan et al. 2000",
            )
            found.append(about.of(value, otherwise))
        found.append(_tail(f"{key}_size", f"size of a {name}", lots))
    return found


def _parts(values: np.ndarray) -> list[tuple[str, Estimate]]:
    """Mean, median and 99th percentile."""
    ranks = np.percentile(values, [50, 99]) if len(values) else np.full(2, np.nan)
    named = zip(("median", "p99"), ranks, strict=True)
    return [("mean", mean(values)), *((part, Estimate(float(rank), np.nan, len(values))) for part, rank in named)]


def lifetimes(series: BookSeries) -> list[Fact]:
    """Time from rest to the end of orders whose rest was seen, by how they end."""
    rows = series.messages
    is_aged, kinds, every_age = rows["is_aged"] == 1, rows["kind"], rows["age_ns"]
    cancelled = every_age[is_aged & (kinds == CANCEL)]
    filled = every_age[is_aged & (kinds == FILL) & (rows["leaves_lots"] == 0)]
    found = []
    for key, name, ages in (("cancelled", "cancelled", cancelled), ("filled", "filled completely", filled)):
        for part, value in _parts(ages.astype(np.float64))[:2]:
            about = About(
                key=f"lifetime_{key}_{part}_ns",
                name=f"life of an order that is {name}, {part}",
                unit="ns",
                definition=f"{part} time from the order's rest to its end; an order that lives on is not counted",
                source="Hasbrouck, Saar 2009",
            )
            found.append(about.of(value, f"no order was {name}"))
        found.append(_tail(f"lifetime_{key}", f"life of an order that is {name}", ages))
    ended = len(cancelled) + len(filled)
    about = About(
        key="share_ended_by_cancel",
        name="share of orders that end by a cancel",
        unit="1",
        definition="orders cancelled, over orders cancelled or filled completely",
        source="Hasbrouck, Saar 2009",
    )
    share = len(cancelled) / ended if ended else np.nan
    error = np.sqrt(share * (1 - share) / ended) if ended else np.nan
    return [*found, about.of(Estimate(share, error, ended), "no order ended")]


def distances(series: BookSeries) -> np.ndarray:
    """Ticks of each limit order behind the best price of its side just before it; below 0: it improves that price."""
    rows = series.messages
    places = np.flatnonzero((rows["kind"] == LIMIT) & (rows["lots"] > 0))
    places = places[places > 0]
    is_buy, prices = rows["side"][places] == Side.BUY, rows["price_tick"][places].astype(np.int64)
    best = np.where(is_buy, rows["bid_tick"][places - 1], rows["ask_tick"][places - 1])
    known = np.where(is_buy, rows["bid_lots"][places - 1], rows["ask_lots"][places - 1]) > 0
    behind = np.where(is_buy, best - prices, prices - best)
    found: np.ndarray = behind[known]
    return found


def placement(series: BookSeries) -> list[Fact]:
    """Where limit orders rest."""
    behind = distances(series).astype(np.float64)
    otherwise = "no limit order behind a best price"
    about = About(
        key="placement_mean_ticks",
        name="distance of a limit order, mean",
        unit="ticks",
        definition="mean of the ticks behind the best price of its side just before it; below 0: it improves the price",
        source=BOUCHAUD_2002,
    )
    at_best = About(
        key="placement_at_best_share",
        name="share of limit orders at or inside the best price",
        unit="1",
        definition="limit orders with a distance of 0 or less, over all",
        source="Biais, Hillion, Spatt 1995",
    )
    tail = _tail("placement", "distance of a limit order", behind)
    return [about.of(mean(behind), otherwise), at_best.of(mean((behind <= 0).astype(float)), otherwise), tail]
