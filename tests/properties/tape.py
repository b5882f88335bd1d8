"""A recorded random run: the same commands for every replay that a determinism test compares."""

import hashlib
import json
from functools import cache
from typing import Any

import numpy as np

from exchange.codes import CommandKind
from exchange.conformance.venues import ReferenceVenue, rows
from exchange.engine.engine import Engine
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.market import plain_market
from tests.properties.flow import PLAIN, Flow

Step = tuple[CommandKind, Any]


@cache
def tape(seed: int, count: int, plain: bool = False) -> list[Step]:
    """Openings and `count` random steps; the reference alone decides what the flow sees. `plain`: plain orders."""
    venue, flow = ReferenceVenue(), Flow(seed, PLAIN, plain_market()) if plain else Flow(seed)
    steps = flow.openings()
    for kind, step in steps:
        _apply(venue, kind, step)
    for _ in range(count):
        kind, step = flow.next(venue.market)
        _apply(venue, kind, step)
        steps.append((kind, step))
    return steps


def _apply(venue: ReferenceVenue, kind: CommandKind, step: Any) -> None:
    if isinstance(step, dict):
        venue.control(kind, step)
    else:
        venue.apply(step)


def chunks(steps: list[Step], cuts: set[int]) -> list[list[Any] | Step]:
    """Rows in batches that end at controls and at the cuts (numbers of steps)."""
    parts: list[list[Any] | Step] = []
    batch: list[Any] = []
    for number, (kind, step) in enumerate(steps):
        if isinstance(step, dict):
            parts += [batch] if batch else []
            parts.append((kind, step))
            batch = []
            continue
        batch.append(step)
        if number in cuts:
            parts.append(batch)
            batch = []
    return [*parts, batch] if batch else parts


def play(engine: Engine, parts: list[list[Any] | Step]) -> bytes:
    """Bytes of all events."""
    return b"".join(_play(engine, part).tobytes() for part in parts)


def _play(engine: Engine, part: list[Any] | Step) -> np.ndarray:
    if isinstance(part, list):
        return engine.apply(rows(part))
    kind, payload = part
    data = json.dumps(payload).encode()
    control = Command(kind=kind, sequence=engine.sequence, time_ns=engine.time_ns)
    return engine.control(rows([control]), data)


def digest(seed: int, count: int) -> str:
    """Hash of events and state of a recorded run: what two processes compare."""
    engine = Engine(MEDIUM)
    events = play(engine, chunks(tape(seed, count), set()))
    return hashlib.sha256(events).hexdigest() + engine.state_hash().hex()


if __name__ == "__main__":
    import sys

    print(digest(int(sys.argv[1]), int(sys.argv[2])))
