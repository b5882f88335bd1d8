"""Values as people read them."""

import pytest

from bench.facts.estimators import Estimate
from bench.facts.sheet import About
from bench.facts.words import plain, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0, "0"), (1.0, "1"), (2.3666, "2.367"), (17221.7, "17,222"), (-0.0178, "-0.0178"), (5e-5, "5e-05"),
     (3e12, "3e+12"), (99.995, "100"), (0.1, "0.1"), (400.0, "400")],
)  # fmt: skip
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert plain(value) == text


def test_times_have_the_unit_in_which_they_are_short() -> None:
    about = About(key="x_ns", name="x", unit="ns", definition="d", source="s")
    assert shown(about.of(Estimate(2_500_000.0, 100_000 / 1.96, 9), "")) == ("2.5", "2.4 to 2.6", "ms")
    assert shown(about.exact(12, 1)) == ("12", "", "ns")
    assert shown(about.without("no trades")) == ("no trades", "", "")
