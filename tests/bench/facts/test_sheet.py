"""Facts carry a value with its interval, or say why they have none."""

import math

import numpy as np

from bench.facts.estimators import NOTHING, Estimate
from bench.facts.sheet import About, number, numbers

ABOUT = About(key="x_ticks", name="x", unit="ticks", definition="d", source="s")


def test_an_estimate_becomes_a_fact_with_its_interval() -> None:
    fact = ABOUT.of(Estimate(3.0, 0.5, 40), "none")
    assert (fact.key, fact.value, fact.count, fact.missing) == ("x_ticks", 3.0, 40, "")
    assert fact.low is not None and fact.high is not None
    assert math.isclose(fact.low, 3 - 1.959963984540054 / 2) and math.isclose(fact.high + fact.low, 6)
    given = ABOUT.of(Estimate(3.0, np.nan, 40), "none", (1.0, 4.0))
    assert (given.low, given.high) == (1.0, 4.0)


def test_without_an_error_there_is_no_interval() -> None:
    fact = ABOUT.of(Estimate(3.0, np.nan, 2), "none")
    assert (fact.value, fact.low, fact.high) == (3.0, None, None)
    assert ABOUT.exact(7, 7).low is None


def test_without_a_value_the_reason_stands() -> None:
    fact = ABOUT.of(NOTHING, "no trades")
    assert (fact.value, fact.missing, fact.count) == (None, "no trades", 0)


def test_json_has_null_for_what_is_not_finite() -> None:
    assert number(np.inf) is None and numbers([1, np.nan]) == [1.0, None]
