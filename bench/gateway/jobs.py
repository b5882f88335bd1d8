"""Jobs that several questions give to the load, and how large they are."""

from typing import Any

from bench.gateway.served import CLIENTS, Served

Figures = dict[str, Any]
IN_FLIGHT = 32
TURNS = 3
QUICK_SCALE = 0.1  # of a run for a first look


def orders_job(served: Served, scale: float, **more: Any) -> Figures:
    """The job of 10 clients with 32 requests in flight each; `more`: what is different."""
    return {
        "job": "throughput",
        "keys": served.keys[:CLIENTS],
        "count": int(20_000 * scale),
        "inflight": IN_FLIGHT,
    } | more


def turns_of(scale: float) -> int:
    """How often runs that are compared take turns: once for a test."""
    return TURNS if scale >= QUICK_SCALE else 1


def sized(count: int, scale: float) -> int:
    """How many clients or events a question has: all of them, unless the run is scaled to less than a tenth."""
    return count if scale >= QUICK_SCALE else max(10, int(count * scale / QUICK_SCALE))


def readers_job(served: Served, scale: float, **more: Any) -> Figures:
    """The job of one client that changes books and `subscribers` of raw depth."""
    return {
        "keys": served.keys[CLIENTS:],
        "reader_keys": served.keys[:CLIENTS],
        "ticks": 2 * max(1, int(400 * scale)),
    } | more
