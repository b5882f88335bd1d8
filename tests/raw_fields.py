"""Finds code that is about a kind of row and reads or writes a field there by another name than the kind has for it.

    Search([Module(name, tree), ...]).raw_uses()

What kinds a piece of code is about follows from the code: the conditions around it, the kinds that the same call names,
the event that a variable was made as, the kinds that a table's column `kind` is set to or filtered by, and, for a
function, the places that call it. Code about no kind is not judged:
it copies rows, or looks at what all of them have.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from exchange.engine import event_rows
from exchange.records import COMMAND_ALIASES, COMMAND_KINDS, EVENT_ALIASES, EVENT_KINDS, Alias

Kinds = frozenset[str]  # like EventKind.FILL
Place = tuple[str, str]  # module and name of a function
NO_KINDS: Kinds = frozenset()
ENUMS = ("CommandKind", "EventKind")
# Variables that hold rows: an attribute of another one is no field of a row.
ROWS = {"command", "row", "event", "first", "second", "last", "done", "refused", "replaced", "whole"}
PLACES = {name for name, value in vars(event_rows).items() if name.isupper() and isinstance(value, int)}


class Use(NamedTuple):
    """A raw use of a field."""

    module: str
    line: int
    function: str
    field: str


def _wrong_names(enum: str, kinds: Mapping[Any, str], aliases: Mapping[str, Alias]) -> dict[str, set[str]]:
    """Of each kind the fields that it has only other names for."""
    names = {f"{enum}.{kind.name}": text.split() for kind, text in kinds.items()}
    return {kind: {aliases[name].field for name in own if name in aliases} - set(own) for kind, own in names.items()}


WRONG = _wrong_names("CommandKind", COMMAND_KINDS, COMMAND_ALIASES)
WRONG |= _wrong_names("EventKind", EVENT_KINDS, EVENT_ALIASES)
OWN = {f"CommandKind.{kind.name}": set(text.split()) for kind, text in COMMAND_KINDS.items()}
OWN |= {f"EventKind.{kind.name}": set(text.split()) for kind, text in EVENT_KINDS.items()}


class Call(NamedTuple):
    """One call, as far as kinds follow it; an expression that a function returns, without a target."""

    inside: Place  # the function that it stands in
    target: Place | None
    named: Kinds  # by the call itself
    around: Kinds = NO_KINDS  # by the condition around it
    arguments: tuple[Place, ...] = ()  # functions whose results it is given
    is_returned: bool = False


class Module:
    """One module: its functions, constants that stand for kinds, names that it imports."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name, self.nodes = name, list(ast.walk(tree))
        self.above = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.functions = {node.name: node for node in self.nodes if isinstance(node, ast.FunctionDef)}
        self.imported = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in self.nodes
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.constants: dict[str, Kinds] = {}
        self.kinds: dict[ast.AST, Kinds] = {}
        self._tables: dict[ast.AST, dict[str, Kinds]] = {}
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                names = [found.id for found in ast.walk(statement) if _is_stored(found)]
                self.constants |= dict.fromkeys(names, self.kinds_in(statement.value))
        self.kinds = {}
        returns = [(node, node.value) for node in self.nodes if isinstance(node, ast.Return) and node.value is not None]
        self.returned = {(self.function_of(node), _variable(value)) for node, value in returns}
        self.calls = [self.call(node) for node in self.nodes if isinstance(node, ast.Call)]
        self.calls += [
            Call((self.name, self.function_of(node)), None, self.kinds_in(value), is_returned=True)
            for node, value in returns
        ]
        for node in self.nodes:
            if isinstance(node, ast.Dict):
                self.calls += filter(None, map(self._dispatched, node.keys, node.values))

    def call(self, call: ast.Call) -> Call:
        above, function = self.above[call], self.function_of(call)
        names = [_variable(target) for target in above.targets] if isinstance(above, ast.Assign) else []
        returned = isinstance(above, ast.Return) or any((function, name) in self.returned for name in names)
        arguments = [self.target(part.func) for part in call.args if isinstance(part, ast.Call)]
        return Call(
            (self.name, function),
            self.target(call.func),
            self.named(call),
            self.conditions(call),
            tuple(place for place in arguments if place is not None),
            returned,
        )

    def _dispatched(self, key: ast.expr | None, value: ast.expr) -> Call | None:
        """A function that a table has for a kind."""
        target = self.target(value)
        return Call((self.name, ""), target, self.kinds_in(key)) if key is not None and target is not None else None

    def named(self, call: ast.Call) -> Kinds:
        """The kinds that a call itself names."""
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return frozenset().union(*(self.kinds_in(value) for value in values if not isinstance(value, ast.Call)))

    def beside(self, part: ast.AST, call: ast.Call) -> Kinds:
        """The kinds that the innermost tuple around a part of a call names: a case of a test, say."""
        found = NO_KINDS
        while part is not call and not found:
            below, part = part, self.above[part]
            if isinstance(part, ast.Tuple):
                found = frozenset().union(*(self.kinds_in(one) for one in part.elts if one is not below))
        return found

    def kinds_in(self, node: ast.AST) -> Kinds:
        """The kinds that an expression names, but for those that it says something is not."""
        if node not in self.kinds:
            self.kinds[node] = self._kinds_in(node)
        return self.kinds[node]

    def _kinds_in(self, node: ast.AST) -> Kinds:
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.NotEq | ast.NotIn) for one in node.ops):
            return NO_KINDS
        if isinstance(node, ast.Name):
            return self.constants.get(node.id, NO_KINDS) | _kernel_kind(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return frozenset({f"{node.value.id}.{node.attr}"} & WRONG.keys()) or self.kinds_in(node.value)
        return frozenset().union(*map(self.kinds_in, ast.iter_child_nodes(node)))

    def function_of(self, node: ast.AST) -> str:
        while not isinstance(node, ast.FunctionDef | ast.Module):
            node = self.above[node]
        return node.name if isinstance(node, ast.FunctionDef) else ""

    def kinds_of_table(self, node: ast.Subscript) -> Kinds:
        """The kinds of the rows of a table whose column is read or written."""
        function: ast.AST = node
        while not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            function = self.above[function]
        if function not in self._tables:
            self._tables[function] = self._tables_in(function)
        return self._tables[function].get(_table_of(node), NO_KINDS)

    def _tables_in(self, function: ast.AST) -> dict[str, Kinds]:
        """By variable, the kinds that its column `kind` is set to, or that it is filtered by."""
        tables: dict[str, Kinds] = defaultdict(frozenset)
        assignments = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        for node in sorted(assignments, key=lambda node: node.lineno):
            for target, value in _pairs(node):
                if isinstance(target, ast.Subscript) and _is_column(target, "kind"):
                    tables[_table_of(target)] |= self.kinds_in(value)
                elif isinstance(target, ast.Name) and isinstance(value, ast.Subscript):
                    tables[target.id] = self.kinds_in(value.slice) or tables[_table_of(value)]
        return tables

    def target(self, called: ast.expr) -> Place | None:
        """The function that an expression names, if it is one of the exchange's."""
        if isinstance(called, ast.Name):
            if called.id in self.functions:
                return self.name, called.id
            module, _, name = self.imported.get(called.id, "").rpartition(".")
            return (module, name) if module else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if called.value.id in self.imported:
                return self.imported[called.value.id], called.attr
            return (self.name, called.attr) if called.attr in self.functions else None
        return None

    def conditions(self, node: ast.AST) -> Kinds:
        """The kinds of the innermost condition around a piece of code that names some."""
        while node in self.above:
            below, node = node, self.above[node]
            if isinstance(node, ast.FunctionDef):
                return NO_KINDS
            found = frozenset().union(*map(self.kinds_in, _tests(node, below)))
            if found:
                return found
        return NO_KINDS


def _tests(node: ast.AST, below: ast.AST) -> list[ast.expr]:
    """What a node asks before it comes to the part below it."""
    if isinstance(node, ast.If | ast.While):
        return [] if below in node.orelse else [node.test]
    if isinstance(node, ast.IfExp):
        return [] if below is node.orelse else [node.test]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.comprehension):
        return node.ifs
    if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        return [test for generator in node.generators for test in generator.ifs]
    if isinstance(node, ast.Dict) and below in node.values:
        return [key for key in [node.keys[node.values.index(below)]] if key is not None]
    if isinstance(node, ast.Subscript) and below is node.value:
        return [node.slice]
    return []


