"""Numbers of values: one for each field of a row and each derived value, by every name that these have."""

import pytest

from exchange.publish.encode import row_values
from exchange.records import EVENT_ALIASES, EVENT_FIELDS
from exchange.wire.table import ACCOUNT_FORMS, DERIVED, REPLY_FORMS

FIELDS = [name for name, _, _ in EVENT_FIELDS]


def test_every_value_has_a_number_of_its_own_and_fields_come_first() -> None:
    numbers = [row_values.index_of(name) for name in [*FIELDS, *DERIVED]]
    assert numbers == list(range(len(FIELDS) + len(DERIVED)))
    assert len(FIELDS) == row_values.FIELDS and len(numbers) <= row_values.VALUES_MAX


@pytest.mark.parametrize("name", EVENT_ALIASES)
def test_an_alias_is_the_value_of_its_field(name: str) -> None:
    assert row_values.index_of(name) == FIELDS.index(EVENT_ALIASES[name].field)


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_value_has_a_constant_of_its_name(name: str) -> None:
    assert getattr(row_values, name.upper()) == row_values.index_of(name)


def test_every_source_of_the_table_of_messages_has_a_number() -> None:
    forms = [form for some in ACCOUNT_FORMS.values() for form in some] + list(REPLY_FORMS.values())
    assert all(row_values.index_of(key.source) >= 0 for form in forms for key in form.keys if key.source)


def test_an_unknown_name_has_no_number() -> None:
    with pytest.raises(KeyError, match="no_such_value"):
        row_values.index_of("no_such_value")
