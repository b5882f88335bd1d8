"""Engine: rows and controls in sequence order, bytes out, a state that can be copied and hashed (INV-020, INV-021)."""

import numpy as np
import pytest

from exchange.codes import CommandKind, Side
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import MEDIUM, STEP_EVENTS
from exchange.records import EVENT
from tests.engine.test_query import engine, enter, row

__all__ = ["engine"]


@pytest.mark.rule("INV-021")
def test_a_fresh_engine_has_applied_nothing_and_equal_ones_hash_alike() -> None:
    one, two = Engine(MEDIUM), Engine(MEDIUM)
    assert (one.sequence, one.time_ns) == (0, 0)
    assert one.state_hash() == two.state_hash() and len(one.state_hash()) == 32
    two.states["sequence"] = 1
    assert one.state_hash() != two.state_hash()


@pytest.mark.rule("INV-021")
def test_it_goes_on_from_a_state_that_it_is_given(engine: Engine) -> None:
    enter(engine, 1, Side.BUY, 99, 5, "a")
    again = Engine(MEDIUM, engine.states.copy())
    assert (again.sequence, again.state_hash()) == (engine.sequence, engine.state_hash())
    later = row(engine, CommandKind.CANCEL_ALL, account=1)
    assert again.apply(later).tobytes() == engine.apply(later).tobytes()


@pytest.mark.rule("INV-020")
def test_events_come_buffer_by_buffer_and_are_the_same_together(engine: Engine) -> None:
    for number in range(2 * STEP_EVENTS):
        enter(engine, 1, Side.BUY, 99, 1, f"o{number}")
    twin = Engine(MEDIUM, engine.states.copy())
    twin.outs["capacity"] = STEP_EVENTS + 1
    command = row(engine, CommandKind.CANCEL_ALL, account=1)
    parts = list(twin.run(command))
    assert len(parts) > 1 and all(len(part) % EVENT.itemsize == 0 for part in parts)
    assert b"".join(parts) == engine.apply(command).tobytes()


def test_a_row_is_asked_about_without_being_applied(engine: Engine) -> None:
    before = engine.states.tobytes()
    commands = blank_commands(2)
    commands["kind"] = CommandKind.NEW
    commands["sequence"] = engine.sequence + 1, engine.sequence + 2
    assert engine.first_refusal(commands) is not None
    assert engine.states.tobytes() == before


def test_only_whole_command_rows_are_taken(engine: Engine) -> None:
    with pytest.raises(TypeError, match="want whole COMMAND rows"):
        engine.apply(blank_commands(4)[::2])
    with pytest.raises(TypeError, match="want whole COMMAND rows"):
        engine.apply(np.zeros(1, EVENT))
