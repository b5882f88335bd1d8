"""The decorator of compiled functions, and where compiled code is kept.

Only this module, `machine.py` (machine operations) and `compiler.py` (how Numba is driven) import Numba. `@kernel`
compiles a function with
- `boundscheck=True`: an index that is off by one must stop the exchange instead of corrupting a neighbour. It is set in
  source, because `NUMBA_BOUNDSCHECK=1` is silently ignored with a warm cache;
- `cache=True`, in a folder named by a hash of all kernel sources, because Numba does not notice a changed callee;
- `error_model="python"`, without `fastmath` and `parallel`, so that results never depend on the machine;
- `_nrt=False`: kernels make no arrays, so no code to count references is needed.

With `NUMBA_DISABLE_JIT=1` every kernel is the plain Python function. Tests compare both.
"""

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numba import config, typeof

from exchange.compiler import JIT, WHOLE_PROGRAM, address_of, compiled
from exchange.machine import check_tables

ROOT = Path(__file__).parent
KERNEL_SOURCES = (
    "codes.py",
    "clearing_codes.py",
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
# Kernels outside the engine have caches of their own, because a change of them compiles nothing of the engine again,
# and the hash of the engine in the journal does not cover them. At the edge of the venue are bytes to rows, rows to
# bytes. Everything else is research: bench, and what users write.
ENGINE, EDGE, RESEARCH = "kernels", "edge", "research"  # which kernels, and how the name of their folder begins
PACKAGES = {EDGE: ("exchange.gateway", "exchange.publish"), RESEARCH: ("bench",)}
_IMPORTED = re.compile(r"^from ((?:exchange|bench)\b[.\w]*) import", re.MULTILINE)
F = TypeVar("F", bound=Callable[..., Any])
KERNELS: list[Any] = []


def kernel_sources() -> list[Path]:
    """Every file with code of compiled functions, in a fixed order."""
    paths = [ROOT / name for name in KERNEL_SOURCES]
    return sorted(file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]))


def source_hash() -> str:
    """Hash of all kernel sources, hexadecimal. It names the build in the journal and the cache folder."""
    digest = hashlib.sha256()
    for file in kernel_sources():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def sources_of(part: str) -> list[Path]:
    """Every file with kernels of EDGE or RESEARCH, and the files of our own that these import, in a fixed order.

    Numba takes constants from modules into the code, so a file without kernels counts too.
    """
    known = set(kernel_sources())
    files = [file for package in PACKAGES[part] for file in ROOT.parent.joinpath(*package.split(".")).rglob("*.py")]
    found = {file for file in files if "@kernel" in (text := file.read_text()) or "@leaf_kernel" in text}
    unread = list(found)
    while unread:
        for name in _IMPORTED.findall(unread.pop().read_text()):
            path = ROOT.parent.joinpath(*name.split("."))
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                if file.exists() and file not in known | found:
                    found.add(file)
                    unread.append(file)
    return sorted(found)


def hash_of(part: str) -> str:
    """Hash of the sources of the kernels of EDGE or RESEARCH, and of the engine's, hexadecimal."""
    digest = hashlib.sha256(source_hash().encode())
    for file in sources_of(part):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def part_of(module: str) -> str:
    """Whose kernels a module holds: ENGINE, EDGE or RESEARCH."""
    if module.startswith(tuple(f"{package}." for package in PACKAGES[EDGE])):
        return EDGE
    return ENGINE if module.startswith("exchange.") else RESEARCH


def cache_folder(part: str = ENGINE) -> Path:
    """Folder of compiled kernels, for its owner only: they are pickled, and loading a pickle runs code (SEC-013).

    part   ENGINE, EDGE or RESEARCH
    """
    base = Path(os.environ.get("GPUX_CACHE") or Path.home() / ".cache" / "gpux")
    digest = source_hash() if part == ENGINE else hash_of(part)
    return base / f"{part}-{digest[:16]}{'' if WHOLE_PROGRAM else '-plain'}"


