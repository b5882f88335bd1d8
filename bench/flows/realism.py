"""Realism of a flow: six figures of a book and the bounds that papers give for them.

All are in trade time: a trade is an aggressor that traded, and the mid is that just before it. Bounds were chosen from
the papers before the market was tuned.

figure                  bound        source
sign memory             0.3 to 0.7   exponent b of autocorrelation ~ lag^-b over lags 1 to 100. Lillo, Farmer (2004)
                                     find about 0.6 on the London exchange, Bouchaud, Gefen, Potters, Wyart (2004)
                                     0.2 to 0.7 in Paris
variance ratio          0.8 to 1.2   of the mid over 1,000 trades: Lo, MacKinlay (1988); prices are close to a random
                                     walk from a trade to days (Bouchaud et al. 2004, signature plots)
durations               above 1      deviation over mean of the times between trades: they cluster (Engle, Russell 1998)
return memory           +-0.1        autocorrelation of changes of the mid at lag 1 (Cont 2001, no linear memory)
drift                   +-3          mean change of the mid over its standard error: no run one way
spread                  below 1.5    largest over smallest mean spread of the thirds of a run: it is stationary
two sides               above 0.999  share of trades before which both sides are quoted
"""

from dataclasses import dataclass

import numpy as np

from bench.facts.estimators import autocorrelation, coefficient_of_variation, variance_ratio
from bench.flows.notes import MARKET
from exchange.codes import Side

MEMORY_LAGS = 100
RATIO_TRADES = 1_000
BOUNDS = {
    "sign memory": (0.3, 0.7),
    "variance ratio": (0.8, 1.2),
    "durations": (1.0, np.inf),
    "return memory": (-0.1, 0.1),
    "drift": (-3.0, 3.0),
    "spread": (1.0, 1.5),
    "two sides": (0.999, 1.0),
}


@dataclass(frozen=True)
class TradeSeries:
    """Trades of one book: signs (+1 the aggressor buys), mids and spreads just before, times.

    unquoted   trades before which a side was empty; they are in no array
    """

    signs: np.ndarray
    mids: np.ndarray
    spreads: np.ndarray
    times_ns: np.ndarray
    unquoted: int


def trades_of(notes: np.ndarray, instrument: int) -> TradeSeries:
    """The trades of a book in NOTE rows."""
    rows = notes[(notes["kind"] == MARKET) & (notes["instrument"] == instrument)]
    quoted = (rows["bid"] > 0) & (rows["ask"] > 0)
    unquoted, rows = int(np.count_nonzero(~quoted)), rows[quoted]
    signs = np.where(rows["side"] == Side.BUY, 1.0, -1.0)
    mids = (rows["bid"] + rows["ask"]) / 2
    return TradeSeries(signs, mids, rows["ask"] - rows["bid"], rows["time_ns"], unquoted)


def figures(trades: TradeSeries, ratio_trades: int = RATIO_TRADES) -> dict[str, float]:
    """The figures of BOUNDS."""
    changes = np.diff(trades.mids)
    waits = np.diff(trades.times_ns).astype(float)
    thirds = [float(part.mean()) for part in np.array_split(trades.spreads, 3)]
    count = len(trades.signs)
    return {
        "sign memory": memory_exponent(trades.signs, MEMORY_LAGS),
        "variance ratio": variance_ratio(trades.mids, ratio_trades)[0],
        "durations": coefficient_of_variation(waits),
        "return memory": float(autocorrelation(changes, 1)[1]),
        "drift": float(changes.mean() / (changes.std() / np.sqrt(len(changes)))),
        "spread": max(thirds) / min(thirds),
        "two sides": count / (count + trades.unquoted),
    }


def outside(found: dict[str, float]) -> dict[str, float]:
    """The figures that are outside their bounds."""
    return {name: value for name, value in found.items() if not BOUNDS[name][0] <= value <= BOUNDS[name][1]}


def memory_exponent(signs: np.ndarray, lags: int, parts: int = 8) -> float:
    """b of autocorrelation ~ lag^-b: a line through the logarithms of means over `parts` ranges of lags.

    Ranges are equally wide in logarithms. Means over ranges keep the noise of single lags small. NaN if one is not
    above 0. `gpux facts` stops instead at the first lag that is noise (`return_facts.decay`): a bound needs the same
    lags in every run.
    """
    edges = np.unique(np.rint(np.geomspace(1, lags + 1, parts + 1)).astype(int))
    ranges = [range(low, high) for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]
    correlations = autocorrelation(signs, lags)
    means = np.array([correlations[list(one)].mean() for one in ranges])
    centres = np.array([np.exp(np.mean(np.log(list(one)))) for one in ranges])
    if means.min() <= 0:
        return float("nan")
    return float(-np.polyfit(np.log(centres), np.log(means), 1)[0])
