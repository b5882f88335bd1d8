"""The exchange is a pure function of its journal: same rows, same events byte for byte, same state hash."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.engine.engine import Engine
from exchange.engine.prefetch import MANY_POSITIONS, PREFETCH_ALL, PREFETCH_ORDERS, PREFETCH_OWNERS
from exchange.limits import MEDIUM, STEP_EVENTS
from tests.properties.tape import chunks, digest, play, tape

SEED, COUNT = 11, 800
ROOT = Path(__file__).parents[2]


@cache
def whole(plain: bool = False) -> tuple[bytes, bytes]:
    """(events, state hash) of the run in as few calls as there can be."""
    engine = Engine(MEDIUM)
    return play(engine, chunks(tape(SEED, COUNT, plain), set())), engine.state_hash()


@given(cuts=st.sets(st.integers(0, COUNT), max_size=60))
@settings(max_examples=15)
@pytest.mark.rule("INV-020")
def test_results_do_not_depend_on_how_commands_were_batched(cuts: set[int]) -> None:
    engine = Engine(MEDIUM)
    events = play(engine, chunks(tape(SEED, COUNT), cuts))
    assert (events, engine.state_hash()) == whole()


@given(where=st.integers(0, COUNT))
@settings(max_examples=10)
@pytest.mark.rule("INV-021")
def test_a_copy_of_the_state_goes_on_like_the_original_from_any_point(where: int) -> None:
    steps = tape(SEED, COUNT)
    first = Engine(MEDIUM)
    head = play(first, chunks(steps[:where], set()))
    second = Engine(MEDIUM, first.states.copy())
    tail = play(second, chunks(steps[where:], set()))
    assert (head + tail, second.state_hash()) == whole()


@pytest.mark.parametrize("plain", [False, True], ids=["everything", "plain orders"])
@pytest.mark.parametrize("capacity", [STEP_EVENTS, STEP_EVENTS + 1, 2 * STEP_EVENTS + 7, MEDIUM.event_rows])
@pytest.mark.rule("INV-020")
def test_results_do_not_depend_on_the_length_of_the_event_buffer(capacity: int, plain: bool) -> None:
    engine = Engine(MEDIUM)
    engine.outs["capacity"] = capacity
    events = play(engine, chunks(tape(SEED, COUNT, plain), set()))
    assert (events, engine.state_hash()) == whole(plain)


@pytest.mark.rule("INV-020")
def test_results_do_not_depend_on_what_memory_is_asked_for_ahead() -> None:
    """Batches of one book ask for the owners' rows, those of several for all; single rows for what came before."""
    results = []
    for pieces, before in ((3, PREFETCH_ORDERS), (1, PREFETCH_ORDERS), (1, PREFETCH_ALL), (COUNT, PREFETCH_ALL)):
        engine, events, asked = Engine(MEDIUM), b"", set()
        engine.states["used_positions"] = MANY_POSITIONS + 1
        for part in chunks(tape(SEED, COUNT, True), set(range(0, COUNT, pieces))):
            engine.outs["prefetch_extent"] = before
            events += play(engine, [part])
            asked.add(int(engine.outs["prefetch_extent"][0]))
        assert PREFETCH_OWNERS in asked or PREFETCH_ALL in asked
        results.append((events, engine.state_hash()))
    assert len(set(results)) == 1 and results[0][0] == whole(True)[0]


@pytest.mark.rule("INV-020")
def test_a_state_left_in_the_middle_of_a_command_goes_on_after_a_copy() -> None:
    """Every call may be the last of a process that only has the record: the cursor is in it."""
    engine = Engine(MEDIUM)
    engine.outs["capacity"] = STEP_EVENTS
    events = b"".join(_play_with_copies(engine, part) for part in chunks(tape(SEED, 150), set()))
    other = Engine(MEDIUM)
    assert events == play(other, chunks(tape(SEED, 150), set()))


def _play_with_copies(engine: Engine, part: object) -> bytes:
    """As `play`, but the state's bytes move to fresh memory between any two calls of the kernel."""
    if not isinstance(part, list):
        return play(engine, [part])  # type: ignore[list-item]
    from exchange.conformance.venues import rows

    found = []
    for events in engine.run(rows(part)):
        found.append(events)
        spare = engine.states.copy()
        engine.states.view(np.uint8)[:] = 0
        engine.states[:] = spare
    return b"".join(found)


@pytest.mark.rule("INV-020")
@pytest.mark.rule("INV-027")
@pytest.mark.parametrize("jit", ["compiled", "plain"])
def test_another_process_compiled_or_not_gives_the_same_events_and_hash(jit: str) -> None:
    """Different hash seeds, a shifted clock cannot matter: nothing but the rows goes in."""
    count = 120
    settings_of_process = {"PYTHONHASHSEED": "7", "NUMBA_DISABLE_JIT": "1" if jit == "plain" else "0"}
    environment = {**os.environ, **settings_of_process, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-m", "tests.properties.tape", str(SEED), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest(SEED, count)
