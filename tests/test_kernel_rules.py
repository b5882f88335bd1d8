"""House rules of compiled functions, kernels and leaves alike (style.md, rule 9; architecture.md, section 7).

An exception stands in a table here with its reason, or it does not exist.
"""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange import compiler, machine
from exchange.codes import Side
from exchange.kernel import KERNELS
from tests.source_tree import DECORATORS, ROOT, circles, imports, is_compiled, kernels_of, sources, tree

UNNAMED_LINES_MAX = 10  # a private kernel that is no longer says what it does by its name
STRICT = ("exchange.book", "exchange.clearing", "exchange.engine")

# What a compiler, or a GPU, cannot hold; what allocates, is no integer, or hides where a name comes from.
FORBIDDEN = (
    *(ast.Try, ast.TryStar, ast.Raise, ast.Assert, ast.With, ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor),
    *(ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.GeneratorExp, ast.Starred),
    *(ast.Lambda, ast.JoinedStr, ast.ClassDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom),
    *(ast.Global, ast.Nonlocal, ast.Delete, ast.Match, ast.NamedExpr, ast.Div, ast.MatMult),
)
BUILTINS = {"abs", "int", "len", "max", "min", "range"}
NUMPY = {"np.int32", "np.int64", "np.uint64"}
INTEGERS = (int, bool, np.int64, np.uint64)  # by their own type: a member of an enum would be another signature
HIDING = set(dir(np.void)) - {"shape"}  # of an array

# Models of order flow draw times and sizes, so they compute with floats, by operations that IEEE 754 defines to the
# last bit. Nothing of the exchange calls them.
FLOATING = "bench.flows."
FLOAT_NUMPY = {"np.float64", "np.sqrt", "np.floor", "np.ceil"}

# Kernel -> why its loop has no bound that a reader sees.
ENDLESS_LOOPS = {
    "bench.flows.draws.next_exponential": "a trial succeeds with probability 0.63",
    "bench.flows.hawkes.next_event": "thinning: a trial fails only if an excited intensity has decayed",
    "bench.flows.market.process.next_book": "thinning: a trial fails only if an excited intensity has decayed",
    "bench.flows.market.process.decide": "the clock goes on until an event writes a row",
    "exchange.book.index._slot_of_key": "ends at the first free place of a table that is never full",
    "exchange.engine.entry.stops.next_injection": "takes an order off the line in each round",
}
# Kernel or constant -> why -1 stands for something there.
NEGATIVE = {
    "bench.readers.order_tables.next_occupied": "no place; 0 is one in a ladder without edges",
    "exchange.engine.matching.dry_run._from_route": "lots of a route whose print would breach a window; never an index",
    "exchange.engine.views.count_ahead": "an order in no queue; the first in a queue has 0 before it",
    "exchange.engine.phases.market_state.KEEP_TIMER": "a time that is left as it is; 0 is none",
    "exchange.engine.state.POSITION_UNKNOWN": "a row that nobody looked up; 0 is none",
}


@cache
def compiled() -> tuple[tuple[str, Path, ast.FunctionDef], ...]:
    """(whole name, file, definition) of every compiled function of the product."""
    return tuple(
        (f"{module}.{name}", path, function)
        for module, path in sources().items()
        for name, function in kernels_of(path).items()
    )


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def forbidden_in(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Parts that no kernel may have."""
    for node in ast.walk(function):
        nested = isinstance(node, ast.FunctionDef) and node is not function
        number = isinstance(node, ast.Constant) and isinstance(node.value, float | complex | bytes)
        if nested or number or isinstance(node, FORBIDDEN):
            yield node


def negative_in(module: ast.AST) -> Iterator[ast.AST]:
    """Values below zero that stand for "none": those that a kernel returns, and constants."""
    for node in ast.walk(module):
        if isinstance(node, ast.Return) or _is_constant(node):
            yield from (value for value in _values(node.value) if _is_negative(value))  # type: ignore[attr-defined]


def _is_constant(node: ast.AST) -> bool:
    """Whether a statement gives a constant its value."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]).isupper()
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.target).isupper()


def _values(value: ast.expr | None) -> Iterator[ast.expr]:
    """What an expression may be: each part of a tuple, either side of a choice."""
    if isinstance(value, ast.Tuple):
        for part in value.elts:
            yield from _values(part)
    elif isinstance(value, ast.IfExp):
        yield from _values(value.body)
        yield from _values(value.orelse)
    elif value is not None:
        yield value


def _is_negative(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and ast.unparse(value.func) in NUMPY and len(value.args) == 1:
        value = value.args[0]
    return isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub) and isinstance(value.operand, ast.Constant)


def globals_of(function: ast.FunctionDef) -> Iterator[ast.Name]:
    """Names that a kernel reads and does not have of its own."""
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own = stored | {argument.arg for argument in function.args.args} | DECORATORS
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            yield node


