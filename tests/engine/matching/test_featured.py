"""Matching in a book that asks more than price and time: prevention, windows, implied prices, shares; in this order."""

import pytest

from tests.played import play


@pytest.mark.rule("IMP-003")
def test_of_one_price_real_orders_come_before_implied_ones() -> None:
    market = play("N t SP B2@4", "f M1 S2@103; k M2 B2@99; r SP S1@4", "imp=1")
    assert [event.split()[1] for event in market.events[1:]] == ["r", "f", "k"]


@pytest.mark.rule("IMP-003", "MATCH-001")
def test_a_better_implied_price_comes_before_a_real_one() -> None:
    market = play("N t SP B2@5", "f M1 S1@103; k M2 B2@99; r SP S1@5", "imp=1")
    assert [event.split()[1] for event in market.events[1:]] == ["f", "k", "r"]


@pytest.mark.rule("SMP-006", "BAND-005")
def test_an_own_order_is_dealt_with_before_a_print_that_would_breach() -> None:
    market = play("N t B1@110 smp=Z", "a S1@106 smp=Z; b S1@107", "ref=100 vel=5")
    assert market.text == "ACK t; CXL a 1 SMP; STA reserved; RST t 1@110"


@pytest.mark.rule("BAND-005")
def test_a_print_within_the_width_is_made_and_the_next_beyond_it_is_not() -> None:
    market = play("N t B2@110", "a S1@105; b S1@106", "ref=100 vel=5")
    assert market.text == "ACK t; TRD a t 1@105; STA reserved; RST t 1@110"


@pytest.mark.rule("MATCH-002", "MMP-002")
def test_a_quote_that_rests_makes_its_book_a_featured_one_and_trades_by_time_all_the_same() -> None:
    market = play("N t B5@101", "a S2@101; MQ mm M1:9@90/2@101; b S2@101")
    assert market.text == "ACK t; TRD a t 2@101; TRD mm.M1a t 2@101; TRD b t 1@101"
