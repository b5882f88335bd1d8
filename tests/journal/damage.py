"""`make damage`: every bit and every cut of what a small venue keeps, through the function that `verify` calls; and of
the key store of one that was killed, with its log.

    python -m tests.journal.damage                  all faults, some minutes on two cores
    python -m tests.journal.damage --sample 2000    so many of each file, drawn with --seed

Each fault must be refused, or told of and made good, or touch nothing that is kept; and name file and place. One in
what is derived must not be refused. Some are drawn for a real start, which must give the same state, keys and events,
say what it got over, and refuse only what a verification refuses. Exit code 1 if one is silent or refused falsely.
"""

import argparse
import random
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Column, Table

from exchange.errors import UserError
from exchange.venue.folder_check import verify_folder
from tests.gateway.harness import Bench
from tests.journal.damaged_folder import (
    BAD,
    FOLDER,
    RECORDS,
    Fault,
    Faults,
    Folder,
    Outcome,
    build,
    build_killed,
    is_derived,
    kept_files,
    load,
    put,
    untouched_read_once,
)

PART = 20_000  # faults of one job
KILLED_RECORDS = 150
IN_KILLED = ("keys", "HEAD")  # that are damaged of a venue that was killed: the rest is as one that was stopped has it
SHOWN = 5  # silent faults of a job that are named


class Part(NamedTuple):
    """A job: faults number `first` to `last` of a file, or `sample` of all, drawn with `seed`."""

    folder: str
    path: str
    first: int
    last: int
    sample: int
    seed: int


class Found(NamedTuple):
    path: str
    flips: Counter[Outcome]
    cuts: Counter[Outcome]
    silent: list[str]


def run_part(part: Part) -> Found:
    """What became of each fault of a job."""
    sound = Folder(load(Path(part.folder)))
    found = Found(f"{Path(part.folder).name}/{part.path.removeprefix(f'{FOLDER}/')}", Counter(), Counter(), [])
    with untouched_read_once() as untouched:
        for fault in _faults(sound, part):
            untouched.fault = fault
            outcome, text = sound.outcome(fault)
            (found.cuts if fault.bit < 0 else found.flips)[outcome] += 1
            if outcome in BAD and len(found.silent) < SHOWN:
                found.silent.append(f"{outcome.value}: {fault}: {text}")
    return found


def _faults(sound: Folder, part: Part) -> Iterable[Fault]:
    faults = Faults(sound.disk, part.path)
    if not part.sample:
        return (faults[at] for at in range(part.first, min(part.last, len(faults))))
    return random.Random(part.seed).sample(faults, min(part.sample, len(faults)))


def parts_of(folder: Path, sample: int, seed: int, names: str = "") -> list[Part]:
    """`names`: how the files begin that are damaged."""
    disk = load(folder)
    parts = []
    for path in kept_files(disk):
        if not path.startswith(f"{FOLDER}/{names}"):
            continue
        count = len(Faults(disk, path))
        step = count if sample else PART
        parts += [Part(str(folder), path, first, first + step, sample, seed) for first in range(0, count, max(1, step))]
    return parts


def what_it_holds(bench: Bench) -> tuple[Any, ...]:
    """State, keys, sessions and the events of every command. Not a session's time: that of its reply, or microseconds
    before it that of the journal, where it comes from there."""
    history = bench.venue.history
    events = [history.of_command(sequence) for sequence in range(1, bench.venue.sequence + 1)]
    keys = bench.opened.keys
    sessions = {record.number: (record.key, record.terms) for record in keys.sessions.values()}
    return bench.venue.sequence, bench.venue.engine.state_hash(), keys.keys, sessions, events


