"""The keepers of a venue's days, and its first controls about the index."""

from datetime import date

import msgspec
import pytest

from contracts_spec.instruments import instruments_on, with_legs
from contracts_spec.load import load_spec
from contracts_spec.periods import EPOCH
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from exchange.venue.daily.keepers import opening_indices

DAY = date(2026, 11, 23)


@pytest.mark.rule("INDEX-002")
@pytest.mark.parametrize(("hour", "taken"), [(11, date(2026, 11, 21)), (12, date(2026, 11, 22))])
def test_the_days_before_the_last_noon_count_as_taken(hour: int, taken: date) -> None:
    spec, now_ns = load_spec(None, DAY), (DAY - EPOCH).days * NS_PER_DAY + hour * NS_PER_HOUR
    (payload,) = opening_indices(with_legs(instruments_on(spec, DAY), ["H100.G90.F27/I"]), spec, now_ns)
    (one,) = msgspec.json.decode(payload)["opened"]
    assert (one["taken_day"], one["printed_day"]) == ((taken - EPOCH).days, (taken - EPOCH).days + 1)
    assert opening_indices(with_legs(instruments_on(spec, DAY), ["H100.G90.F27"]), spec, now_ns) == []
