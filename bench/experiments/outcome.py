"""What came of a run: a record of numbers and texts, and the error that ended it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.experiments.plan import ExperimentRun, Value
from exchange.errors import UserError

PARAMETER = "p."  # begins the name of a column with a parameter
OWN = (
    "run_id", "experiment", "task", "source", "tape_hash", "seed", "error", "repeated", "seconds", "host", "code",
    "commit", "versions",
)  # fmt: skip
INTEGER_MAX = (1 << 63) - 1


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run. `error` empty: `record` is what its task returned; else what it has had until then."""

    run: ExperimentRun
    record: dict[str, Value]
    seconds: float
    error: str = ""
    repeated: bool = False  # it was run twice, with equal results


def plain_record(task: str, found: Any) -> dict[str, Value]:
    """What a task returned as columns of the results. Scalars of NumPy become plain. UserError: it is no record."""
    if not isinstance(found, dict):
        raise UserError(f"task {task} returned {type(found).__name__}, allowed: a dict")
    return {_key(task, key): _plain(task, key, value) for key, value in found.items()}


def _key(task: str, key: Any) -> str:
    if not isinstance(key, str) or key in OWN or key.startswith(PARAMETER):
        raise UserError(
            f"task {task} returned the name {key!r}, allowed: a text, but not {', '.join(OWN)} or {PARAMETER}..."
        )
    return key


def _plain(task: str, key: str, value: Any) -> Value:
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, bool | int | float | str) or (isinstance(plain, int) and abs(plain) > INTEGER_MAX):
        raise UserError(f"task {task} returned {key!r}: {value!r}, allowed: a number of 64 bits or a text")
    return plain
