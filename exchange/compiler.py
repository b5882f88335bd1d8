"""How Numba is driven: which compiler a kernel gets.

The whole-program compiler: a kernel that Python calls is compiled with every kernel that it calls, optimised once, one
machine code, one file in the cache. A kernel that only kernels call stays intermediate code. It reaches into Numba, so
it is for one minor version of Numba, NUMBA_MINOR.

The plain compiler, Numba's own: for every other version, and wherever GPUX_PLAIN_COMPILER is set. It optimises and
translates each kernel together with all below it, 430 times. Results are the same.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import config, njit, types
from numba.np import numpy_support

from exchange.records import aliases_of

JIT = not config.DISABLE_JIT
NUMBA_MINOR = (0, 68)
WHOLE_PROGRAM = JIT and numba.version_info.short == NUMBA_MINOR and not os.environ.get("GPUX_PLAIN_COMPILER")


_numba_record_of = numpy_support.from_struct_dtype


def _record_with_aliases(row: Any) -> Any:
    """A row's fields and, at the places of some of them, their aliases: the same code whichever name is used."""
    record = _numba_record_of(row)
    fields = {name: {"type": field.type, "offset": field.offset} for name, field in record.fields.items()}
    aliases = {name: fields[alias.field] for name, alias in aliases_of(row).items()}
    return types.Record([*fields.items(), *aliases.items()], record.size, record.aligned) if aliases else record


numpy_support.from_struct_dtype = _record_with_aliases  # type: ignore[assignment]


def compiled(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """A function as a kernel, compiled when it is first called. `options`: those of `njit`."""
    return Kernel(function, options) if WHOLE_PROGRAM else njit(cache=True, **options)(function)


if WHOLE_PROGRAM:
    import fcntl

    from numba.core import cgutils, debuginfo
    from numba.core.caching import FunctionCache, IndexDataCacheFile
    from numba.core.callconv import CPUCallConv
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler, Flags, compile_extra
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
    from numba.core.registry import CPUDispatcher

    # STATE is a record of records: its description takes 50 kB, and Numba writes types out in every step of every
    # kernel. The name of a type identifies it as well and is made once.
    types.Record.__repr__ = types.NestedArray.__repr__ = types.Type.__repr__

    def _alloca_uncleared(builder: Any, kind: Any, size: Any = None, name: str = "", zfill: bool = False) -> Any:
        """Space on the stack for one value, not cleared."""
        assert size is None and not zfill, "for one result of a call"
        with debuginfo.suspend_emission(builder), builder.goto_entry_block():
            return builder.alloca(kind, name=name)

    def _call_function(convention: Any, builder: Any, *arguments: Any, **named: Any) -> Any:
        """Call a compiled function without clearing the space for its result and exception at the caller's start.

        Numba clears it there for every call that the caller may make: a dozen stores a command, for calls that are
        rarely made. It is not needed: the result's space is cleared again before the call, the exception's is read
        only after a call that failed, which wrote it.
        """
        clearing, cgutils.alloca_once = cgutils.alloca_once, _alloca_uncleared
        try:
            return _numba_call_function(convention, builder, *arguments, **named)
        finally:
            cgutils.alloca_once = clearing

    _numba_call_function = CPUCallConv.call_function
    CPUCallConv.call_function = _call_function

    class _Part(JITCodeLibrary):  # type: ignore[misc]
        """Intermediate code of one kernel, for kernels that call it; not optimised or translated by itself."""

        def finalize(self) -> None:
            self._finalized = True

    class _Whole(JITCodeLibrary):  # type: ignore[misc]
        """Code of a kernel that Python calls, with all parts that it calls."""

        def finalize(self) -> None:
            self._linking_libraries = _callers_first(self)
            super().finalize()

    def _callers_first(whole: Any) -> list[Any]:
        """All libraries that a kernel needs, each after those that call it: the linker drops what nothing before asks
        for."""
        done: dict[Any, None] = {}

        def visit(library: Any) -> None:
            for below in library._linking_libraries:
                if below not in done:
                    if isinstance(below, _Part):
                        visit(below)
                    done[below] = None

        visit(whole)
        return list(reversed(done))

    class _SharedFile(IndexDataCacheFile):  # type: ignore[misc]
        """Cache file of one kernel that several processes may write at once.

        Numba takes the next free file number from the index. Without a lock two processes take the same number, and
        one's code is found under the other's signature.
        """

        def save(self, key: Any, data: Any) -> None:
            with Path(self._cache_path, "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                super().save(key, data)

    class _SharedCache(FunctionCache):  # type: ignore[misc]
        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(function)
            named, stamp = self._impl.filename_base, self._impl.locator.get_source_stamp()
            self._cache_file = _SharedFile(self._cache_path, named, stamp)

    class _KernelCompiler(_FunctionCompiler):  # type: ignore[misc]
        def _compile_core(self, args: Any, return_type: Any) -> Any:
            whole = self.compile_into(_Whole, args)
            for environment in whole._find_referenced_environments():
                whole.codegen.set_env(environment.env_name, environment)  # constants that a `print` needs
            return whole

        def compile_into(self, library: type[Any], args: Any) -> Any:
            flags, target = Flags(), self.targetdescr.target_context
            self.targetdescr.options.parse_as_flags(flags, self.targetoptions)
            flags.no_compile = flags.no_cpython_wrapper = library is _Part
            code = library(target.codegen(), self.py_func.__qualname__)
            code.enable_object_caching()
            typing = self.targetdescr.typing_context
            return compile_extra(typing, target, self.py_func, args, None, flags, self.locals, code)

    class Kernel(CPUDispatcher):  # type: ignore[misc]
        """A decorated function: intermediate code for kernels that call it, machine code for Python."""

        def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
            super().__init__(function, targetoptions=options | {"nopython": True})
            self._compiler = _KernelCompiler(function, self.targetdescr, self.targetoptions, {}, Compiler)
            self._cache = _SharedCache(function)

        def get_call_template(self, args: Any, kws: Any) -> Any:
            """Called while another kernel that calls this one is compiled."""
            signature = tuple(self._compiler.fold_argument_types(args, kws)[1])
            if signature not in self.overloads:
                part = self._compiler.compile_into(_Part, signature)
                self.targetctx.insert_user_function(part.library, part.fndesc, [part.library])
                self.overloads[signature] = part._replace(entry_point=part.library)
            return super().get_call_template(args, kws)

        def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
            """Called when Python calls with arguments of new types. It cannot call a part: compile that as a whole."""
            with global_compiler_lock:
                for signature in [known for known, code in self.overloads.items() if isinstance(code.library, _Part)]:
                    del self.overloads[signature]
                return super()._compile_for_args(*args, **kws)
