"""Writes the examples of the protocol from a dialogue with a gateway, the marked parts of `PROTOCOL.md`, and the files
that a venue serves at `/schema/`.

NUMBA_DISABLE_JIT=1 python -m tests.protocol_doc

A marked part lies between `<!-- begin NAME -->` and `<!-- end -->`. Its name is that of a table, or `example SECTION`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

from exchange.cli.examples import FILE, examples
from exchange.cli.schema_files import checksums, limits, logons, write
from exchange.web.files import FOLDER
from exchange.wire.binary import ABSENT
from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.record_reference import HEAD_FIELDS, INTEGERS, FieldTable, RecordTable, record_tables
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
        lines = play_dialogue(f"{folder}/json")
        in_records = play_dialogue(f"{folder}/binary", binary=True)
    assert [line[:3] for line in lines] == [line[:3] for line in in_records], "an encoding says the same as another"
    written: list[str] = []
    now = ""
    for section, sender, text, record in in_records:
        if section != now:
            now = section
            written.append(f"# {section}")
        written.append(f"{sender} {text}")
        if record:
            written.append(f"record {record.hex()}")
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


def record_head() -> Iterator[str]:
    yield from table("offset", "bytes", "name", "value", "meaning")
    for name, offset, size, meaning in HEAD_FIELDS:
        yield row(offset, size, name, INTEGERS[size], meaning)


def record_words() -> Iterator[str]:
    """The words of each code; messages whose words are the same share a row."""
    found: dict[tuple[str, tuple[tuple[int, str], ...]], dict[str, None]] = {}
    for record in record_tables():
        for field in record.fields:
            if field.kind == "code":
                found.setdefault((field.key, tuple(sorted(field.words.items()))), {})[record.name] = None
    yield from table("key", "of", "words by code")
    for (key, words), names in found.items():
        shown = (f"{code} {word}" if " " in word else f"{code} `{word}`" for code, word in words)
        yield row(f"`{key}`", ", ".join(f"`{name}`" for name in names), ("; " if key == "msg" else ", ").join(shown))


def record_layouts() -> Iterator[str]:
    """A heading and a table for each record."""
    for record in record_tables():
        more = f" and {record.row_size} for each row" if record.row_size else ""
        yield from ("", f"### Record {record.template}: `{record.name}`, {record.size} bytes{more}", "")
        yield from table("offset", "bytes", "key", "value", "absent if", "meaning")
        yield from (record_row(field) for field in record.fields)
        yield from implied(record)
        if record.row:
            yield from ("", f"Each row, JSON `qs`: `[{', '.join(record.row_keys)}]`", "")
            yield from table("offset in the row", "bytes", "name", "value")
            yield from (row(field.offset, field.size, f"`{field.key}`", field.kind) for field in record.row)


def record_row(field: FieldTable) -> str:
    names = {0: "empty" if field.kind == "text" else "0", ABSENT: "lowest"}
    absent = ", ".join(names.get(number, str(number)) for number in field.absent) or "never"
    return row(
        field.offset, field.size, f"`{field.key}`" if field.key else "rows", field.kind, absent, field.meaning
    )  # fmt: skip


def implied(record: RecordTable) -> Iterator[str]:
    """Keys that a record need not have."""
    if record.constants:
        shown = ", ".join(f"`{key}` `{value}`" for key, value in record.constants.items())
        yield from ("", f"Always: {shown}.")
    if record.from_code:
        yield from ("", f"From the table of errors by `code`: {', '.join(f'`{key}`' for key in record.from_code)}.")


def worked_records() -> Iterator[str]:
    """An order, its reply and its report, each in JSON and as a record."""
    yield "```"
    for one in [one for one in examples() if one.section == "new"][:3]:
        yield from (f"{one.sender} {one.text}", f"record {one.record}")
    yield "```"


def worked_fields() -> Iterator[str]:
    """Every field of the report in the worked example."""
    one = [one for one in examples() if one.section == "new"][2]
    data, message = bytes.fromhex(one.record), json.loads(one.text)
    (record,) = (record for record in record_tables() if record.template == int.from_bytes(data[4:6], "little"))
    yield from table("offset", "bytes", "key", "JSON")
    places = [(name, offset, size) for name, offset, size, _ in HEAD_FIELDS]
    for name, offset, size in places:
        part = data[offset : offset + size]
        yield row(offset, f"`{part.hex()}`", name, int.from_bytes(part, "little"))
    end = record.fields[0].offset
    for field in record.fields:
        if field.offset > end:
            yield padding(data, end, field.offset)
        shown = f"`{json.dumps(message[field.key])}`" if field.key in message else "absent"
        end = field.offset + field.size
        yield row(field.offset, f"`{data[field.offset : end].hex()}`", f"`{field.key}`", shown)
    yield padding(data, end, len(data))


def padding(data: bytes, start: int, stop: int) -> str:
    """What fills up the fields of a version."""
    return row(start, f"`{data[start:stop].hex()}`", "", "to a multiple of 8 bytes")


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
    "record head": record_head,
    "record words": record_words,
    "records": record_layouts,
    "worked records": worked_records,
    "worked fields": worked_fields,
    "client messages": lambda: messages(ClientMessages),
    "server messages": lambda: messages(ServerMessages),
}


if __name__ == "__main__":
    FILE.write_text(examples_text())
    DOCUMENT.write_text(document())
    write(FOLDER / "schema")
