"""The experiment file of the tutorial can be read, and its runs have results."""

from pathlib import Path

import bench.tutorial
from bench.experiments.plan import read_plan
from bench.experiments.running import carry_out

FILE = Path(bench.tutorial.__file__).with_name("width.toml")


def test_the_experiment_has_runs_that_differ_in_what_they_should() -> None:
    plan = read_plan(FILE, "")
    assert plan.task == "quote" and len(plan.runs) == 4 * 3 * 10
    found: dict[tuple[float, int], list[dict[str, float]]] = {}
    for run in plan.runs:
        terms = run.parameters["half_spread"], run.parameters["latency_us"]
        if run.seed <= 4 and terms in ((1, 0), (1, 50_000), (3, 0)):
            outcome = carry_out(run)
            assert not outcome.error
            found.setdefault(terms, []).append(outcome.record)
    near, late, wide = found[1, 0], found[1, 50_000], found[3, 0]
    assert set(plan.plots[0].y) <= set(near[0])
    assert total(near, "fills") > 5 * total(wide, "fills") > 0
    assert total(late, "profit_mills") < 1.2 * total(near, "profit_mills") < 0, "of one seed it may be otherwise"


def total(runs: list[dict[str, float]], name: str) -> float:
    return sum(run[name] for run in runs)
