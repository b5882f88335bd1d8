"""Calendar spreads, tier spreads and strips: legs, prices, limits, ids."""

from collections.abc import Mapping
from datetime import date

import pytest

from contracts_spec.ids import COMBINATION_BIT
from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.schema import Spec
from exchange.codes import ComboKind, OrderEntry

LAUNCH = date(2026, 11, 23)


def settled(spec: Spec, launch: Mapping[str, Instrument], ticks: Mapping[str, int]) -> dict[str, Instrument]:
    known = Known({launch[symbol].id: tick for symbol, tick in ticks.items()})
    return {one.symbol: one for one in instruments_on(spec, LAUNCH, known)}


def legs(launch: Mapping[str, Instrument], symbol: str) -> list[tuple[str, int]]:
    names = {one.id: one.symbol for one in launch.values()}
    return [(names[leg], sign) for leg, sign in launch[symbol].legs]


@pytest.mark.rule("SPEC-041")
def test_buying_a_spread_buys_the_first_leg_and_sells_the_second(launch: Mapping[str, Instrument]) -> None:
    assert legs(launch, "H100.G90.F27-G27") == [("H100.G90.F27", 1), ("H100.G90.G27", -1)]
    assert legs(launch, "H100.G95-G90.F27") == [("H100.G95.F27", 1), ("H100.G90.F27", -1)]
    assert legs(launch, "H100.G90.F27:H27") == [("H100.G90.F27", 1), ("H100.G90.G27", 1), ("H100.G90.H27", 1)]


@pytest.mark.rule("SPEC-053")
def test_a_chip_lists_neighbouring_calendars_two_tier_spreads_a_month_and_strips(
    spec: Spec, launch: Mapping[str, Instrument]
) -> None:
    def count(day: date, chip: str) -> list[int]:
        found = [one.combo for one in instruments_on(spec, day) if one.chip == chip]
        return [found.count(kind) for kind in (ComboKind.CALENDAR, ComboKind.TIER, ComboKind.STRIP)]

    assert count(LAUNCH, "H100") == [11, 24, 4]  # Z26 to X27 hold three quarters, and all twelve months
    assert count(date(2026, 11, 24), "H100") == [11, 24, 5]  # F27 to Z27 hold four
    assert count(LAUNCH, "VR") == [4, 10, 1]  # five months from N27 on
    strips = [one.symbol for one in launch.values() if one.combo is ComboKind.STRIP and one.chip == "H100"]
    assert strips == ["H100.G90.F27:H27", "H100.G90.J27:M27", "H100.G90.N27:U27", "H100.G90.Z26:X27"]


@pytest.mark.rule("SPEC-053")
def test_every_leg_is_listed_and_delivers_in_the_months_of_the_combination(launch: Mapping[str, Instrument]) -> None:
    by_id = {one.id: one for one in launch.values()}
    for one in launch.values():
        if one.combo is not ComboKind.OUTRIGHT:
            parts = [by_id[leg] for leg, _ in one.legs]
            assert {month for part in parts for month in part.months} == set(one.months)
            assert one.ltd_ns == min(part.ltd_ns for part in parts)
            assert all(part.chip == one.chip for part in parts)


@pytest.mark.rule("SPEC-053")
def test_settlements_of_combinations_follow_from_their_legs(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    found = settled(
        spec, launch, {"H100.G90.F27": 2846, "H100.G90.G27": 2826, "H100.G90.H27": 2803, "H100.G95.F27": 2967}
    )
    assert found["H100.G90.F27-G27"].settle_tick == 20
    assert found["H100.G95-G90.F27"].settle_tick == 121
    assert found["H100.G90.F27:H27"].settle_tick == 2825
    assert (found["H100.G90.F27:H27"].hours, found["H100.G90.F27-G27"].hours) == (2160, 744)


@pytest.mark.rule("BAND-013")
def test_spread_limits_add_up_and_strip_limits_stay_inside_every_leg(
    spec: Spec, launch: Mapping[str, Instrument]
) -> None:
    found = settled(spec, launch, {"H100.G90.F27": 2846, "H100.G90.G27": 2826, "H100.G90.H27": 2803})
    calendar, strip = found["H100.G90.F27-G27"], found["H100.G90.F27:H27"]
    assert (calendar.low_tick, calendar.high_tick) == (20 - 569 - 565, 20 + 569 + 565)
    assert (strip.low_tick, strip.high_tick) == (2825 - 559, 2825 + 559)


@pytest.mark.rule("FEE-001")
def test_a_spread_pays_on_its_longer_leg_and_a_strip_on_all_its_hours(launch: Mapping[str, Instrument]) -> None:
    assert launch["H100.G90.G27-H27"].fee_hours == 744
    assert launch["H100.G95-G90.G27"].fee_hours == 672
    assert launch["H100.G90.F27:H27"].fee_hours == 2160


@pytest.mark.rule("SPEC-021")
def test_a_tier_spread_offer_and_an_outright_offer_make_a_price_in_the_tier_that_does_not_rest(
    launch: Mapping[str, Instrument],
) -> None:
    """G90 offered at 2846 and G95-G90 at 121 offer G95 at 2967: signs and hours of the legs make it so."""
    spread = launch["H100.G95-G90.F27"]
    (bought, plus), (sold, minus) = spread.legs
    prices = {launch["H100.G90.F27"].id: 2846}
    assert sold in prices
    assert (121 - minus * prices[sold]) // plus == 2967
    assert bought == launch["H100.G95.F27"].id
    assert launch["H100.G95.F27"].order_entry is OrderEntry.IOC_ONLY
    assert spread.order_entry is OrderEntry.FULL


@pytest.mark.rule("SPEC-043")
def test_combination_ids_count_up_in_symbol_order(launch: Mapping[str, Instrument]) -> None:
    combinations = [one for one in launch.values() if one.combo is not ComboKind.OUTRIGHT]
    assert [one.id for one in combinations] == [COMBINATION_BIT + 1 + place for place in range(len(combinations))]
    assert [one.symbol for one in combinations] == sorted(one.symbol for one in combinations)


@pytest.mark.rule("SPEC-043")
def test_a_combination_keeps_its_id_and_a_new_one_never_takes_an_old_one(
    spec: Spec, launch: Mapping[str, Instrument]
) -> None:
    known = {one.symbol: one.id for one in launch.values() if one.combo is not ComboKind.OUTRIGHT}
    later = instruments_on(spec, date(2026, 12, 28), Known(combination_ids=known))
    ids = {one.symbol: one.id for one in later if one.combo is not ComboKind.OUTRIGHT}
    kept, new = ids.keys() & known.keys(), sorted(ids.keys() - known.keys())
    assert kept
    assert new
    assert all(ids[symbol] == known[symbol] for symbol in kept)
    assert [ids[symbol] for symbol in new] == [max(known.values()) + 1 + place for place in range(len(new))]