def _kernel_kind(name: str) -> Kinds:
    for prefix, enum in (("KIND_", "CommandKind"), ("EVENT_", "EventKind")):
        if name.startswith(prefix):
            return frozenset({f"{enum}.{name.removeprefix(prefix)}"} & WRONG.keys())
    return NO_KINDS


class Search:
    """All modules together: kinds follow calls from one to the next."""

    def __init__(self, modules: list[Module]) -> None:
        self.modules = modules
        self.about: dict[Place, Kinds] = defaultdict(frozenset)  # what the callers of a function say
        self.returned: dict[Place, Kinds] = defaultdict(frozenset)  # the kinds of event that it returns
        passed, returned = [], []
        for call in (call for module in modules for call in module.calls):
            said = _first(call.named, call.around)
            if call.target is not None:
                self.about[call.target] |= said
                passed += [(call.inside, call.target, enum) for enum in ENUMS if not _of(enum, said)]
            if call.is_returned:
                returned.append(call)
        before = None
        while before != (before := (sum(map(len, self.about.values())), sum(map(len, self.returned.values())))):
            for inside, target, enum in passed:
                if self.about[inside]:
                    self.about[target] |= _of(enum, self.about[inside])
            for call in returned:
                self.returned[call.inside] |= self._made(call)

    def _made(self, call: Call) -> Kinds:
        """The kinds of event that a call may make a row of."""
        places = call.arguments if call.target is None else (call.target, *call.arguments)
        return call.named.union(*(self.returned[place] for place in places))

    def kinds_at(self, module: Module, node: ast.AST) -> Kinds:
        return _first(module.conditions(node), self.about[module.name, module.function_of(node)])

    def raw_uses(self) -> list[Use]:
        return sorted({use for module in self.modules for use in self.raw_uses_in(module)})

    def raw_uses_in(self, module: Module) -> list[Use]:
        return [
            Use(module.name, line, module.function_of(node), field)
            for node in module.nodes
            for line, field, kinds in self._uses(module, node)
            if any(field in WRONG[kind] for kind in kinds)
        ]

    def _uses(self, module: Module, node: ast.AST) -> Iterator[tuple[int, str, Kinds]]:
        """The names that a node uses as fields of rows, with the kinds it is about."""
        if isinstance(node, ast.Attribute) and _variable(node.value) in ROWS:
            enum = "CommandKind" if _variable(node.value) == "command" else "EventKind"
            yield node.lineno, node.attr, _of(enum, self._bound(module, node) or self.kinds_at(module, node))
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id in PLACES:
            yield node.lineno, node.slice.id.lower(), _of("EventKind", self.kinds_at(module, node))
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            field, kinds = str(node.slice.value), module.kinds_of_table(node)
            # In a table of several kinds a field is used by its own name if one of them has it by that name.
            if not any(field in OWN[kind] for kind in kinds):
                yield node.lineno, field, kinds or self.kinds_at(module, node)
        elif isinstance(node, ast.Call):
            kinds = module.named(node)
            yield from ((keyword.lineno, keyword.arg or "", kinds) for keyword in node.keywords)
            for part in ast.walk(node):
                if isinstance(part, ast.Dict):
                    about = module.beside(part, node) or kinds
                    yield from (
                        (key.lineno, str(key.value), about) for key in part.keys if isinstance(key, ast.Constant)
                    )
        elif isinstance(node, ast.Dict):
            kinds = frozenset().union(*map(module.kinds_in, node.values))
            yield from ((key.lineno, str(key.value), kinds) for key in node.keys if isinstance(key, ast.Constant))

    def _bound(self, module: Module, attribute: ast.Attribute) -> Kinds:
        """The kinds of event that the variable of an attribute was made as, in its function."""
        name, function = _variable(attribute.value), module.functions.get(module.function_of(attribute))
        if function is None or name == "command":
            return NO_KINDS
        made = [
            self._made(module.call(node.value))
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            if any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        ]
        return frozenset().union(*made)


def _first(*found: Kinds) -> Kinds:
    """Of commands and of events the kinds that come first."""
    either = (next(filter(None, (_of(enum, kinds) for kinds in found)), NO_KINDS) for enum in ENUMS)
    return frozenset().union(*either)


def _of(enum: str, kinds: Kinds) -> Kinds:
    return frozenset(kind for kind in kinds if kind.startswith(enum))


def _pairs(assignment: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets of an assignment, each with its value; those of a tuple one by one."""
    for target in assignment.targets:
        if isinstance(target, ast.Tuple) and isinstance(assignment.value, ast.Tuple):
            yield from zip(target.elts, assignment.value.elts, strict=False)
        else:
            yield target, assignment.value


def _is_column(node: ast.expr, name: str) -> bool:
    """Whether an expression is a column of a table, or a part of that column."""
    while isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and node.slice.value == name:
            return True
        node = node.value
    return False


def _table_of(node: ast.expr) -> str:
    """The variable that an expression like `rows["lots"][2:]` begins with; empty: another expression."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return _variable(node)


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _variable(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
