"""The bare ladders that timings stand beside play a flow as its generator did."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from bench.bare_ladder import compiled, compiler
from bench.bench_engine import bare_ladders
from bench.flows.flow import FLOWS, Flow, make_flow


def small(name: str) -> Flow:
    return make_flow(replace(FLOWS[name], commands=20_000, warm_orders=2_000))


@pytest.mark.parametrize("name", FLOWS)
def test_every_ladder_makes_the_trades_of_the_flow_in_every_pass(name: str) -> None:
    flow = small(name)
    ladders = bare_ladders(flow)
    assert len(ladders) == (2 if compiler() else 1)
    for ladder in ladders.values():
        for times in (ladder.time_pass(), ladder.time_pass()):
            assert len(times) == 10 and times.min() > 0  # of 2,048 steps, the last of 1,568


def test_other_trades_than_the_flow_expects_are_no_figure() -> None:
    flow = small("mixed")
    steps = flow.steps.copy()
    steps["fills"][np.argmax(steps["fills"])] += 1
    wrong = replace(flow, steps=steps)
    for ladder in bare_ladders(wrong).values():
        with pytest.raises(AssertionError, match=f"{flow.fills} trades, expected {flow.fills + 1}"):
            ladder.time_pass()


def test_without_a_compiler_only_our_own_ladder_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert list(bare_ladders(small("churn"))) == ["bare ladder"]


def test_a_compiler_that_fails_is_told_in_its_own_words() -> None:
    false = shutil.which("false")
    assert false is not None
    with pytest.raises(AssertionError, match=r"false: "):
        compiled(false)
