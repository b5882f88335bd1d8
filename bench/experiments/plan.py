"""Reads an experiment file (TOML) and lists its runs: each source x each point of the grid x each seed.

"Experiments" in bench/README.md shows a file with all its keys, and a task of one's own: a function `task(source, seed,
*, parameter=default, ...)` that returns a dict of numbers and texts. The keyword parameters are what `fixed` and `grid`
may set, so an unknown name is found before any run begins.
"""

import inspect
import json
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import blake3
import msgspec

from bench.experiments.tasks import TASKS, RunSource, Task, code_version
from exchange.errors import UserError

Value = bool | int | float | str
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RUNS_MAX = 1_000_000


class SourceEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`[[source]]`: a tape, folder or other file, or a generated flow with its options."""

    name: str = ""  # in results; empty: made from the rest
    tape: str = ""
    flow: str = ""
    commands: int = 0  # of a flow; 0: as many as its model makes by itself


class PlotEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`[[plot]]`: results `y` against the parameter `x` of the grid."""

    x: str
    y: list[str]


class ExperimentFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    name: str
    task: str
    seeds: list[int]
    source: list[SourceEntry]
    fixed: dict[str, Value] = {}  # msgspec copies an empty default
    grid: dict[str, list[Value]] = {}
    plot: list[PlotEntry] = []


@dataclass(frozen=True)
class ExperimentRun:
    """One run of a task. Only its id says whether it is the same as another one (SCALE-073)."""

    task: str
    source: RunSource
    parameters: dict[str, Value]
    seed: int
    code: str  # version of the code, `tasks.code_version`
    folder: str = ""  # of the experiment file, where a worker too looks for a task of your own

    @cached_property
    def id(self) -> str:
        """Hash of code, source, parameters and seed."""
        known = [self.task, self.code, self.source.identity, self.parameters, self.seed]
        return blake3.blake3(json.dumps(known, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class ExperimentPlan:
    """An experiment that has been checked."""

    name: str
    task: str
    runs: list[ExperimentRun] = field(repr=False)
    plots: list[PlotEntry]


def read_plan(path: Path, version: str | None = None) -> ExperimentPlan:
    """Read and check an experiment file. UserError: it says what was found, what is allowed, and where.

    version   of the code, for the ids of the runs; None: `tasks.code_version` of the task
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        found = msgspec.toml.decode(text, type=ExperimentFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {_in_words(str(error))}") from None
    _check(path, found)
    sources = [_source(path, number, entry) for number, entry in enumerate(found.source, 1)]
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: two sources are called {name!r}: give each a name of its own")
    folder = str(path.parent.absolute())
    version = code_version(task_of(found.task, folder)) if version is None else version
    points = [dict(zip(found.grid, values, strict=True)) for values in product(*found.grid.values())]
    runs = [
        ExperimentRun(found.task, source, found.fixed | point, seed, version, folder)
        for source in sources
        for point in points
        for seed in found.seeds
    ]
    return ExperimentPlan(found.name, found.task, runs, found.plot)


def task_of(name: str, folder: str = "") -> Task:
    """The function of a task. UserError: there is none of this name.

    folder   where a MODULE is sought that is not installed: beside the experiment file
    """
    if name in TASKS:
        return TASKS[name]
    module, _, function = name.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), function]):
        raise UserError(f"task {name!r}, allowed: {', '.join(TASKS)}, or MODULE:FUNCTION of your own")
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        found = getattr(import_module(module), function)
    except Exception as error:  # of a user's module: whatever it is
        raise UserError(f"task {name!r}: {type(error).__name__}: {error}") from None
    if not inspect.isfunction(found):
        raise UserError(f"task {name!r} is of type {type(found).__name__}, allowed: a function")
    return found


def _in_words(error: str) -> str:
    """The text of msgspec with the place in front: `$.grid.x` is the key x of [grid]."""
    what, _, place = error.partition(" - at `$")
    keys = f"a file has {', '.join(ExperimentFile.__struct_fields__)}"
    return f"{place.strip('`.') or 'file'}: {what}" + (f" ({keys})" if "unknown field" in what and not place else "")


def _check(path: Path, found: ExperimentFile) -> None:
    if not NAME.fullmatch(found.name):
        raise UserError(f"{path}: name {found.name!r}, allowed: 1 to 64 of a-z, 0-9, _ and -, like quote-width")
    _check_parameters(path, found)
    for name in found.grid:
        if name in found.fixed:
            raise UserError(f"{path}: {name} is in [fixed] and in [grid]")
    lists: list[tuple[str, list[Any]]] = [("seeds", list(found.seeds))]
    lists += [(f"grid.{name}", list(values)) for name, values in found.grid.items()]
    for what, values in lists:
        if not values:
            raise UserError(f"{path}: {what} is empty")
        for value in values:
            if values.count(value) > 1:
                raise UserError(f"{path}: {what} has {value!r} twice")
    if not found.source:
        raise UserError(f"{path}: no [[source]]")
    count = len(found.source) * len(found.seeds)
    for values in found.grid.values():
        count *= len(values)
    if count > RUNS_MAX:
        raise UserError(f"{path}: {count:,} runs, allowed: at most {RUNS_MAX:,}")
    for plot in found.plot:
        if plot.x not in found.grid:
            raise UserError(f"{path}: plot: x {plot.x!r} is not in [grid]: {_list(found.grid)}")


def _check_parameters(path: Path, found: ExperimentFile) -> None:
    try:
        signature = inspect.signature(task_of(found.task, str(path.parent.absolute())))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    allowed = signature.parameters
    settable = [name for name, one in allowed.items() if one.kind is one.KEYWORD_ONLY]
    try:
        signature.bind("source", "seed", **dict.fromkeys(settable))
    except TypeError as error:
        raise UserError(
            f"{path}: task {found.task}: {error}, allowed: FUNCTION(source, seed, *, parameter=default, ...)"
        ) from None
    for table, names in (("fixed", found.fixed), ("grid", found.grid)):
        for name in names:
            if name not in settable:
                raise UserError(f"{path}: {table}: task {found.task} has no {name!r}, allowed: {_list(settable)}")
    for name in settable:
        if allowed[name].default is inspect.Parameter.empty and name not in {*found.fixed, *found.grid}:
            raise UserError(f"{path}: task {found.task} needs {name}, in [fixed] or [grid]")


def _source(path: Path, number: int, entry: SourceEntry) -> RunSource:
    """The source of an entry. A path is relative to the experiment file."""
    where = f"{path}: source {number}"
    if bool(entry.tape) == bool(entry.flow):
        raise UserError(f"{where}: give tape or flow, one of them")
    if entry.tape and entry.commands:
        raise UserError(f"{where}: commands {entry.commands} is of a flow, not of a tape")
    if entry.commands < 0:
        raise UserError(f"{where}: commands {entry.commands}, allowed: 1 or more")
    tape = str((path.parent / entry.tape).absolute()) if entry.tape else ""
    try:
        return RunSource.checked(entry.name, tape, entry.flow, entry.commands)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def _list(names: Any) -> str:
    return ", ".join(names) or "none"
