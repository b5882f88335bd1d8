"""The load's process reads the processor time of another one, and counts what happened."""

import os
from time import process_time

import pytest

from bench.gateway.load import JOBS, OUTCOMES, server_cpu_s
from bench.gateway.questions import QUESTIONS


def test_processor_time_of_a_process_is_its_own() -> None:
    before = process_time()
    read = server_cpu_s(os.getpid())
    assert before <= read <= process_time()


def test_an_unknown_process_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        server_cpu_s(2**22 + 1)


def test_every_outcome_of_a_mix_is_counted() -> None:
    assert set(OUTCOMES) == {"ok", "err", "fill", "replaced", "cancelled", "resent"}
    jobs = {"latency", "throughput", "open_loop", "fanout", "last_reader", "resume", "relogon", "idle", "overload"}
    assert jobs | {"cancels"} == set(JOBS) and jobs <= set(QUESTIONS)
