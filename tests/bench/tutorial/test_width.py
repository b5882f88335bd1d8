"""The experiment file of the tutorial can be read, and its runs have results."""

from pathlib import Path

import bench.tutorial
from bench.experiments.plan import read_plan
from bench.experiments.running import carry_out

FILE = Path(bench.tutorial.__file__).with_name("width.toml")


def test_the_experiment_has_runs_that_differ_in_what_they_should() -> None:
    plan = read_plan(FILE, "")
    assert plan.task == "quote" and len(plan.runs) == 4 * 3 * 10
    first = [run for run in plan.runs if run.seed == 2 and run.parameters["latency_us"] in (0, 50_000)]
    found = {}
    for run in first:
        half_spread, latency_us = (run.parameters[name] for name in ("half_spread", "latency_us"))
        if half_spread in (1, 3):
            outcome = carry_out(run)
            assert not outcome.error
            found[half_spread, latency_us] = outcome.record
    assert set(plan.plots[0].y) <= set(found[1, 0])
    assert found[1, 0]["fills"] > found[3, 0]["fills"] > 0
    assert found[1, 50_000]["profit_mills"] < found[1, 0]["profit_mills"]
