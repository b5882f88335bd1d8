"""How long does a venue take to start, and how much memory does it use?

Each figure comes from a separate process. A cold start has an empty cache of compiled kernels, a warm start a full
one. Neither includes reading a journal.
"""

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

from bench.record import Report

LAUNCH_DAY = date(2026, 12, 1)
START = """
from exchange.engine.warmup import warm_up
from exchange.limits import VENUE
warm_up(VENUE)
"""
CATALOGUE = """
from bench.bench_start import open_catalogue, resident_mib
engine, books = open_catalogue()
print(books, resident_mib())
"""


def run_start(report: Report, _: str) -> None:
    """Measure the seconds until all kernels of a venue are ready, imports included."""
    with tempfile.TemporaryDirectory() as cache:
        cold = seconds_of(START, cache)
        warm = [seconds_of(START, cache) for _ in range(report.passes(3))]
    report.row("start, cold cache", f"{cold:,.1f} s", "all kernels compiled")
    report.row("start, warm cache", f"{min(warm):,.1f} s", f"slowest of {len(warm)}: {max(warm):,.1f} s")
    report.keep("start", {"cold_s": cold, "warm_s": warm}, None)


def run_memory(report: Report, _: str) -> None:
    """Measure the resident memory of a process with a state of venue size and the launch catalogue."""
    books, mib = run_python(CATALOGUE, None).split()[-2:]
    report.row(
        "memory, launch catalogue", f"{float(mib):,.0f} MiB", f"{int(books):,} instruments listed, state of venue size"
    )
    report.keep("memory", {"resident_mib": float(mib), "instruments": int(books)}, None)


def seconds_of(script: str, cache: str) -> float:
    """How long a new interpreter takes to run a script, in seconds."""
    begin = perf_counter()
    run_python(script, cache)
    return perf_counter() - begin


def run_python(script: str, cache: str | None) -> str:
    """What a script prints, run by a new interpreter. `cache`: folder of compiled kernels."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])} | ({"GPUX_CACHE": cache} if cache else {})
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def open_catalogue():  # type: ignore[no-untyped-def]  # (Engine, instruments); imports are timed
    """An engine of venue size with the launch catalogue listed."""
    import numpy as np

    from contracts_spec.instruments import instruments_on
    from contracts_spec.load import load_spec
    from exchange.codes import CommandKind
    from exchange.engine.control.catalogue import listing_payloads
    from exchange.engine.engine import Engine
    from exchange.limits import VENUE
    from exchange.records import COMMAND

    spec = load_spec()
    instruments = instruments_on(spec, LAUNCH_DAY)
    engine = Engine(VENUE)
    for payload in listing_payloads(instruments, spec, LAUNCH_DAY):
        row = np.zeros(1, COMMAND)
        row["sequence"], row["kind"] = engine.sequence + 1, CommandKind.LIST
        engine.check_control(CommandKind.LIST, payload)
        engine.control(row, payload)
    engine.state_hash()
    return engine, len(instruments)


def resident_mib() -> float:
    """Resident memory of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1_024
