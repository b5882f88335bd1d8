"""House rules of compiled functions, kernels and leaves alike (style.md, rule 9; architecture.md, section 7).

An exception stands in a table here with its reason, or it does not exist.
"""

import ast
import builtins
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from exchange import codes, kernel_codes
from tests.source_tree import DECORATORS, ROOT, imports, kernels_of, sources, tree

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

# Kernel -> why its loop has no bound that a reader sees.
ENDLESS_LOOPS = {
    "exchange.book.index._slot_of_key": "ends at the first free place of a table that is never full",
    "exchange.engine.entry.stops.next_injection": "takes an order off the line in each round",
}
# Kernel or constant -> why -1 stands for something there.
NEGATIVE = {
    "exchange.book.implied._owner_before": "a source before the first; never an index",
    "exchange.engine.matching.dry_run._from_route": "lots of a route whose print would breach a window; never an index",
    "exchange.engine.views.count_ahead": "an order in no queue; the first in a queue has 0 before it",
    "exchange.engine.phases.market_state.KEEP_TIMER": "a time that is left as it is; 0 is none",
    "exchange.engine.state.POSITION_UNKNOWN": "a row that nobody looked up; 0 is none",
}
# Enum of exchange.codes -> prefix of its constants. Those that no kernel reads have none.
PREFIXES = {
    "Side": "SIDE",
    "OrderType": "ORDER",
    "TimeInForce": "TIF",
    "PostOnly": "POST_ONLY",
    "SmpMode": "SMP",
    "CommandKind": "KIND",
    "CommandFlag": "FLAG",
    "EventKind": "EVENT",
    "EventFlag": "EVENT_FLAG",
    "Liquidity": "LIQUIDITY",
    "OrderState": "ORDER_STATE",
    "CancelReason": "CANCEL",
    "RejectReason": "REJECT",
    "MarketState": "MARKET",
    "StateReason": "STATE_REASON",
    "ComboKind": "COMBO",
    "OrderEntry": "ENTRY",
    "Matching": "MATCHING",
    "BookFeature": "FEATURE",
    "Scope": "SCOPE",
    "KillParty": "KILL_PARTY",
    "QuoteState": "QUOTE",
    "ProtectionState": "PROTECTION",
    "Threshold": "THRESHOLD",
    "OrderFlag": "ORDER_FLAG",
    "AccountFlag": "ACCOUNT_FLAG",
}
NOT_IN_KERNELS = {
    "Family": "what is delivered; no kernel asks",
    "PeriodKind": "controls read it",
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
        if isinstance(node, ast.Return) or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper()):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (value for value in values if value is not None and _is_negative(value))


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
        if (hasattr(builtins, name.id) and name.id not in BUILTINS) or _is_class(name.id)
    ]
    wrong += [
        f"{place(path, node)}: {ast.unparse(node)} in {kernel}"
        for kernel, path, function in compiled()
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "np"
        and ast.unparse(node) not in NUMPY
    ]
    assert not wrong, "\n".join(wrong)


def _is_class(name: str) -> bool:
    """An enum, say: its members as arguments would each be a new signature."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()


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


def test_no_kernel_calls_itself() -> None:
    wrong = [
        f"{place(path, node)}: {name}"
        for name, path, function in compiled()
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name
    ]
    assert not wrong, "\n".join(wrong)


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
            constants = [node for node in tree(path).body if isinstance(node, ast.Assign) and any(negative_in(node))]
            found |= {f"{module}.{ast.unparse(constant.targets[0])}" for constant in constants}
    assert found == set(NEGATIVE)


@pytest.mark.parametrize("body", ["return -1", "return slot, np.int64(-1)", "NONE = np.int64(-1)"])
def test_a_negative_none_is_seen(body: str) -> None:
    assert list(negative_in(ast.parse(f"def find(slot):\n  {body}")))
    assert not list(negative_in(ast.parse("def find(slot):\n  return price * (1 - 2 * side) - 1")))


def test_every_code_that_kernels_read_is_a_constant_of_one_module() -> None:
    enums = {
        name: enum
        for name, enum in vars(codes).items()
        if isinstance(enum, type) and enum.__module__ == "exchange.codes"
    }
    assert set(enums) == set(PREFIXES) | set(NOT_IN_KERNELS)
    constants = {name: value for name, value in vars(kernel_codes).items() if type(value).__name__ == "int64"}
    wanted = {
        f"{prefix}_{member}": int(value)
        for name, prefix in PREFIXES.items()
        for member, value in enums[name].__members__.items()  # type: ignore[attr-defined]
    }
    assert {name: constants.get(name) for name in wanted} == wanted


def test_no_other_module_of_kernels_makes_a_constant_of_a_code() -> None:
    enums = set(PREFIXES) | set(NOT_IN_KERNELS)
    wrong = [
        f"{place(path, node)}: {ast.unparse(node)}"
        for module, path in sources().items()
        if module.startswith(STRICT)
        for node in tree(path).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).startswith("np.")
        and enums & {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
    ]
    assert not wrong, "\n".join(wrong)
