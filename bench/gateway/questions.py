"""The questions of `gpux bench gateway`, each with a new venue in a new folder.

    python -m bench.gateway.questions [--only latency,throughput,...] [--durability none] [--scale 0.1]

- latency: one client sends one order at a time; time from sending to the durable reply, beside a plain echo and the
  disk alone (4 KiB written and synced, in the venue's folder);
- throughput: 10 clients have 32 requests in flight each, half new orders, half cancels: durable replies a second, CPU
  of server and client for a reply, beside a plain echo of the same library, in every encoding;
- calls: the same load; Python functions that the server enters for a reply, which other load does not change;
- open_loop: orders at 10 % to 100 % of what the closed loop has just reached; latency from when each was due;
- watched: the same load, with one subscriber of all raw depth, and with ten of 10 levels each 100 ms;
- mixed: a fifth of the orders trade, a tenth are refused, others are replaced, cancelled, or sent again;
- fanout: 500 subscribers of 4 raw depth channels, 4 and 16 changes in each loop tick; deliveries a second;
- last_reader: one change; time until the last of 100 subscribers has it;
- stalled: the same with 16 changes, and with 10 of the 100 subscribers stalled; many_stalled: 60 of 500;
- overload: ten times the throughput of the closed loop is offered; answers, memory, and cancels of another client;
- resume: a session is resumed over 1,000 missed events; relogon: 500 clients resume at once;
- storm: 500 clients drop together and log on again, while another one sends orders;
- idle: memory of a connection that does nothing.

Runs that are compared take turns on one venue; figures are medians of the turns. The speed of a machine changes from
hour to hour, so compare figures only as ratios within one run. Not shown: a network, TLS, clients that decode, books
with many levels, a venue that has run for days. The load takes a part of the same machine (`client_cpu_us`). The
folders are in the system's temporary folder, whose disk differs from machine to machine.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from typing import Any

from bench.gateway.encodings import ENCODINGS
from bench.gateway.jobs import QUICK_SCALE, orders_job, readers_job, sized, turns_of
from bench.gateway.requests import MIX, asked_mix
from bench.gateway.served import CLIENTS, LoadError, Served, serving, spread_us, sync_us
from bench.gateway.stress import many_stalled, overload, stalled, storm
from exchange.venue.loop import run_loop

Figures = dict[str, Any]
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the closed loop's throughput, for the open loop
STEP_SECONDS, STEP_REQUESTS_MAX = 1.0, 100_000
RAW = {"watchers": 1, "cadence_ms": 0, "levels": 0}
CALM = {"watchers": 10, "cadence_ms": 100, "levels": 10}


def measure(name: str, durability: str = "local", scale: float = 1.0, limits: str = "venue") -> Figures:
    """Answer one question. `scale`: factor of the length of the run. AssertionError: the load did something else."""
    folder = tempfile.mkdtemp(prefix="gpux-bench-")
    try:
        return run_loop(_measure(folder, name, durability, scale, limits))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_apart(name: str, scale: float) -> Figures:
    """As `measure`, in a process of its own: what ran before has left memory that connections would use again."""
    command = [sys.executable, "-m", "bench.gateway.questions", "--only", name, "--scale", str(scale)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise LoadError(f"the process of {name} failed with exit code {done.returncode}")
    found: Figures = json.loads(done.stdout)
    return found


async def _measure(folder: str, name: str, durability: str, scale: float, limits: str) -> Figures:
    async with serving(folder, durability, limits) as served:
        found = await QUESTIONS[name](served, scale)
        counters = served.server.venue.counters
        if name == "latency":
            found["sync"] = spread_us(sync_us(folder, int(500 * scale) + 10) + found.pop("sync_us"))
        return {"question": name, "durability": durability, **found} | {
            "commands_per_commit": round(counters.commands / max(1, counters.batches), 1)
        }


async def take_turns(served: Served, scale: float, variants: dict[str, Figures]) -> Figures:
    """Run variants of the throughput load in turns on one venue; a variant `echo` on the echo server.

    variants   name -> what is different from plain orders
    returns    name -> medians over the turns, and `counts`: what happened in all turns
    """
    found: dict[str, list[Figures]] = {name: [] for name in variants}
    for turn in range(turns_of(scale)):
        for name in list(variants)[:: 1 if turn % 2 == 0 else -1]:
            # Orders that rest stay, so each turn gives its orders new names.
            job = orders_job(served, scale, **variants[name], prefix=f"{name}{turn}-")
            found[name].append(await served.load(job, echo=name == "echo"))
    return {name: _medians(runs) for name, runs in found.items()}


def _medians(runs: list[Figures]) -> Figures:
    each = [_acks(run) for run in runs]
    medians: Figures = {name: statistics.median(one[name] for one in each) for name in each[0]}
    counts = {name: sum(run["counts"][name] for run in runs) for name in runs[0]["counts"]}
    return medians | {"turns": len(runs), "counts": counts, "watched": sum(run["watched"] for run in runs)}


def _acks(run: Figures) -> Figures:
    """Figures of one throughput run."""
    answers = run["answers"]
    return spread_us(run["times_us"]) | {
        "answers": answers,
        "acks_per_s": round(answers / run["seconds"]),
        "server_cpu_us": round(run["server_cpu_s"] / answers * 1e6, 2),
        "client_cpu_us": round(run["cpu_s"] / answers * 1e6, 2),
    }


def _no_errors(found: Figures) -> None:
    """AssertionError: the venue refused a request of plain orders, so the figures are not of what they say."""
    errors = found["counts"]["err"]
    assert not errors, f"{errors:,} of the plain requests were refused"


async def latency(served: Served, scale: float) -> Figures:
    job = {"job": "latency", "keys": served.keys[:1], "count": int(3_000 * scale)}
    times = sync_us(served.server.opened.folder, int(500 * scale) + 10)
    echo = await served.load(job, echo=True)
    found = await served.load(job)
    _no_errors(found)
    return spread_us(found["times_us"]) | {"echo": spread_us(echo["times_us"]), "sync_us": times}


async def throughput(served: Served, scale: float) -> Figures:
    variants: dict[str, Figures] = {"echo": {}} | {name: {"encoding": name} for name in ENCODINGS}
    found = await take_turns(served, scale, variants)
    for one in found.values():
        _no_errors(one)
    return found


async def calls(served: Served, scale: float) -> Figures:
    found = {}
    for name in ENCODINGS:
        run = await served.load(orders_job(served, scale, encoding=name, prefix=name), count_calls=True)
        _no_errors(run)
        found[name] = round(run["python_calls"] / run["answers"], 2)
    return {"python_calls": found}


async def open_loop(served: Served, scale: float) -> Figures:
    closed = await served.load(orders_job(served, scale, prefix="closed"))
    _no_errors(closed)
    capacity = closed["answers"] / closed["seconds"]
    steps = []
    for number, share in enumerate(SHARES):
        rate = capacity * share
        count = max(CLIENTS, int(min(rate * STEP_SECONDS, STEP_REQUESTS_MAX) * scale))
        job = {"job": "open_loop", "keys": served.keys[:CLIENTS], "rate": rate, "count": count, "seed": number}
        found = await served.load(job | {"prefix": f"open{number}-"})
        assert not found["errors"], f"{found['errors']:,} of the plain requests were refused"
        names = ("p50_us", "p99_us", "p99.9_us")
        steps.append(
            {"share": share, "offered_per_s": round(rate), "count": count}
            | {"answered_per_s": round(found["answers"] / found["seconds"])}
            | dict(zip(names, found["latency_us"], strict=True))
            | {"sent_late_p50_us": found["late_us"][0], "sent_late_p99_us": found["late_us"][1]}
        )
    return {"closed_loop_acks_per_s": round(capacity), "steps": steps}


async def watched(served: Served, scale: float) -> Figures:
    keys = {"watch_keys": served.keys[CLIENTS:]}
    found = await take_turns(served, scale, {"plain": {}, "raw": RAW | keys, "calm": CALM | keys})
    for one in found.values():
        _no_errors(one)
    assert (
        not found["plain"]["watched"] and found["raw"]["watched"] >= found["raw"]["answers"] * found["raw"]["turns"]
    ), f"a raw subscriber got {found['raw']['watched']:,} messages"
    return found | {"cpu_ratio": {name: _ratio(found, name, "plain") for name in ("raw", "calm")}}


def _ratio(found: Figures, name: str, base: str) -> float:
    """Server CPU for a reply, to that of another variant."""
    ratio: float = found[name]["server_cpu_us"] / found[base]["server_cpu_us"]
    return round(ratio, 3)


async def mixed(served: Served, scale: float) -> Figures:
    rounds = max(2, int(20_000 * scale) // len(MIX))
    mix = {"mix": True, "rounds": rounds, "maker_key": served.keys[CLIENTS], "maker_lots": rounds * CLIENTS * 4}
    found = await take_turns(served, scale, {"plain": {}, "mixed": mix})
    _no_errors(found["plain"])
    check_mix(found["mixed"]["counts"], rounds, found["mixed"]["turns"])
    return found | {"cpu_ratio": _ratio(found, "mixed", "plain"), "asked": dict(asked_mix(CLIENTS, rounds))}


def check_mix(counts: dict[str, int], rounds: int, turns: int = 1) -> None:
    """AssertionError: what happened is not the mix that was asked for, of 10 clients in each turn."""
    asked = asked_mix(CLIENTS, rounds)
    happened = {
        "fills": counts["fill"],
        "refused": counts["err"],
        "replaced": counts["replaced"],
        "cancelled": counts["cancelled"],
        "resent": counts["resent"],
    }
    wrong = [
        f"{name} {count:,}, asked {asked[name] * turns:,}"
        for name, count in happened.items()
        if count != asked[name] * turns
    ]
    assert not wrong, f"the mix is wrong: {', '.join(wrong)}"


async def fanout(served: Served, scale: float) -> Figures:
    subscribers = sized(500, scale)
    found = {}
    for each in (1, 4):
        more = {"job": "fanout", "subscribers": subscribers, "each": each, "window": 8 if each == 1 else 2}
        run = await served.load(readers_job(served, scale / each, prefix=f"fan{each}", **more))
        assert not run["errors"], f"{run['errors']:,} changes of books were refused"
        found[str(each * len(served.instruments))] = {
            "deliveries_per_s": round(run["deliveries"] / run["seconds"]),
            "bytes_per_delivery": round(run["bytes"] / run["deliveries"]),
            "server_cpu_us": round(run["server_cpu_s"] / run["deliveries"] * 1e6, 3),
            "client_cpu_us": round(run["cpu_s"] / run["deliveries"] * 1e6, 3),
            "deliveries": run["deliveries"],
        }
    return {"subscribers": subscribers, "changes_a_tick": found}


async def last_reader(served: Served, scale: float) -> Figures:
    subscribers = sized(100, scale)
    more = {"job": "last_reader", "subscribers": subscribers, "stalled": 0, "each": 1, "filling": 20}
    run = await served.load(readers_job(served, scale, **more) | {"instruments": served.instruments[:1]})
    assert not run["errors"], f"{run['errors']:,} changes of books were refused"
    return spread_us(run["times_us"]) | {"subscribers": subscribers}


async def resume(served: Served, scale: float) -> Figures:
    missed = sized(1_000, scale)
    run = await served.load({"job": "resume", "keys": served.keys[:1], "missed": missed, "repeats": 10})
    assert run["replayed"] == [missed] * len(run["times_ms"]) and not run["errors"], (
        f"resumed over {run['replayed']} events, asked {missed}"
    )
    return {
        "missed": missed,
        "p50_ms": round(statistics.median(run["times_ms"]), 2),
        "max_ms": round(max(run["times_ms"]), 2),
    }


async def relogon(served: Served, scale: float) -> Figures:
    clients = sized(500, scale)
    run = await served.load({"job": "relogon", "keys": served.keys, "count": clients})
    assert run["resumed"] == clients, f"{run['resumed']} of {clients} sessions were resumed"
    return {"clients": clients, "seconds": round(run["seconds"], 3)}


async def idle(served: Served, scale: float) -> Figures:
    connections = sized(500, scale)
    run = await served.load({"job": "idle", "keys": served.keys, "count": connections})
    assert run["kib"] > 0 or scale < QUICK_SCALE, "the venue has used memory again that was free before"
    return {"connections": connections, "kib_each": round(run["kib"], 1)}


QUESTIONS: dict[str, Callable[[Served, float], Coroutine[Any, Any, Figures]]] = {
    "latency": latency,
    "throughput": throughput,
    "calls": calls,
    "open_loop": open_loop,
    "watched": watched,
    "mixed": mixed,
    "fanout": fanout,
    "last_reader": last_reader,
    "stalled": stalled,
    "many_stalled": many_stalled,
    "overload": overload,
    "resume": resume,
    "relogon": relogon,
    "storm": storm,
    "idle": idle,
}


def main() -> None:
    """Print answers as lines of JSON: of all questions, or of those named after `--only`."""

    def option(name: str, default: str) -> str:
        return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default

    for name in option("--only", ",".join(QUESTIONS)).split(","):
        print(json.dumps(measure(name, option("--durability", "local"), float(option("--scale", "1")))), flush=True)


if __name__ == "__main__":
    main()
