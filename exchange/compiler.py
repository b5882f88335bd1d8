"""How Numba compiles a kernel.

A kernel that Python calls is compiled as a whole: with every kernel that it calls, optimised once, one machine code,
one file in the cache. A kernel that only kernels call stays intermediate code. Numba alone would optimise and translate
each kernel together with all below it, 430 times, which takes three times as long.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import types
from numba.core import cgutils, debuginfo
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.callconv import CPUCallConv
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, Flags, compile_extra
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.registry import CPUDispatcher
from numba.np import numpy_support

from exchange.records import aliases_of

# The state is a record of records, 50 kB to write out, and Numba writes its types out in every step of every kernel.
# The name says the same and is made once.
types.Record.__repr__ = types.NestedArray.__repr__ = types.Type.__repr__

_numba_record_of = numpy_support.from_struct_dtype


def _record_with_aliases(row: Any) -> Any:
    """A row's fields and, at the places of some of them, their aliases: the same code whichever name is used."""
    record = _numba_record_of(row)
    fields = {name: {"type": field.type, "offset": field.offset} for name, field in record.fields.items()}
    aliases = {alias: fields[name] for alias, name in aliases_of(row).items()}
    return types.Record([*fields.items(), *aliases.items()], record.size, record.aligned) if aliases else record


numpy_support.from_struct_dtype = _record_with_aliases  # type: ignore[assignment]


def _room_for_result(builder: Any, kind: Any, size: Any = None, name: str = "", zfill: bool = False) -> Any:
    """A place on the stack, not cleared."""
    assert size is None and not zfill, "for one result of a call"
    with debuginfo.suspend_emission(builder), builder.goto_entry_block():
        return builder.alloca(kind, name=name)


def _call_function(convention: Any, builder: Any, *arguments: Any, **named: Any) -> Any:
    """Numba clears the places for what a call gives back where its caller begins, on every way through it: a dozen
    stores for each command, for calls that are rarely made. A result's is cleared again before its call, an exception's
    is read only after a call that has failed, which wrote it."""
    clearing, cgutils.alloca_once = cgutils.alloca_once, _room_for_result
    try:
        return _numba_call_function(convention, builder, *arguments, **named)
    finally:
        cgutils.alloca_once = clearing


_numba_call_function = CPUCallConv.call_function
CPUCallConv.call_function = _call_function


class _Part(JITCodeLibrary):  # type: ignore[misc]
    """Intermediate code of one kernel, for kernels that call it: never optimised or translated by itself."""

    def finalize(self) -> None:
        self._finalized = True


class _Whole(JITCodeLibrary):  # type: ignore[misc]
    """Code of a kernel that Python calls, and of all parts below it."""

    def finalize(self) -> None:
        self._linking_libraries = _callers_first(self)
        super().finalize()


def _callers_first(whole: Any) -> list[Any]:
    """Everything that a kernel is made of: a linker takes in only what something taken in already asks for."""
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
    """Compiled code of one kernel, that several processes may write at once: Numba takes the next free number of a file
    from an index that another process may be writing, so that one's code would stand under the other's name."""

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
            whole.codegen.set_env(environment.env_name, environment)  # constants, for a `print` while debugging
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
    """What a decorated function becomes: a part for kernels, machine code for Python."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=options)
        self._compiler = _KernelCompiler(function, self.targetdescr, options, {}, Compiler)
        self._cache = _SharedCache(function)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """A kernel that is being compiled calls this one."""
        signature = tuple(self._compiler.fold_argument_types(args, kws)[1])
        if signature not in self.overloads:
            part = self._compiler.compile_into(_Part, signature)
            self.targetctx.insert_user_function(part.library, part.fndesc, [part.library])
            self.overloads[signature] = part._replace(entry_point=part.library)
        return super().get_call_template(args, kws)

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        """Python calls with arguments of new types. It cannot call a part: that is made anew, as a whole."""
        with global_compiler_lock:
            for signature in [known for known, code in self.overloads.items() if isinstance(code.library, _Part)]:
                del self.overloads[signature]
            return super()._compile_for_args(*args, **kws)
