"""The product's files as syntax trees, for the tests that check the house rules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("exchange", "contracts_spec", "clients", "bench")


def module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, Path]:
    """Every module of the product by name."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {module_name(file): file for file in files}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def written_tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def all_python() -> list[Path]:
    return [*sources().values(), *written_tests()]


def doors(path: Path) -> list[str]:
    """Names under which a file may stand in a table of exceptions: itself, its folders."""
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return [own, *prefixes(module_name(path))]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute names that a file imports, also inside functions, each with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write the whole name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@cache
def annotation_lines(path: Path) -> set[int]:
    """Lines of imports that serve annotations alone, in `if TYPE_CHECKING:` blocks."""
    blocks = (node for node in ast.walk(tree(path)) if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    return {
        line for node in blocks if node.test.id == "TYPE_CHECKING" for line in range(node.lineno, node.end_lineno + 1)
    }


def prefixes(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(len(parts), 0, -1))


def imported_module(name: str) -> str | None:
    """The module of ours that an imported name comes from, if it is ours."""
    return next((prefix for prefix in prefixes(name) if prefix in sources()), None)
