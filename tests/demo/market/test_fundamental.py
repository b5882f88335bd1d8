"""Values of the living market: they return, they spread as the model says, and do not depend on who looks when."""

import random
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from exchange.demo.market.fundamental import Fundamental, Reverting, View, month_of
from tests.clients.stub_session import instrument

F27 = instrument(1, "H100.G90.F27", settle=2_810, **{"from": "2027-01-01"})
X27 = instrument(2, "H100.G90.X27", settle=2_810, **{"from": "2027-11-01"})
OLD = instrument(3, "A100.G90.F27", settle=1_650, chip="A100", **{"from": "2027-01-01"})
TERM = instrument(4, "H100.G90.T3-27", settle=2_810, kind="term3", **{"from": "2027-01-01"})


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def path(seed: int, step_s: float, count: int) -> list[float]:
    clock = Clock()
    process = Reverting(random.Random(seed), 0.01, 100.0, clock)
    found = []
    for _ in range(count):
        clock.now_s += step_s
        found.append(process.value)
    return found


@pytest.mark.parametrize("step_s", [10.0, 500.0])
def test_it_spreads_as_far_in_the_long_run_however_often_one_looks(step_s: float) -> None:
    values = path(1, step_s, 20_000)
    assert pstdev(values) == pytest.approx(0.01, rel=0.06) and abs(fmean(values)) < 0.002


def test_half_of_a_distance_is_lost_in_a_half_life() -> None:
    values = path(2, 100.0, 40_000)
    near = [(early, late) for early, late in pairwise(values) if early > 0.01]
    assert fmean(late for _, late in near) == pytest.approx(fmean(early for early, _ in near) / 2, rel=0.1)


def test_while_no_time_passes_nothing_changes() -> None:
    clock = Clock()
    process = Reverting(random.Random(1), 0.01, 100.0, clock)
    clock.now_s = 50.0
    assert process.value == process.value != 0.0


def sample(count: int) -> list[tuple[float, float, float, float]]:
    """Logs of values, relative to the start, of a near and a far month, a term and another chip."""
    clock = Clock()
    fundamental = Fundamental(["H100", "A100"], 1, clock, 0.01, 100.0)
    fundamental.anchor([F27, X27, OLD, TERM])
    found = []
    for _ in range(count):
        clock.now_s += 1_000.0
        found.append(tuple(fundamental.tick(row) / row.settle_tick - 1 for row in (F27, X27, OLD, TERM)))
    return found  # type: ignore[return-value]


def test_distant_months_move_less_and_chips_move_partly_together() -> None:
    near, far, other, term = (list(column) for column in zip(*sample(5_000), strict=True))
    assert pstdev(near) == pytest.approx(0.01, rel=0.1)
    assert pstdev(far) == pytest.approx(0.01 * 0.97**10, rel=0.1)
    assert pstdev(term) == pytest.approx(0.01 * 0.97**17.5, rel=0.1)
    together = fmean(a * b for a, b in zip(near, other, strict=True)) / (pstdev(near) * pstdev(other))
    assert together == pytest.approx(0.6, abs=0.06)


def test_a_seed_repeats_itself() -> None:
    assert sample(5) == sample(5)


def test_opinions_differ_around_the_value() -> None:
    clock = Clock()
    fundamental = Fundamental(["H100"], 1, clock)
    fundamental.anchor([F27])
    views = [View(fundamental, f"maker {number}", 4.0, 100.0, clock) for number in (1, 2)]
    errors: list[list[float]] = [[], []]
    for _ in range(4_000):
        clock.now_s += 1_000.0
        for view, found in zip(views, errors, strict=True):
            found.append(view(F27) - fundamental.tick(F27))
    assert [pstdev(found) for found in errors] == pytest.approx([4.0, 4.0], rel=0.06)
    assert abs(fmean(a * b for a, b in zip(*errors, strict=True))) < 1.0


def test_the_month_of_a_contract_is_its_first_one() -> None:
    assert (month_of(F27), month_of(X27)) == (84, 94)
