"""The house rules that a machine can check of every file: lengths, purposes, leftovers, errors, printing, clocks.

Imports are checked by test_imports.py, folders and names by test_layout.py, kernels by test_kernel_rules.py.
An exception stands in a table here with its reason, or it does not exist.
"""

import ast
import re

from tests.source_tree import PACKAGES, ROOT, all_python, named_in_tables, sources, tree, written_tests

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400

# Modules whose purpose is to talk to a person at a terminal.
PRINTS = {"exchange.cli", "exchange.demo", "bench"}

LEFTOVERS = {
    "a note to self": re.compile(r"\b(TO" r"DO|TO" r"DOC|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
    "a debugger": re.compile(r"\b(break" r"point\(\)|pdb\.set_" r"trace)"),
    "a path of somebody's machine": re.compile(r"[\"' (]/(home|ro" r"ot|Users|tm" r"p|work)/"),
    "a conflict mark": re.compile(r"^(<{7}|>{7}) ", re.MULTILINE),
}


def test_every_module_says_its_purpose() -> None:
    silent = [str(path.relative_to(ROOT)) for path in all_python() if not ast.get_docstring(tree(path))]
    assert not silent


def test_every_file_is_read_in_one_sitting() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in all_python()
        if (lines := len(path.read_text().splitlines())) > FILE_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_every_function_fits_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for path in all_python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_nothing_is_left_lying_about() -> None:
    texts = [
        *all_python(),
        *(file for package in PACKAGES for file in (ROOT / package).rglob("*.md")),
        *(file for package in PACKAGES for file in (ROOT / package).rglob("*.toml")),
        *(ROOT / name for name in ("README.md", "PROTOCOL.md", "CHANGELOG.md", "Makefile", "pyproject.toml")),
    ]
    found = [
        f"{path.relative_to(ROOT)}: {what}: {match.group().strip()}"
        for path in texts
        for what, pattern in LEFTOVERS.items()
        for match in pattern.finditer(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_no_error_is_swallowed_whole() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in all_python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not bare, "\n".join(bare)


def test_libraries_do_not_print() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources().values()
        if not any(own in PRINTS for own in named_in_tables(path))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(wrong)


def test_tests_neither_sleep_nor_read_the_clock() -> None:
    clocks = {("time", name) for name in ("sleep", "time", "time_ns", "monotonic", "monotonic_ns")}
    clocks |= {("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.id}.{node.attr}"
        for path in written_tests()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in clocks
    ]
    assert not wrong, "\n".join(wrong)
