"""Writes `clients/blocking/faces.pyi`, the types of the blocking client, from the classes of the async one.

.venv/bin/python -m tests.clients.blocking.stub_text
"""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

from clients import client
from clients.blocking.faces import TIMEOUT_S
from clients.books.order_book import OrderBook
from clients.client import Session
from clients.local_book import LocalBook
from clients.orders import LiveOrder
from tests.source_tree import ROOT

FILE = ROOT / "clients/blocking/faces.pyi"
FACES: dict[str, type] = {
    "BlockingBook": LocalBook, "BlockingOrderBook": OrderBook, "BlockingOrder": LiveOrder, "BlockingSession": Session
}  # fmt: skip
# Attributes of instances that a program reads, with their types.
ATTRIBUTES: dict[str, dict[str, str]] = {
    "BlockingBook": dict.fromkeys(
        ("instrument", "levels_max", "sequence", "engine_sequence", "time_us", "mismatches", "gaps", "age_ms_max"),
        "int",
    )
    | {"symbol": "str", "open": "bool", "problem": "str | None"}
    | dict.fromkeys(("implied_bid", "implied_ask"), "PriceLevel | None"),
    "BlockingOrderBook": dict.fromkeys(
        ("instrument", "sequence", "engine_sequence", "time_us", "mismatches", "gaps"), "int"
    )
    | {"symbol": "str", "problem": "str | None"},
    "BlockingOrder": dict.fromkeys(("account", "instrument", "order_id", "price_tick", "order_lots"), "int")
    | dict.fromkeys(("leaves_lots", "filled_lots", "value_tick_lots", "unanswered", "engine_sequence"), "int")
    | dict.fromkeys(("client_order_id", "name", "side", "state", "reason", "tag"), "str")
    | {"error": "Err | None"},
    "BlockingSession": {"url": "str", "failure": "str", "acks": "int", "refusals": "int"},
}
# Methods that the program of a blocking session does not call: the transport's, or those written by hand below.
LEFT_OUT = {
    "BlockingBook": {"load", "apply", "heartbeat", "confirm", "imply", "mark_stale", "clear"},
    "BlockingOrderBook": {"load", "apply", "note", "heartbeat", "mark_stale"},
    "BlockingOrder": {
        "changed", "take_reply", "take_refusal", "take_exec", "take_fill", "take_view", "end", "mark_unknown"
    },
    "BlockingSession": {"orders", "events", "take_events", "close", "is_open"},
}  # fmt: skip
NAMES = {"LocalBook": "BlockingBook", "OrderBook": "BlockingOrderBook", "LiveOrder": "BlockingOrder"}
BY_HAND = """
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self, cancel_orders: bool = False, timeout_s: float | None = None) -> None: ...
    def together(self, read: Callable[[], _T], timeout_s: float | None = None) -> _T: ...
    def events(self, timeout_s: float | None = None) -> Iterator[Event]: ...
"""


class Faced(ast.NodeTransformer):
    """Names of classes become those of their faces; an order may be given as it is or as its face."""

    def __init__(self, is_argument: bool) -> None:
        self._order = "Order | BlockingOrder" if is_argument else "BlockingOrder"

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = self._order if node.id == "Order" else NAMES.get(node.id, node.id)
        return ast.parse(name, mode="eval").body

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return node


def annotation(node: ast.expr | None, is_argument: bool) -> str:
    assert node is not None, "every public method is annotated"
    return ast.unparse(Faced(is_argument).visit(ast.parse(ast.unparse(node), mode="eval").body))


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef, has_timeout: bool) -> str:
    """The arguments of a method as its face has them."""
    arguments = function.args
    for argument in [*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is not None and argument.arg != "self":
            argument.annotation = ast.parse(annotation(argument.annotation, True), mode="eval").body
    if has_timeout:
        arguments.kwonlyargs.append(ast.arg("timeout_s", ast.parse("float | None", mode="eval").body))
        arguments.kw_defaults.append(ast.Constant(None))
    return ast.unparse(arguments)


def members(kind: type) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public methods and properties of a class and its bases, by name; the class itself last, so that it counts."""
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for base in reversed(kind.__mro__[:-1]):
        (tree,) = ast.parse(inspect.getsource(base)).body
        assert isinstance(tree, ast.ClassDef)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                found[node.name] = node
    return found


def class_text(name: str, kind: type) -> str:
    lines = [f"class {name}(Face):"]
    lines += [f"    {attribute}: {of}" for attribute, of in ATTRIBUTES[name].items()]
    for member, node in sorted(members(kind).items()):
        if member in LEFT_OUT[name]:
            continue
        returned = annotation(node.returns, False)
        if any(ast.unparse(decorator) == "property" for decorator in node.decorator_list):
            lines += ["    @property", f"    def {member}(self) -> {returned}: ..."]
        else:
            result = name if returned == "Self" else returned
            lines.append(f"    def {member}({signature(node, True)}) -> {result}: ...")
    if name == "BlockingSession":
        lines += BY_HAND.strip("\n").splitlines()
    if name == "BlockingOrderBook":
        lines.append("    def __len__(self) -> int: ...")
    return "\n".join(lines)


def connect_text() -> str:
    (node,) = ast.parse(inspect.getsource(client.connect)).body
    assert isinstance(node, ast.FunctionDef)
    node.args.kwonlyargs.append(ast.arg("timeout_s", ast.Name("float")))
    node.args.kw_defaults.append(ast.Constant(TIMEOUT_S))
    return f"def connect({signature(node, False)}) -> BlockingSession: ..."


def import_lines(body: str) -> list[str]:
    """Imports of all names that the text has, from where the async classes take them."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    modules = {inspect.getmodule(base) for kind in FACES.values() for base in kind.__mro__[:-1]}
    places: dict[str, str] = {"Face": "clients.blocking.delegation", "Self": "typing", "Event": "clients.events"}
    places |= {"Callable": "collections.abc", "Iterator": "collections.abc"}
    for module in modules:
        assert module is not None
        places |= {name: module.__name__ for name in vars(module) if _is_own(module, name)}
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom) and node.module:
                places |= {alias.name: node.module for alias in node.names}
    lines = [f"from {places[name]} import {name}" for name in used & places.keys() if name not in FACES]
    return ["from typing import TypeVar", *sorted(lines)]


def _is_own(module: Any, name: str) -> bool:
    value = vars(module)[name]
    return getattr(value, "__module__", None) == module.__name__ or name in ("Price", "Cadence", "Levels", "KillScope")


def stub_text() -> str:
    body = "\n\n".join(class_text(name, kind) for name, kind in FACES.items()) + "\n\n" + connect_text() + "\n"
    head = '"""Types of the blocking client. Generated by tests/clients/blocking/stub_text.py; do not edit."""'
    text = "\n".join([head, "", *import_lines(body), "", '_T = TypeVar("_T")', "TIMEOUT_S: float", "", body])
    for arguments in (("check", "--select", "I", "--fix", "-q"), ("format", "-q")):
        command = [str(Path(sys.executable).with_name("ruff")), *arguments, "--stdin-filename", str(FILE), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


if __name__ == "__main__":
    FILE.write_text(stub_text())
