"""The inventory of compiled functions: each has a twin that judges it, runs as plain Python, and is warmed."""

import json
import os
import subprocess
import sys

import pytest

from tests.source_tree import ROOT, kernel_files, kernels_of

# Kernel -> why no scenario, random command or slow twin calls it.
NOT_CALLED: dict[str, str] = {}


def python(*arguments: str, jit: bool) -> str:
    """What a process prints."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if jit else "1"}
    command = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def inventory() -> set[str]:
    """Every compiled function of the exchange."""
    return {f"{module}.{name}" for module, path in kernel_files().items() for name in kernels_of(path)}


def test_every_kernel_is_judged_by_a_twin_and_runs_as_plain_python() -> None:
    """Scenarios, reference and slow twins run beside kernels that nothing compiled; each of them is called."""
    called, not_called = json.loads(python("-m", "tests.kernels_called", jit=False).splitlines()[-1])
    assert set(called) | set(not_called) == inventory()
    assert set(not_called) == set(NOT_CALLED)


# Kernels after the warm-up, then after a second day: [name, signatures, signatures later, kernels it calls].
# A part that Python calls is compiled again under its old signature: that counts as one more.
PROBE = """
import importlib, json, sys
from types import SimpleNamespace
for name in sys.argv[1:]:
    importlib.import_module(name)
import numpy as np
from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import day_limits, definitions, warm_up
from exchange.gateway.inbound.requests import Inbound
from exchange.gateway.margin.figures import figures_copier
from exchange.kernel import KERNELS
from exchange.limits import MEDIUM
from exchange.publish.account_streams import AccountStreams
from exchange.publish.fold.event_fold import EventFold
from exchange.publish.instruments import InstrumentTable
from exchange.venue.gathering import Gathering
warm_up(MEDIUM)
EventFold()
AccountStreams(InstrumentTable(list), 16, None)
Inbound(SimpleNamespace(gathering=Gathering(16)), 1)
figures_copier(Engine(MEDIUM).states.dtype)
before = [dict(kernel.overloads) for kernel in KERNELS]
engine = Engine(MEDIUM)
for size in (1, 3):
    for kind in [kind for kind in CommandKind if kind < 64]:
        rows = blank_commands(size)
        rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + size)
        rows["kind"] = kind
        engine.first_refusal(rows)
        engine.apply(rows)
for kind, payload in [*definitions(), day_limits(1)]:
    row = blank_commands(1)
    row["sequence"], row["kind"] = engine.sequence + 1, kind
    engine.control(row, payload)
query.depth(engine.states, 1, 0)
query.queue(engine.states, 1, Side.BUY, 100)
query.ahead(engine.states, 1)
query.open_orders(engine.states, 1)
query.open_page(engine.states, 1, 5, 10)
query.has_quote(engine.states, 1, 1)
query.find_order(engine.states, 1, client_order_id="A")
query.find_order(engine.states, 1, order_id=1)
query.position(engine.states, 1, 1)
query.margin(engine.states, 1)
figures_copier(engine.states.dtype)(engine.states, np.ones(1, np.int64), np.zeros((1, 4), np.int64))
def name_of(kernel):
    return f"{kernel.py_func.__module__}.{kernel.py_func.__name__}"
def calls(kernel):
    used = (kernel.py_func.__globals__.get(name) for name in kernel.py_func.__code__.co_names)
    return [name_of(other) for other in used if hasattr(other, "py_func")]
def fresh(kernel, known):
    return sum(code is not known.get(signature) for signature, code in kernel.overloads.items())
print(json.dumps([[name_of(k), len(n), len(n) + fresh(k, n), calls(k)] for k, n in zip(KERNELS, before)]))
"""
Warmed = dict[str, tuple[int, int, list[str]]]


@pytest.fixture(scope="module")
def warmed() -> Warmed:
    """Kernel -> (signatures after the warm-up, signatures after more trading, kernels it calls)."""
    found = json.loads(python("-c", PROBE, *kernel_files(), jit=True).splitlines()[-1])
    return {name: (first, later, calls) for name, first, later, calls in found}


def test_the_warm_up_is_asked_about_every_kernel(warmed: Warmed) -> None:
    assert set(warmed) == inventory()


def test_every_kernel_is_compiled_by_the_warm_up(warmed: Warmed) -> None:
    """A callee that a warm cache brings along has no signature of its own: follow the calls."""
    reached = {name for name, (signatures, _, _) in warmed.items() if signatures}
    waiting = list(reached)
    while waiting:
        for callee in warmed[waiting.pop()][2]:
            if callee in warmed and callee not in reached:
                reached.add(callee)
                waiting.append(callee)
    assert warmed
    assert not set(warmed) - reached


def test_every_entry_kernel_has_one_signature(warmed: Warmed) -> None:
    """Kernels called by kernels are specialised while these compile; one that Python calls must stay as it is."""
    inner = {callee for _, _, calls in warmed.values() for callee in calls}
    several = {name: first for name, (first, _, _) in warmed.items() if name not in inner and first != 1}
    assert set(warmed) - inner
    assert not several


def test_nothing_compiles_after_the_warm_up(warmed: Warmed) -> None:
    """A compile is a pause in trading."""
    compiled = {name: later - first for name, (first, later, _) in warmed.items() if later != first}
    assert not compiled
