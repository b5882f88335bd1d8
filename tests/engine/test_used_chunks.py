"""Chunks in use: a copy has every byte, the hash is that of a slow walk over all chunks (DUR-063)."""

import numpy as np
import pytest
from blake3 import blake3

from exchange.codes import CommandKind, Side
from exchange.engine.engine import Engine
from exchange.engine.state import new_state, state_dtype
from exchange.engine.used_chunks import CHUNK_BYTES, _unused, copy_state, state_hash, used_chunks
from exchange.limits import MEDIUM, NAMED
from tests.engine.test_query import enter, row
from tests.engine.test_views import market, random_states
from tests.slow_hash import rest_is_zero, slow_hash


@pytest.mark.rule("DUR-063", "INV-021")
@pytest.mark.parametrize("seed", [4, 11])
def test_rows_that_were_never_used_are_zero_and_a_copy_and_the_hash_have_every_byte(seed: int) -> None:
    for number, states in enumerate(random_states(seed, 500)):
        assert rest_is_zero(states)
        if number % 5 == 0:
            target = new_state(MEDIUM)
            copy_state(target, states)
            assert target.tobytes() == states.tobytes()
            assert state_hash(target) == state_hash(states) == slow_hash(states)


def test_within_a_command_rows_that_were_never_used_are_zero_too() -> None:
    engine = market(100, 100)
    engine.outs["capacity"] = 49
    buffers = 0
    for _ in engine.run(row(engine, CommandKind.CANCEL_ALL, account=1)):
        buffers += 1
        assert rest_is_zero(engine.states)
    assert buffers > 10


@pytest.mark.parametrize("name", NAMED)
def test_what_is_left_out_lies_in_the_large_tables_and_is_most_of_a_new_state(name: str) -> None:
    states = new_state(NAMED[name])
    assert used_chunks(states) == [0] and state_hash(states) == slow_hash_of_new(states)
    parts = _unused(states)
    assert all(0 < start <= stop <= states.nbytes for start, stop in parts)
    left = states.nbytes - sum(stop - start for start, stop in parts)
    assert left < state_dtype(NAMED[name]).itemsize / (1.5 if name == "small" else 2)


def slow_hash_of_new(states: np.ndarray) -> bytes:
    """Of a state that is zero but for its first chunk, without reading the rest."""
    size = min(CHUNK_BYTES, states.nbytes)
    chunk = states.view(np.uint8)[:size].tobytes()
    return blake3((0).to_bytes(8, "little") + chunk + states.nbytes.to_bytes(8, "little")).digest()


@pytest.mark.rule("DUR-063")
def test_one_bit_makes_a_difference_wherever_it_is() -> None:
    states = new_state(MEDIUM)
    hashes = {state_hash(states)}
    for place in (0, CHUNK_BYTES, states.nbytes - 1):
        states.view(np.uint8)[place] ^= 1
        hashes.add(state_hash(states))
    assert len(hashes) == 4


@pytest.mark.rule("INV-021")
def test_a_fork_and_its_engine_go_on_apart() -> None:
    engine = market(5, 3)
    fork = engine.fork()
    assert fork.state_hash() == engine.state_hash() and fork.sequence == engine.sequence
    before = engine.states.tobytes()
    twin = Engine(MEDIUM, engine.states.copy())
    for one in (fork, twin):
        enter(one, 1, Side.BUY, 480, 7, "fork")
    assert engine.states.tobytes() == before
    assert fork.states.tobytes() == twin.states.tobytes() != before
