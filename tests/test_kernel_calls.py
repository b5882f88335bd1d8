"""Python calls no kernel again and again, itself or over other functions: a walk over levels, orders or books is a
kernel itself. Calls of methods are not followed."""

import ast
from collections.abc import Mapping

import pytest

from tests.source_tree import is_compiled, sources, tree

LOOPS = ast.For | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Place = tuple[str, str]  # module and name of a function

# Function -> why kernels may be called in its loop.
ALLOWED = {
    "exchange.engine.calls.margin_run.run_margin": "one call an account in default, which are few",
    "exchange.engine.control.list_instruments.list_instruments": "the kernel takes two numbers, not the state",
    "exchange.venue.reserve._may_leave": "one call a market state, of a number, kept",
}


def functions_of(module: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}


def known_in(name: str, modules: Mapping[str, ast.Module]) -> dict[str, Place]:
    """What names, also dotted ones, mean a function of ours in a module: its own, and those that it imports."""
    known = {function: (name, function) for function in functions_of(modules[name])}
    for node in ast.walk(modules[name]):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                own, module = alias.asname or alias.name, f"{node.module}.{alias.name}"
                if node.module in modules and alias.name in functions_of(modules[node.module]):
                    known[own] = (node.module, alias.name)
                elif module in modules:
                    known |= {f"{own}.{function}": (module, function) for function in functions_of(modules[module])}
    return known


def calls_in(part: ast.AST, known: Mapping[str, Place]) -> dict[Place, int]:
    """Functions of ours that a piece of code calls, each with its first line."""
    calls = [node for node in ast.walk(part) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: -call.lineno)
    return {known[name]: call.lineno for call in calls if (name := ast.unparse(call.func)) in known}


def kernels_in_loops(modules: Mapping[str, ast.Module]) -> set[tuple[str, str]]:
    """Functions that are no kernels and call some again and again, and what they call in the loop."""
    known = {name: known_in(name, modules) for name in modules}
    functions = {(name, own): node for name, module in modules.items() for own, node in functions_of(module).items()}
    called = {place: calls_in(node, known[place[0]]) for place, node in functions.items()}
    costly = {place for place, node in functions.items() if is_compiled(node)}
    while more := {place for place in functions if place not in costly and costly & called[place].keys()}:
        costly |= more
    return {
        (f"{name}.{function.name}", ".".join(place))
        for name, module in modules.items()
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not is_compiled(function)
        for loop in ast.walk(function)
        if isinstance(loop, LOOPS)
        for place in calls_in(loop, known[name])
        if place in costly
    }


def test_python_calls_no_kernel_in_a_loop() -> None:
    """At each call Numba looks at the type of the whole state, which takes 60 us: a whole book took 67 ms, and a day's
    new limits with 30,000 orders 20 s, in which the venue stood still."""
    modules = {module: tree(path) for module, path in sources().items() if module.startswith("exchange.")}
    found = kernels_in_loops(modules)
    wrong = [f"{function} calls {called}" for function, called in sorted(found) if function not in ALLOWED]
    assert not wrong, "\n".join(wrong)
    assert {function for function, _ in found} == set(ALLOWED), "an exception that nothing needs"


KERNEL = "@kernel\ndef walk(state): ...\n"


@pytest.mark.parametrize(
    "body",
    ["while place:\n  walk(place)", "for slot in slots:\n  print(walk(slot))", "return [walk(slot) for slot in slots]"],
)
def test_a_kernel_in_a_loop_is_seen(body: str) -> None:
    lines = "\n ".join(body.split("\n"))
    read = f"def read(place, slots):\n {lines}\n"
    assert kernels_in_loops({"a": ast.parse(KERNEL + read)}) == {("a.read", "a.walk")}
    assert not kernels_in_loops({"a": ast.parse(f"{KERNEL}@kernel\n{read}")})


@pytest.mark.parametrize(
    "text",
    [
        "from a import walk as go\ndef read(slots):\n for slot in slots: go(slot)",
        "import b\nfrom x import a\ndef read(slots):\n for slot in slots: a.walk(slot)",
        "from a import walk\ndef one(slot): walk(slot)\ndef read(slots): return [one(slot) for slot in slots]",
    ],
)
def test_a_kernel_under_another_name_or_over_another_function_is_seen(text: str) -> None:
    modules = {"a": ast.parse(KERNEL), "x.a": ast.parse(KERNEL), "b": ast.parse(text)}
    assert {function for function, _ in kernels_in_loops(modules)} == {"b.read"}
