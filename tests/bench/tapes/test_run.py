"""A tape runs in pieces: all of it, in order, and a control that cannot be carried out is named."""

from dataclasses import replace

import numpy as np
import pytest

from bench.tapes import run
from bench.tapes.run import check_control, events_of_tape, pieces
from bench.tapes.tape import Tape, TapeControl
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import MEDIUM
from tests.bench.test_replay import small_tape


def whole(tape: Tape) -> np.ndarray:
    """Events of the parts as they are, one call each."""
    engine = Engine(MEDIUM)
    parts = [
        engine.control(part.row, part.payload) if isinstance(part, TapeControl) else engine.apply(part)
        for part in tape.parts()
    ]
    return np.concatenate(parts)


def test_pieces_are_the_parts_cut_to_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK_ROWS", 64)
    tape = small_tape()
    found = list(pieces(tape.parts()))
    controls = [piece for piece in found if isinstance(piece, TapeControl)]
    rows = [piece for piece in found if not isinstance(piece, TapeControl)]
    assert controls == list(tape.controls) and max(map(len, rows)) == 64
    assert np.concatenate(rows).tobytes() == tape.commands.tobytes()


def test_events_do_not_depend_on_the_size_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = small_tape()
    wanted = whole(tape).tobytes()
    for size in (7, 100_000):
        monkeypatch.setattr(run, "CHUNK_ROWS", size)
        assert np.concatenate(list(events_of_tape(tape))).tobytes() == wanted


def test_a_control_that_the_engine_refuses_is_named() -> None:
    tape = small_tape()
    broken = replace(tape, controls=[TapeControl(tape.controls[0].row, b"["), *tape.controls[1:]])
    with pytest.raises(UserError, match=r"tape: control at sequence 1, state size 'medium': "):
        list(events_of_tape(broken))
    with pytest.raises(UserError, match=r"day\.parquet: control at sequence 1, state size 'medium': "):
        check_control(Engine(MEDIUM), broken.controls[0], "day.parquet")
