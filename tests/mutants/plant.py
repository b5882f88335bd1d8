"""Plants one fault into a copy of the source tree and runs the suite there, kernels as plain Python."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[2]
COPIED = ("exchange", "contracts_spec", "clients", "bench", "tests")
# What can notice a fault in a kernel, the quickest first.
SUITE = (
    "tests/scenarios",
    "tests/book",
    "tests/engine",
    "tests/properties/test_rejections.py",
    "tests/properties/test_capacity.py",
    "tests/properties/test_capacity_of_a_side.py",
    "tests/properties/test_differential.py",
    "tests/properties/test_determinism.py",
)
TIME_LIMIT_S = 900  # several times what the suite takes: only a fault that never ends is stopped by it


@dataclass(frozen=True)
class Fault:
    """One change of one file.

    name   what is wrong then, as a trader would say it
    file   path below the root
    found  text that stands there exactly once
    plant  what stands there instead
    """

    name: str
    file: str
    found: str
    plant: str


@dataclass(frozen=True)
class Verdict:
    """`noticed` is the first test that failed, empty if all passed."""

    fault: Fault
    noticed: str
    seconds: float


class NotPlanted(Exception):
    """The text of a fault does not stand exactly once in its file."""


def planted(fault: Fault) -> str:
    """The file's text with the fault in it."""
    text = (ROOT / fault.file).read_text()
    if text.count(fault.found) != 1:
        raise NotPlanted(f"{fault.name}: {text.count(fault.found)} places in {fault.file} read {fault.found!r}")
    return text.replace(fault.found, fault.plant)


def try_fault(fault: Fault) -> Verdict:
    """Run the suite on a copy with the fault; the copy is gone afterwards."""
    begin = monotonic()
    text = planted(fault)
    with tempfile.TemporaryDirectory(prefix="gpux-fault-") as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        (copy / fault.file).write_text(text)
        noticed = _first_failure(copy)
    return Verdict(fault, noticed, monotonic() - begin)


def _first_failure(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *SUITE]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    try:
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIME_LIMIT_S} s"
    if run.returncode == 0:
        return ""
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return failed[0].split(" - ")[0].split(" ", 1)[1] if failed else f"pytest ended with {run.returncode}"
