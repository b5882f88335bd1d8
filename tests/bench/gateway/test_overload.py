"""Ten times the load that a venue serves, and cancels beside it, at a small scale."""

import pytest

from bench.gateway.questions import measure
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM

SCALE = 0.01


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    warm_up(MEDIUM)


def test_ten_times_the_load_is_answered_and_cancels_have_times() -> None:
    found = measure("overload", "none", SCALE, "medium")
    assert found["offered_per_s"] == pytest.approx(10 * found["closed_loop_acks_per_s"], abs=10)
    assert found["counts"]["ok"] + found["counts"]["err"] == found["answers"] >= 10
    assert found["cancel_alone"]["count"] > 0 and found["cancel"]["count"] > 0 and found["memory_kib"] >= 0
