"""Figures of realism on series whose values are known, and what the flows for speed lack."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.flows.notes import note_tape
from bench.flows.realism import BOUNDS, figures, memory_exponent, outside, trades_of
from bench.tapes.market import flow_market, market_tape

GENERATOR = np.random.default_rng(12)


def test_memory_exponent_is_that_of_a_fractional_process() -> None:
    """Of fractional noise with d = 0.25 the autocorrelation falls as lag^-0.5 (Hosking 1981)."""
    weights = np.cumprod(np.concatenate([[1.0], (np.arange(1, 4_000) - 0.75) / np.arange(1, 4_000)]))
    noise = np.convolve(GENERATOR.standard_normal(120_000), weights)[4_000:120_000]
    assert memory_exponent(noise, 100) == pytest.approx(0.5, abs=0.12)
    assert np.isnan(memory_exponent(np.tile([1.0, -1.0], 500), 100)), "not above 0"


def test_the_flow_for_speed_is_outside_the_bounds() -> None:
    """`mixed` has no memory of signs, and its mid reverts at once."""
    flow = make_flow(replace(FLOWS["mixed"], commands=20_000, warm_orders=400, accounts=8))
    tape = market_tape(flow_market(flow), [flow.warm, flow.commands], limits="medium")
    found = figures(trades_of(note_tape(tape), 1), ratio_trades=100)
    assert {"sign memory", "variance ratio"} <= set(outside(found)) <= set(BOUNDS)
