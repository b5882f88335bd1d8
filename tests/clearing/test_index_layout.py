"""The tables of the index are large enough for what they keep."""

from datetime import date

import pytest

from contracts_spec.load import load_spec
from exchange.clearing.index_layout import INDEX, KEPT_DAYS, RENTAL
from exchange.engine.control.house.index import RENTAL_HOURS_MAX
from exchange.limits import VENUE
from exchange.units import PRICE_MAX


@pytest.mark.rule("INDEX-002", "SETTLE-009")
def test_a_month_and_the_days_until_its_final_settlement_are_kept() -> None:
    assert KEPT_DAYS >= 31 + 31, "a month whose last days wait, and the carried days before it"
    assert INDEX["days"].shape == (KEPT_DAYS,)


@pytest.mark.rule("SPEC-004")
def test_sums_of_rentals_fit_into_64_bits() -> None:
    """A row is changed by at most one payload for each report; a payload holds fewer than 1,000."""
    assert RENTAL["value_tick_hours"].itemsize == 8
    assert RENTAL_HOURS_MAX * PRICE_MAX * 1_000 < 2**63
    assert VENUE.rentals > 4 * 300


def test_every_listed_chip_has_room_for_its_index() -> None:
    spec = load_spec(None, date(2026, 11, 23))
    assert len(spec.listed_chips) * len(spec.product("IDX").tiers) <= VENUE.indices
