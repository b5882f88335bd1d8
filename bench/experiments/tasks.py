"""What a run of an experiment does. A task reads its source where it runs and returns a small record (SCALE-070)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import blake3

from bench.replay import replay_tape
from bench.research.sources import GENERATED, open_source
from bench.tapes.tape import Tape, tape_hash
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.kernel import source_hash
from exchange.limits import NAMED

Task = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class RunSource:
    """Order flow: a file, or a generated flow. It travels to the worker; its rows do not."""

    name: str
    identity: str  # tape hash, or the flow and its options
    path: str = ""
    flow: str = ""
    commands: int = 0

    @staticmethod
    def checked(name: str, path: str, flow: str, commands: int) -> "RunSource":
        """Check that the source can be read, and find its identity. UserError: it cannot."""
        if flow:
            if flow not in GENERATED:
                raise UserError(f"flow {flow!r}, allowed: {', '.join(GENERATED)}")
            text = f"{flow} {commands}" if commands else flow
            return RunSource(name or text, f"flow {text}", flow=flow, commands=commands)
        return RunSource(name or Path(path).name, tape_hash(open_source(path)), path=path)

    def tape(self, seed: int) -> Tape:
        """The tape. A flow is made with the seed of the run."""
        if not self.flow:
            return _kept_tape(self.path, self.identity)
        options = {"commands": self.commands} if self.commands else {}
        return open_source(self.flow, seed=seed, **options)


@lru_cache(maxsize=4)
def _kept_tape(path: str, identity: str) -> Tape:
    """A tape that this process has read before. `identity`: its tape hash; another file of this name is another one."""
    tape = open_source(path)
    if tape_hash(tape) != identity:
        raise UserError(f"{path}: has changed since the experiment began")
    return tape


def replay(source: RunSource, seed: int) -> dict[str, Any]:
    """Replay the source as it is."""
    tape = source.tape(seed)
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    return {
        "commands": summary.rows,
        "events": summary.events,
        "trades": summary.fills,
        "refused": summary.refused.total(),
        "state_hash": summary.state_hash,
    }


TASKS: dict[str, Task] = {"replay": replay}


def code_version(task: Task) -> str:
    """Hash of the code that results depend on: kernels, this folder's package, and the file of a task of your own."""
    digest = blake3.blake3(source_hash().encode())
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    own = getattr(__import__(task.__module__, fromlist=["x"]), "__file__", None)
    for file in [*files, *([Path(own)] if own and Path(own) not in files else [])]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
