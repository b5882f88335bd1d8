"""Runs on processes and on a cluster: equal to serial ones, also when workers are lost."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.experiments.outcome import RunOutcome
from bench.experiments.plan import ExperimentRun
from bench.experiments.running import carry_out, cluster, is_repeated, outcomes, processes
from bench.experiments.tasks import RunSource
from exchange.errors import UserError

NOWHERE = RunSource("none", "none")
OWN = "tests.bench.experiments.own_tasks:"


def runs(task: str, count: int, **parameters: Any) -> list[ExperimentRun]:
    return [ExperimentRun(OWN + task, NOWHERE, parameters, seed, "code") for seed in range(1, count + 1)]


def of_seed(found: Iterator[RunOutcome]) -> dict[int, RunOutcome]:
    listed = list(found)
    by_seed = {outcome.run.seed: outcome for outcome in listed}
    assert len(by_seed) == len(listed), "one outcome each"
    return by_seed


def threads() -> Executor:
    return ThreadPoolExecutor(2)


@pytest.mark.rule("SCALE-074")
def test_one_run_in_a_hundred_is_repeated_and_compared(tmp_path: Path) -> None:
    many = runs("product", 1_000, a=2)
    twice = {run.seed for run in many if is_repeated(run)}
    assert 2 <= len(twice) <= 25
    found = of_seed(outcomes(many, threads, 8))
    assert {seed for seed, outcome in found.items() if outcome.repeated} == twice
    assert all(outcome.record == {"product": 2 * seed, "c": "none"} for seed, outcome in found.items())
    impure = runs("depends", 1_000, folder=str(tmp_path))
    twice = {run.seed for run in impure if is_repeated(run)}
    one_by_one = of_seed(outcomes(impure, lambda: ThreadPoolExecutor(1), 8))
    differing = {seed: one.error for seed, one in one_by_one.items() if one.error}
    assert set(differing) == twice
    assert all(differing[seed] in _both(seed) for seed in twice)


def _both(seed: int) -> list[str]:
    pairs = ((seed, seed + 1), (seed + 1, seed))
    return [f"repeated with another result: value {a} and {b}" for a, b in pairs]


def repeated_runs(task: str, **parameters: Any) -> list[ExperimentRun]:
    """Some of those that are run twice. Which these are depends on the parameters, also on the name of a folder."""
    return [run for run in runs(task, 3_000, **parameters) if is_repeated(run)][:8]


@pytest.mark.rule("SCALE-074")
def test_a_repeated_run_that_fails_once_or_both_times_has_failed(tmp_path: Path) -> None:
    for many in (repeated_runs("fails"), repeated_runs("fails", folder=str(tmp_path))):
        found = of_seed(outcomes(many, lambda: ThreadPoolExecutor(1), 8))
        assert found and all(one.error == f"ValueError: seed {seed} is bad" for seed, one in found.items())
        assert not any(one.repeated for one in found.values())


@pytest.mark.rule("SCALE-074")
def test_a_result_that_is_nan_both_times_is_equal() -> None:
    many = repeated_runs("unknown")
    assert many and all(one.repeated and not one.error for one in outcomes(many, threads, 8))


def test_a_task_that_raises_leaves_the_others_alone() -> None:
    found = of_seed(outcomes(runs("fails_on", 6, bad=4), threads, 4))
    assert [seed for seed in found if found[seed].error] == [4]
    assert found[4].error == "ValueError: seed 4 is bad" and found[4].record == {}
    assert found[6].record == {"double": 12}


def test_a_record_that_is_not_plain_is_an_error_of_its_run_alone() -> None:
    found = of_seed(outcomes(runs("returns_none", 3, bad=2), threads, 4))
    assert [found[seed].error for seed in (1, 3)] == ["", ""]
    assert "task tests.bench.experiments.own_tasks:returns_none returned 'value': None, allowed: " in found[2].error


def test_a_run_that_an_error_has_stopped_keeps_its_results_until_then() -> None:
    (outcome,) = outcomes(runs("stops", 1), processes(1), 4)
    assert (outcome.error, outcome.record) == ("ValueError: it stopped", {"steps": 7})


@pytest.mark.rule("SCALE-074")
def test_a_lost_worker_costs_no_result(tmp_path: Path) -> None:
    found = of_seed(outcomes(runs("dies", 8, folder=str(tmp_path)), processes(2), 4))
    assert {seed: one.record for seed, one in found.items()} == {seed: {"double": 2 * seed} for seed in range(1, 9)}
    assert (tmp_path / "died-3").exists()


def test_a_run_that_always_ends_its_worker_is_given_up_and_no_other_is(tmp_path: Path) -> None:
    found = of_seed(outcomes(runs("dies", 8, folder=str(tmp_path), always=1), processes(2), 4))
    assert found.pop(3).error == "its worker died 3 times"
    assert {seed: one.record for seed, one in found.items()} == {seed: {"double": 2 * seed} for seed in found}
    assert len(found) == 7


@contextmanager
def dask_cluster() -> Iterator[tuple[str, Callable[[], None]]]:
    """A scheduler and two worker processes; (its address, a function that kills one worker)."""
    from distributed import LocalCluster

    with LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as local:

        def kill() -> None:
            os.kill(local.workers[0].process.process.pid, signal.SIGKILL)

        yield local.scheduler_address, kill


@pytest.mark.filterwarnings("ignore")  # of the cluster's own threads and sockets while it closes
@pytest.mark.rule("SCALE-074")
def test_a_cluster_runs_a_repeated_run_twice(tmp_path: Path) -> None:
    impure = repeated_runs("depends", folder=str(tmp_path))
    with dask_cluster() as (address, _):
        found = of_seed(outcomes(impure, cluster(address), 16))
    assert found and all(one.error.startswith("repeated with another result: value ") for one in found.values())


@pytest.mark.filterwarnings("ignore")  # of the cluster's own threads and sockets while it closes
@pytest.mark.rule("SCALE-067", "SCALE-071")
def test_a_cluster_that_loses_a_worker_gives_the_results_of_a_serial_run() -> None:
    many = runs("product", 120, a=3)
    serial = {run.seed: carry_out(run).record for run in many}
    with dask_cluster() as (address, kill):
        found: dict[int, RunOutcome] = {}
        for outcome in outcomes(many, cluster(address), 16):
            found[outcome.run.seed] = outcome
            if len(found) == 30:
                kill()
    assert {seed: one.record for seed, one in found.items()} == serial


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"--cluster nonsense: no scheduler answers"):
        cluster("nonsense")
