"""Writes the examples of the protocol from a dialogue with a gateway, and the marked parts of `PROTOCOL.md`.

NUMBA_DISABLE_JIT=1 python -m tests.protocol_doc

A marked part lies between `<!-- begin NAME -->` and `<!-- end -->`. Its name is that of a table, or `example SECTION`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

from exchange.cli.examples import FILE, examples
from exchange.cli.schema_files import checksums, limits, logons
from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.reference import Described, MessageKey, described_messages, described_objects
from exchange.wire.schema import close_table, error_table
from tests.gateway.dialogue import play_dialogue
from tests.source_tree import ROOT

DOCUMENT = ROOT / "PROTOCOL.md"
PART = re.compile(r"<!-- begin (?P<name>[^>]+) -->\n.*?<!-- end -->\n", re.DOTALL)
BATCHED = {"BatchNew": "new", "BatchReplace": "replace", "BatchCancel": "cancel"}


def examples_text() -> str:
    """The text of `exchange/cli/examples.txt`."""
    with TemporaryDirectory() as folder:
        lines = play_dialogue(folder)
    written: list[str] = []
    now = ""
    for section, sender, text in lines:
        if section != now:
            now = section
            written.append(f"# {section}")
        written.append(f"{sender} {text}")
    return "\n".join(written) + "\n"


def document() -> str:
    """The whole page: the prose as it stands, all marked parts made again from the code."""
    return PART.sub(lambda part: marked(part["name"]), DOCUMENT.read_text())


def marked(name: str) -> str:
    kind, _, section = name.partition(" ")
    lines = example(section) if kind == "example" else PARTS[name]()
    return "\n".join((f"<!-- begin {name} -->", *lines, "<!-- end -->", ""))


def example(section: str) -> Iterator[str]:
    lines = [f"{one.sender} {one.text}" for one in examples() if one.section == section]
    assert lines, f"no section {section}"
    yield from ("```", *lines, "```")


def logon() -> Iterator[str]:
    fresh = logons()[0]
    yield from table("what", "value")
    yield row("private key, 32 bytes", f"`{fresh['seed']}` in hex")
    yield row("public key", f"`{fresh['public_key']}`")
    yield row("text to sign", f"`{fresh['text']!a}`".replace("'", '"'))
    yield row("`sig`", f"`{fresh['sig']}`")


def checksum() -> Iterator[str]:
    first = checksums()[0]
    used = 2 * 32 * max(len(first["b"]), len(first["a"]))
    assert set(first["bytes"][used:]) == {"0"}
    yield from table("what", "value")
    yield row("`b`, `a`", f"`{[list(level) for level in first['b']]}`, `{[list(level) for level in first['a']]}`")
    yield row("bytes", f"`{first['bytes'][:used]}` in hex, then {320 - used // 2} zero bytes")
    yield row("`crc`", f"`{first['crc']}`")


def limit_rows() -> Iterator[str]:
    yield from table("bucket", "one for each", "tokens a second", "at most")
    for limit in limits()["profiles"]["standard"]["limits"]:
        yield row(f"`{limit['k']}`", limit["per"], limit["rate"], limit["burst"])


def errors() -> Iterator[str]:
    yield from table("code", "name", "meaning", "send again")
    yield from (row(one["code"], one["name"], one["meaning"], one["retry"]) for one in error_table())


def closes() -> Iterator[str]:
    yield from table("code", "name", "meaning")
    yield from (row(one["code"], one["name"], one["meaning"]) for one in close_table())


def messages(union: Any) -> Iterator[str]:
    """A heading and a table for each message, then for each object in them."""
    for described in described_messages(union):
        yield from ("", f"### `{described.name}`", "", *keys(described))
    for described in described_objects(union):
        yield from ("", f"### Object {described.name}", "")
        if described.name in BATCHED:
            yield f"The keys of `{BATCHED[described.name]}` without `id`."
        else:
            yield from keys(described)


def keys(described: Described) -> Iterator[str]:
    yield described.meaning
    if described.keys:
        yield from ("", *table("key", "name", "value", "unit", "needed", "meaning"))
    for key in described.keys:
        needed = "yes" if key.needed else f"`{key.default}`" if key.default else "no"
        yield row(f"`{key.key}`", key.name, key.kind, key.unit, needed, with_words(key))


def with_words(key: MessageKey) -> str:
    words = ", ".join(f"`{word}`" for word in key.words)
    return f"{key.meaning}: {words}" if words else key.meaning


def table(*columns: str) -> tuple[str, str]:
    return row(*columns), row(*("---" for _ in columns))


def row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "logon": logon,
    "checksum": checksum,
    "limits": limit_rows,
    "errors": errors,
    "closes": closes,
    "client messages": lambda: messages(ClientMessages),
    "server messages": lambda: messages(ServerMessages),
}


if __name__ == "__main__":
    FILE.write_text(examples_text())
    DOCUMENT.write_text(document())
