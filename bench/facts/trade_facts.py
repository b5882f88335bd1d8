"""Facts of trades: memory of their signs, response and impact, and the variance of the mid in trade time."""

import numpy as np

from bench.facts.estimators import (
    NORMAL_95,
    RATIO_SPANS,
    Estimate,
    autocorrelation,
    log_lags,
    mean,
    power_law,
    response,
    signature,
    variance_ratio,
)
from bench.facts.return_facts import MEMORY, NO_MEMORY, decay
from bench.facts.series import BookSeries
from bench.facts.sheet import About, Curve, Fact, numbers

TRADES_MIN = 100
SIGN_LAGS = 1_000
RESPONSE_LAGS = 1_000
RATIO_STEPS = (2, 4, 8, 16, 100, 1_000)
SIZE_GROUPS = 10
LILLO_2004 = "Lillo, Farmer 2004; Bouchaud et al. 2004"
BOUCHAUD_2004 = "Bouchaud, Gefen, Potters, Wyart 2004"
LO_1988 = "Lo, MacKinlay 1988"


def too_few(series: BookSeries) -> str:
    """Why there are no facts of trades; empty: there are."""
    if not len(series.trades):
        return "no trades"
    count = len(series.signed_trades[0])
    return "" if count >= TRADES_MIN else f"{count} trades with a two-sided book before them, needed: {TRADES_MIN}"


def trade_facts(series: BookSeries) -> list[Fact]:
    """All facts of trades."""
    about = About(
        key="trades_count",
        name="trades",
        unit="1",
        definition="aggressors that traded: all fills of one command, or of one time in a LOBSTER pair, on one side",
        source=BOUCHAUD_2004,
    )
    count = len(series.trades)
    return [about.exact(count, count), *sign_memory(series), *impact(series), *ratios(series)]


def sign_memory(series: BookSeries) -> list[Fact]:
    """Autocorrelation of trade signs and its exponent."""
    first = About(
        key="sign_autocorrelation_1",
        name="autocorrelation of trade signs at lag 1",
        unit="1",
        definition="of the series of +1 (the aggressor buys) and -1; interval of independent signs (Bartlett 1946)",
        source=LILLO_2004,
    )
    exponent = About(
        key="sign_memory_exponent",
        name="memory of trade signs, exponent",
        unit="1",
        definition=f"{MEMORY.format(lags=SIGN_LAGS)}; below 1: long memory",
        source=LILLO_2004,
    )
    signs = series.trades["sign"].astype(float)
    if len(signs) < TRADES_MIN:
        why = too_few(series)
        return [one.without(why, len(signs)) for one in (first, exponent)]
    correlations = autocorrelation(signs, _sign_lags(len(signs)))
    error = 1 / np.sqrt(len(signs))
    return [
        first.of(Estimate(correlations[1], error, len(signs)), "all trades have one sign"),
        exponent.of(decay(correlations, error), NO_MEMORY),
    ]


