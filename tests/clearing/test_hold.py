"""The hold is never below what positions require, whatever part of the working orders fills, and rarely far above it
(MARGIN-013)."""

from random import Random

import pytest

from bench.clearing.hold import hold_ratios
from bench.record import distribution

PORTFOLIOS = 250


@pytest.mark.rule("MARGIN-013", "MARGIN-001", "MARGIN-009")
@pytest.mark.parametrize("is_near", [False, True], ids=["far months", "a month near its last trading day"])
def test_the_hold_covers_every_part_that_fills_and_is_close_to_the_worst_one(is_near: bool) -> None:
    ratios = distribution(hold_ratios(Random(13), PORTFOLIOS, is_near), "")
    assert ratios.median <= 1.10 and ratios.p99 <= 2
