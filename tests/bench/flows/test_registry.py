"""Models by name: repeatable, recorded, and any replay of their tape gives their state hash."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from bench.flows.registry import FLOW_NAMES, MODELS, model_tape
from bench.replay import replay_tape
from bench.research.sources import flow_tape
from bench.tapes.tape import Tape
from exchange.engine.engine import Engine
from exchange.limits import NAMED

COMMANDS = 4_000
RECORDED: dict[str, str] = {
    "zero-intelligence": "a926df6a968e5ad2",
    "hawkes": "c795433703fafa85",
    "queue-reactive": "faf06aa5025fadb5",
    "compute-market": "855cc5564f179848",
}


def digest(tape: Tape) -> str:
    return hashlib.sha256(tape.commands.tobytes()).hexdigest()[:16]


@pytest.fixture(scope="module", params=list(MODELS))
def tape(request: pytest.FixtureRequest) -> Tape:
    return model_tape(request.param, 1, COMMANDS)


def test_bytes_of_a_seed_are_those_recorded(tape: Tape) -> None:
    name = tape.notes["flow"]
    assert digest(tape) == RECORDED[name], name
    assert digest(model_tape(name, 2, 500)) != digest(model_tape(name, 1, 500))


def test_a_replay_refuses_nothing_and_gives_the_state_hash(tape: Tape) -> None:
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    assert (summary.state_hash, dict(summary.refused)) == (tape.state_hash, {})
    assert summary.rows == len(tape.commands) and len(tape.commands) - tape.resting_rows == COMMANDS


def test_the_start_of_a_longer_tape_is_the_shorter_tape(tape: Tape) -> None:
    shorter = model_tape(tape.notes["flow"], 1, 700)
    assert np.array_equal(shorter.commands, tape.commands[: len(shorter.commands)])


def test_times_do_not_run_backwards_and_sequences_follow(tape: Tape) -> None:
    assert np.all(np.diff(tape.commands["time_ns"]) >= 0)
    assert np.all(np.diff(tape.commands["sequence"]) == 1)


def test_tapes_are_the_same_with_compilation_off() -> None:
    script = (
        "from bench.flows.registry import MODELS, model_tape; import hashlib\n"
        "for name in MODELS:\n"
        "    tape = model_tape(name, 1, 90)\n"
        "    print(hashlib.sha256(tape.commands.tobytes()).hexdigest()[:16], tape.state_hash)"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    plain = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    compiled = [model_tape(name, 1, 90) for name in MODELS]
    assert plain.stdout.splitlines() == [f"{digest(tape)} {tape.state_hash}" for tape in compiled]


def test_every_flow_has_one_name_and_replay_knows_it() -> None:
    assert len(set(FLOW_NAMES)) == len(FLOW_NAMES) and "mixed" in FLOW_NAMES
    assert flow_tape("hawkes", 3, 50).notes == {"flow": "hawkes", "seed": 3}


def test_a_tape_has_the_same_bytes_whatever_the_size_of_the_state() -> None:
    process = MODELS["hawkes"](1)
    larger = replace(process, orders=100_000)
    assert (process.limits, larger.limits) == ("medium", "tape")
