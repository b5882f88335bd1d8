"""The sizes of jobs follow the scale of a run."""

from types import SimpleNamespace
from typing import Any, cast

from bench.gateway.jobs import TURNS, orders_job, readers_job, sized, turns_of
from bench.gateway.served import CLIENTS, Served

KEYS = [f"key {number}" for number in range(CLIENTS + 1)]


def job(make: Any, scale: float, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = make(cast(Served, SimpleNamespace(keys=KEYS)), scale, **more)
    return found


def test_a_whole_run_has_its_sizes_and_a_first_look_a_tenth_of_them() -> None:
    assert (sized(500, 1.0), sized(500, 0.1), sized(500, 0.01), sized(20, 0.01)) == (500, 500, 50, 10)
    assert (turns_of(1.0), turns_of(0.1), turns_of(0.05)) == (TURNS, TURNS, 1)


def test_orders_come_from_all_clients_and_what_is_named_replaces_the_usual() -> None:
    usual = job(orders_job, 0.5)
    assert (usual["count"], usual["keys"]) == (10_000, KEYS[:CLIENTS])
    assert job(orders_job, 0.5, inflight=1, watch="raw") == usual | {"inflight": 1, "watch": "raw"}


def test_readers_have_keys_of_their_own_and_at_least_two_ticks() -> None:
    found = job(readers_job, 0.0001)
    assert (found["ticks"], found["keys"], found["reader_keys"]) == (2, KEYS[CLIENTS:], KEYS[:CLIENTS])
