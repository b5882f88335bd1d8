"""Tasks that tests run in worker processes."""

import os
import signal
from pathlib import Path
from typing import Any

from bench.experiments.tasks import RunSource, RunStopped


def product(source: RunSource, seed: int, *, a: int, b: float = 1, c: str = "") -> dict[str, Any]:
    return {"product": a * b * seed, "c": c + source.name}


def fails_on(source: RunSource, seed: int, *, bad: int = 0) -> dict[str, Any]:
    if seed == bad:
        raise ValueError(f"seed {seed} is bad")
    return {"double": 2 * seed}


def dies(source: RunSource, seed: int, *, folder: str, always: int = 0) -> dict[str, Any]:
    """The worker of seed 3 dies: once, or always."""
    marker = Path(folder, f"died-{seed}")
    if seed == 3 and (always or not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"double": 2 * seed}


def depends(source: RunSource, seed: int, *, folder: str) -> dict[str, Any]:
    """A task that is not pure: the second time it returns something else."""
    try:
        Path(folder, f"ran-{seed}").touch(exist_ok=False)
    except FileExistsError:
        return {"value": seed + 1}
    return {"value": seed}


def fails(source: RunSource, seed: int, *, folder: str = "") -> dict[str, Any]:
    """It fails always, or with a folder the first time."""
    if not folder or depends(source, seed, folder=folder)["value"] == seed:
        raise ValueError(f"seed {seed} is bad")
    return {"value": seed}


def unknown(source: RunSource, seed: int) -> dict[str, Any]:
    return {"value": float("nan"), "seed_twice": 2 * seed}


def returns_none(source: RunSource, seed: int, *, bad: int) -> dict[str, Any]:
    return {"value": None if seed == bad else seed}


def stops(source: RunSource, seed: int) -> dict[str, Any]:
    raise RunStopped(ValueError("it stopped"), {"steps": 7})


def no_task(source: RunSource, seed: int, width: int) -> dict[str, Any]:
    return {"width": width}
