"""Results of an experiment: one Parquet file, one row a run. A later run of the experiment adds what is missing.

    with open_results(Path("results/quote-width.parquet"), "quote-width") as results:
        results.has(run.id)           # it was carried out before, without an error
        results.add(outcome); results.save()

Columns: run_id, experiment, task, source, tape_hash (or the flow), seed, `p.NAME` of each parameter, a column of each
result, error, repeated, seconds, host, code, commit, versions.
"""

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from bench.experiments.outcome import OWN, PARAMETER, RunOutcome
from bench.record import commit, versions
from bench.tapes.tape import PARQUET
from exchange.errors import UserError


@contextmanager
def open_results(path: Path, experiment: str) -> Iterator["Results"]:
    """The results in a file that no other process opens meanwhile, because each writes the whole file from its memory.

    UserError: another process has it open, it is damaged, or no file of results
    """
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{path}: another experiment is writing it; wait for its end, or use --out") from None
        yield Results(path, experiment)


class Results:
    """The rows of one experiment, in memory and in a file. `open_results` makes it."""

    def __init__(self, path: Path, experiment: str) -> None:
        """Read what the file has. UserError: it is damaged, or no file of results."""
        self._path, self._experiment = path, experiment
        self._rows: dict[str, dict[str, Any]] = {row["run_id"]: row for row in _read(path)}
        self._is_saved = True

    def __len__(self) -> int:
        return len(self._rows)

    def has(self, run_id: str) -> bool:
        """Whether this run has been carried out. One that ended with an error is tried again."""
        row = self._rows.get(run_id)
        return row is not None and not row["error"]

    def rows(self, run_ids: set[str]) -> list[dict[str, Any]]:
        """The rows of these runs."""
        return [row for run_id, row in self._rows.items() if run_id in run_ids]

    def add(self, outcome: RunOutcome) -> None:
        """Note what came of a run. A record that an error ended early is kept beside the error."""
        run = outcome.run
        self._rows[run.id] = {
            "run_id": run.id,
            "experiment": self._experiment,
            "task": run.task,
            "source": run.source.name,
            "tape_hash": run.source.identity,
            "seed": run.seed,
            **{PARAMETER + name: value for name, value in run.parameters.items()},
            **outcome.record,
            "error": outcome.error,
            "repeated": outcome.repeated,
            "seconds": outcome.seconds,
            "host": platform.node(),
            "code": run.code,
            **_surroundings(),
        }
        self._is_saved = False

    def save(self) -> None:
        """Write the file completely or not at all."""
        if self._is_saved:
            return
        import polars

        table = polars.from_dicts(list(self._rows.values()), infer_schema_length=None)
        part = self._path.with_name(self._path.name + ".part")
        try:
            table.write_parquet(part)
            os.replace(part, self._path)
        except OSError as error:
            raise UserError(f"{self._path}: cannot be written: {error.strerror or error}") from None
        self._is_saved = True


@cache
def _surroundings() -> dict[str, str]:
    return {"commit": commit(), "versions": json.dumps(versions())}


def _read(path: Path) -> list[dict[str, Any]]:
    import polars

    if not path.exists():
        return []
    try:
        with path.open("rb") as file:
            begins_well = file.read(len(PARQUET)) == PARQUET
        rows = polars.read_parquet(path).to_dicts() if begins_well else []
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except polars.exceptions.PolarsError as error:
        raise UserError(f"{path}: damaged: {str(error).splitlines()[0]}") from None
    if not begins_well or (rows and not set(OWN) <= set(rows[0])):
        raise UserError(f"{path}: no results of an experiment; name another file with --out")
    return rows
