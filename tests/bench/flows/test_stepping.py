"""Running a model: its rows and the engine's state do not depend on how long it runs or on full event buffers."""

from dataclasses import replace

import numpy as np

from bench.flows.hawkes import hawkes
from bench.flows.market.process import compute_market
from bench.flows.stepping import Process, opening_of, run_process, run_steps
from bench.tapes.market import engine_at


def rows_with_capacity(process: Process, capacity: int) -> tuple[np.ndarray, bytes]:
    """Rows of a model, and the final state, with an event buffer of this many rows."""
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    engine.outs["capacity"] = capacity
    return run_steps(process, engine, 3_000), engine.state_hash()


def test_a_short_event_buffer_changes_nothing() -> None:
    """With 49 rows the engine returns after nearly every event; the model still sees all of them."""
    for make in (hawkes, compute_market):
        whole, short = (rows_with_capacity(make(3), capacity) for capacity in (256, 49))
        assert whole[0].tobytes() == short[0].tobytes() and whole[1] == short[1], make


def test_the_tape_begins_with_the_model_and_ends_with_the_state() -> None:
    tape = run_process(replace(hawkes(1), notes={"flow": "a test"}), 300)
    assert len(tape.commands) == tape.resting_rows + 300 and tape.notes == {"flow": "a test"}
    assert len(set(tape.commands["time_ns"][: tape.resting_rows].tolist())) == 1
    assert engine_at(tape, len(tape.commands)).state_hash().hex() == tape.state_hash
    assert tape.controls[0].row["time_ns"][0] == tape.commands["time_ns"][0]


def test_the_state_has_space_for_the_orders_that_rest_at_once() -> None:
    assert hawkes(1).limits == "medium" and replace(hawkes(1), orders=50_000).limits == "tape"
