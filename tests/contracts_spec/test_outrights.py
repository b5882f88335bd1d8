"""Outrights: their terms, seed prices and limits."""

from collections.abc import Mapping
from datetime import date

import msgspec
import pytest

from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.schema import Spec
from exchange.codes import ComboKind, Family, OrderEntry, PeriodKind
from exchange.units import value_mills

LAUNCH = date(2026, 11, 23)


def priced(spec: Spec, day: date, settlements: Mapping[str, int], launch: Mapping[str, Instrument]) -> dict[str, int]:
    """Reference prices by symbol when these settlements are known."""
    known = Known({launch[symbol].id: tick for symbol, tick in settlements.items()})
    return {one.symbol: one.settle_tick for one in instruments_on(spec, day, known)}


@pytest.mark.rule("SPEC-001")
@pytest.mark.rule("SPEC-002")
@pytest.mark.rule("SPEC-004")
def test_one_lot_of_january_is_worth_price_times_744_hours(launch: Mapping[str, Instrument]) -> None:
    january = launch["H100.G90.F27"]
    assert value_mills(2810, january.hours, 1) == 2_090_640
    assert value_mills(1, january.hours, 1) == 744
    assert (january.min_inc, january.order_lots_max) == (1, 10_000)
    assert all(type(value) is not float for value in msgspec.structs.astuple(january))


@pytest.mark.rule("SPEC-061")
def test_an_outright_carries_its_terms(launch: Mapping[str, Instrument]) -> None:
    one = launch["H100.G90.F27"]
    assert (one.id, one.family, one.chip, one.chip_code, one.floor_bp) == (34_734_164, Family.PHY, "H100", 2, 9000)
    assert (one.kind, one.combo, one.legs) == (PeriodKind.MONTH, ComboKind.OUTRIGHT, ())
    assert (one.start_month, one.months, one.hours, one.fee_hours) == (84, ((84, 744),), 744, 744)
    assert (one.unit_lots, one.ref_tenths, one.term) == (8, 5400, False)
    assert one.ltd_ns == 1_798_146_000 * 10**9  # 2026-12-24 21:00 UTC
    assert one.deliv_from == 1_798_761_600 * 10**9  # 2027-01-01
    assert one.deliv_to - one.deliv_from == 744 * 3600 * 10**9


@pytest.mark.rule("FEE-001")
def test_a_taker_of_25_lots_pays_two_mills_an_hour_and_the_maker_nothing(launch: Mapping[str, Instrument]) -> None:
    one = launch["H100.G90.F27"]
    assert one.taker_fee * one.fee_hours * 25 == 37_200
    assert one.maker_fee * one.fee_hours * 25 == 0
    assert one.auction_fee * one.fee_hours * 25 == 18_600


@pytest.mark.rule("SPEC-021")
def test_orders_rest_in_g90_and_g80_only(launch: Mapping[str, Instrument]) -> None:
    entry = {tier: launch[f"H100.{tier}.F27"].order_entry for tier in ("G80", "G85", "G90", "G95")}
    assert entry == {
        "G80": OrderEntry.FULL,
        "G85": OrderEntry.IOC_ONLY,
        "G90": OrderEntry.FULL,
        "G95": OrderEntry.IOC_ONLY,
    }


@pytest.mark.rule("SPEC-052")
def test_a_new_venue_stands_at_the_seed_prices_scaled_by_tier(launch: Mapping[str, Instrument]) -> None:
    found = {tier: launch[f"H100.{tier}.F27"].settle_tick for tier in ("G80", "G85", "G90", "G95")}
    assert found == {"G80": 2497, "G85": 2653, "G90": 2810, "G95": 2966}
    assert launch["H100.G90.T5-28"].settle_tick == 2810
    assert launch["VR.G90.N27"].settle_tick == 10_435
    assert launch["A100.G90.X26/I"].settle_tick == 1650


@pytest.mark.rule("SPEC-052")
@pytest.mark.rule("SETTLE-005")
def test_a_new_parent_is_seeded_by_the_strip_of_its_months(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    settled = {"H100.G90.F27": 2846, "H100.G90.G27": 2826, "H100.G90.H27": 2803}
    found = priced(spec, LAUNCH, settled, launch)
    assert found["H100.G90.Q1-27"] == 2825  # 6,101,928 / 2160 = 2824 rest 2088
    assert found["H100.G90.F27:H27"] == 2825
    assert found["H100.G90.J27"] == 2803  # the month before it
    # Not every month of C27 is listed, so its quarters are the finest cover; Q4-27 takes the quarter before it.
    assert found["H100.G90.Q4-27"] == found["H100.G90.Q3-27"] == 2803
    assert found["H100.G90.C27"] == 2808
    assert found["H100.G90.T3-27"] == 2805  # years 2808, 2803, 2803: 2804 rest 17,544 of 26,304
    assert found["H100.G90.Q1-27/I"] == 2810


@pytest.mark.rule("SPEC-052")
def test_a_new_month_takes_the_settlement_of_the_month_before(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    found = priced(spec, date(2026, 11, 24), {"H100.G90.X27": 2790}, launch)
    assert found["H100.G90.Z27"] == 2790
    assert found["H100.G90.F27"] == 2810


@pytest.mark.rule("SPEC-052")
def test_a_settlement_that_is_known_is_never_seeded_again(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    found = priced(spec, LAUNCH, {"H100.G90.Q1-27": 2777}, launch)
    assert found["H100.G90.Q1-27"] == 2777


@pytest.mark.rule("BAND-011")
@pytest.mark.rule("BAND-013")
def test_an_outright_carries_the_day_s_limits(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    known = Known({launch["H100.G90.F27"].id: 2846}, frozenset())
    wide = Known({launch["H100.G90.F27"].id: 2846}, frozenset({launch["H100.G90.F27"].id}))
    for state, low, high in ((known, 2277, 3415), (wide, 1708, 3984)):
        one = next(one for one in instruments_on(spec, LAUNCH, state) if one.symbol == "H100.G90.F27")
        assert (one.low_tick, one.high_tick, one.band_ticks) == (low, high, 200)


@pytest.mark.rule("BAND-013")
def test_an_index_month_has_no_daily_limit_in_its_last_three_calendar_days(spec: Spec) -> None:
    for day, limits in ((27, (2248, 3372)), (28, (1, 100_000)), (30, (1, 100_000))):
        one = next(one for one in instruments_on(spec, date(2026, 11, day)) if one.symbol == "H100.G90.X26/I")
        assert (one.low_tick, one.high_tick) == limits


@pytest.mark.rule("SPEC-010")
def test_a_family_that_is_off_has_no_instruments_and_one_that_is_on_has(spec: Spec) -> None:
    families = {one.family for one in instruments_on(spec, LAUNCH)}
    assert families == {Family.PHY, Family.IDX, Family.TOP}
    on = tuple(
        msgspec.structs.replace(one, enabled=True, seed_mills=one.seed_mills or 9_000) for one in spec.products.product
    )
    everything = msgspec.structs.replace(spec, products=msgspec.structs.replace(spec.products, product=on))
    found = {one.symbol: one for one in instruments_on(everything, LAUNCH)}
    assert (found["INF.G90.F27"].hours, found["INF.G90.F27"].chip_code) == (744, 0)
    assert found["PWS.F27"].hours == 5_000  # mills a lot per mill of price: kW-months
    assert found["H100.GPX.F27"].hours == 1_000  # mills a lot per basis point
    assert found["PWS.F27"].id == 8_388_692
