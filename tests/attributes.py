"""Finds attributes that are set from outside: on an object that the function has not built, of a class of another file.

Types are those of annotations and of calls of classes, followed through attributes, methods and loops. Where nothing
says a type, the attribute's name does, if only classes with an `__init__` of their own have it. Records (dataclasses,
messages, rows) are data: who fills one in does not reach into anything.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Types = frozenset[str]
UNKNOWN: Types = frozenset()


@dataclass
class Classes:
    """What annotations say of the classes of some modules.

    modules     class -> files that define it
    built       classes with an `__init__` of their own
    attributes  (class, attribute or method) -> classes of what it is or gives
    functions   function -> classes of what it gives
    own         attribute -> built classes that set it on themselves
    data        names of fields of records
    """

    modules: dict[str, set[str]] = field(default_factory=dict)
    built: set[str] = field(default_factory=set)
    attributes: dict[tuple[str, str], Types] = field(default_factory=dict)
    functions: dict[str, Types] = field(default_factory=dict)
    own: dict[str, set[str]] = field(default_factory=dict)
    data: set[str] = field(default_factory=set)


def known_classes(trees: dict[str, ast.Module]) -> Classes:
    known = Classes()
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                known.modules.setdefault(node.name, set()).add(module)
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                _note_class(known, node)
            elif isinstance(node, Function):
                known.functions[node.name] = known.functions.get(node.name, UNKNOWN) | _named(known, node.returns)
    return known


def _note_class(known: Classes, definition: ast.ClassDef) -> None:
    name = definition.name
    methods = [node for node in definition.body if isinstance(node, Function)]
    if any(method.name == "__init__" for method in methods):
        known.built.add(name)
    else:
        known.data |= {ast.unparse(node.target) for node in definition.body if isinstance(node, ast.AnnAssign)}
    for node in definition.body:
        if isinstance(node, ast.AnnAssign):
            _add(known, name, ast.unparse(node.target), _named(known, node.annotation))
    for method in methods:
        _add(known, name, method.name, _named(known, method.returns))
        types = Reader(known, name, method)
        for node in ast.walk(method):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and ast.unparse(node.value) == "self"
            ):
                known.own.setdefault(node.attr, set()).add(name)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                _add(known, name, node.target.attr, _named(known, node.annotation))
            elif isinstance(node, ast.Assign):
                for target, value in _pairs(node):
                    if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                        _add(known, name, target.attr, types.of(value))


def _add(known: Classes, name: str, attribute: str, types: Types) -> None:
    known.attributes[name, attribute] = known.attributes.get((name, attribute), UNKNOWN) | types


def _named(known: Classes, annotation: ast.expr | None) -> Types:
    """Classes that an annotation names, also inside others and inside text."""
    if annotation is None:
        return UNKNOWN
    found = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    found |= {node.attr for node in ast.walk(annotation) if isinstance(node, ast.Attribute)}
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(node.value.replace("[", " ").replace("]", " ").replace(",", " ").replace("|", " ").split())
    return frozenset(found & set(known.modules))


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target with the value that it gets."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


class Reader:
    """Types of the expressions of one function."""

    def __init__(self, known: Classes, owner: str | None, function: Function) -> None:
        self.known = known
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        self.names = {argument.arg: _named(known, argument.annotation) for argument in arguments}
        if owner is not None:
            self.names["self"] = frozenset({owner})
        self.made: set[str] = set()  # names of what the function builds itself
        for node in ast.walk(function):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            self.names[node.target.id] = _named(self.known, node.annotation)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            self.names[node.target.id] = self.of(node.iter)
        elif isinstance(node, ast.Assign):
            for target, value in _pairs(node):
                if isinstance(target, ast.Name):
                    self.names[target.id] = self.names.get(target.id, UNKNOWN) | self.of(value)
                    if self._builds(value):
                        self.made.add(target.id)

    def _builds(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self.known.modules

    def of(self, value: ast.expr) -> Types:
        if isinstance(value, ast.Name):
            return self.names.get(value.id, UNKNOWN)
        if isinstance(value, ast.Attribute):
            owners = self.of(value.value)
            return frozenset().union(*(self.known.attributes.get((owner, value.attr), UNKNOWN) for owner in owners))
        if isinstance(value, ast.Subscript | ast.Await | ast.Starred):
            return self.of(value.value)
        if isinstance(value, ast.BoolOp):
            return frozenset().union(*(self.of(one) for one in value.values))
        if isinstance(value, ast.IfExp):
            return self.of(value.body) | self.of(value.orelse)
        if isinstance(value, ast.Call):
            if isinstance(value.func, ast.Name):
                made = frozenset({value.func.id} & set(self.known.modules))
                return made or self.known.functions.get(value.func.id, UNKNOWN)
            return self.of(value.func)
        return UNKNOWN


def set_from_outside(known: Classes, module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what is set) in one module."""
    owners = {
        id(function): node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for function in node.body
        if isinstance(function, Function)
    }
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        types = Reader(known, owners.get(id(function)), function)
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls", *types.made}
                if not own and _is_outside(known, module, node.attr, types.of(node.value)):
                    yield node.lineno, ast.unparse(node)


def _is_outside(known: Classes, module: str, attribute: str, types: Types) -> bool:
    if not types and attribute not in known.data:
        types = frozenset(known.own.get(attribute, ()))
    built = types & known.built
    return bool(built) and not any(module in known.modules[name] for name in built)
