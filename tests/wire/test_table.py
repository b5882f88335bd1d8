"""The table of messages: its keys, words and defaults are those of the classes and of the codes."""

from enum import IntEnum

import msgspec
import pytest
from msgspec.structs import fields

from exchange.clearing_codes import Standing
from exchange.codes import (
    CancelReason,
    EventKind,
    KillParty,
    Liquidity,
    MarketState,
    OrderState,
    OrderType,
    ProtectionState,
    RejectReason,
    Scope,
    Side,
    Threshold,
    TimeInForce,
)
from exchange.records import EVENT, aliases_of, field_of
from exchange.wire import table
from exchange.wire.account_messages import Position
from exchange.wire.errors import ErrorCode, applied, reason_text
from exchange.wire.messages import Err, New, Ok, Quote
from exchange.wire.table import (
    ACCOUNT_FORMS,
    ALWAYS,
    CODES,
    DERIVED,
    PHASES,
    REASON_TEXTS,
    REPLY_FORMS,
    Form,
    FormKey,
    Value,
    default_of,
    wire_key,
)

FORMS = [*(form for forms in ACCOUNT_FORMS.values() for form in forms), *REPLY_FORMS.values()]
FORM_KEYS = [pytest.param(form, key, id=f"{form.message.__name__}.{key.name}") for form in FORMS for key in form.keys]
CODES_OF: dict[str, type[IntEnum]] = {
    "state": OrderState, "side": Side, "order_type": OrderType, "tif": TimeInForce, "cancel_reason": CancelReason,
    "liquidity": Liquidity, "kill_party": KillParty, "scope": Scope, "threshold": Threshold,
    "protection_state": ProtectionState, "reason": RejectReason, "book_state": MarketState, "why": CancelReason,
    "standing": Standing,
}  # fmt: skip


@pytest.mark.rule("WIRE-013")
@pytest.mark.parametrize(("form", "key"), FORM_KEYS)
def test_every_source_is_a_field_of_the_row_or_derived(form: Form, key: FormKey) -> None:
    if key.value in (Value.CONSTANT, Value.QUOTE_ROWS, Value.LEG_ROWS):
        assert key.source == ""
        return
    known = set(EVENT.names or ()) | set(aliases_of(EVENT)) | set(DERIVED)
    assert key.source in known and (key.source in DERIVED or field_of(EVENT, key.source) in (EVENT.names or ()))
    assert key.name in form.message.__struct_fields__


@pytest.mark.parametrize(("form", "key"), [row for row in FORM_KEYS if row.values[1].value == Value.WORD])
def test_every_code_of_a_word_has_one(form: Form, key: FormKey) -> None:
    if key.source in CODES_OF:
        assert all(code < len(key.words) and (key.words[code] or not code) for code in CODES_OF[key.source])
    else:
        assert key.source in ("priority", "code_index", "fired", "cash_word")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.message.__name__)
def test_a_form_gives_a_message_that_its_class_takes(form: Form) -> None:
    names = [key.name for key in form.keys]
    assert names == [name for name in form.message.__struct_fields__ if name in names]
    assert {field.name for field in fields(form.message) if field.required} <= set(names)


def test_keys_with_a_default_are_left_out_when_empty_unless_0_has_a_meaning() -> None:
    for form in FORMS:
        for key in form.keys:
            field = next(field for field in fields(form.message) if field.name == key.name)
            always = key.name in ALWAYS.get(form.message, ())
            assert form.is_optional(key) == (not field.required and not always)
    assert all(set(names) <= set(message.__struct_fields__) for message, names in ALWAYS.items())
    assert "order_id" in ALWAYS[Ok] and "order_id" not in ALWAYS[Err] and ALWAYS[Position] == ("realised_mills",)


@pytest.mark.parametrize("fault", ["order", "missing"])
def test_keys_out_of_order_and_missing_keys_are_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form = ACCOUNT_FORMS[EventKind.FILL][0]
    keys = form.keys[1:] if fault == "missing" else (form.keys[1], form.keys[0], *form.keys[2:])
    monkeypatch.setitem(ACCOUNT_FORMS, EventKind.FILL, (Form(form.message, keys),))
    with pytest.raises(AssertionError, match="Fill"):
        table._check_order()


@pytest.mark.rule("WIRE-020")
def test_texts_of_errors_and_phases_stand_at_their_codes() -> None:
    assert REASON_TEXTS[RejectReason.NONE] == "" and len(REASON_TEXTS) == len(RejectReason)
    for reason in RejectReason:
        assert reason == RejectReason.NONE or REASON_TEXTS[reason] == reason_text(reason)
    for state in MarketState:
        assert PHASES[state] == ("" if state == MarketState.NONE else state.name)
    applied_key = next(key for form in REPLY_FORMS.values() for key in form.keys if key.name == "applied")
    assert tuple(ErrorCode) == CODES and applied_key.words == tuple(applied(code) for code in CODES)


def test_names_and_defaults_come_from_the_class() -> None:
    assert (wire_key(New, "order_lots"), wire_key(Quote, "protection_group")) == ("q", "mmp")
    assert (default_of(New, "tif"), default_of(New, "account"), default_of(New, "side")) == ("day", 0, None)
    assert default_of(New, "price_tick") is None
    assert default_of(msgspec.defstruct("Other", [("tif", str, "gtc")]), "tif") == "gtc"
    with pytest.raises(StopIteration):
        wire_key(New, "colour")
