"""The whole path over real sockets, in small: every question has an answer of its own, and no request fails."""

from typing import Any

import pytest

from bench import bench_gateway
from bench.bench_gateway import measure, measure_floor
from exchange.engine.warmup import warm_up
from exchange.limits import TEST

SCALE = 0.01


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    warm_up(TEST)


def test_one_order_at_a_time_has_a_latency() -> None:
    found = measure("latency", "none", SCALE, "test")
    assert 0 < found["p50_us"] <= found["p99_us"] and found["count"] == 27, "the first tenth is left out"
    assert found["durability"] == "none"


def test_ten_clients_get_an_answer_to_every_request() -> None:
    found = measure("throughput", "none", SCALE, "test")
    assert (found["answers"], found["errors"]) == (10 * 200, 0)
    assert found["acks_per_s"] > 0 and found["commands_per_commit"] >= 1
    assert found["server_cpu_us"] > 0 and found["client_cpu_us"] > 0


def test_an_acknowledgement_costs_the_server_no_more_python_calls_than_before() -> None:
    """Other load changes the count only by the number of commands that share a commit: there is room for that."""
    found = measure("calls", "none", 0.05, "test")
    assert 1 < found["python_calls"] < 28.5


def test_fanout_counts_deliveries_to_500_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its load is not run here: so many sessions need a state of venue size."""
    jobs: list[dict[str, Any]] = []

    async def load(port: int, job: dict[str, Any]) -> dict[str, Any]:
        jobs.append(job)
        return {"deliveries": 16_000, "seconds": 0.5, "bytes": 1_600_000}

    monkeypatch.setattr(bench_gateway, "_load", load)
    found = measure("fanout", "none", SCALE, "test")
    assert (found["deliveries_per_s"], found["bytes_per_delivery"]) == (32_000, 100)
    (job,) = jobs
    assert (job["subscribers"], job["ticks"], len(job["instruments"]), len(job["keys"])) == (500, 8, 4, 11)


def test_the_floor_is_an_echo_and_the_sync_of_the_disk() -> None:
    found = measure_floor(scale=SCALE)
    assert 0 < found["p50_us"] <= found["p99_us"]
    assert found["answers_per_s"] > 0 and found["sync_p50_us"] > 0 and found["server_cpu_us"] > 0
