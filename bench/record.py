"""Reports and result files: figures with machine, versions, seed and commit.

Each question of a run writes one JSON file into `results/`. Do not compare figures of different machines or runs; the
files show where these differ.
"""

import json
import math
import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import thread_time_ns
from typing import Any, TypeVar

import numpy as np
from rich.table import Table

from exchange.kernel import source_hash

PACKAGES = (
    "numpy",
    "numba",
    "llvmlite",
    "msgspec",
    "websockets",
    "pyarrow",
    "polars",
    "databento-dbn",
    "itch-book",
    "gymnasium",
    "pettingzoo",
    "distributed",
    "order-matching",
    "limit-order-book",
    "lightmatchingengine",
    "hftbacktest",
)
FOLDER = Path("results")
T = TypeVar("T")


@dataclass(frozen=True)
class Distribution:
    """Distribution of a figure over its repeats. With fewer than 100 repeats p99 is the largest one."""

    unit: str
    count: int
    least: float
    median: float
    p99: float

    def text(self) -> str:
        return f"{self.least:,.1f} / {self.median:,.1f} / {self.p99:,.1f} {self.unit}"


@dataclass
class Report:
    """The result of a question: rows for the printed table, and figures for the result file."""

    quick: bool
    table: Table
    figures: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)  # printed after the table of all questions

    def passes(self, count: int) -> int:
        """Number of passes: `count`, or 2 for a quick look."""
        return 2 if self.quick else count

    def row(self, what: str, figure: str, detail: str) -> None:
        self.table.add_row(what, figure, detail)

    def keep(self, name: str, figures: dict[str, Any], parameters: Any) -> None:
        """Add figures to the result file."""
        self.figures[name] = figures
        self.parameters[name] = asdict(parameters) if hasattr(parameters, "__dataclass_fields__") else parameters


def distribution(values: Sequence[float], unit: str) -> Distribution:
    """Least, median and 99th percentile (nearest rank) of values; there must be at least one."""
    ranked = sorted(values)

    def rank(share: float) -> float:
        return ranked[math.ceil(share * len(ranked)) - 1]

    return Distribution(unit, len(ranked), ranked[0], rank(0.5), rank(0.99))


def sum_of_least_parts(passes: Sequence[np.ndarray]) -> int:
    """Sum over all parts of the least time that the part took in any pass, in ns.

    It is close to the time of the work alone: other load on the machine disturbs most long passes, but not the same
    part in every pass. The figure falls with more passes and with shorter parts. So compare only figures of the same
    number of passes, with parts of about the same time.

    passes  ns of each part, int64, shape (parts,)
    """
    return int(np.min(passes, axis=0).sum())


def needed_ratio(needed: float, reference: float) -> str:
    """Text of a requirement as a ratio. `needed` and `reference`: required, and of a known program, on one machine."""
    return f"{needed / reference:.2f}x ({needed:,} where it is {reference:,})"


def _clock_ns() -> int:
    """Time in ns that one reading of the thread's clock takes."""
    return min(-(thread_time_ns() - thread_time_ns()) for _ in range(1_000))


CLOCK_NS = _clock_ns()


def timed(step: Callable[..., T], *arguments: object) -> tuple[int, T]:
    """Call a function. Returns the processor time of this thread in ns, without the clock's own, and the result."""
    start = thread_time_ns()
    result = step(*arguments)
    return max(thread_time_ns() - start - CLOCK_NS, 0), result


def time_ns(step: Callable[..., object], *arguments: object) -> int:
    """As `timed`, without the result."""
    return timed(step, *arguments)[0]


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system."""
    model = platform.processor()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    total = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_mib": int(total) // 1_024,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
        "clock_ns": CLOCK_NS,
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def versions() -> dict[str, str]:
    """Installed versions of the packages that a figure depends on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Commit of the source, with `+` if files have changed since; empty outside a checkout."""
    folder = Path(__file__).parent
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_record(question: str, parameters: dict[str, Any], figures: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write one result file, named by question and time; returns its path."""
    now = datetime.now(UTC)
    record = {
        "question": question,
        "time": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
        "kernel_sources": source_hash()[:16],
        "parameters": parameters,
        "figures": _plain(figures),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{question}-{now:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    return path


def _plain(figure: Any) -> Any:
    if isinstance(figure, dict):
        return {name: _plain(part) for name, part in figure.items()}
    return asdict(figure) if isinstance(figure, Distribution) else figure
