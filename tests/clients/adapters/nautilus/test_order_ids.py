"""Client order ids, shortened for the venue."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.adapters.nautilus.order_ids import LENGTH_MAX, nautilus_id, venue_id
from exchange.wire.fields import ClientOrderId

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2105, 12, 31))
TAGS = st.text("0123456789", min_size=3, max_size=3)


def accepted(text: str) -> bool:
    return bool(msgspec.convert(text, ClientOrderId))


@given(TIMES, TAGS, TAGS, st.integers(1, 10**7 - 1))
def test_the_standard_form_is_shortened_and_comes_back(time: datetime, trader: str, strategy: str, count: int) -> None:
    name = f"O-{time:%Y%m%d-%H%M%S}-{trader}-{strategy}-{count}"
    assert accepted(venue_id(name)) and nautilus_id(venue_id(name)) == name


@given(st.uuids())
def test_a_uuid_is_shortened_and_comes_back(value: object) -> None:
    assert accepted(venue_id(str(value))) and nautilus_id(venue_id(str(value))) == str(value)


@given(st.text("ABCabc019_.:-", min_size=1, max_size=LENGTH_MAX))
def test_a_short_id_stays_as_it_is_unless_it_looks_shortened(name: str) -> None:
    if name.startswith(("O.", "U.")):
        with pytest.raises(ValueError, match="begin with"):
            venue_id(name)
    else:
        assert venue_id(name) == name and nautilus_id(name) == name


@pytest.mark.parametrize("name", ["x" * 25, "O-20261123-101010-TRADER-STRATEGY-1", "", "with space", "U.abc"])
def test_an_id_that_cannot_be_shortened_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="at most 24 characters"):
        venue_id(name)


@given(st.text("OU.ABCabc019_:-", min_size=1, max_size=LENGTH_MAX))
def test_ids_of_other_programs_do_no_harm(name: str) -> None:
    assert nautilus_id(name)