def start_with(folder: Path, fault: Fault, expected: tuple[Any, ...]) -> str:
    """Start a copy of the folder with a fault: what is wrong about it, or nothing. It may refuse where a verification
    does, but for what is derived; and says so where it gets over what a verification refuses."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "venue"
        shutil.copytree(folder, copy)
        disk = load(folder)
        put(disk, fault)
        try:
            verify_folder(FOLDER, disk=disk)
            refused = False
        except UserError:
            refused = True
        path = copy / fault.path.removeprefix(f"{FOLDER}/")
        path.chmod(0o600)
        path.write_bytes(bytes(disk.file(fault.path)))
        try:
            bench = Bench(str(copy))
        except UserError as error:
            return "" if refused and not is_derived(fault.path) else f"{fault}: a start refuses: {error}"
        try:
            if refused and not bench.opened.warnings.lines:
                return f"{fault}: a start says nothing of it"
            return "" if what_it_holds(bench) == expected else f"{fault}: a start serves something else"
        finally:
            bench.close()


def start_some(folder: Path, count: int, seed: int, names: str = "") -> list[str]:
    """Starts with faults drawn from all files that begin so; what is wrong with them."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder, copy := Path(place) / "venue")
        with Bench(str(copy)) as bench:
            expected = what_it_holds(bench)
    disk, rng = load(folder), random.Random(seed)
    files = [Faults(disk, path) for path in kept_files(disk) if path.startswith(f"{FOLDER}/{names}")]
    wrong = (start_with(folder, rng.choice(rng.choice(files)), expected) for _ in range(count))
    return [text for text in wrong if text]


def table_of(founds: list[Found]) -> Table:
    table = Table(Column("file", no_wrap=True), "bits", "cuts", *(outcome.value for outcome in Outcome))
    totals = Found("all", Counter(), Counter(), [])
    by_path: dict[str, Found] = {}
    for found in founds:
        for whole in (by_path.setdefault(found.path, Found(found.path, Counter(), Counter(), [])), totals):
            whole.flips.update(found.flips)
            whole.cuts.update(found.cuts)
    for found in (*(by_path[path] for path in sorted(by_path)), totals):
        both = found.flips + found.cuts
        counts = (found.flips.total(), found.cuts.total(), *(both[outcome] for outcome in Outcome))
        table.add_row(found.path, *(f"{count:,}" for count in counts))
    return table


def run(parts: list[Part], workers: int, console: Console) -> list[Found]:
    """All jobs, in processes; tells how far it is."""
    founds: list[Found] = []
    begin = monotonic()
    with ProcessPoolExecutor(workers) as pool:
        for job in as_completed([pool.submit(run_part, part) for part in parts]):
            founds.append(job.result())
            if len(founds) % max(1, len(parts) // 20) == 0:
                faults = sum(found.flips.total() + found.cuts.total() for found in founds)
                bad = sum((found.flips + found.cuts)[outcome] for found in founds for outcome in BAD)
                told = f"{len(founds)} of {len(parts)} parts, {faults:,} faults, {bad} silent or refused falsely"
                console.print(f"{told} after {monotonic() - begin:.0f} s", highlight=False)
    return founds


def main() -> int:
    parser = argparse.ArgumentParser(description="damage every kept file of a small venue in every way")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--sample", type=int, default=0, help="faults of each file; 0: all")
    parser.add_argument("--starts", type=int, default=200, help="real starts with a fault")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    console = Console()
    console.print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as place:
        stopped, killed = Path(place) / "stopped", Path(place) / "killed"
        build(str(stopped), options.records)
        build_killed(str(killed), KILLED_RECORDS)
        parts = parts_of(stopped, options.sample, options.seed)
        parts += [part for names in IN_KILLED for part in parts_of(killed, options.sample, options.seed, names)]
        founds = run(parts, options.workers, console)
        wrong = start_some(stopped, options.starts, options.seed)
        wrong += start_some(killed, options.starts // 4, options.seed, "keys")
    console.print(table_of(founds))
    silent = [text for found in founds for text in found.silent]
    console.print(f"{options.starts + options.starts // 4} starts with a fault, {len(wrong)} of them wrong")
    for text in (silent + wrong)[:20]:
        console.print(text, markup=False)
    return 1 if silent or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
