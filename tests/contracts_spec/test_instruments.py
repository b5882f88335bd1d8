"""The whole catalogue of a day: how many instruments, in which order, each with its own id and symbol."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts_spec.ids import Terms, pack_id, unpack_id
from contracts_spec.instruments import Instrument, instruments_on
from contracts_spec.periods import Period
from contracts_spec.schema import Spec
from exchange.codes import ComboKind

DAYS = st.dates(date(2026, 1, 1), date(2031, 11, 30))


@pytest.mark.rule("SPEC-050")
@pytest.mark.rule("SPEC-053")
def test_the_launch_catalogue_has_the_count_that_the_rules_give(launch: Mapping[str, Instrument]) -> None:
    """README.md tells how it comes about: 5 chips in full, VR from its first delivery on."""
    full = 4 * (12 + 8 + 5 + 2 + 2) + (12 + 8 + 5) + (11 + 24 + 4)
    forward = 4 * (5 + 6 + 4 + 1 + 1) + (4 + 6 + 4) + (4 + 10 + 1)
    assert Counter(one.chip for one in launch.values()) == {
        **dict.fromkeys(["A100", "H100", "H200", "B200", "GB300"], full),
        "VR": forward,
    }
    assert len(launch) == 5 * 180 + 97 == 997


@pytest.mark.rule("SPEC-050")
def test_the_catalogue_of_january_has_more_quarters_and_years_of_the_forward_chip(
    january: Mapping[str, Instrument],
) -> None:
    full = 4 * 29 + 25 + (11 + 24 + 4)
    forward = 4 * (7 + 7 + 5 + 2 + 2) + (6 + 7 + 5) + (6 + 14 + 2)
    assert len(january) == 5 * full + forward == 1032


@settings(max_examples=15)
@given(day=DAYS)
@pytest.mark.rule("SPEC-042")
@pytest.mark.rule("BAND-013")
def test_on_any_day_ids_and_symbols_are_unique_and_numbers_are_in_range(spec: Spec, day: date) -> None:
    instruments = instruments_on(spec, day)
    assert len({one.id for one in instruments}) == len({one.symbol for one in instruments}) == len(instruments)
    assert [one.id for one in instruments] == sorted(one.id for one in instruments)
    for one in instruments:
        assert one.low_tick <= one.settle_tick <= one.high_tick
        assert -100_000 <= one.low_tick <= one.high_tick <= 100_000
        if one.combo is ComboKind.OUTRIGHT:
            assert one.low_tick >= 1
            assert one.kind is not None
            terms = Terms(one.chip_code, one.family, one.floor_bp, Period(one.kind, one.start_month))
            assert pack_id(terms) == one.id
            assert unpack_id(one.id) == terms
            assert sum(hours for _, hours in one.months) == one.hours == one.fee_hours


def test_the_same_day_gives_the_same_instruments(spec: Spec) -> None:
    day = date(2027, 6, 1)
    assert instruments_on(spec, day) == instruments_on(spec, day)


def test_a_launch_day_stays_within_the_books_of_the_venue_size(spec: Spec) -> None:
    for day in (date(2026, 11, 23), date(2027, 1, 11), date(2027, 8, 2), date(2031, 6, 2)):
        assert 900 < len(instruments_on(spec, day)) < 2_047
