"""Rules and tests agree: every rule code has a test, every cited code has a rule.

A rule is a line `- **CODE** text` of exchange/RULES.md. A test cites it with `@pytest.mark.rule("CODE")` or, in a
table of scenarios, in the second field of a line.
"""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).parent.parent
RULES = ROOT / "exchange" / "RULES.md"
DESIGN = ROOT.parent / "shared" / "design" / "matching.md"
SCENARIOS = ROOT / "tests" / "scenarios"
CODE = re.compile(r"\b[A-Z]{2,9}-\d{3}\b")
RULE_LINE = re.compile(r"^- \*\*(?P<code>[^*]+)\*\* (?P<text>.+)$", re.MULTILINE)


@cache
def rules() -> tuple[tuple[str, str], ...]:
    """(code, text) of every rule, in the order of the document."""
    return tuple((match["code"], match["text"]) for match in RULE_LINE.finditer(RULES.read_text()))


def marked_codes(path: Path) -> set[str]:
    """Codes in the `rule` marks of a test file: on a test, a class, a module, or on each row of a table."""
    module = ast.parse(path.read_text(), str(path))
    nodes = list(ast.walk(module))
    marks = [argument for node in nodes if is_mark(node) for argument in node.args]
    codes = set(strings(marks))
    names = {inner.id for mark in marks for inner in ast.walk(mark) if isinstance(inner, ast.Name)}
    for statement in module.body:
        if isinstance(statement, ast.Assign) and names & {getattr(name, "id", "") for name in statement.targets}:
            codes |= {word for word in strings([statement.value]) if CODE.fullmatch(word)}
    for node in nodes:
        if isinstance(node, ast.ListComp) and any(is_mark(inner) for inner in ast.walk(node.elt)):
            codes |= {word for word in strings([loop.iter for loop in node.generators]) if CODE.fullmatch(word)}
    return codes


def is_mark(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether this is `pytest.mark.rule(...)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule"


def strings(nodes: list[ast.expr]) -> set[str]:
    """Every text in some expressions."""
    inner = (inner for node in nodes for inner in ast.walk(node))
    return {node.value for node in inner if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def scenario_codes(path: Path) -> set[str]:
    """Codes in the second field of every scenario line; of clearing scenarios only their heads have such fields."""
    lines = (line for line in path.read_text().splitlines() if line.count("|") > 1 and not line.startswith("#"))
    return {code for line in lines for code in line.split("|")[1].split()}


@cache
def cited() -> dict[str, list[str]]:
    """Code -> files that prove it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for code in marked_codes(path):
            found.setdefault(code, []).append(str(path.relative_to(ROOT)))
    for path in sorted(SCENARIOS.rglob("*.txt")):
        for code in scenario_codes(path):
            found.setdefault(code, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_rule_has_a_test() -> None:
    without = [code for code, text in rules() if code not in cited() and not text.startswith("Withdrawn")]
    assert not without, f"{len(without)} rules of exchange/RULES.md have no test: {', '.join(without)}"


def test_every_cited_code_is_a_rule() -> None:
    known = {code for code, _ in rules()}
    unknown = [f"{code} in {', '.join(files)}" for code, files in sorted(cited().items()) if code not in known]
    assert not unknown, "\n".join(unknown)


def test_marks_stand_on_tests() -> None:
    """A mark on a helper function proves nothing."""
    without = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(), str(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and any(is_mark(decorator) for decorator in node.decorator_list)
        and not node.name.lower().startswith("test")
    ]
    assert not without, "\n".join(without)


def test_no_code_stands_for_two_rules() -> None:
    doubled = [code for code, count in Counter(code for code, _ in rules()).items() if count > 1]
    assert not doubled


def test_codes_have_the_form_area_and_number() -> None:
    odd = [code for code, _ in rules() if not CODE.fullmatch(code)]
    assert rules()
    assert not odd


def test_a_rule_is_told_in_a_sentence_or_two() -> None:
    """A rule that needs more is two rules, or an explanation that belongs beside the code."""
    wordy = [f"{code}: {len(text)} characters" for code, text in rules() if len(text) > 500]
    unfinished = [code for code, text in rules() if not text.rstrip().endswith((".", ")", ":", "`"))]
    assert not wordy, "\n".join(wordy)
    assert not unfinished


def test_codes_named_in_the_code_are_rules() -> None:
    """A comment that cites a rule must lead somewhere."""
    known = {code for code, _ in rules()}
    areas = {code.split("-")[0] for code in known}
    unknown = {
        f"{code} in {path.relative_to(ROOT)}"
        for package in ("exchange", "contracts_spec", "clients", "bench")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".toml", ".md"} and path.is_file()
        for code in CODE.findall(path.read_text())
        if code not in known and code.split("-")[0] in areas
    }
    assert not unknown, "\n".join(sorted(unknown))


@pytest.mark.skipif(not DESIGN.exists(), reason="the design of matching is not part of the project")
def test_every_rule_of_matching_is_told() -> None:
    designed = re.findall(r"^(?:- \*\*|\| \*\*)([A-Z]+-\d{3})\*\*", DESIGN.read_text(), re.MULTILINE)
    assert len(designed) > 150
    assert not set(designed) - {code for code, _ in rules()}
