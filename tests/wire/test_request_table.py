"""The table of requests: its keys, words and defaults are those of the classes and of the codes."""

from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec import UNSET
from msgspec.structs import fields

from exchange.codes import CommandFlag, OrderType, PostOnly, Side, SmpMode, TimeInForce
from exchange.records import COMMAND, COMMAND_ALIASES
from exchange.wire.binary import request_record
from exchange.wire.messages import Cancel, New, Quote, Replace
from exchange.wire.request_table import ENTRY_FIELDS, REQUESTS, request_form
from exchange.wire.table import Value, default_of

KEYS = [pytest.param(form, key, id=f"{form.message.__name__}.{key.name}") for form in REQUESTS for key in form.keys]
TIFS = {"day": TimeInForce.DAY, "gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}


@pytest.mark.parametrize("form", REQUESTS, ids=lambda form: form.message.__name__)
def test_a_form_has_all_keys_of_its_class_in_their_order(form: Any) -> None:
    names = [field.name for field in fields(form.message)]
    assert names == ["request_id", *(key.name for key in form.keys)]
    needed = {key.name for key in form.keys if key.is_needed} | {"request_id", "quotes"}
    assert {field.name for field in fields(form.message) if field.required} <= needed
    assert [form.message for form in REQUESTS] == [New, Replace, Cancel, Quote]
    assert request_form(form.message) is form


@pytest.mark.parametrize(("form", "key"), KEYS)
def test_a_key_has_a_field_of_the_row_and_all_words_of_its_class(form: Any, key: Any) -> None:
    assert key.field in (COMMAND.names or ()) or not (key.field or key.is_usual)
    hint = get_type_hints(form.message)[key.name]
    if key.value == Value.WORD:
        codes = {**(key.codes or {}), **key.others}
        assert get_origin(hint) is Literal or key.name == "tif"
        assert set(codes) | {""} == {word for part in (hint, *get_args(hint)) for word in words_of(part)} | {""}
        assert default_of(form.message, key.name) in (None, "", *codes), "the default has a code"
        assert len(set(codes.values())) == len(codes)
    else:
        assert key.codes is None and not key.others


def words_of(hint: Any) -> tuple[str, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()


def test_words_have_the_codes_of_the_engine() -> None:
    codes = {key.name: key.codes for key in request_form(New).keys if key.codes}
    assert codes == {
        "side": {"b": Side.BUY, "s": Side.SELL},
        "order_type": {"limit": OrderType.LIMIT},
        "tif": TIFS,
        "post_only": {"": PostOnly.NONE, "reject": PostOnly.REJECT, "slide": PostOnly.SLIDE},
        "smp_mode": {
            "cr": SmpMode.CANCEL_RESTING, "ca": SmpMode.CANCEL_AGGRESSOR, "cb": SmpMode.CANCEL_BOTH,
            "dc": SmpMode.DECREMENT,
        },
    }  # fmt: skip
    others = {(form.message, key.name): key.others for form in REQUESTS for key in form.keys if key.others}
    assert others == {
        (New, "order_type"): {
            "market": OrderType.MARKET, "mtl": OrderType.MARKET_TO_LIMIT, "stop": OrderType.STOP,
            "stop_limit": OrderType.STOP_LIMIT,
        },
        (New, "tif"): {"gtd": TimeInForce.GTD},
        (Replace, "tif"): TIFS | {"gtd": TimeInForce.GTD},
    }  # fmt: skip


def test_keys_that_change_flags_have_a_default_to_differ_from() -> None:
    toggles = {(form.message, key.name): CommandFlag(key.toggles) for form in REQUESTS for key in form.keys}
    assert {place: flag for place, flag in toggles.items() if flag} == {
        (New, "cancel_on_disconnect"): CommandFlag.NO_COD, (New, "reject_if_elected"): CommandFlag.REJECT_IF_ELECTED,
        (Replace, "price_tick"): CommandFlag.KEEP_PRICE, (Replace, "order_lots"): CommandFlag.KEEP_LOTS,
        (Replace, "trigger_tick"): CommandFlag.SET_TRIGGER, (Replace, "display_lots"): CommandFlag.SET_DISPLAY,
        (Replace, "tif"): CommandFlag.SET_TIF, (Replace, "tag"): CommandFlag.SET_TAG,
    }  # fmt: skip
    defaults = {field.name: field.default for field in fields(Replace)}
    assert {defaults[key.name] for key in request_form(Replace).keys if key.toggles} == {UNSET, ""}


@pytest.mark.rule("WIRE-031")
@pytest.mark.parametrize("form", REQUESTS, ids=lambda form: form.message.__name__)
def test_a_record_has_the_usual_keys(form: Any) -> None:
    names = {place.name for place in request_record(form.message).places} - {"request_id", "count"}
    assert names == {key.name for key in form.usual_keys} and len(names) <= len(form.keys)


def test_an_entry_of_a_quote_has_a_field_for_each_of_its_values() -> None:
    assert len(ENTRY_FIELDS) == 5 and all(name in COMMAND_ALIASES for name in ENTRY_FIELDS[1:])
