"""Facts of returns: changes of the mid over intervals of time (`BookSeries.returns`), in ticks."""

import numpy as np

from bench.facts.estimators import (
    NORMAL_95,
    Estimate,
    autocorrelation,
    block_bootstrap,
    excess_kurtosis,
    hill,
    log_lags,
    mean,
    power_law,
)
from bench.facts.series import BookSeries
from bench.facts.sheet import About, Curve, Fact, numbers

RETURNS_MIN = 100
LAGS = 100
CONT_2001 = "Cont 2001"
MEMORY = (
    "b of autocorrelation ~ lag^-b: a line through the logarithms at 10 lags a power of ten, up to {lags:,}, "
    "before it falls to its standard error 1 / sqrt(n). The interval takes lags as independent, and is too narrow"
)
NO_MEMORY = "no memory above noise: fewer than 3 lags before it falls to its standard error"


def return_facts(series: BookSeries) -> list[Fact]:
    """All facts of returns."""
    returns = series.returns
    why = too_few(series)
    about = About(
        key="return_interval_ns",
        name="interval of returns",
        unit="ns",
        definition="length of the intervals over which returns are taken",
        source=CONT_2001,
    )
    interval = about.exact(series.interval_ns, len(returns)) if series.interval_ns else about.without(why)
    return [interval, *moments(returns, why), *memory(returns, why)]


def too_few(series: BookSeries) -> str:
    """Why there are no facts of returns; empty: there are."""
    count = len(series.returns)
    if not series.interval_ns:
        return "all messages have one time"
    if count < RETURNS_MIN:
        return f"{count} intervals with messages and a two-sided book, needed: {RETURNS_MIN}"
    return "" if series.returns.any() else "the mid never changes"


def moments(returns: np.ndarray, why: str) -> list[Fact]:
    """Size and tails of returns."""
    deviation = About(
        key="return_deviation_ticks",
        name="volatility",
        unit="ticks",
        definition="square root of the mean squared return",
        source=CONT_2001,
    )
    kurtosis = About(
        key="return_excess_kurtosis",
        name="excess kurtosis of returns",
        unit="1",
        definition="fourth central moment over squared variance, less 3; moving-block bootstrap interval",
        source=CONT_2001,
    )
    tail = About(
        key="return_tail",
        name="tail exponent of absolute returns",
        unit="1",
        definition="Hill estimate a of P(|r| > x) ~ x^-a from the largest 5 % of the absolute returns above 0",
        source="Hill 1975; Gopikrishnan et al. 1998",
    )
    if why:
        return [about.without(why, len(returns)) for about in (deviation, kurtosis, tail)]
    squares = mean(returns**2)
    root = np.sqrt(squares.value)
    interval = block_bootstrap(returns, excess_kurtosis)
    found = hill(np.abs(returns))
    return [
        deviation.of(Estimate(root, squares.error / (2 * root), len(returns)), why),
        kurtosis.of(Estimate(excess_kurtosis(returns), np.nan, len(returns)), why, interval),
        tail.of(found, "the largest values are equal" if found.count >= 10 else "fewer than 200 returns are not 0"),
    ]


def memory(returns: np.ndarray, why: str) -> list[Fact]:
    """Autocorrelation of returns, which markets lack, and of their size, which decays slowly."""
    first = About(
        key="return_autocorrelation_1",
        name="autocorrelation of returns at lag 1",
        unit="1",
        definition="correlation of a return and the one before it; interval of independent values (Bartlett 1946)",
        source=CONT_2001,
    )
    clustering = About(
        key="volatility_autocorrelation_1",
        name="autocorrelation of absolute returns at lag 1",
        unit="1",
        definition="as that of returns, of their absolute values: above 0 if volatility clusters",
        source="Ding, Granger, Engle 1993",
    )
    exponent = About(
        key="volatility_memory_exponent",
        name="memory of absolute returns, exponent",
        unit="1",
        definition=MEMORY.format(lags=LAGS),
        source="Cont 2001; Ding, Granger, Engle 1993",
    )
    if why:
        return [about.without(why, len(returns)) for about in (first, clustering, exponent)]
    error = 1 / np.sqrt(len(returns))
    plain, absolute = (autocorrelation(values, _lags(len(returns))) for values in (returns, np.abs(returns)))
    fit = decay(absolute, error)
    return [
        first.of(Estimate(plain[1], error, len(returns)), why),
        clustering.of(Estimate(absolute[1], error, len(returns)), "absolute returns are equal"),
        exponent.of(fit, NO_MEMORY),
    ]


def decay(correlations: np.ndarray, error: float) -> Estimate:
    """Exponent b of correlations ~ lag^-b over lags from 1 on, until they first are not above their standard error.

    The line goes through 10 lags a power of ten: of all lags the far ones, mostly noise, would weigh most.
    """
    noise = np.append(correlations[1:] <= error, True)
    lags = log_lags(int(noise.argmax()))
    found = power_law(lags, correlations[lags])
    return Estimate(-found.value, found.error, found.count)


def _lags(count: int) -> int:
    return min(LAGS, count // 4)


def return_curves(series: BookSeries) -> list[Curve]:
    """Distribution of absolute returns, and autocorrelations."""
    returns, why = series.returns, too_few(series)
    count = len(returns)
    scale = np.sqrt((returns**2).mean()) if not why else 1.0
    ranked = np.sort(np.abs(returns[returns != 0]))[::-1] / scale if not why else np.zeros(0)
    above, first = np.unique(ranked[::-1], return_index=True)
    found = [
        Curve(
            key="return_tail_distribution",
            name="absolute returns",
            x_name="absolute return / volatility",
            y_name="share of returns at least as large",
            definition="share of returns at least as large as x, in units of the volatility",
            source="Gopikrishnan et al. 1998",
            x=above.tolist(),
            y=numbers((len(ranked) - first) / max(1, count)),
            missing=why,
        )
    ]
    for key, name, values in (("return", "returns", returns), ("volatility", "absolute returns", np.abs(returns))):
        lags = _lags(count)
        correlations = autocorrelation(values, lags)[1:] if not why else np.zeros(0)
        error = NORMAL_95 / np.sqrt(max(1, count))
        found.append(
            Curve(
                key=f"{key}_autocorrelation",
                name=f"autocorrelation of {name}",
                x_name="lag, intervals",
                y_name="autocorrelation",
                definition=f"autocorrelation of {name}; interval of independent values (Bartlett 1946)",
                source=CONT_2001,
                x=[float(lag) for lag in range(1, 1 + len(correlations))],
                y=numbers(correlations),
                low=numbers(correlations - error),
                high=numbers(correlations + error),
                missing=why,
            )
        )
    return found
