"""The reference reads from the bottom up, and shares no logic with what it judges."""

import ast
from pathlib import Path

import exchange.reference

FOLDER = Path(exchange.reference.__file__).parent
SHARED = {"exchange.codes", "exchange.clearing_codes", "exchange.units", "exchange.records", "exchange.errors"}
LISTED = [line.split()[0] for line in (exchange.reference.__doc__ or "").splitlines() if line.startswith("    ")]


def imported(module: str) -> list[str]:
    nodes = ast.walk(ast.parse((FOLDER / f"{module}.py").read_text()))
    return [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]


def test_the_package_lists_every_module() -> None:
    assert sorted(LISTED) == sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def test_a_module_imports_only_what_is_listed_before_it() -> None:
    for place, module in enumerate(LISTED):
        below = {f"exchange.reference.{name}" for name in LISTED[:place]}
        ours = {name for name in imported(module) if name.startswith("exchange.")}
        assert ours <= below | SHARED, f"{module} imports {ours - below - SHARED}"
