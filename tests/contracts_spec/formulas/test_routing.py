"""Effective prices and rankings, with the numbers of the rules."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.routing import (
    Offer,
    RankedPrice,
    effective_price,
    quote_or_settlement,
    rank_offers,
)
from contracts_spec.schema import Spec

OFFERS = st.builds(
    Offer,
    st.integers(1, 14),
    st.integers(1, 100_000),
    st.sampled_from([8000, 8500, 9000, 9500]),
    st.integers(1, 30_000),
    st.just(False),
)


@pytest.mark.rule("ROUTE-001")
@pytest.mark.parametrize(
    ("price", "goodput", "tenths", "expected"),
    [
        (2810, 9000, 5400, 5782),
        (5870, 9000, 12_285, 5310),
        (1650, 9000, 1703, 10_766),
        (2810, 8000, 5400, 6505),
        (2810, 8500, 5400, 6123),
        (2810, 9500, 5400, 5478),
        (1650, 9000, 1100, 16_667),
        (2810, 9000, 1700, 18_367),
        (5870, 9000, 2300, 28_358),
    ],
)
def test_effective_price_is_mills_for_a_useful_pflop_hour_rounded_up(
    price: int, goodput: int, tenths: int, expected: int
) -> None:
    assert effective_price(price, goodput, tenths) == expected


@pytest.mark.rule("ROUTE-002")
def test_the_ratio_of_prices_decides_for_each_workload() -> None:
    training = [Offer(1, 1650, 9000, 1703), Offer(2, 2810, 9000, 5400), Offer(4, 5870, 9000, 12_285)]
    small_model = [Offer(1, 1650, 9000, 1100), Offer(2, 2810, 9000, 1700), Offer(4, 5870, 9000, 2300)]
    assert [offer.chip_code for offer in rank_offers(training)] == [4, 2, 1]
    assert [offer.chip_code for offer in rank_offers(small_model)] == [1, 2, 4]
    beaten = Offer(1, 814, 9000, 1703)
    assert rank_offers([*training, beaten])[0].chip_code == 4
    assert rank_offers([*training, beaten._replace(price_mills=813)])[0].chip_code == 1


@pytest.mark.rule("ROUTE-002")
def test_ranking_is_exact_where_displayed_prices_are_equal() -> None:
    close = [Offer(2, 100_000, 9000, 5401), Offer(3, 99_999, 9000, 5401)]
    scaled = [Offer(2, 10**15 + 1, 9999, 29_999), Offer(1, 10**15, 9999, 29_999)]
    assert [offer.chip_code for offer in rank_offers(close)] == [3, 2]
    assert [offer.chip_code for offer in rank_offers(scaled)] == [1, 2]
    small = [Offer(2, 2, 9000, 29_999), Offer(3, 2, 9000, 30_000)]
    assert effective_price(2, 9000, 29_999) == effective_price(2, 9000, 30_000)
    assert [offer.chip_code for offer in rank_offers(small)] == [3, 2]


@pytest.mark.rule("ROUTE-002")
def test_equal_offers_go_to_the_lower_chip_code_and_unusable_ones_are_left_out() -> None:
    same = [Offer(3, 2810, 9000, 5400), Offer(2, 2810, 9000, 5400)]
    unusable = [Offer(10, 1, 9000, None), Offer(1, 1, 0, 1703), Offer(4, 1, 9000, 12_285, suspended=True)]
    assert [offer.chip_code for offer in rank_offers([*unusable, *same])] == [2, 3]


@pytest.mark.rule("ROUTE-002")
def test_an_offer_of_a_goodput_below_zero_is_refused() -> None:
    """It would be the cheapest of all."""
    with pytest.raises(OutOfRange, match="goodput -5 must be at least 0"):
        rank_offers([Offer(2, 2810, 9000, 5400), Offer(1, 1650, -5, None)])


@pytest.mark.rule("ROUTE-002")
@given(offers=st.lists(OFFERS, max_size=8))
def test_ranking_agrees_with_exact_fractions(offers: list[Offer]) -> None:
    def price(offer: Offer) -> tuple[Fraction, int]:
        assert offer.ref_tenths is not None
        return Fraction(offer.price_mills, offer.goodput_bp * offer.ref_tenths), offer.chip_code

    assert [price(offer) for offer in rank_offers(offers)] == sorted(map(price, offers))


@pytest.mark.rule("ROUTE-002")
def test_a_stale_quote_gives_way_to_the_settlement_and_is_marked_so(spec: Spec) -> None:
    limit_s = spec.products.routing.quote_age_s_max
    assert limit_s == 60
    assert quote_or_settlement(2840, 60 * 10**9 - 1, 2810, limit_s) == RankedPrice(2840, False)
    assert quote_or_settlement(2840, 60 * 10**9, 2810, limit_s) == RankedPrice(2810, True)
    assert quote_or_settlement(None, 0, 2810, limit_s) == RankedPrice(2810, True)


@pytest.mark.rule("ROUTE-001")
def test_compute_that_is_not_useful_has_no_effective_price() -> None:
    with pytest.raises(OutOfRange, match="goodput 0"):
        effective_price(2810, 0, 5400)
