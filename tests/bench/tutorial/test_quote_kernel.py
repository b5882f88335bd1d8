"""The kernel of the tutorial trades as the strategy in Python does."""

from functools import cache

import numpy as np
import pytest

from bench import Latency, Replay
from bench.experiments.quoting import FixedQuotes
from bench.tutorial.quote_kernel import quote_fixed
from tests.bench.research.small_flow import small_flow

small = cache(small_flow)


def fills(replay: Replay) -> list[tuple[int, int, int, int]]:
    return [(fill.time_ns, fill.side, fill.price, fill.lots) for fill in replay.fills]


@pytest.mark.parametrize("latency", [None, Latency.constant(place_us=2.5, cancel_us=4, feed_us=1)])
@pytest.mark.parametrize(("half_spread", "lots", "position_max"), [(1, 1, 3), (2, 5, 8), (4, 2, 100)])
def test_the_kernel_and_the_strategy_have_the_same_fills(
    latency: Latency | None, half_spread: int, lots: int, position_max: int
) -> None:
    compiled, plain = (Replay(small(2_000), latency=latency) for _ in range(2))
    terms = half_spread, lots, position_max
    runs = (
        compiled.run(quote_fixed, every=10, memory=np.array(terms, np.int64)),
        plain.run(FixedQuotes(*terms), every=10),
    )
    assert runs[0].error is runs[1].error is None
    assert fills(compiled) == fills(plain) != []
    assert (compiled.position, compiled.sequence, compiled.refused) == (plain.position, plain.sequence, plain.refused)
