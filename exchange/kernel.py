"""The decorator of compiled functions, and where compiled code is kept.

Numba is imported here, in `machine.py` (operations that kernels use) and in `compiler.py` (how Numba is driven), and
nowhere else. `@kernel` compiles with
- `boundscheck=True` in source: `NUMBA_BOUNDSCHECK=1` is silently ignored with a warm cache, and an index that is off
  by one must stop the exchange instead of corrupting a neighbour;
- `cache=True` into a folder named by a hash of all kernel sources: Numba does not notice that a callee changed;
- `error_model="python"` and no `fastmath`, no `parallel`: results never depend on the machine;
- `_nrt=False`: a kernel makes no arrays, so nothing counts references to those it is given.

With `NUMBA_DISABLE_JIT=1` every kernel is the plain Python function; tests compare both.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numba import config, typeof

from exchange.compiler import JIT, WHOLE_PROGRAM, compiled
from exchange.machine import check_tables

ROOT = Path(__file__).parent
KERNEL_SOURCES = (
    "codes.py",
    "kernel_codes.py",
    "units.py",
    "records.py",
    "limits.py",
    "kernel.py",
    "machine.py",
    "compiler.py",
    "book",
    "clearing",
    "engine",
)
F = TypeVar("F", bound=Callable[..., Any])
KERNELS: list[Any] = []


def kernel_sources() -> list[Path]:
    """Every file that a compiled function may be made of, in a fixed order."""
    paths = [ROOT / name for name in KERNEL_SOURCES]
    return sorted(file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]))


def source_hash() -> str:
    """Hash of all kernel sources: the build's name in the journal and in the name of the cache folder."""
    digest = hashlib.sha256()
    for file in kernel_sources():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Folder of compiled kernels; it holds pickled code, so only its owner may enter (SEC-013)."""
    base = Path(os.environ.get("GPUX_CACHE") or Path.home() / ".cache" / "gpux")
    return base / f"kernels-{source_hash()[:16]}{'' if WHOLE_PROGRAM else '-plain'}"


def _use_cache() -> None:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    config.CACHE_DIR = str(folder)


if JIT:
    _use_cache()
    check_tables()
else:
    # Hashing multiplies modulo 2**64 on purpose; NumPy scalars would warn.
    np.seterr(over="ignore")


def _compile(function: F, inline: bool) -> F:
    options = {"boundscheck": True, "error_model": "python", "nogil": True, "_nrt": False}
    options |= {"forceinline": inline, "no_cfunc_wrapper": True}
    made = compiled(function, options) if JIT else function
    KERNELS.append(made)
    return made


def bind(kernel: Any, *arguments: Any) -> Any:
    """A kernel for Python to call with arguments of the same types as these and of no others: their types are not
    looked at again, which would take 0.4 us a call. Compiles the kernel if need be."""
    return kernel.compile(tuple(typeof(argument) for argument in arguments)) if JIT else kernel


def kernel(function: F) -> F:
    """Compile a function for the exchange; see the module for the options and why."""
    return _compile(function, inline=False)


def leaf_kernel(function: F) -> F:
    """As `kernel`, for what runs for every command: its code becomes part of the caller's.

    A call between compiled functions passes a status back and costs about 5 ns; forty of them cost more than matching.
    """
    return _compile(function, inline=True)
