"""Python calls no kernel again and again: a walk over levels, orders or books is a kernel itself."""

import ast
from pathlib import Path

import pytest

from tests.source_tree import ROOT, is_compiled, kernels_of, sources, tree

LOOPS = ast.For | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def known_kernels(path: Path) -> set[str]:
    """Names that mean a kernel in a file: its own, and those that it imports."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module in sources()
        for alias in node.names
        if alias.name in kernels_of(sources()[node.module])
    }
    return set(kernels_of(path)) | imported


def calls_in_loops(whole: ast.Module, kernels: set[str]) -> list[tuple[str, int]]:
    """Kernels that functions which are none call again and again, each with its line."""
    found = [
        (call.func.id, call.lineno)
        for function in ast.walk(whole)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not is_compiled(function)
        for loop in ast.walk(function)
        if isinstance(loop, LOOPS)
        for call in ast.walk(loop)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in kernels
    ]
    return sorted(set(found), key=lambda call: call[1])


def test_python_calls_no_kernel_in_a_loop() -> None:
    """At each call Numba looks at the type of the whole state, which takes 60 us: a whole book took 67 ms, and a day's
    new limits with 30,000 orders 20 s, in which the venue stood still."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for module, path in sources().items()
        if module.startswith("exchange.")
        for name, line in calls_in_loops(tree(path), known_kernels(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "body",
    ["while place:\n  walk(place)", "for slot in slots:\n  print(walk(slot))", "return [walk(slot) for slot in slots]"],
)
def test_a_kernel_in_a_loop_is_seen(body: str) -> None:
    lines = "\n ".join(body.split("\n"))
    assert calls_in_loops(ast.parse(f"def read(place, slots):\n {lines}\n"), {"walk"})
    assert not calls_in_loops(ast.parse(f"@kernel\ndef read(place, slots):\n {lines}\n"), {"walk"})
