"""Messages of rows by the table: sources, words and defaults of a form that a test makes."""

from typing import Any

import pytest

from exchange.codes import CancelReason, EventFlag, EventKind, OrderState
from exchange.publish.message_makers import (
    ACCOUNT_VALUES,
    REFUSAL_VALUES,
    REPLY_VALUES,
    account_row,
    maker_of,
    priority_of,
    reply_row,
    split_gain,
    values_of,
)
from exchange.wire.messages import Err, Ok
from exchange.wire.table import ACCOUNT_FORMS, DERIVED, REPLY_FORMS, Form, FormKey, Reply, Value
from exchange.wire.words import CANCEL_REASONS, ORDER_STATES
from tests.publish.helpers import H27, event, table

ROW = event(EventKind.ORDER_CANCELLED, 9, "a-1", account=7, instrument=1, session=2, order_id=5, state=OrderState.OPEN)


def test_every_derived_value_has_a_source() -> None:
    account = set(ACCOUNT_VALUES) | set(values_of(table()))
    reply = set(REPLY_VALUES) | set(REFUSAL_VALUES) | {"received_us", "sent_us"}
    assert account | reply == set(DERIVED)
    for forms in ACCOUNT_FORMS.values():
        assert all(key.source not in DERIVED or key.source in account for form in forms for key in form.keys)
    for form in REPLY_FORMS.values():
        assert all(key.source not in DERIVED or key.source in reply for key in form.keys)


def made(keys: tuple[FormKey, ...], message: Any = Ok, **fields: int) -> Any:
    make = maker_of(Form(message, keys), REPLY_VALUES, REFUSAL_VALUES)
    return make(reply_row(event(EventKind.FILL, **fields), 101, why=int(CancelReason.IOC)))


@pytest.mark.rule("ENTRY-001")
def test_keys_behind_a_gap_and_constants_are_set_by_name() -> None:
    keys = (
        FormKey("reply_to", "request_id"), FormKey("client_order_id", "client_order_id_0", Value.CLIENT_ORDER_ID),
        FormKey("duplicate", "", Value.CONSTANT, constant=True), FormKey("reason", "why", Value.WORD, CANCEL_REASONS),
        FormKey("count", "order_count"),
    )  # fmt: skip
    reply = made(keys, order_count=4, client_order_id="b")
    assert reply == Ok(101, None, "b", duplicate=True, reason="ioc", count=4)


def test_a_code_without_a_word_shows_none() -> None:
    key = FormKey("state", "state", Value.WORD, ORDER_STATES)
    for state in range(256):
        shown = made((FormKey("reply_to", "request_id"), key), state=state).state
        assert shown == (ORDER_STATES[state] if state < len(ORDER_STATES) else "")


def test_a_number_of_zero_is_absent_where_it_has_no_meaning() -> None:
    """An `ok` shows order 0, an `err` does not: ALWAYS of the table."""
    keys = (FormKey("reply_to", "request_id"), FormKey("order_id", "order_id"))
    for order_id in (0, 5):
        assert made(keys, order_id=order_id).order_id == order_id
    err = (*keys[:1], *(FormKey(name, "", Value.CONSTANT, constant="") for name in ("code", "name", "message")))
    err = (*err, FormKey("applied", "", Value.CONSTANT, constant="no"), keys[1])
    assert [made(err, Err, order_id=order_id).order_id for order_id in (0, 5)] == [None, 5]


def test_a_row_is_followed_by_what_it_does_not_hold() -> None:
    assert account_row(ROW, table()) == (*ROW, ROW[1] // 1000, H27)
    assert reply_row(ROW, 101, 1, 2, 3, 4) == (*ROW, 101, 1, 2, 3, 4)


@pytest.mark.rule("ENTRY-010")
def test_a_replace_kept_its_place_or_lost_it() -> None:
    kept, lost = int(EventFlag.KEPT), int(EventFlag.LOST)
    assert [priority_of(flags) for flags in (0, kept, lost, kept | lost, 255 & ~kept)] == [0, 1, 2, 0, 2]


@pytest.mark.rule("ACCT-004")
def test_a_gain_is_unrealised_while_a_position_has_lots() -> None:
    assert (split_gain(3, -7), split_gain(0, -7)) == ((-7, None), (0, -7))


def test_a_wrong_source_is_no_form() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        made((FormKey("reply_to", "no_such_value"),))


def test_times_of_a_reply_and_rows_of_a_quote_are_left_to_the_caller() -> None:
    make = maker_of(REPLY_FORMS[Reply.QUOTED], REPLY_VALUES, REFUSAL_VALUES)
    assert make(reply_row(ROW, 3)) == Ok(3, engine_sequence=9)
