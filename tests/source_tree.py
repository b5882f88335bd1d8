"""The product's files as syntax trees, for the tests that check the house rules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("exchange", "contracts_spec", "clients", "bench")
BY_NAME = ("importlib", "pkgutil", "runpy")  # import what a text names
ABOUT_PACKAGES = ("importlib.metadata", "importlib.resources", "importlib.util.find_spec")  # and these import nothing
DECORATORS = {"kernel", "leaf_kernel"}  # what makes a function a compiled one


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


@cache
def modules_of_tests() -> dict[str, Path]:
    """Every module of the tests by name."""
    return {module_name(path): path for path in written_tests()}


def all_python() -> list[Path]:
    return [*sources().values(), *written_tests()]


def named_in_tables(path: Path) -> list[str]:
    """Names under which a file may stand in a table of exceptions: its own, its folders'."""
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return [own, *prefixes(module_name(path))]


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Absolute names that a file imports, each with its line: inside functions, for annotations alone, and by name."""
    return imports_of(tree(path))


def imports_of(module: ast.Module) -> tuple[tuple[str, int], ...]:
    nodes = tuple(ast.walk(module))
    written = tuple(_written_imports(nodes))
    return (*written, *_named_imports(nodes, written), *_annotated_imports(nodes))


def _written_imports(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((f"{start}.{alias.name}", node.lineno) for alias in node.names)


def _named_imports(nodes: tuple[ast.AST, ...], written: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, int]]:
    """Modules that `importlib` or `__import__` is given. Where one of them is used every dotted text counts, since
    nothing says which text reaches the call; of a text that is put together its beginning."""
    by_name = any(name.split(".")[0] in BY_NAME and not name.startswith(ABOUT_PACKAGES) for name, _ in written)
    if not by_name and not any(isinstance(node, ast.Name) and node.id == "__import__" for node in nodes):
        return
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_dotted(node.value.removesuffix(".")):
            yield node.value.removesuffix("."), node.lineno


def _annotated_imports(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[str, int]]:
    """Whole names of modules in annotations written as text; other names in them stand for imports that are there."""
    for node in nodes:
        for annotation in _annotations(node):
            for text in ast.walk(annotation):
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield from ((name, text.lineno) for name in _dotted_names(text.value))


def _annotations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.returns] if node.returns else []
    return []


def _dotted_names(text: str) -> list[str]:
    try:
        parsed = ast.parse(text, mode="eval")
    except SyntaxError:
        return []
    names = [ast.unparse(node) for node in ast.walk(parsed) if isinstance(node, ast.Attribute)]
    return [name for name in names if _is_dotted(name) and name.split(".")[0] in PACKAGES]


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def prefixes(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(len(parts), 0, -1))


def imported_module(name: str) -> str | None:
    """The module of ours that an imported name comes from, if it is ours."""
    return next((prefix for prefix in prefixes(name) if prefix in sources()), None)


@cache
def import_graph() -> dict[str, frozenset[str]]:
    """Module -> modules of ours that it imports."""
    return {
        module: frozenset(target for name, _ in imports(path) if (target := imported_module(name)) and target != module)
        for module, path in sources().items()
    }


def circles(graph: dict[str, frozenset[str]]) -> list[list[str]]:
    """Groups of modules of which each imports each other, over others or directly; sorted."""
    reached = {module: _reached(graph, module) for module in graph}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached.get(other, ())))
        for module in graph
        if module in reached[module]
    }
    return sorted(list(group) for group in groups)


def _reached(graph: dict[str, frozenset[str]], start: str) -> set[str]:
    """Modules that one imports, over others or directly."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), frozenset()) - reached
        reached |= new
        waiting += new
    return reached


def is_compiled(node: ast.AST) -> bool:
    """Whether a definition is a compiled function: a kernel, or a leaf that becomes part of its callers."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(decorator, ast.Name) and decorator.id in DECORATORS for decorator in node.decorator_list
    )


def kernels_of(path: Path) -> dict[str, ast.FunctionDef]:
    """Compiled functions of a file by name."""
    return {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef) and is_compiled(node)}


@cache
def kernel_files() -> dict[str, Path]:
    """Modules of the exchange that hold compiled functions."""
    return {module: path for module, path in sources().items() if module.startswith("exchange.") and kernels_of(path)}
