"""The reference reads from the bottom up, and shares no logic with what it judges."""

import ast
from pathlib import Path
from types import ModuleType

import pytest

import exchange.reference
import exchange.reference.house

SHARED = {"exchange.codes", "exchange.clearing_codes", "exchange.units", "exchange.records", "exchange.errors"}
APART = ("exchange.reference.formulas", "exchange.reference.controls")  # folders that stand beside the list
PACKAGES = pytest.mark.parametrize(
    "package", [exchange.reference, exchange.reference.house], ids=lambda package: package.__name__
)


def folder(package: ModuleType) -> Path:
    return Path(package.__file__ or "").parent


def listed(package: ModuleType) -> list[str]:
    """Modules in the docstring of a package, in its order."""
    return [line.split()[0] for line in (package.__doc__ or "").splitlines() if line.startswith("    ")]


def imported(package: ModuleType, module: str) -> list[str]:
    nodes = ast.walk(ast.parse((folder(package) / f"{module}.py").read_text()))
    return [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]


@PACKAGES
def test_the_package_lists_every_module(package: ModuleType) -> None:
    assert sorted(listed(package)) == sorted(
        path.stem for path in folder(package).glob("*.py") if path.stem != "__init__"
    )


@PACKAGES
def test_a_module_imports_only_what_is_listed_before_it(package: ModuleType) -> None:
    for place, module in enumerate(listed(package)):
        below = {package.__name__, *(f"{package.__name__}.{name}" for name in listed(package)[:place])}
        names = [name for name in imported(package, module) if name.startswith("exchange.")]
        ours = {name for name in names if not name.startswith(APART)}
        assert ours <= below | SHARED, f"{module} imports {ours - below - SHARED}"


def test_figures_of_the_house_are_its_own() -> None:
    """Formulas of the product would judge themselves."""
    package = exchange.reference.house
    names = {name for module in listed(package) for name in imported(package, module)}
    assert not [name for name in names if name.startswith("contracts_spec.formulas")]
    assert "exchange.reference.formulas.margin" in names
