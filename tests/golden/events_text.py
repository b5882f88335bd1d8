"""Events as lines of text, by field name: they outlive a change of the row's layout."""

from collections.abc import Iterator

import numpy as np

from bench.tapes.tape import Tape, TapeControl
from exchange.codes import EventKind
from exchange.engine.engine import Engine
from exchange.engine.event_rows import split_rests
from exchange.limits import NAMED
from exchange.records import EVENT_FIELDS

# Names of 0.2.0 -> names of today, where a field was renamed. Text keeps the names of 0.2.0.
RENAMED: dict[str, str] = {}
FIELDS = [name for name, _, _ in EVENT_FIELDS if name not in ("sequence", "kind")]
RECORDED_NAMES = {now: then for then, now in RENAMED.items()}


def replayed(tape: Tape) -> tuple[list[str], str]:
    """Lines of all events of a tape run through a fresh engine, and the state hash at the end."""
    engine = Engine(NAMED[tape.limits])
    lines = [line for part in tape.parts() for line in event_lines(_run(engine, part))]
    return lines, engine.state_hash().hex()


def _run(engine: Engine, part: np.ndarray | TapeControl) -> np.ndarray:
    if not isinstance(part, TapeControl):
        return engine.apply(part)
    engine.check_control(int(part.row["kind"][0]), part.payload, recorded=True)
    return engine.control(part.row, part.payload)


def event_lines(events: np.ndarray) -> Iterator[str]:
    """`57 ACK time_ns=... account=1 ...` for each event (an ACK that rests is an ACK and an RST)."""
    for row in split_rests(events):
        values = ((RECORDED_NAMES.get(name, name), int(row[name])) for name in FIELDS)
        words = [f"{name}={value}" for name, value in values if value]
        yield " ".join([str(int(row["sequence"])), EventKind(int(row["kind"])).abbreviation, *words])
