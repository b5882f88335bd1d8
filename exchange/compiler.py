"""How Numba is driven: which compiler a kernel gets.

The *whole-program compiler* compiles a kernel that Python calls together with all kernels that it calls: optimised
once, to one piece of machine code in one cache file. A kernel that only kernels call stays intermediate code. This
changes internals of Numba, so it is used with one minor version only, NUMBA_MINOR.

The *plain compiler* is Numba's own. It is used with every other version, and if GPUX_PLAIN_COMPILER is set. It
optimises and translates each of 430 kernels with everything that it calls: a start with a cold cache takes 2.7 times as
long. Results are the same.

Another kernel may run that machine code by its address (`call_code`): a kernel of research around the whole engine is
then compiled in a second, and runs the very code that the engine runs.

Beside it the whole-program compiler leaves out clearing of the stack for calls that are rarely made (`_call_function`):
with it the mixed flow takes 1.09 times as long and 1,000 books 1.01 times.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import numpy_support

from exchange.records import aliases_of

JIT = not config.DISABLE_JIT
NUMBA_MINOR = (0, 68)
WHOLE_PROGRAM = JIT and numba.version_info.short == NUMBA_MINOR and not os.environ.get("GPUX_PLAIN_COMPILER")


_numba_record_of = numpy_support.from_struct_dtype


def _record_with_aliases(row: Any) -> Any:
    """Numba's type of a row, with each alias at the offset of its field: both names compile to the same code."""
    record = _numba_record_of(row)
    fields = {name: {"type": field.type, "offset": field.offset} for name, field in record.fields.items()}
    aliases = {name: fields[alias.field] for name, alias in aliases_of(row).items()}
    return types.Record([*fields.items(), *aliases.items()], record.size, record.aligned) if aliases else record


numpy_support.from_struct_dtype = _record_with_aliases  # type: ignore[assignment]


@cache
def _mangled_record(name: str) -> tuple[str, tuple[()]]:
    return f"Record_{hashlib.sha256(name.encode()).hexdigest()[:16]}", ()


# Numba names machine code after the types of its arguments, and a record by a number that counts the types of this
# process. Code that another process has put into the cache may then have the name of code for another record, and the
# linker takes either for both: a kernel for small states would run parts of the one for large states.
types.Record.mangling_args = property(lambda record: _mangled_record(record.name))


def address_of(kernel: Any, signature: tuple[Any, ...]) -> int:
    """Address of the machine code of a kernel that is compiled for these types."""
    code = kernel.overloads[signature]
    return int(code.library.get_pointer_to_function(code.fndesc.llvm_func_name))


if JIT:

    @intrinsic
    def call_code(typing_context, code, states, commands, start, stop, outs):  # type: ignore[no-untyped-def]
        """Run `apply_commands`, or a kernel with the same arguments, in a kernel of another file.

        code   result of `kernel.code_of` for arrays of the same types, int64
        """
        arguments = (states, commands, types.int64, types.int64, outs)

        def build(context, builder, signature, values):  # type: ignore[no-untyped-def]
            convention = context.call_conv
            kind = convention.get_function_type(types.int64, arguments)
            function = builder.inttoptr(values[0], kind.as_pointer())
            status, row = convention.call_function(builder, function, types.int64, arguments, values[1:])
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return row

        return types.int64(types.int64, *arguments), build

else:

    def call_code(code, states, commands, start, stop, outs):  # type: ignore[no-untyped-def]
        """Run a kernel."""
        return code(states, commands, start, stop, outs)


def compiled(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Make a kernel of a function; it is compiled when it is first called. `options`: as for `njit`."""
    return Kernel(function, options) if WHOLE_PROGRAM else njit(cache=True, **options)(function)


if WHOLE_PROGRAM:
    import fcntl

    from numba.core import debuginfo
    from numba.core.caching import FunctionCache, IndexDataCacheFile
    from numba.core.callconv import CPUCallConv
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler, Flags, compile_extra
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
    from numba.core.registry import CPUDispatcher

    # Numba writes out types in every step of every kernel, and the full text of STATE, a record of records, takes
    # 50 kB. The name of a type identifies it as well and is made only once.
    types.Record.__repr__ = types.NestedArray.__repr__ = types.Type.__repr__

    def _alloca_uncleared(builder: Any, kind: Any, size: Any = None, name: str = "", zfill: bool = False) -> Any:
        """Stack space for one value, without clearing it."""
        assert size is None and not zfill, "for one result of a call"
        with debuginfo.suspend_emission(builder), builder.goto_entry_block():
            return builder.alloca(kind, name=name)

    def _call_function(convention: Any, builder: Any, *arguments: Any, **named: Any) -> Any:
        """Call a compiled function, without clearing the space for its result and exception when the caller begins.

        Numba does that for every call in the caller's text: a dozen stores a command, mostly for calls that are not
        made. It is not needed. The result is cleared again before the call; the exception is read only after a call
        that failed, and that call has written it.
        """
        clearing, cgutils.alloca_once = cgutils.alloca_once, _alloca_uncleared
        try:
            return _numba_call_function(convention, builder, *arguments, **named)
        finally:
            cgutils.alloca_once = clearing

    _numba_call_function = CPUCallConv.call_function
    CPUCallConv.call_function = _call_function

    class _Part(JITCodeLibrary):  # type: ignore[misc]
        """Intermediate code of a kernel that other kernels call. It is not optimised or translated by itself."""

        def finalize(self) -> None:
            self._finalized = True

    class _Whole(JITCodeLibrary):  # type: ignore[misc]
        """Machine code of a kernel that Python calls, with the code of all parts that it calls."""

        def finalize(self) -> None:
            self._linking_libraries = _callers_first(self)
            super().finalize()

    def _callers_first(whole: Any) -> list[Any]:
        """All libraries that a kernel needs, callers first: the linker drops code that nothing before it calls."""
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
        """Cache file of one kernel, which several processes may write at the same time.

        Numba takes the next free file number from an index. Without a lock two processes could take the same number;
        then the code of one would be found under the signature of the other.
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
                whole.codegen.set_env(environment.env_name, environment)  # constants of a `print`
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
        """A decorated function. Kernels that call it get its intermediate code, Python gets machine code."""

        def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
            super().__init__(function, targetoptions=options | {"nopython": True})
            self._compiler = _KernelCompiler(function, self.targetdescr, self.targetoptions, {}, Compiler)
            self._cache = _SharedCache(function)

        def get_call_template(self, args: Any, kws: Any) -> Any:
            """Numba calls this while it compiles another kernel that calls this one."""
            signature = tuple(self._compiler.fold_argument_types(args, kws)[1])
            if signature not in self.overloads:
                part = self._compiler.compile_into(_Part, signature)
                self.targetctx.insert_user_function(part.library, part.fndesc, [part.library])
                self.overloads[signature] = part._replace(entry_point=part.library)
            return super().get_call_template(args, kws)

        def drop_parts(self) -> None:
            """Call this before Python calls: it cannot call a part, so that is compiled again."""
            for signature in [known for known, code in self.overloads.items() if isinstance(code.library, _Part)]:
                del self.overloads[signature]

        def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
            """Numba calls this when Python calls with new types."""
            with global_compiler_lock:
                self.drop_parts()
                return super()._compile_for_args(*args, **kws)
