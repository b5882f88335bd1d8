"""What a run of an experiment does. A task reads its source where it runs and returns a small record (SCALE-070)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import blake3

from bench.flows.flow import FLOWS
from bench.replay import replay_tape
from bench.research.sources import flow_tape, kind_of
from bench.tapes.tape import Tape, read_metadata, read_tape, tape_hash
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.kernel import source_hash
from exchange.limits import NAMED

Task = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class FlowSource:
    """Order flow: a file, or a generated flow. It travels to the worker; its rows do not."""

    name: str
    identity: str  # tape hash, or the flow and its options
    path: str = ""
    flow: str = ""
    commands: int = 0

    @staticmethod
    def checked(name: str, path: str, flow: str, commands: int) -> "FlowSource":
        """Check that the source can be read, and find its identity. UserError: it cannot."""
        if flow:
            if flow not in FLOWS:
                raise UserError(f"flow {flow!r}, allowed: {', '.join(FLOWS)}")
            text = f"{flow} {commands}" if commands else flow
            return FlowSource(name or text, f"flow {text}", flow=flow, commands=commands)
        kind_of(Path(path))
        return FlowSource(name or Path(path).name, read_metadata(Path(path))["tape_hash"], path=path)

    def tape(self, seed: int) -> Tape:
        """The tape. A flow is made with the seed of the run."""
        return flow_tape(self.flow, seed, self.commands or None) if self.flow else _kept_tape(self.path, self.identity)


@lru_cache(maxsize=4)
def _kept_tape(path: str, identity: str) -> Tape:
    """A tape that this process has read before. `identity`: its tape hash; another file of this name is another one."""
    tape = read_tape(Path(path))
    if tape_hash(tape) != identity:
        raise UserError(f"{path}: has changed since the experiment began")
    return tape


def replay(source: FlowSource, seed: int) -> dict[str, Any]:
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
