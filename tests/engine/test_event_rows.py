"""Rows as tuples."""

from hashlib import sha256

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import event_rows as rows
from exchange.journal.frames import FORMAT
from exchange.records import COMMAND, EVENT, ROW_VERSION, pack_client_order_id


def test_every_place_has_the_name_of_its_field() -> None:
    for place, name in enumerate(EVENT.names):
        assert getattr(rows, name.upper()) == place


def test_other_columns_are_another_version() -> None:
    """Tapes and kept events name the version of their rows, frames their format: a change of a column raises both,
    and changes this digest."""
    columns = sha256(f"{COMMAND.descr} {EVENT.descr}".encode()).hexdigest()[:16]
    assert (ROW_VERSION, FORMAT, columns) == (1, 1, "bcbdd8ee9872f6f1")


def test_rows_are_read_field_by_field_and_grouped_by_command() -> None:
    events = np.zeros(3, EVENT)
    events["sequence"] = [4, 4, 7]
    events["price"] = [-5, 6, 7]
    read = rows.read_rows(events)
    assert [row[rows.PRICE] for row in read] == [-5, 6, 7]
    assert [(sequence, len(group)) for sequence, group in rows.by_command(read)] == [(4, 2), (7, 1)]


@given(st.from_regex(r"[A-Za-z0-9_.:-]{0,24}", fullmatch=True))
def test_text_of_a_client_order_id_comes_back(text: str) -> None:
    assert rows.client_order_id_text(*pack_client_order_id(text)) == text
