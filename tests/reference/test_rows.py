"""COMMAND and EVENT rows as named tuples."""

import pytest

from exchange.codes import CommandKind, EventKind
from exchange.records import COMMAND_FIELDS, EVENT_STRUCT, ROW_BYTES
from exchange.reference.rows import Command, Event, command_bytes, event_tuples


def test_a_row_has_every_field_and_zero_where_nothing_is_given() -> None:
    command = Command(kind=CommandKind.NEW, lots=3)
    assert command._fields == tuple(name for name, _, _ in COMMAND_FIELDS)
    assert (command.kind, command.lots, command.price) == (CommandKind.NEW, 3, 0)


def test_an_alias_is_given_and_read_like_its_field() -> None:
    deposit = Command(kind=CommandKind.DEPOSIT, amount_mills=5)
    assert (deposit.price, deposit.amount_mills) == (5, 5)
    with pytest.raises(AssertionError, match="two values for one field"):
        Command(price=5, amount_mills=6)


def test_rows_become_bytes_and_tuples_again() -> None:
    assert len(command_bytes([Command(), Command(price=-4)])) == 2 * ROW_BYTES
    event = Event(kind=EventKind.FILL, trade_tick=-4, lots=2)
    assert event_tuples(EVENT_STRUCT.pack(*event)) == [event]
