"""STATE: one record, made from limits; tables begin with a cache line, nothing in it grows (DUR-063)."""

import numpy as np
import pytest

from exchange.engine.state import (
    STATE_VERSION,
    in_cache_lines,
    new_outbox,
    new_state,
    outbox_dtype,
    state_dtype,
)
from exchange.limits import MEDIUM, NAMED
from exchange.machine import CACHE_LINE


@pytest.mark.parametrize("name", NAMED)
def test_every_table_begins_with_a_cache_line_and_so_does_the_next_record(name: str) -> None:
    for record in (state_dtype(NAMED[name]), outbox_dtype(NAMED[name])):
        fields = record.fields or {}
        tables = {field: offset for field, (kind, offset, *_) in fields.items() if kind.shape and kind.base != np.uint8}
        assert tables and record.itemsize % CACHE_LINE == 0
        assert not {field: offset for field, offset in tables.items() if offset % CACHE_LINE}


def test_padding_is_added_where_a_table_would_begin_inside_a_line() -> None:
    fields = [("count", "<i8"), ("table", "<i8", (3,)), ("more", "<i8", (8,))]
    record = np.dtype(in_cache_lines(list(fields)))
    assert record.fields is not None
    assert [record.fields[name][1] for name in ("count", "table", "more")] == [0, CACHE_LINE, 2 * CACHE_LINE]
    assert record.itemsize == 3 * CACHE_LINE


def test_a_fresh_state_is_empty_but_for_its_version_and_the_size_of_its_index() -> None:
    states = new_state(MEDIUM)
    assert states["version"][0] == STATE_VERSION
    states["version"] = states["index_size"] = 0
    assert not states.view(np.uint8).any()
    outs = new_outbox(MEDIUM)
    assert outs["capacity"][0] == MEDIUM.event_rows and outs["count"][0] == 0


def test_every_table_has_one_row_more_for_none() -> None:
    record = state_dtype(MEDIUM)
    sizes = {name: kind.shape[0] for name, (kind, *_) in (record.fields or {}).items() if kind.shape}
    for name in ("orders", "books", "accounts", "sessions", "groups", "commodities", "protections"):
        assert sizes[name] == getattr(MEDIUM, name) + 1