def _sign_lags(count: int) -> int:
    return min(SIGN_LAGS, count // 4)


def impact(series: BookSeries) -> list[Fact]:
    """Response of the mid to a trade, and how it depends on size."""
    one = About(
        key="response_1_ticks",
        name="response to a trade, one trade later",
        unit="ticks",
        definition="R(1): mean change of the mid from just before a trade to just before the next, times its sign",
        source=BOUCHAUD_2004,
    )
    far = About(
        key="response_growth",
        name="response after 100 trades over that after one",
        unit="1",
        definition="R(100) / R(1)",
        source=BOUCHAUD_2004,
    )
    power = About(
        key="impact_size_exponent",
        name="impact by size, exponent",
        unit="1",
        definition=f"b of R(1) ~ lots^b: a line through the logarithms of means in {SIZE_GROUPS} groups of size",
        source="Lillo, Farmer, Mantegna 2003",
    )
    why = too_few(series)
    trades, mids = series.signed_trades
    if why:
        return [about.without(why, len(trades)) for about in (one, far, power)]
    signs = trades["sign"].astype(float)
    first = response(mids, signs, np.array([1]))[0]
    lots, changes = impact_by_size(series)
    fit = power_law(lots, np.array([change.value for change in changes]))
    return [
        one.of(first, why),
        _growth(far, mids, signs, first),
        power.of(fit, "fewer than 3 groups of size with an impact above 0"),
    ]


def _growth(about: About, mids: np.ndarray, signs: np.ndarray, first: Estimate) -> Fact:
    if len(mids) <= 200:
        return about.without(f"{len(mids)} trades, needed: more than 200", len(mids))
    later = response(mids, signs, np.array([100]))[0]
    if first.value <= 0:
        return about.without("R(1) is not above 0", len(mids))
    ratio = later.value / first.value
    error = abs(ratio) * np.hypot(later.error / later.value, first.error / first.value) if later.value else np.nan
    return about.of(Estimate(ratio, float(error), later.count), "")


def impact_by_size(series: BookSeries) -> tuple[np.ndarray, list[Estimate]]:
    """Mean lots of SIZE_GROUPS groups of trades of about equal number, and the mean response R(1) in each."""
    trades, mids = series.signed_trades
    changes = np.diff(mids) * trades["sign"][:-1]
    lots = trades["lots"][:-1].astype(float)
    edges = np.unique(np.percentile(lots, np.linspace(0, 100, SIZE_GROUPS + 1)[1:-1]))
    group = np.searchsorted(edges, lots, side="left")
    used = np.unique(group)
    return (
        np.array([lots[group == one].mean() for one in used]),
        [mean(changes[group == one]) for one in used],
    )


def ratios(series: BookSeries) -> list[Fact]:
    """Variance ratios of the mid in trade time."""
    mids = series.signed_trades[1]
    found = []
    for steps in RATIO_STEPS:
        about = About(
            key=f"variance_ratio_{steps}",
            name=f"variance ratio over {steps:,} trades",
            unit="1",
            definition=f"variance of {steps}-trade changes of the mid over {steps} times that of one-trade changes, "
            "overlapping; 1 for a random walk; the interval is that of z*, robust to changing variance",
            source=LO_1988,
        )
        why = too_few(series)
        if not why and len(mids) <= RATIO_SPANS * steps:
            why = f"{len(mids)} trades with a two-sided book before them, needed: more than {RATIO_SPANS * steps}"
        if why:
            found.append(about.without(why, len(mids)))
            continue
        ratio, z = variance_ratio(mids, steps)
        error = abs((ratio - 1) / z) if z else np.nan
        found.append(about.of(Estimate(ratio, error, len(mids)), "the mid never changes"))
    return found


def trade_curves(series: BookSeries) -> list[Curve]:
    """Sign memory, response, impact by size, signature plot."""
    why = too_few(series)
    return [_sign_curve(series), _response_curve(series, why), _size_curve(series, why), _signature_curve(series, why)]


def _sign_curve(series: BookSeries) -> Curve:
    signs = series.trades["sign"].astype(float)
    enough = len(signs) >= TRADES_MIN
    correlations = autocorrelation(signs, _sign_lags(len(signs)))[1:] if enough else np.zeros(0)
    error = NORMAL_95 / np.sqrt(max(1, len(signs)))
    return Curve(
        key="sign_autocorrelation",
        name="autocorrelation of trade signs",
        x_name="lag, trades",
        y_name="autocorrelation",
        definition="autocorrelation of the signs of trades; interval of independent signs (Bartlett 1946)",
        source=LILLO_2004,
        x=[float(lag) for lag in range(1, 1 + len(correlations))],
        y=numbers(correlations),
        low=numbers(correlations - error),
        high=numbers(correlations + error),
        missing="" if enough else too_few(series),
    )


def _response_curve(series: BookSeries, why: str) -> Curve:
    trades, mids = series.signed_trades
    lags = log_lags(min(RESPONSE_LAGS, len(trades) // 4)) if not why else np.zeros(0, np.int64)
    found = response(mids, trades["sign"].astype(float), lags)
    return Curve(
        key="response_ticks",
        name="response function",
        x_name="lag, trades",
        y_name="R, ticks",
        definition="R(l): mean change of the mid from just before a trade to just before the l-th after it, times the "
        "sign of the trade",
        source=BOUCHAUD_2004,
        x=lags.astype(float).tolist(),
        y=numbers([one.value for one in found]),
        low=numbers([one.interval[0] for one in found]),
        high=numbers([one.interval[1] for one in found]),
        missing=why,
    )


def _size_curve(series: BookSeries, why: str) -> Curve:
    lots, changes = impact_by_size(series) if not why else (np.zeros(0), [])
    return Curve(
        key="impact_by_size_ticks",
        name="impact by size of the trade",
        x_name="lots of the trade",
        y_name="R(1), ticks",
        definition=f"R(1) of trades in {SIZE_GROUPS} groups of size",
        source="Lillo, Farmer, Mantegna 2003",
        x=lots.tolist(),
        y=numbers([one.value for one in changes]),
        low=numbers([one.interval[0] for one in changes]),
        high=numbers([one.interval[1] for one in changes]),
        missing=why,
    )


def _signature_curve(series: BookSeries, why: str) -> Curve:
    mids = series.signed_trades[1]
    lags = log_lags(min(RESPONSE_LAGS, len(mids) // 4)) if not why else np.zeros(0, np.int64)
    return Curve(
        key="signature_ticks2",
        name="signature plot",
        x_name="lag, trades",
        y_name="mean squared change / lag, ticks^2",
        definition="mean squared change of the mid over a lag, per trade: flat for a random walk",
        source="Andersen, Bollerslev, Diebold, Labys 2000; Bouchaud et al. 2004",
        x=lags.astype(float).tolist(),
        y=numbers(signature(mids, lags)),
        missing=why,
    )
