"""COMMAND and EVENT rows: what their kinds carry, and under which names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from bench.tapes.tape import read_tape
from exchange.codes import CommandKind, EventKind
from exchange.engine.state import CURSOR, new_state
from exchange.kernel import kernel
from exchange.limits import MEDIUM
from exchange.records import (
    COMMAND,
    COMMAND_ALIASES,
    COMMAND_FIELDS,
    COMMAND_KINDS,
    EVENT,
    EVENT_ALIASES,
    EVENT_FIELDS,
    EVENT_KINDS,
    Alias,
    blank_rows,
    column,
    field_of,
    place_in,
    record_type,
)
from tests.golden.changes import tapes
from tests.rows_doc import DOCUMENT, document

FIRST_CONTROL = CommandKind.LIST  # kinds from here on have a payload
ALWAYS = {"sequence", "time_ns", "kind"}
SENDER = {"account", "session", "request_id"}  # a tape may have one for what only the venue sends
ROWS = {
    "command": (COMMAND_FIELDS, COMMAND_ALIASES, COMMAND_KINDS),
    "event": (EVENT_FIELDS, EVENT_ALIASES, EVENT_KINDS),
}


@kernel
def _move_bid(rows, states):  # type: ignore[no-untyped-def]
    rows[0].bid_tick += 1
    rows[0].ask_lots = rows[0].bid_tick
    states[0].cursor.killed_firm = rows[0].bid_lots
    return rows[0].price


def test_an_alias_is_its_field_in_a_kernel() -> None:
    rows, states = blank_rows(COMMAND, 1), new_state(MEDIUM)
    rows["price"], rows["lots"] = -7, 5
    assert _move_bid(rows, states) == -6
    assert (rows["price"][0], rows["minimum_lots"][0], states["cursor"]["group"][0]) == (-6, -6, 5)


def test_an_alias_is_its_field_in_plain_python() -> None:
    rows, state = np.zeros(2, EVENT), new_state(MEDIUM)[0]
    rows[1].trade_id = 9
    column(rows, "fee_mills")[:] = 3, 4
    state.cursor.kill_party = 1
    state.orders[2].protection = 6
    assert (rows["reference"].tolist(), rows["amount_mills"].tolist(), rows[1].trade_id) == ([0, 9], [3, 4], 9)
    assert (int(state["cursor"]["side"]), int(state["orders"]["trigger"][2])) == (1, 6)
    with pytest.raises(AttributeError, match="bid_lots is neither a field of the row nor an alias"):
        rows[0].bid_lots  # noqa: B018  # that of a COMMAND
    with pytest.raises(AttributeError):
        rows[0].bid_lots = 1


def test_an_alias_changes_no_byte_of_a_row() -> None:
    plain = np.dtype([(name, "<" + code) for name, code, _ in EVENT_FIELDS])
    assert (EVENT.names, EVENT.itemsize, EVENT.descr) == (plain.names, 128, plain.descr)
    assert np.concatenate([np.zeros(1, EVENT), np.zeros(1, EVENT)]).nbytes == 256
    assert place_in(EVENT, "trade_id") == place_in(EVENT, "reference")
    assert (field_of(EVENT, "trade_id"), field_of(EVENT, "lots"), field_of(CURSOR, "due_root")) == (
        "reference", "lots", "slot",
    )  # fmt: skip


def test_an_alias_has_a_field_and_a_name_of_its_own() -> None:
    for wrong in ({"other": Alias("absent", "")}, {"size_lots": Alias("size_lots", "")}):
        with pytest.raises(AssertionError):
            record_type([("size_lots", "<i8")], wrong)


@pytest.mark.parametrize("row", ROWS)
def test_every_alias_is_a_name_of_some_kind_and_every_kind_names_what_it_carries(row: str) -> None:
    fields, aliases, kinds = ROWS[row]
    known = {name for name, _, _ in fields} | aliases.keys()
    used = {name for text in kinds.values() for name in text.split()}
    assert used <= known - ALWAYS and aliases.keys() <= used
    for text in kinds.values():
        names = text.split()
        assert len(names) == len(set(names))
    wanted = [kind for kind in CommandKind if kind < CommandKind.LIST] if row == "command" else list(EventKind)
    assert set(kinds) == set(wanted)


def test_a_row_of_the_golden_tapes_carries_nothing_that_its_kind_does_not_name() -> None:
    for tape in tapes():
        for row in read_tape(tape).commands:
            given = {name for name in COMMAND.names or () if row[name]}
            if row["kind"] < CommandKind.LIST:
                _check(CommandKind(row["kind"]), given - SENDER, COMMAND_KINDS, COMMAND_ALIASES)
        for line in tape.with_suffix(".events").read_text().splitlines():
            _, word, *values = line.split()
            kind = next(kind for kind in EventKind if kind.abbreviation == word)
            _check(kind, {value.split("=")[0] for value in values}, EVENT_KINDS, EVENT_ALIASES)


def _check(kind: Any, given: set[str], kinds: Mapping[Any, str], aliases: Mapping[str, Alias]) -> None:
    carried = {aliases[name].field if name in aliases else name for name in kinds[kind].split()}
    assert given <= carried | ALWAYS, f"{kind.name}: {given - carried - ALWAYS}"


def test_the_document_of_rows_is_made_of_the_tables() -> None:
    assert DOCUMENT.read_text() == document(), "python -m tests.rows_doc writes it"
