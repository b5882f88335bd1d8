"""Delivery units, shortfall and money of a delivery, with the numbers of the rules."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.delivery import (
    DeliveryDay,
    DeliveryInvoice,
    DeliveryTerms,
    DeliveryUnit,
    OpenLot,
    daily_payments,
    default_invoice,
    delivered_units,
    invoice,
    is_default,
    oldest_units,
    resale_credit,
    shortfall_hours,
    tie_key,
    units_by_account,
)

HASH = bytes(32)
BAD_WEEK = [(3840, 9200), (1152, 8600), (720, 9100)]
MONTH = 5952


def whole(days: int, cover: int = 0) -> list[DeliveryDay]:
    return [DeliveryDay(192, [(192, 10_000)], cover)] * days


@pytest.mark.rule("DELIVER-002")
def test_odd_lots_and_the_units_beyond_the_other_side_s_are_settled_in_cash() -> None:
    longs, shorts = delivered_units(8, [OpenLot(1, 1, 12), OpenLot(2, 2, 12)], [OpenLot(3, 3, 24)], HASH)
    assert longs == [DeliveryUnit(1, 1), DeliveryUnit(2, 2)]
    assert units_by_account(shorts) == {3: 2}


@pytest.mark.rule("DELIVER-002")
def test_a_unit_is_as_old_as_its_oldest_lot() -> None:
    lots = [OpenLot(1, 9, 4), OpenLot(1, 5, 6), OpenLot(1, 7, 14), OpenLot(2, 6, 8)]
    assert oldest_units(8, lots, HASH) == [
        *(DeliveryUnit(1, 5), DeliveryUnit(2, 6), DeliveryUnit(1, 7), DeliveryUnit(1, 7))
    ]
    with pytest.raises(OutOfRange, match="lots 0"):
        oldest_units(8, [OpenLot(1, 1, 0)], HASH)


@pytest.mark.rule("DELIVER-004")
def test_units_of_one_age_are_ordered_by_a_hash_that_nobody_chooses() -> None:
    words = (3).to_bytes(4, "little") + (17).to_bytes(8, "little")
    assert tie_key(HASH, 3, 17) == hashlib.sha256(HASH + words).digest()
    lots = [OpenLot(account, 17, 8) for account in range(1, 9)]
    order = [unit.account for unit in oldest_units(8, lots, HASH)]
    assert order == sorted(range(1, 9), key=lambda account: tie_key(HASH, account, 17)) != list(range(1, 9))
    with pytest.raises(OutOfRange, match="bytes of a settlement hash 31"):
        tie_key(bytes(31), 1, 1)


@pytest.mark.rule("DELIVER-007")
def test_a_shortfall_counts_missing_and_weak_hours_and_rounds_up_once() -> None:
    """W = 50,947,200 of 53,568,000; 2,620,800 bp-h are missing."""
    assert shortfall_hours(MONTH, 9000, BAD_WEEK) == 292
    assert shortfall_hours(MONTH, 9500, BAD_WEEK) == 501
    assert shortfall_hours(192, 9000, [(192, 10_000)]) == 0
    assert shortfall_hours(192, 9000, [(192, 8999)]) == 1
    with pytest.raises(OutOfRange, match=r"delivered hours 193 not in 0\.\.192"):
        shortfall_hours(192, 9000, [(193, 9000)])
    with pytest.raises(OutOfRange, match="goodput 10001"):
        shortfall_hours(192, 9000, [(192, 10_001)])


@pytest.mark.rule("DELIVER-008")
def test_a_shortfall_costs_what_is_unpaid_a_cover_and_damages() -> None:
    month = [DeliveryDay(MONTH, BAD_WEEK, 3010)]
    par = invoice(DeliveryTerms(2826, 10_000, 9000, MONTH), month)
    assert par == DeliveryInvoice(MONTH, 292, 16_820_352, 825_192, 53_728, 82_519, 15_858_913)
    better = invoice(DeliveryTerms(2826, 10_555, 9500, MONTH), month)
    assert better == DeliveryInvoice(MONTH, 501, 17_753_881, 1_494_404, 97_300, 149_440, 16_012_737)


@pytest.mark.rule("DELIVER-008")
def test_deductions_end_at_one_and_a_half_times_the_month() -> None:
    found = invoice(DeliveryTerms(2810, 10_000, 9000, MONTH), [DeliveryDay(MONTH, [], 9000)])
    assert found.net == found.gross - found.gross * 15_000 // 10_000


@pytest.mark.rule("DELIVER-009")
def test_daily_payments_sum_to_the_month_exactly() -> None:
    payments = daily_payments(DeliveryTerms(2826, 10_555, 9500, MONTH), whole(31, 2826))
    assert (payments[:2], sum(payments)) == ([572_705, 572_706], 17_753_881)


@pytest.mark.rule("DELIVER-009")
def test_a_correction_is_absorbed_by_the_next_run() -> None:
    terms = DeliveryTerms(2810, 10_000, 9000, MONTH)
    nothing = DeliveryDay(192, [], 2810)
    assert invoice(terms, [*whole(4), nothing, nothing]).shortfall_hours == 384
    assert invoice(terms, [*whole(5), nothing, *whole(1)]).net == 3_183_168
    corrected = [*whole(5), DeliveryDay(192, [(100, 9200)], 2810), *whole(2)]
    assert invoice(terms, corrected).shortfall_hours == 92


@pytest.mark.rule("DELIVER-010")
def test_more_than_a_quarter_of_the_month_is_a_default_and_the_rest_is_bought_in() -> None:
    assert [is_default(hours, MONTH) for hours in (1344, 1488, 1489)] == [False, False, True]
    terms = DeliveryTerms(2810, 10_000, 9000, MONTH)
    missed = [*whole(4, 2810), *[DeliveryDay(192, [], 2810)] * 8]
    found = default_invoice(terms, missed, 2810)
    assert (found.hours, found.shortfall_hours, found.net) == (MONTH, 5184, 701_376)
    revoked = default_invoice(terms, whole(9), 2910)
    assert revoked == DeliveryInvoice(MONTH, 4224, 16_725_120, 11_869_440, 422_400, 1_186_944, 3_246_336)
    assert default_invoice(terms, [], 2910).net == -2_267_712  # never tendered


@pytest.mark.rule("DELIVER-011")
def test_resold_hours_are_credited_at_95_percent_rounded_down() -> None:
    assert resale_credit(250_001) == 237_500


DAYS = st.lists(
    st.builds(
        lambda hours, goodput, cover: DeliveryDay(192, [(hours, goodput)], cover),
        st.integers(0, 192),
        st.integers(0, 10_000),
        st.integers(1, 6000),
    ),
    min_size=1,
    max_size=31,
)


@pytest.mark.rule("DELIVER-007")
@pytest.mark.rule("DELIVER-009")
@given(DAYS, st.sampled_from([(10_000, 9000), (10_555, 9500), (11_000, 8800)]), st.integers(1, 6000))
def test_the_shortfall_never_falls_from_day_to_day_and_payments_sum_to_the_invoice(
    days: list[DeliveryDay], factor: tuple[int, int], price: int
) -> None:
    terms = DeliveryTerms(price, *factor, MONTH)
    runs = [invoice(terms, days[: count + 1]) for count in range(len(days))]
    hours = [run.shortfall_hours for run in runs]
    assert hours == sorted(hours)
    assert sum(daily_payments(terms, days)) == runs[-1].net
