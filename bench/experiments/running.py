"""Runs tasks on a `concurrent.futures` executor: processes of this machine, or a Dask cluster (SCALE-071 to 074).

Tasks are pure, so a run whose worker is lost is run again. One run in a hundred is run twice, and the results are
compared: a difference means that a task depends on something else than its source, parameters and seed.
"""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from time import perf_counter

from bench.experiments.outcome import RunOutcome, plain_record
from bench.experiments.plan import ExperimentRun, Value, task_of
from bench.experiments.tasks import RunStopped
from bench.extras import check_package
from exchange.errors import UserError

REPEATED_IN = 100  # one run in so many is repeated
ATTEMPTS = 3  # of a run whose worker is lost
CLUSTER_RETRIES = 2


def carry_out(run: ExperimentRun) -> RunOutcome:
    """Run a task. An exception of the task becomes the error of the outcome, and so does a record that is not plain."""
    start, error = perf_counter(), ""
    record: dict[str, Value] = {}
    try:
        try:
            found = task_of(run.task, run.folder)(run.source, run.seed, **run.parameters)
        except RunStopped as stopped:
            found, error = stopped.record, str(stopped)
        record = plain_record(run.task, found)
    except Exception as problem:  # of a user's task: whatever it is, other runs go on
        error = f"{type(problem).__name__}: {problem}"
    return RunOutcome(run, record, perf_counter() - start, error)


def is_repeated(run: ExperimentRun) -> bool:
    """Whether this run is one of those that are run twice."""
    return int(run.id[:8], 16) % REPEATED_IN == 0


def processes(workers: int) -> Callable[[], Executor]:
    """Executors of new processes. They are forked from a server that has only imported what runs need, because a fork
    of this process would share its threads' locks."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return lambda: ProcessPoolExecutor(workers, mp_context=context)


def cluster(address: str) -> Callable[[], Executor]:
    """Executors of a Dask cluster. UserError: Dask is not installed, or nothing answers."""
    check_package("--cluster", "distributed", "cluster")
    from distributed import Client

    try:
        client = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f"--cluster {address}: no scheduler answers: {error}", 69) from None
    # Not `pure`: of a pure task Dask would take the second submission for the first, and a repeated run is run once.
    return lambda: client.get_executor(retries=CLUSTER_RETRIES, pure=False)  # type: ignore[no-untyped-call]


def outcomes(runs: Sequence[ExperimentRun], new_executor: Callable[[], Executor], window: int) -> Iterator[RunOutcome]:
    """Yield the outcome of each run, as they end.

    window   how many runs are submitted at a time
    """
    jobs = [run for run in runs for _ in range(1 + is_repeated(run))]
    first: dict[str, RunOutcome] = {}
    for outcome in _outcomes(jobs, new_executor, window):
        run = outcome.run
        if not is_repeated(run):
            yield outcome
        elif run.id in first:
            yield _compared(first.pop(run.id), outcome)
        else:
            first[run.id] = outcome


def _outcomes(jobs: Iterable[ExperimentRun], new_executor: Callable[[], Executor], window: int) -> Iterator[RunOutcome]:
    """The outcome of each job. If a worker is lost, each job that was submitted is run again, alone, because nothing
    says which of them ended the worker."""
    waiting = deque(jobs)
    while waiting:
        submitted: dict[Future[RunOutcome], ExperimentRun] = {}
        with new_executor() as executor:
            try:
                while waiting or submitted:
                    while waiting and len(submitted) < window:
                        submitted[executor.submit(carry_out, waiting[0])] = waiting[0]
                        waiting.popleft()
                    for future in wait(submitted, return_when=FIRST_COMPLETED).done:
                        yield _result(future, submitted[future])
                        del submitted[future]
            except BrokenProcessPool:
                pass
        for run in submitted.values():
            yield _alone(run, new_executor)


def _alone(run: ExperimentRun, new_executor: Callable[[], Executor]) -> RunOutcome:
    """Run one job until it ends, or its worker has been lost ATTEMPTS times."""
    for _ in range(ATTEMPTS):
        with new_executor() as executor:
            try:
                return _result(executor.submit(carry_out, run), run)
            except BrokenProcessPool:
                continue
    return RunOutcome(run, {}, 0.0, f"its worker died {ATTEMPTS} times")


def _result(future: Future[RunOutcome], run: ExperimentRun) -> RunOutcome:
    """The outcome of a future. BrokenProcessPool: its worker was lost. A cluster has tried a lost one again itself."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # of the cluster: a worker that dies again and again, a result that cannot be sent
        return RunOutcome(run, {}, 0.0, f"{type(error).__name__}: {error}")


def _compared(first: RunOutcome, second: RunOutcome) -> RunOutcome:
    """The outcome of a run that was run twice. Results are equal if they are written alike, also one that is nan."""
    for one in (first, second):
        if one.error:
            return one
    pairs = [(key, first.record.get(key), second.record.get(key)) for key in first.record | second.record]
    differing = [f"{key} {one} and {other}" for key, one, other in pairs if repr(one) != repr(other)]
    if not differing:
        return replace(first, repeated=True)
    return replace(first, record={}, error=f"repeated with another result: {', '.join(differing)}")
