"""Controls about instruments: listing, terms of a day, lead market makers."""

from typing import Any

import pytest

from exchange.codes import EventKind, MarketState, Side
from exchange.conformance.market import GROUP, scenario_listing
from exchange.reference.listing import (
    is_allowed_for_one,
    list_instruments,
    pay_variation,
    set_day_limits,
    set_lead_makers,
    set_marks,
)
from exchange.reference.market import Market
from tests.reference.scenario import events, run


def limits(index: int, settle_tick: int, width: int = 20, **terms: int) -> dict[str, int]:
    low_tick, high_tick = settle_tick - width, settle_tick + width
    return {"index": index, "settle_tick": settle_tick, "low_tick": low_tick, "high_tick": high_tick, **terms}


def test_a_listing_gives_each_instrument_a_book_in_a_group_that_is_closed() -> None:
    market = Market()
    list_instruments(market, scenario_listing({"vel": 3}))
    assert sorted(market.books) == [1, 2, 3, 4, 5, 6]
    assert market.phases.groups[GROUP].state == MarketState.CLOSED
    assert market.guards[2].velocity.width_ticks == 3
    assert market.lead_months == {GROUP: 1}
    assert [(event.kind, event.settlement_tick) for event in market.events][:1] == [(EventKind.INSTRUMENT_LISTED, 100)]


@pytest.mark.rule("BAND-004")
def test_orders_outside_new_limits_are_parked_and_rest_again_in_order_of_entry() -> None:
    book = "a B1@90 gtc; b B1@110 gtc; c B2@90 gtc"
    assert events("ST closed; DL M1 110@10; DL M1 95@10", book)[1:] == [
        "RST a 0@90",
        "RST c 0@90",
        *("RST a 1@90", "RST b 0@110", "RST c 2@90"),
    ]


@pytest.mark.rule("SPEC-002")
def test_orders_off_a_new_increment_are_cancelled_oldest_first() -> None:
    book = "a B1@99 gtc; b B1@98 gtc; s B1@110 stop=105 gtc; t B1 stop=104 gtc; u B1@109 stop=104 gtc"
    market, found = run("ST closed; DL M1 100@20 tick=2", book, "pp=3")
    assert found[1:] == ["CXL a 1 ADMIN", "CXL s 1 ADMIN", "CXL u 1 ADMIN"]
    assert market.clearing.instruments[1].min_inc == 2


def test_new_terms_hold_for_settlement_limits_and_price_guards() -> None:
    market, _ = run("ST closed")
    market.events = []
    set_day_limits(market, {"books": [limits(1, 120, velocity_ticks=4, breaker_ticks=8, collar_ticks=9)], "day": 5})
    instrument, guards = market.clearing.instruments[1], market.guards[1]
    assert (instrument.settle_tick, instrument.low_tick, instrument.high_tick) == (120, 100, 140)
    assert (guards.velocity.width_ticks, guards.breaker.width_ticks, guards.collar_ticks) == (4, 8, 9)
    assert market.settled_days == {GROUP: 5}
    assert [event.kind for event in market.events] == [EventKind.INSTRUMENT_LISTED, EventKind.SETTLED]


@pytest.mark.rule("PRO-002")
def test_an_order_that_rests_again_above_the_top_order_ends_top() -> None:
    market, _ = run("ST closed; DL M1 90@10", "a B1@99 gtc; b B1@105 gtc; X b; c B1@98 gtc")
    first = next(iter(market.orders.values()))
    market.books[1].top[Side.BUY] = first
    set_day_limits(market, {"books": [limits(1, 100)]})
    assert market.books[1].top[Side.BUY] is first, "nothing rests above it"


@pytest.mark.rule("SEC-061")
def test_one_operator_settles_a_whole_group_once_a_day_inside_its_limits() -> None:
    market, _ = run("ST closed", parameters="limit=10")
    whole: list[dict[str, Any]] = [limits(index, 100) for index in market.books]
    assert is_allowed_for_one(market, whole, 7)
    assert not is_allowed_for_one(market, whole[:-1], 7), "not the whole group"
    assert not is_allowed_for_one(market, whole, 0)
    assert not is_allowed_for_one(market, [limits(1, 111), *whole[1:]], 7), "outside the day's limits"
    set_day_limits(market, {"books": whole, "day": 7})
    assert is_allowed_for_one(market, whole, 7), "what stands now"
    assert not is_allowed_for_one(market, [limits(1, 101), *whole[1:]], 7)
    assert not is_allowed_for_one(market, whole, 6)
    assert is_allowed_for_one(market, whole, 8)


@pytest.mark.rule("PRO-003")
def test_lead_makers_are_those_of_named_books_or_of_all_pro_rata_books_of_a_group() -> None:
    market, _ = run(parameters="algo=prorata")
    set_lead_makers(market, {"makers": [(4, 20)], "instruments": [2]})
    assert market.lead_makers == {2: [(4, 20)]}
    set_lead_makers(market, {"makers": [(5, 30)], "group": GROUP})
    assert market.lead_makers == {index: [(5, 30)] for index in market.books}
    price_time, _ = run()
    set_lead_makers(price_time, {"makers": [(5, 30)], "group": GROUP})
    assert price_time.lead_makers == {}


@pytest.mark.rule("MARGIN-014", "SPEC-053")
def test_an_outright_is_marked_between_its_quotes_and_combinations_follow() -> None:
    market, _ = run(before="a S1@102; b B1@102; c B1@103 gtc; d S1@99 gtc")
    before = dict(market.clearing.marks)
    set_marks(market, {"min_lots": 3})
    assert market.clearing.marks == before, "two lots have printed"
    set_marks(market, {})
    moved = {index for index, tick in market.clearing.marks.items() if tick != before[index]}
    on_it = {index for index, one in market.clearing.instruments.items() if 1 in [leg for leg, _ in one.legs]}
    assert moved == on_it and 1 in moved


@pytest.mark.rule("SETTLE-007")
def test_noon_pays_every_book() -> None:
    market, _ = run(before="a S2@102 acct=P; b B2@102 acct=Q")
    set_marks(market, {"pays": True, "day": 7})
    market.clearing.check_ledger()
    for account in market.clearing.accounts.values():
        for index, position in account.positions.items():
            assert position.open_value_tick_lots == market.clearing.marks[index] * position.lots


@pytest.mark.rule("SETTLE-007", "SETTLE-012")
def test_an_account_is_paid_once_and_told_of_each_position() -> None:
    market, _ = run(before="a S2@102 acct=P; b B2@102 acct=Q")
    market.clearing.marks[1] = 105
    market.events = []
    pay_variation(market, [1], 7)
    kinds = [(event.kind, event.account) for event in market.events]
    accounts = sorted({account for _, account in kinds})
    expected = [(kind, account) for account in accounts for kind in (EventKind.CASH_MOVED, EventKind.POSITION_CHANGED)]
    assert kinds == expected and len(accounts) == 2
    assert sum(event.amount_mills for event in market.events if event.kind == EventKind.CASH_MOVED) == 0
    assert {event.trading_day for event in market.events if event.kind == EventKind.CASH_MOVED} == {7}
