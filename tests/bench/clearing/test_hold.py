"""Ratios of the hold come from portfolios of a seed; a hold that is too low stops the measurement."""

from random import Random

import pytest

from bench.clearing.hold import hold_ratios
from exchange.reference.clearing import Clearing


@pytest.mark.rule("MARGIN-013")
def test_ratios_of_a_seed_are_the_same_and_never_below_one() -> None:
    ratios = hold_ratios(Random(3), 4, is_near=True)
    assert ratios == sorted(hold_ratios(Random(3), 4, is_near=True)) and ratios[0] >= 1


@pytest.mark.rule("MARGIN-013")
def test_a_hold_below_full_margin_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clearing, "initial_margin_mills", lambda self, account, orders: 0)
    with pytest.raises(AssertionError, match="hold 0 mills"):
        hold_ratios(Random(3), 2, is_near=False)