def value_of(kernel: str, name: ast.Name) -> Any:
    """What a name of the module of a kernel stands for; None of Python's own."""
    return getattr(importlib.import_module(kernel.rpartition(".")[0]), name.id, None)


def is_float(node: ast.AST) -> bool:
    """Whether a part computes with floats."""
    return isinstance(node, ast.Div) or (isinstance(node, ast.Constant) and isinstance(node.value, float))


def may_read_float(kernel: str, value: Any) -> bool:
    """Whether a kernel may read a float, or floats, from outside: one of a model may."""
    values = value if isinstance(value, tuple) else (value,)
    return kernel.startswith(FLOATING) and all(type(one) is float for one in values)


def may_read(name: str, value: Any) -> bool:
    """Whether a kernel may read a value from outside."""
    if isinstance(value, tuple):
        return all(type(one) in INTEGERS for one in value)
    if type(value) in INTEGERS or value is np:
        return True
    if value is None:
        return name in BUILTINS
    operation = value is vars(machine).get(name) or value is compiler.call_code
    return operation or any(value is kernel for kernel in KERNELS)


@cache
def calls() -> dict[str, frozenset[str]]:
    """Kernel -> kernels that it calls."""
    return {
        kernel: frozenset(
            f"{function.__module__}.{function.__name__}"
            for name in globals_of(node)
            if (value := value_of(kernel, name)) is not None and any(value is one for one in KERNELS)
            for function in [getattr(value, "py_func", value)]
        )
        for kernel, _, node in compiled()
    }


