"""What a run of an experiment does. A task reads its source where it runs and returns a small record (SCALE-070)."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import blake3

from bench.experiments.quoting import FixedQuotes, largest_position, profit_mills
from bench.facts.collect import collect
from bench.facts.facts import facts_of
from bench.replay import check_state, replay_tape
from bench.research.latency import Latency
from bench.research.orders import number_in
from bench.research.replay import Replay
from bench.research.sources import GENERATED, kind_of, open_source
from bench.tapes.cache import cached_tape
from bench.tapes.tape import Tape, read_tape, tape_hash
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.kernel import source_hash
from exchange.limits import NAMED

ROOT = Path(__file__).parents[2]
Task = Callable[..., dict[str, Any]]


class RunStopped(Exception):
    """A task raises this if an error ends its run early. `record`: its results until then, kept beside the error."""

    def __init__(self, error: Exception, record: dict[str, Any]) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.record = record


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
        return RunSource(name or Path(path).name, tape_hash(_file_tape(path)), path=path)

    def tape(self, seed: int) -> Tape:
        """The tape. A flow is made with the seed of the run."""
        if not self.flow:
            return _kept_tape(self.path, self.identity)
        options = {"commands": self.commands} if self.commands else {}
        return open_source(self.flow, seed=seed, **options)


@lru_cache(maxsize=4)
def _kept_tape(path: str, identity: str) -> Tape:
    """A tape that this process has read before. `identity`: its tape hash; another file of this name is another one."""
    tape = _file_tape(path)
    if tape_hash(tape) != identity:
        raise UserError(f"{path}: has changed since the experiment began")
    return tape


def _file_tape(path: str) -> Tape:
    """The tape of a file. A native one is decoded once on a host, and its processes share the rows (TAPE-004)."""
    return cached_tape(Path(path)) if kind_of(Path(path)).open is read_tape else open_source(path)


def replay(source: RunSource, seed: int) -> dict[str, Any]:
    """Replay the source as it is. UserError: its final state is not the one that the tape names (TAPE-003)."""
    tape = source.tape(seed)
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    check_state(tape.facts(), summary, source.name)
    return {
        "commands": summary.rows,
        "events": summary.events,
        "trades": summary.fills,
        "refused": summary.refused.total(),
        "state_hash": summary.state_hash,
    }


def quote(
    source: RunSource,
    seed: int,
    *,
    half_spread: int,
    size: int = 1,
    inventory: int = 10,
    latency_us: float = 0,
    every: int = 20,
) -> dict[str, Any]:
    """Make a market in instrument 1 with fixed quotes (`quoting.FixedQuotes`).

    half_spread   distance of a quote from the mid price, ticks
    size          lots of a quote
    inventory     largest position that a quote is sent for, lots
    latency_us    one way: of each order and cancel to the venue, and of market data and answers from it; 0: none
    every         commands of the source between two looks at the book
    """
    delay = {"place_us": latency_us, "response_us": latency_us, "feed_us": latency_us}
    latency = Latency.constant(**delay) if latency_us else None
    replay = Replay(source.tape(seed), latency=latency)
    strategy = FixedQuotes(half_spread, size, inventory)
    run = replay.run(strategy, every=number_in("every", every, 1, 1_000_000))
    record = {
        "commands": run.commands,
        "fills": len(run.fills),
        "lots": sum(fill.lots for fill in run.fills),
        "profit_mills": profit_mills(replay),
        "position": replay.position,
        "largest_position": largest_position(run.fills),
        "state_hash": replay.state_hash(),
    }
    if run.error is not None:
        raise RunStopped(run.error, record) from run.error
    return record


MAIN_FACTS = (
    "trades_count", "spread_mean_ticks", "return_deviation_ticks", "return_excess_kurtosis", "sign_autocorrelation_1",
    "share_ended_by_cancel", "placement_mean_ticks", "response_1_ticks",
)  # fmt: skip


def facts(source: RunSource, seed: int, *, book: str = "") -> dict[str, Any]:
    """Measure the main facts of a book. A fact that cannot be computed is left out.

    book   symbol; empty: the busiest one
    """
    series = collect(source.tape(seed), book)
    found = facts_of(series).facts
    known = {key: value for key in MAIN_FACTS if (value := found[key].value) is not None}
    return known | {"state_hash": series.state_hash}


TASKS: dict[str, Task] = {"replay": replay, "quote": quote, "facts": facts}


def code_version(task: Task) -> str:
    """Hash of what results depend on: kernels, bench, contracts with their terms, and the file of a task of your own.
    It does not have what that file imports."""
    digest = blake3.blake3(source_hash().encode())
    files = sorted((ROOT / "bench").rglob("*.py"))
    files += sorted(file for file in (ROOT / "contracts_spec").rglob("*") if file.suffix in (".py", ".toml"))
    own = getattr(sys.modules[task.__module__], "__file__", None)
    for file in [*files, *([Path(own)] if own and Path(own) not in files else [])]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