@cache
def _made_folder(part: str) -> str:
    folder = cache_folder(part)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return str(folder)


if JIT:
    check_tables()
else:
    # Hash functions multiply modulo 2**64 on purpose, and NumPy scalars warn of the overflow. The filter holds for all
    # threads; `seterr` holds for this thread only, but saves the time that an ignored warning takes.
    warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning)
    np.seterr(over="ignore")


def _compile(function: F, inline: bool) -> F:
    options = {"boundscheck": True, "error_model": "python", "nogil": True, "_nrt": False}
    options |= {"forceinline": inline, "no_cfunc_wrapper": True}
    if JIT:
        config.CACHE_DIR = _made_folder(part_of(function.__module__))
    made = compiled(function, options) if JIT else function
    KERNELS.append(made)
    return made


def bind(kernel: Any, *arguments: Any) -> Any:
    """A version of a kernel for calls from Python with exactly these types of arguments; compiles it if need be.

    It does not check the types at each call, which saves 0.4 us.
    """
    if WHOLE_PROGRAM:
        kernel.drop_parts()
    return kernel.compile(tuple(typeof(argument) for argument in arguments)) if JIT else kernel


def code_of(kernel: Any, *arguments: Any) -> Any:
    """The compiled code of a kernel for exactly these types of arguments, for `compiler.call_code`; it stays valid as
    long as the process lives."""
    bound = bind(kernel, *arguments)
    return address_of(kernel, tuple(typeof(argument) for argument in arguments)) if JIT else bound


def kernel(function: F) -> F:
    """Compile a function for the exchange. The module's docstring gives the options and their reasons."""
    return _compile(function, inline=False)


def leaf_kernel(function: F) -> F:
    """As `kernel`, and inlined into its callers: for functions that run with every command.

    A call between compiled functions costs about 5 ns; forty of them would cost more than matching.
    """
    return _compile(function, inline=True)


# Where Numba keeps what a kernel is on CUDA. Without it, Numba makes it of the kernel itself, with the same options.
DEVICE_FUNCTION = "_CUDATypingContext__dispatcher"
cuda: Any = None  # numba.cuda, once `load_cuda` has imported it


def load_cuda() -> Any:
    """numba.cuda, for `on_grid` and for memory of a GPU (GPU-009). Nothing imports it before it is needed.

    With NUMBA_ENABLE_CUDASIM=1 it is numba's simulator, which needs no package for GPUs.
    """
    global cuda
    if cuda is None:
        from numba import cuda as found

        if JIT and find_spec("numba_cuda") is not None:
            from numba.cuda.np import numpy_support as theirs
            from numba.np import numpy_support as ours

            theirs.from_struct_dtype = ours.from_struct_dtype  # which knows aliases, see `compiler`
        cuda = found
    return cuda


def on_grid(
    kernel: Any, forms: Mapping[Any, Callable[..., Any]], threads: int = 64
) -> Callable[[int, tuple[Any, ...]], None]:
    """A kernel as CUDA runs it: one book a thread, no bounds checks, no exceptions (GPU-001, GPU-003).

    kernel    its first argument is the number of the book
    forms     kernels in it that are another function on CUDA, and these functions
    threads   of a block
    returns   launch(books, arguments), which compiles at its first call and does not wait for the result
    """
    load_cuda()
    for changed, form in forms.items():
        if JIT and not hasattr(changed, DEVICE_FUNCTION):
            setattr(changed, DEVICE_FUNCTION, cuda.jit(device=True)(form))

    def entry(books: Any, arguments: Any) -> None:
        book = cuda.grid(1)
        if book < books:
            kernel(book, *arguments)

    compiled_entry = cuda.jit(entry)

    def launch(books: int, arguments: tuple[Any, ...]) -> None:
        compiled_entry[-(-books // threads), threads](books, arguments)

    return launch
