"""Questions about a venue under stress: stalled readers, far more requests than it can serve, a reconnect storm."""

import asyncio

from bench.gateway.jobs import Figures, orders_job, readers_job, sized, turns_of
from bench.gateway.served import CLIENTS, Served, spread_us

FILLING_TICKS = 600  # until the venue notices a stalled reader
OVERLOAD = 10  # times the throughput of the closed loop
OVERLOAD_SECONDS = 3.0  # that the venue needs for what is offered


async def stalled(served: Served, scale: float) -> Figures:
    return await _stalled(served, scale, sized(100, scale), sized(100, scale) // 10, turns_of(scale))


async def many_stalled(served: Served, scale: float) -> Figures:
    return await _stalled(served, scale, sized(500, scale), sized(500, scale) * 60 // 500, 1)


async def _stalled(served: Served, scale: float, subscribers: int, count: int, turns: int) -> Figures:
    """Times until the last reader has all of a tick, of `subscribers` of which none or `count` are stalled."""
    more = {"job": "last_reader", "subscribers": subscribers, "each": 4, "filling": FILLING_TICKS}
    times: dict[str, list[float]] = {"none": [], "stalled": []}
    for turn in range(2 * turns):
        name, asked = ("stalled", count) if turn % 2 else ("none", 0)
        served.most_lagging = 0
        watch = asyncio.create_task(served.watch_lagging())
        run = await served.load(readers_job(served, scale / turns, **more) | {"stalled": asked})
        watch.cancel()
        assert served.most_lagging == asked, f"{served.most_lagging} of {asked} stalled readers lagged"
        assert not run["errors"], f"{run['errors']:,} changes of books were refused"
        times[name] += run["times_us"]
    found = {name: spread_us(some) for name, some in times.items()}
    return found | {
        "subscribers": subscribers,
        "count": count,
        "p99_ratio": round(found["stalled"]["p99_us"] / found["none"]["p99_us"], 3),
    }


async def overload(served: Served, scale: float) -> Figures:
    closed = await served.load(orders_job(served, scale, prefix="closed"))
    capacity = closed["answers"] / closed["seconds"]
    seconds = OVERLOAD_SECONDS * scale
    cancels = {"job": "cancels", "keys": served.keys[CLIENTS:], "count": 20 + int(8_000 * scale)}
    alone = await served.load(cancels | {"prefix": "alone", "seconds": seconds})
    job = {"job": "overload", "keys": served.keys[:CLIENTS], "prefix": "over", "seed": 1, "rate": OVERLOAD * capacity}
    job["count"] = max(CLIENTS, int(capacity * seconds))
    run, beside = await served.load_together(job, cancels | {"prefix": "beside", "seconds": seconds / 2})
    counts = run["counts"]
    assert counts["err"] == counts["busy"] + counts["throttled"], f"requests were refused for another reason: {counts}"
    assert not alone["counts"]["err"] + beside["counts"]["err"], "a cancel was refused"
    found = {"cancel_alone": spread_us(alone["times_us"]), "cancel": spread_us(beside["times_us"])}
    return found | {
        "closed_loop_acks_per_s": round(capacity),
        "offered_per_s": round(OVERLOAD * capacity),
        "answered_per_s": round(run["answers"] / run["seconds"]),
        "answers": run["answers"],
        "counts": counts,
        "memory_kib": run["memory_kib"],
        "p99_ratio": round(found["cancel"]["p99_us"] / found["cancel_alone"]["p99_us"], 3),
    }


async def storm(served: Served, scale: float) -> Figures:
    clients = sized(500, scale)
    orders = {"job": "latency", "keys": served.keys[CLIENTS:], "count": int(6_000 * scale)}
    alone = await served.load(orders | {"prefix": "alone"})
    drop = {"job": "relogon", "keys": served.keys[:CLIENTS], "count": clients, "connected": True}
    run, beside = await served.load_together(drop, orders | {"prefix": "beside"})
    assert run["resumed"] == clients, f"{run['resumed']} of {clients} sessions were resumed"
    assert not beside["counts"]["err"], "orders beside the storm were refused"
    found = {"alone": spread_us(alone["times_us"]), "orders": spread_us(beside["times_us"])}
    return found | {"clients": clients, "seconds": round(run["seconds"], 3)}