def hidden_fields_in(function: ast.FunctionDef) -> Iterator[ast.Attribute]:
    """What a kernel reads as an attribute that NumPy's rows have themselves: in plain Python it is not the field."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in HIDING:
            yield node


def made_otherwise(module: ast.Module) -> Iterator[ast.AST]:
    """Where a module may compile a function other than by a decorator at its top, which these tests would not see."""
    nodes = list(ast.walk(module))
    written = [(node.module, node, alias) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
    yield from (
        node
        for source, node, alias in written
        if (source == "exchange.kernel" and alias.name in DECORATORS and alias.asname)
        or (source == "exchange.compiler" and alias.name == "compiled")
        or (source == "exchange" and alias.name in ("kernel", "compiler"))
    )
    for node in nodes:
        if isinstance(node, ast.Import) and {alias.name for alias in node.names} & {
            "exchange.kernel",
            "exchange.compiler",
        }:
            yield node
    decorating = {id(one) for node in module.body if is_compiled(node) for one in node.decorator_list}  # type: ignore[attr-defined]
    imported = {alias.name for source, _, alias in written if source == "exchange.kernel"} & DECORATORS
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in imported and id(node) not in decorating:
            yield node


def test_kernels_and_leaves_are_found() -> None:
    decorators = {
        decorator.id
        for _, _, function in compiled()
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Name)
    }
    assert decorators == DECORATORS
    assert len(compiled()) > 400


def test_compiled_functions_have_one_decorator_that_comes_from_one_place() -> None:
    wrong = [
        f"{place(path, function)}: {name}"
        for name, path, function in compiled()
        if len(function.decorator_list) != 1
        or not any(imported.startswith("exchange.kernel.") for imported, _ in imports(path))
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_stands_in_a_kernel_that_a_compiler_or_a_gpu_cannot_hold() -> None:
    wrong = [
        f"{place(path, node)}: {type(node).__name__} in {name}"
        for name, path, function in compiled()
        for node in forbidden_in(function)
        if not (name.startswith(FLOATING) and is_float(node))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "body",
    [
        "raise IndexError",
        "return [slot]",
        "return slot / 2",
        "return 0.5 * slot",
        "return {1: slot}",
        "def inner(): return slot\n  return inner()",
        "try:\n   return slot\n  finally: pass",
        "return f'{slot}'",
    ],
)
@pytest.mark.parametrize("decorator", sorted(DECORATORS))
def test_what_a_kernel_cannot_hold_is_seen_in_kernels_and_leaves(decorator: str, body: str) -> None:
    module = ast.parse(f"@{decorator}\ndef read(slot):\n  {body}\n")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert list(forbidden_in(function))


def test_kernels_take_arguments_by_place_without_defaults() -> None:
    """One signature an entry kernel: a default or a keyword would be another."""
    wrong = [
        f"{place(path, function)}: {name}"
        for name, path, function in compiled()
        if function.args.defaults or function.args.kwonlyargs or function.args.vararg or function.args.kwarg
    ]
    assert not wrong, "\n".join(wrong)


def test_kernels_read_integers_kernels_and_machine_operations_from_outside_and_nothing_else() -> None:
    wrong = [
        f"{place(path, name)}: {name.id} in {kernel}"
        for kernel, path, function in compiled()
        for name in globals_of(function)
        if not may_read(name.id, value := value_of(kernel, name)) and not may_read_float(kernel, value)
    ]
    wrong += [
        f"{place(path, node)}: {ast.unparse(node)} in {kernel}"
        for kernel, path, function in compiled()
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "np"
        and ast.unparse(node) not in (NUMPY | FLOAT_NUMPY if kernel.startswith(FLOATING) else NUMPY)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "value",
    [[1], {1: 2}, np.zeros(2), 0.5, "text", Side, Side.BUY, (1, 0.5), (Side.BUY,), machine, ast.walk, ast.AST],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_a_kernel_may_not_read_is_seen(value: Any) -> None:
    assert not may_read("value", value) and not may_read_float("exchange.book.fifo.match", value)
    assert not may_read("sorted", None)


def test_kernels_read_no_field_that_rows_of_numpy_hide() -> None:
    """They write row["flags"], or the field has another name."""
    found = [place(path, node) for _, path, function in compiled() for node in hidden_fields_in(function)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("body", "hidden"),
    [("row.flags & 1", 1), ("chains.data[0]", 1), ('row["flags"]', 0), ("rows.shape[0]", 0), ("row.kind", 0)],
)
def test_a_hidden_field_is_seen(body: str, hidden: int) -> None:
    (function,) = ast.parse(f"def kernel(row, rows, chains):\n    return {body}").body
    assert isinstance(function, ast.FunctionDef) and len(list(hidden_fields_in(function))) == hidden


# Module -> why it makes kernels in another way.
MAKES_KERNELS = {
    "exchange.kernel": "the decorators",
    "bench.research.strategy_loop": "a loop for each strategy, which its user decorates",
}


def test_kernels_are_made_by_decorators_at_the_top_of_modules_alone() -> None:
    wrong = [
        f"{place(path, node)}"
        for module, path in sources().items()
        if module not in MAKES_KERNELS
        for node in made_otherwise(tree(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "from exchange.kernel import kernel as fast\n@fast\ndef read(slot): ...",
        "from exchange.kernel import kernel\nread = kernel(walk)",
        "from exchange.kernel import leaf_kernel\nclass Book:\n  @leaf_kernel\n  def read(slot): ...",
        "from exchange.kernel import kernel\nif FAST:\n  @kernel\n  def read(slot): ...",
        "from exchange import kernel\n@kernel.kernel\ndef read(slot): ...",
        "import exchange.kernel\n@exchange.kernel.kernel\ndef read(slot): ...",
        "from exchange.compiler import compiled\nread = compiled(walk, {})",
    ],
)
def test_a_kernel_that_is_made_otherwise_is_seen(text: str) -> None:
    assert list(made_otherwise(ast.parse(text)))


def test_kernels_say_what_they_do() -> None:
    silent = [
        f"{place(path, function)}: {name}"
        for name, path, function in compiled()
        if not ast.get_docstring(function)
        and (not function.name.startswith("_") or _lines(function) > UNNAMED_LINES_MAX)
    ]
    assert not silent, "\n".join(silent)


def _lines(function: ast.FunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_kernel_calls_itself_over_others_or_directly() -> None:
    assert len(calls()["exchange.engine.apply.run_commands"]) > 1
    assert not circles(calls())


def test_loops_of_kernels_have_a_bound() -> None:
    endless = {
        name
        for name, _, function in compiled()
        for node in ast.walk(function)
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
    }
    assert endless == set(ENDLESS_LOOPS)


def test_no_negative_number_stands_for_none() -> None:
    """An index of -1 wraps around even where indices are checked; slot 0 means none."""
    found = {name for name, _, function in compiled() for _ in negative_in(function)}
    for module, path in sources().items():
        if module.startswith(STRICT):
            constants = [node for node in tree(path).body if _is_constant(node) and any(negative_in(node))]
            found |= {f"{module}.{name}" for constant in constants for name in assigned_names(constant)}
    assert found == set(NEGATIVE)


def assigned_names(assignment: ast.stmt) -> list[str]:
    """Names that a statement gives a value."""
    targets = assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]  # type: ignore[attr-defined]
    return [ast.unparse(target) for target in targets]


@pytest.mark.parametrize(
    "body",
    [
        "return -1",
        "return slot, np.int64(-1)",
        "NONE = np.int64(-1)",
        "NONE: int = -1",
        "return slot if found else np.int64(-1)",
    ],
)
def test_a_negative_none_is_seen(body: str) -> None:
    assert list(negative_in(ast.parse(f"def find(slot):\n  {body}")))
    assert not list(negative_in(ast.parse("def find(slot):\n  return price * (1 - 2 * side) - 1")))
