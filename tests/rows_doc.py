"""Writes `exchange/engine/ROWS.md`, the documentation of rows, from the tables in the code.

python -m tests.rows_doc
"""

from collections.abc import Iterator, Mapping
from typing import Any

from exchange.book import layout as book
from exchange.engine import state
from exchange.records import (
    COMMAND_ALIASES,
    COMMAND_FIELDS,
    COMMAND_KINDS,
    EVENT_ALIASES,
    EVENT_FIELDS,
    EVENT_KINDS,
    Alias,
    aliases_of,
)
from tests.source_tree import ROOT

DOCUMENT = ROOT / "exchange" / "engine" / "ROWS.md"
CLIENT_ORDER_ID = "`client_order_id_0`, `client_order_id_1`, `client_order_id_2`"
HEAD = """# Rows

What each kind of COMMAND and EVENT row carries. This file is made from the tables in `exchange/records.py` by
`tests/rows_doc.py`; a test fails when it is stale.

A field has one meaning. Where a kind keeps another quantity at a field's place, the quantity has an alias there: a
second name, an attribute of the row like the field. Files, tapes and arrays know the fields alone, so an alias
changes no byte. Every row also has `sequence`, `time_ns` and `kind`; what a kind does not carry is 0.
"""
STATE_HEAD = """
## Tables of the state

A row of the state has aliases too, for what it holds in one use only.
"""
TABLES = {
    "ORDER": book.ORDER,
    "LINK": book.LINK,
    "NODE": book.NODE,
    "GUARD": book.GUARD,
    "GROUP": state.GROUP,
    "PROTECTION": state.PROTECTION,
    "CURSOR": state.CURSOR,
}


def document() -> str:
    """The whole text."""
    lines = [
        HEAD.rstrip(),
        *_rows("COMMAND", COMMAND_FIELDS, COMMAND_ALIASES, COMMAND_KINDS),
        *_rows("EVENT", EVENT_FIELDS, EVENT_ALIASES, EVENT_KINDS),
        STATE_HEAD.rstrip(),
        "",
        *_table("table", "alias", "field", "use: meaning"),
        *(
            _line(table, f"`{alias}`", f"`{field}`", meaning)
            for table, row in TABLES.items()
            for alias, (field, meaning) in aliases_of(row).items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _rows(
    row: str, fields: list[tuple[str, str, str]], aliases: Mapping[str, Alias], kinds: Mapping[Any, str]
) -> Iterator[str]:
    names = {kind.name: text.split() for kind, text in kinds.items()}
    order = [name for name, _, _ in fields]
    yield from ("", f"## {row}", "", *_table("field", "type", "meaning"))
    yield from (_line(f"`{name}`", code, meaning) for name, code, meaning in fields)
    yield from ("", f"### Aliases of {row}", "", *_table("alias", "field", "meaning", "kinds"))
    for alias, (field, meaning) in sorted(aliases.items(), key=lambda item: order.index(item[1].field)):
        yield _line(f"`{alias}`", f"`{field}`", meaning, ", ".join(kind for kind in names if alias in names[kind]))
    yield from ("", f"### Kinds of {row}", "", *_table("kind", "carries"))
    for kind, own in names.items():
        own.sort(key=lambda name: order.index(aliases[name].field if name in aliases else name))
        texts = ", ".join(f"`{name}`" for name in own).replace(CLIENT_ORDER_ID, "`client_order_id_0` to `_2`")
        yield _line(kind, texts or "nothing more")


def _table(*columns: str) -> tuple[str, str]:
    return _line(*columns), _line(*("---" for _ in columns))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
