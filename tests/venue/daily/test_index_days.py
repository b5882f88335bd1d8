"""What is due for the index at an instant; tests of the keeper see it happen."""

from datetime import date

import pytest

from contracts_spec.periods import EPOCH
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from exchange.venue.daily.index_days import due_states, last_noon_day, next_day
from tests.venues import Pair

START = date(2026, 11, 18)


@pytest.mark.rule("INDEX-002")
@pytest.mark.parametrize(("hour", "day"), [(11, 16), (12, 17), (35, 17), (36, 18)])
def test_the_value_of_a_day_is_due_at_noon_of_the_next(hour: int, day: int) -> None:
    at = (START - EPOCH).days * NS_PER_DAY + hour * NS_PER_HOUR
    assert last_noon_day(at, 12 * 3_600) == (date(2026, 11, day) - EPOCH).days


@pytest.mark.rule("INDEX-003")
def test_a_venue_without_an_index_has_no_day_and_no_state_due() -> None:
    states = Pair().fast.engine.states
    assert next_day(states) == 0 and due_states(states) == []
