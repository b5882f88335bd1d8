"""The table of messages as arrays: every form is in it, in each encoding, with all of its keys and words."""

from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import EventKind, MarketState, RejectReason
from exchange.publish.encode import put, tables
from exchange.wire.binary import report_record
from exchange.wire.errors import ErrorCode, applied
from exchange.wire.messages import Err, Margin
from exchange.wire.table import ACCOUNT_FORMS, CODES, REPLY_FORMS, Form, FormKey, Reply, Value
from tests.publish.encode.tabled import FORMS, encoded, fill, loaded, message_of, shown

ENCODINGS = (put.JSON, put.MSGPACK, put.BINARY)
NAMES = {number: f"{number} {form.message.__name__}" for number, form in FORMS.items()}


def test_every_form_has_a_number_of_its_own() -> None:
    record = loaded()
    forms = list(tables.account_forms())
    assert [number for _, number, _ in forms] == list(range(len(Reply), len(Reply) + len(forms)))
    assert len(Reply) + len(forms) <= tables.FORMS_MAX
    for kind in EventKind:
        wanted = [number for one, number, _ in forms if one == kind]
        assert record["forms"][kind] == (wanted[0] if wanted else 0)
        assert len(wanted) == len(ACCOUNT_FORMS.get(kind, ()))


def filled(record: Any, form: Form, choice: int) -> dict[str, Any]:
    """Set every value of a form; returns what its message says. `choice`: of each value, below 0 the last word."""
    said: dict[str, Any] = {}
    places: dict[str, int] = {}  # of the first key that shows a source
    for key in form.keys:
        place = places.setdefault(key.source or key.name, len(places))
        if key.value == Value.CONSTANT:
            said[key.name] = key.constant
        elif key.value == Value.WORD:
            said[key.name] = fill(record, key, len(key.words) - 1 if choice < 0 else min(choice, len(key.words)))
        else:
            least = int(key.name == "sequence")  # 0 stands for none, and a row in a stream has one
            said[key.name] = fill(record, key, max(least, choice) if choice >= 0 else 100 + place)
    if form.message is Err:  # its code, name and `applied` belong together
        code = CODES[choice]
        record["values"][[tables.index_of("code"), tables.index_of("code_index")]] = code, CODES.index(code)
        said |= {"code": int(code), "name": code.name, "applied": applied(code)}
    keys = {key.name: key for key in form.keys}
    return {name: value for name, value in said.items() if value or not form.is_optional(keys[name])}


@pytest.mark.rule("WIRE-041")
@pytest.mark.parametrize("choice", [0, 1, 24, -1])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("number", FORMS, ids=NAMES.get)
def test_a_form_shows_all_of_its_keys(number: int, encoding: int, choice: int) -> None:
    """Keys that are empty, that are small, whose code has no word, and those at the last of their words."""
    record = loaded()
    wanted = FORMS[number].message(**filled(record, FORMS[number], choice))
    assert shown(message_of(record, number, encoding), encoding) == encoded(wanted, encoding)


@pytest.mark.parametrize("encoding", [put.JSON, put.MSGPACK])
def test_every_word_of_every_key_is_written(encoding: int) -> None:
    record, decode = loaded(), {put.JSON: msgspec.json, put.MSGPACK: msgspec.msgpack}[encoding].decode
    seen = 0
    for number, form in FORMS.items():
        for key in (key for key in form.keys if key.value == Value.WORD):
            for code, word in enumerate(key.words):
                fill(record, key, code)
                message = decode(message_of(record, number, encoding))
                name = tables.wire_key(form.message, key.name)
                assert message.get(name, "") == word
                seen += bool(word)
    assert seen > 300


def test_literals_and_words_stand_within_their_tables() -> None:
    """`put_literal` reads whole words of eight bytes: up to seven bytes more."""
    record = loaded()
    ends = [int((record[start] + record[size]).max()) for start, size in (("head", "head_size"), ("word", "word_size"))]
    for encoding in (put.JSON, put.MSGPACK):
        for number, form in FORMS.items():
            place = (encoding - put.JSON) * tables.FORMS_MAX + number
            own = record["steps"][record["first"][place] : record["stop"][place]]
            assert len(own) == len(form.keys)
            ends.append(int((own["literal"] + own["length"]).max()))
    assert max(ends) + 7 <= tables.LITERAL_BYTES
    assert record["stop"].max() < tables.STEPS_MAX and np.count_nonzero(record["word_size"]) < tables.WORDS_MAX


def test_records_have_their_template_and_all_fields_inside() -> None:
    record = loaded()
    for number, form in FORMS.items():
        place, layout = 2 * tables.FORMS_MAX + number, report_record(form.message)
        assert record["head_size"][place] == layout.size
        steps = record["steps"][record["first"][place] : record["stop"][place]]
        offsets = {field.offset: field.size for field in layout.places}
        assert all(offsets[int(step["literal"])] == step["length"] for step in steps)


@pytest.mark.rule("WIRE-020")
def test_codes_of_reasons_are_those_of_the_plain_encoder() -> None:
    record = loaded()
    assert record["code"][: len(CODES)].tolist() == [int(code) for code in CODES]
    for reason in RejectReason:
        if reason not in (RejectReason.NONE, RejectReason.STATE):
            assert CODES[record["code_index"][reason]] == tables.reason_code(reason)
    for state in MarketState:
        assert CODES[record["state_code_index"][state]] == tables.reason_code(RejectReason.STATE, state)
    assert ErrorCode.MARKET_CLOSED in CODES and len(REPLY_FORMS) == len(Reply)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (FormKey("no_such_key", "account"), StopIteration),
        (FormKey("account", "no_such_value"), KeyError),
        (FormKey("account", "account", Value.WORD, ('a "quote"',)), AssertionError),
    ],
)
def test_a_form_that_cannot_be_written_is_no_table(
    key: FormKey, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCOUNT_FORMS, EventKind.UNCROSSED, (Form(Margin, (key,)),))
    with pytest.raises(error):
        tables._encode_tables.__wrapped__()
