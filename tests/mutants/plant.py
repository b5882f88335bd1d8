"""Plants one fault into a copy of the source tree and runs the suite there, kernels as plain Python."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

# What a fault ends in whose text no longer fits the sources: it is no behaviour.
NONSENSE = re.compile(r"^E +((?:NameError|AttributeError|SyntaxError|ImportError|UnboundLocalError): .*)", re.MULTILINE)
TIME_LIMIT_S = 900  # several times what the suite takes: only a fault that never ends is stopped by it


@dataclass(frozen=True)
class Project:
    """What a fault is planted into.

    copied  files and folders below the root that the suite needs
    suite   tests that can notice a fault, the quickest first
    """

    root: Path
    copied: tuple[str, ...]
    suite: tuple[str, ...]


EXCHANGE = Project(
    Path(__file__).parents[2],
    ("exchange", "contracts_spec", "clients", "bench", "tests", "pyproject.toml"),
    (
        "tests/scenarios",
        "tests/book",
        "tests/clearing",
        "tests/engine",
        "tests/properties/test_rejections.py",
        "tests/properties/test_capacity.py",
        "tests/properties/test_capacity_of_a_side.py",
        "tests/properties/test_differential.py",
        "tests/properties/test_determinism.py",
    ),
)


@dataclass(frozen=True)
class Fault:
    """One change of one file.

    name   what is wrong then, as a trader would say it
    file   path below the root
    found  text that stands there exactly once
    plant  what stands there instead
    suite  tests that can notice it; none: those of the project
    """

    name: str
    file: str
    found: str
    plant: str
    suite: tuple[str, ...] = ()

    def judged_by(self, suite: tuple[str, ...]) -> "Fault":
        """The same fault, with other tests that can notice it."""
        return replace(self, suite=suite)


@dataclass(frozen=True)
class Verdict:
    """What the suite made of a fault.

    noticed   the first test that failed, empty if all passed
    nonsense  the error of a planted text that is no behaviour, say a name that is gone; empty if it is one
    """

    fault: Fault
    noticed: str
    nonsense: str
    seconds: float


class NotPlanted(Exception):
    """A fault is out of date: its text does not stand exactly once in its file."""


def planted(fault: Fault, project: Project = EXCHANGE) -> str:
    """The file's text with the fault in it. NotPlanted: it cannot be."""
    path = project.root / fault.file
    text = path.read_text() if path.exists() else ""
    if text.count(fault.found) != 1:
        raise NotPlanted(f"{fault.name}: {text.count(fault.found)} places in {fault.file} read {fault.found!r}")
    return text.replace(fault.found, fault.plant)


def out_of_date(faults: Iterable[Fault], project: Project = EXCHANGE) -> dict[str, str]:
    """Name -> why, of the faults that cannot be planted."""
    found = {}
    for fault in faults:
        try:
            planted(fault, project)
        except NotPlanted as error:
            found[fault.name] = str(error)
    return found


def try_fault(fault: Fault, project: Project = EXCHANGE) -> Verdict:
    """Run the suite on a copy with the fault; the copy is gone afterwards."""
    begin = monotonic()
    text = planted(fault, project)
    with tempfile.TemporaryDirectory(prefix="gpux-fault-") as folder:
        copy = Path(folder)
        for name in project.copied:
            source = project.root / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        (copy / fault.file).write_text(text)
        noticed, nonsense = _first_failure(copy, fault.suite or project.suite)
    return Verdict(fault, noticed, nonsense, monotonic() - begin)


def _first_failure(folder: Path, suite: tuple[str, ...]) -> tuple[str, str]:
    """(the first test that failed, the error that makes nonsense of it)"""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *suite]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    try:
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIME_LIMIT_S} s", ""
    if run.returncode == 0:
        return "", ""
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    noticed = failed[0].split(" - ")[0].split(" ", 1)[1] if failed else f"pytest ended with {run.returncode}"
    nonsense = NONSENSE.search(run.stdout)
    return noticed, nonsense[1] if nonsense else ""
