"""Names the compiled loop of a kernel strategy in the cache of kernels by all that is compiled with it.

This is not in `strategy_loop`, because a change of what a file with kernels imports compiles the kernels again.
"""

import hashlib
from collections.abc import Callable, Iterator
from enum import EnumMeta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bench.research.orders import OrderError

CONSTANTS = (bool, int, float, str, tuple, np.generic, EnumMeta)  # what Numba takes into the code by its value


def loop_name(strategy: Any) -> str:
    """The name of a kernel, and a hash of it and of all kernels that it calls.

    Each of them counts with the file that it is in, its place there, the defaults of its arguments, and the global
    constants and arrays that it names, also those of other modules. So a change of any of these compiles it again.

    OrderError: one of the kernels takes variables from a function around it, or its file is not there
    """
    digest = hashlib.sha256()
    whole: Callable[..., Any] = getattr(strategy, "py_func", strategy)
    unread, known = [whole], {whole}
    while unread:
        function = unread.pop()
        digest.update(_text_of(function))
        for name, value in _globals_of(function):
            if hasattr(value, "py_func"):
                if value.py_func not in known:
                    known.add(value.py_func)
                    unread.append(value.py_func)
            elif isinstance(value, np.ndarray):
                digest.update(f"{name} {value.dtype} {value.shape} ".encode() + value.tobytes())
            elif isinstance(value, CONSTANTS):
                digest.update(f"{name} {list(value) if isinstance(value, EnumMeta) else value!r} ".encode())
    return f"{whole.__name__}_{digest.hexdigest()[:16]}"


def _text_of(function: Callable[..., Any]) -> bytes:
    """The file of a function and which one of the file it is."""
    code, name = function.__code__, function.__qualname__
    if code.co_freevars:
        names = ", ".join(code.co_freevars)
        raise OrderError(
            f"kernel {name} takes {names} from the function around it, so each value would need a loop of its own; "
            f"pass parameters in memory="
        )
    file = Path(code.co_filename)
    if not file.is_file():
        raise OrderError(f"kernel {name}: {file} is no file; write a kernel strategy into a file and import it")
    return file.read_bytes() + f"{name} {code.co_firstlineno} {function.__defaults__!r} ".encode()


def _globals_of(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The globals that a function names, and those of the modules that it names."""
    names = function.__code__.co_names
    found = [(name, function.__globals__[name]) for name in names if name in function.__globals__]
    yield from found
    for _, value in found:
        if isinstance(value, ModuleType):
            yield from ((name, vars(value)[name]) for name in names if name in vars(value))
