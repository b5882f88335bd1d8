"""Facts of trades against slow twins, and against flows whose answer is known."""

import statistics

import numpy as np
import pytest

from bench.facts.series import BookSeries
from bench.facts.sheet import Curve, Fact
from bench.facts.trade_facts import impact_by_size, trade_curves, trade_facts
from tests.bench.facts.books import quoted, recorded, trade, walk, written


def facts(series: BookSeries) -> dict[str, Fact]:
    return {one.key: one for one in trade_facts(series)}


def curves(series: BookSeries) -> dict[str, Curve]:
    return {one.key: one for one in trade_curves(series)}


def long_memory(count: int, exponent: float, seed: int) -> np.ndarray:
    """Signs of orders that are cut into runs of Pareto length: autocorrelation ~ lag^-(exponent - 1) (Lillo et al.)."""
    generator = np.random.default_rng(seed)
    lengths = np.ceil(generator.pareto(exponent, count) + 1).astype(int)
    return np.repeat(generator.choice([-1, 1], count), lengths)[:count]


def inside(fact: Fact, value: float) -> bool:
    assert fact.low is not None and fact.high is not None, fact
    return fact.low < value < fact.high


def test_independent_signs_have_no_memory() -> None:
    signs = np.random.default_rng(1).choice([-1, 1], 3_000).tolist()
    found = facts(walk([0] * 3_000, signs))
    assert abs(found["sign_autocorrelation_1"].value or 0) < 4 / 3_000**0.5
    assert found["sign_memory_exponent"].missing.startswith("no memory above noise")
    assert found["trades_count"].value == 3_000


def test_split_orders_have_long_memory() -> None:
    found = facts(written([trade(99, 101, sign) for sign in long_memory(40_000, 1.5, 4).tolist()]))
    exponent = found["sign_memory_exponent"].value
    assert exponent is not None and 0.4 < exponent < 0.65


def test_mid_that_moves_with_each_trade_has_its_response_and_is_flat_after_it() -> None:
    """Each trade moves the mid by 2 ticks for good; signs are independent: R is 2 at all lags, VR is 1."""
    signs = np.random.default_rng(3).choice([-1, 1], 3_000)
    found = facts(walk((2 * signs).tolist(), signs.tolist(), 10**6))
    assert found["response_1_ticks"].value == 2 and found["response_1_ticks"].low == pytest.approx(2)
    assert inside(found["response_growth"], 1)
    for steps in (2, 4, 8, 16):
        assert inside(found[f"variance_ratio_{steps}"], 1)
    flat = curves(walk((2 * signs).tolist(), signs.tolist(), 10**6))["signature_ticks2"]
    assert flat.y[:5] == pytest.approx([4] * 5, rel=0.1)


def test_mid_that_reverts_has_a_small_variance_ratio() -> None:
    found = facts(walk([2, -2] * 1_000, [1, -1] * 1_000))
    assert found["variance_ratio_2"].value == pytest.approx(0, abs=0.01)
    assert found["sign_autocorrelation_1"].value == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize("seed", range(2))
def test_impact_by_size_is_that_of_a_slow_twin(seed: int) -> None:
    series = recorded("mixed", 3_000, seed)
    trades, mids = series.signed_trades
    pairs = [(int(trades["lots"][i]), (mids[i + 1] - mids[i]) * int(trades["sign"][i])) for i in range(len(trades) - 1)]
    edges = sorted(set(np.percentile([lots for lots, _ in pairs], range(10, 100, 10)).tolist()))
    groups: dict[int, list[tuple[int, float]]] = {}
    for lots, change in pairs:
        groups.setdefault(sum(edge < lots for edge in edges), []).append((lots, change))
    sizes, changes = impact_by_size(series)
    assert len(groups) == len(sizes) > 5
    for group, size, change in zip(sorted(groups), sizes, changes, strict=True):
        assert size == pytest.approx(statistics.mean(lots for lots, _ in groups[group]))
        assert change.value == pytest.approx(statistics.mean(found for _, found in groups[group]))


def test_impact_as_a_power_of_size_has_its_exponent() -> None:
    generator = np.random.default_rng(4)
    rows, mid = [quoted(10**6 - 1, 10**6 + 1)], 10**6
    for lots, sign in zip(generator.integers(1, 400, 4_000).tolist(), generator.choice([-1, 1], 4_000), strict=True):
        rows.append(trade(mid - 1, mid + 1, int(sign), lots))
        mid += int(sign) * round(100 * lots**0.5)
        rows.append(quoted(mid - 1, mid + 1))
    fact = facts(written(rows))["impact_size_exponent"]
    assert fact.value == pytest.approx(0.5, abs=0.03)


def test_source_without_trades_says_so() -> None:
    found = facts(recorded("passive", 500))
    assert found["trades_count"].value == 0
    assert all(one.missing == "no trades" for key, one in found.items() if key != "trades_count")
    assert all(curve.missing == "no trades" for curve in trade_curves(recorded("passive", 500)))


def test_too_few_trades_are_counted() -> None:
    found = facts(walk([1] * 40, [1, -1] * 20))
    assert found["response_1_ticks"].missing == "40 trades with a two-sided book before them, needed: 100"
    blind = written([trade(99, 0, 1, ask_lots=0) for _ in range(300)])
    assert facts(blind)["response_1_ticks"].missing.startswith("0 trades with a two-sided book")
    assert facts(blind)["sign_autocorrelation_1"].missing == "all trades have one sign"
