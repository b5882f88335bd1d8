"""Runs a tape on an engine, in pieces."""

from collections.abc import Iterable, Iterator

import numpy as np

from bench.tapes.parts import Part, TapeControl
from bench.tapes.tape import Tape
from exchange.engine.control.checks import ControlError
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED

CHUNK_ROWS = 16_384


def pieces(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts of a tape: single controls, and at most CHUNK_ROWS rows, which are applied together."""
    for part in parts:
        if isinstance(part, TapeControl):
            yield part
        else:
            yield from (part[start : start + CHUNK_ROWS] for start in range(0, len(part), CHUNK_ROWS))


def check_control(engine: Engine, control: TapeControl, title: str = "tape") -> None:
    """Raise UserError if the engine refuses this control in its present state. `title`: of the tape in the message."""
    try:
        engine.check_control(int(control.row["kind"][0]), control.payload, recorded=True)
    except ControlError as error:
        name = engine.limits.name
        raise UserError(f"{title}: control at sequence {control.sequence}, state size {name!r}: {error}") from None


def events_of_tape(tape: Tape, engine: Engine | None = None) -> Iterator[np.ndarray]:
    """The EVENT rows of a tape, in parts, as an engine emits them: this one, which is new, or one of its own.

    UserError: the engine refuses a control
    """
    engine = engine or Engine(NAMED[tape.limits])
    for piece in pieces(tape.parts()):
        if isinstance(piece, TapeControl):
            check_control(engine, piece)
            yield engine.control(piece.row, piece.payload)
        else:
            yield engine.apply(piece)
