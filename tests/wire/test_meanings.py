"""Every field of every message has a meaning, and a unit if its values are numbers."""

import pytest
from msgspec import inspect

from exchange.codes import StateReason
from exchange.publish.phases import reason_text
from exchange.wire.fields import KEYS
from exchange.wire.meanings import MEANINGS
from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.reference import described_messages, described_objects, has_numbers, meaning_of
from tests.wire.test_fields import structs

STRUCTS = list(structs())
PLACES = [(kind, name) for kind in STRUCTS for name in kind.__struct_fields__]


@pytest.mark.rule("WIRE-041")
def test_every_field_has_a_meaning() -> None:
    without = []
    for kind, name in PLACES:
        try:
            meaning = meaning_of(kind, name)
        except KeyError:
            without.append(f"{kind.__name__}.{name}: no meaning")
        else:
            assert meaning.text and "\n" not in meaning.text and not meaning.text.endswith("."), name
    assert not without, "\n".join(without)


@pytest.mark.rule("WIRE-041")
def test_numbers_and_only_numbers_have_a_unit() -> None:
    wrong = []
    for kind in STRUCTS:
        described = inspect.type_info(kind)
        assert isinstance(described, inspect.StructType)
        wrong += [
            f"{kind.__name__}.{field.name}"
            for field in described.fields
            if has_numbers(field.type) != bool(meaning_of(kind, field.name).unit)
        ]
    assert not wrong


def test_every_meaning_is_of_a_field() -> None:
    """An entry `Class.attribute` is of a class that has the attribute, itself or by a base class."""
    names = {name for _, name in PLACES}
    own = {f"{base.__name__}.{name}" for kind, name in PLACES for base in kind.__mro__}
    assert not [entry for entry in MEANINGS if entry not in (own if "." in entry else names)]
    assert KEYS.keys() <= names


def test_a_meaning_differs_from_the_general_one() -> None:
    assert not [
        entry for entry, meaning in MEANINGS.items() if "." in entry and MEANINGS.get(entry.split(".")[1]) == meaning
    ]


def test_a_table_fits_a_page() -> None:
    """A meaning is one line beside key, kind and unit."""
    assert not [entry for entry, meaning in MEANINGS.items() if len(meaning.text) > 110]


def test_the_reasons_of_a_status_are_those_that_are_published() -> None:
    assert MEANINGS["Status.reason"].words == tuple(dict.fromkeys(map(reason_text, filter(None, StateReason))))


def test_a_word_is_listed_once() -> None:
    for union in (ClientMessages, ServerMessages):
        for described in described_messages(union) + described_objects(union):
            for key in described.keys:
                assert len(set(key.words)) == len(key.words), (described.name, key.key)
