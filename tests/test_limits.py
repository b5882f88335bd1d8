"""The venue's size has room for what its catalogue can become (SPEC-030, BAND-013, SESSION-003)."""

from datetime import date, timedelta

import pytest

from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.load import load_spec
from exchange.codes import ComboKind
from exchange.engine.control.price_windows import side_rows
from exchange.errors import UserError
from exchange.limits import MEDIUM, VENUE, limits_named
from exchange.units import PRICE_MAX

LIMIT_DAYS = 4  # in a row, of every instrument
MONTH_END = date(2026, 12, 27)  # an index month in progress has no limits: its window is the widest there is


def _rows(instruments: list[Instrument]) -> int:
    return sum(2 * side_rows(one.low_tick, one.high_tick, one.order_entry) for one in instruments)


def _after_a_limit_day(instruments: list[Instrument], ids: dict[str, int]) -> Known:
    """Every outright has settled as high as it could."""
    outrights = [one for one in instruments if one.combo == ComboKind.OUTRIGHT]
    bounded = [one for one in outrights if one.high_tick < PRICE_MAX]
    settlements = {one.id: one.settle_tick for one in outrights} | {one.id: one.high_tick for one in bounded}
    return Known(settlements, frozenset(one.id for one in bounded), ids)


@pytest.mark.rule("BAND-013", "SESSION-003")
def test_the_price_windows_of_the_catalogue_fit_after_limit_days_in_a_row() -> None:
    spec = load_spec()
    instruments = instruments_on(spec, MONTH_END)
    rows = [_rows(instruments)]
    for day in range(1, LIMIT_DAYS + 1):
        ids = {one.symbol: one.id for one in instruments if one.combo != ComboKind.OUTRIGHT}
        known = _after_a_limit_day(instruments, ids)
        instruments = instruments_on(spec, MONTH_END + timedelta(days=day), known)
        rows.append(_rows(instruments))
    assert rows == sorted(set(rows)) and rows[-1] > 4 * rows[0], "limit days widen the windows"
    assert rows[-1] <= VENUE.ladder_rows


@pytest.mark.rule("SPEC-030")
def test_every_chip_of_the_catalogue_could_be_listed_at_once() -> None:
    """A chip has two combined commodities, a product group, and no more books than the chip that has most of them."""
    spec = load_spec()
    listed = instruments_on(spec, MONTH_END)
    most = max(sum(one.chip == chip.name for one in listed) for chip in spec.listed_chips)
    assert len(spec.chips) > len(spec.listed_chips)
    assert 2 * len(spec.chips) <= VENUE.commodities
    assert len(spec.chips) <= VENUE.groups
    assert most * len(spec.chips) <= VENUE.books, f"{most} books a chip"


def test_a_size_is_found_by_its_name_and_by_the_one_that_it_had() -> None:
    assert limits_named("medium") is limits_named("medium") is MEDIUM and limits_named("venue") is VENUE
    with pytest.raises(UserError, match="state size 'vast', allowed: small, medium, tape, venue"):
        limits_named("vast")
