"""With a trick switched off, the same commands give the same events (the docstring of each trick's module)."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from exchange.engine.engine import Engine
from exchange.engine.event_rows import split_rests
from exchange.limits import MEDIUM
from exchange.records import EVENT
from tests.properties.tape import chunks, play, tape

ROOT = Path(__file__).parents[2]
SEED, COUNT = 23, 250
# Each with whether it changes when scans are computed, which the state shows.
SWITCHES = {
    "exchange.engine.entry.fast_path.FAST_PATH": True,
    "exchange.clearing.margin.LAZY_MARGIN": True,
    "exchange.engine.apply.PREFETCH": False,
}
# As plain Python a kernel reads a switch each time. Prints the hashes of events and state.
PROGRAM = f"""
import importlib, sys
from tests.properties.test_switches import COUNT, SEED, events_and_state
module, _, name = sys.argv[1].rpartition(".")
module = importlib.import_module(module)
assert getattr(module, name) is True
setattr(module, name, False)
print(*events_and_state({SEED}, {COUNT}))
"""


def events_and_state(seed: int, count: int) -> tuple[str, str]:
    """Hashes of events and last state of a random run. An ACK that says that its order rests is two events."""
    engine = Engine(MEDIUM)
    events = np.frombuffer(play(engine, chunks(tape(seed, count, plain=True), set())), EVENT)
    return sha256(split_rests(events).tobytes()).hexdigest(), engine.state_hash().hex()


@pytest.mark.rule("INV-020")
@pytest.mark.parametrize("switch", SWITCHES)
def test_events_are_the_same_with_a_trick_switched_off(switch: str) -> None:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, switch]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events, state = done.stdout.split()
    wanted_events, wanted_state = events_and_state(SEED, COUNT)
    assert events == wanted_events
    assert (state != wanted_state) == SWITCHES[switch]
