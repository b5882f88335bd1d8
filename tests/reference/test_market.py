"""The state of the exchange: its sessions, questions about it, and the events that report changes."""

import pytest

from exchange.codes import EventKind, MarketState, RejectReason
from exchange.reference.market import (
    Capacities,
    Market,
    MassQuote,
    Sessions,
    client_words,
    first_failure,
    reported_price,
)
from exchange.reference.rows import Command
from tests.reference.scenario import run


def test_a_market_begins_empty_with_its_capacities() -> None:
    market = Market(Capacities(orders=2, session_rows=4, protections=1))
    assert (market.books, market.orders, market.events) == ({}, {}, [])
    assert (market.ids.capacity, market.sessions.rows) == (2, 4)


@pytest.mark.rule("ORDER-004")
def test_the_first_check_that_fails_is_the_reason() -> None:
    checks = [(False, RejectReason.BAD_QTY), (True, RejectReason.BAND), (True, RejectReason.FULL)]
    assert first_failure(iter(checks)) == RejectReason.BAND
    assert first_failure(iter(checks[:1])) == RejectReason.NONE
    with pytest.raises(AssertionError, match="BAND is checked after FULL"):
        first_failure(iter([(False, RejectReason.FULL), (True, RejectReason.BAND)]))


@pytest.mark.rule("ORDER-005", "ORDER-006")
def test_an_order_is_found_by_id_or_client_order_id_of_its_account() -> None:
    market, _ = run(before="a B1@99 acct=P; b B1@98 acct=Q")
    first, second = market.orders.values()
    assert market.working(first.account) == [first]
    assert market.find(Command(account=first.account, order_id=first.order_id)) is first
    assert market.find(Command(account=second.account, order_id=first.order_id)) is None
    assert market.find_client(first.account, first.client_order_id) is first
    assert market.find_client(second.account, first.client_order_id) is None
    assert market.find_client(first.account, (0, 0, 0)) is None


@pytest.mark.rule("AUC-008")
def test_the_reference_price_is_the_last_price_else_the_settlement() -> None:
    market, _ = run("N b B1@103", before="a S1@103")
    assert [market.last_tick_or_settle(index) for index in (1, 2)] == [103, 100]


@pytest.mark.rule("ACCT-001")
def test_events_of_an_account_are_numbered_without_gaps() -> None:
    market, _ = run(before="a B1@99")
    account = market.orders[next(iter(market.orders))].account
    before = market.clearing.accounts[account].sequence
    assert [market.next_number(account) for _ in range(2)] == [before + 1, before + 2]
    assert market.next_number(99) == 0, "there is no such account"


@pytest.mark.rule("QUOTE-008")
def test_events_carry_sequence_and_time_of_the_command_or_of_the_open_mass_quote() -> None:
    market = Market()
    market.command = Command(sequence=7, time_ns=70)
    market.emit(EventKind.SESSION_OPENED)
    market.mass_quote = MassQuote(sequence=5, time_ns=60)
    market.emit(EventKind.SESSION_OPENED)
    assert [(event.sequence, event.time_ns) for event in market.events] == [(7, 70), (5, 60)]


@pytest.mark.rule("ORDER-003")
def test_a_refusal_repeats_the_command_and_names_the_state_where_that_is_the_reason() -> None:
    market, _ = run("ST halt")
    market.command = Command(request_id=4, account=1, instrument=1, price=2**40, lots=3)
    market.events = []
    market.refuse(EventKind.ORDER_REJECTED, RejectReason.STATE)
    (event,) = market.events
    assert (event.reason, event.book_state, event.reference) == (RejectReason.STATE, MarketState.HALT, 4)
    assert (event.price, event.order_lots) == (2**31 - 1, 3)


def test_a_price_is_reported_in_32_bits() -> None:
    assert [reported_price(price) for price in (-(2**40), -5, 2**40)] == [-(2**31) + 1, -5, 2**31 - 1]


def test_a_client_order_id_is_three_words() -> None:
    assert client_words(Command(client_order_id_0=1, client_order_id_2=3)) == (1, 0, 3)


@pytest.mark.rule("SESS-007")
def test_the_last_request_is_the_highest() -> None:
    sessions = Sessions(8)
    for request in (3, 7, 5):
        sessions.note_request(1, request)
    assert sessions.last_request == {1: 7}


def test_a_row_belongs_to_its_first_session_until_another_is_opened_there() -> None:
    sessions = Sessions(8)
    sessions.note_request(1, 4)
    sessions.note_request(9, 5)
    assert sessions.last_request == {1: 4}, "9 shares the row of 1"
    assert sessions.open(9, account=2) == 1
    assert (sessions.last_request, sessions.opened_by) == ({}, {9: 2})
    assert sessions.claim_row(9)
    assert not sessions.claim_row(1)


def test_a_session_that_is_resumed_keeps_its_row() -> None:
    sessions = Sessions(8)
    assert [sessions.open(1, account=2), sessions.open(1, account=2)] == [None, None]
    sessions.note_request(1, 4)
    assert sessions.open(1, account=2) is None
    assert sessions.last_request == {1: 4}


def test_nothing_is_kept_of_a_session_without_a_row() -> None:
    sessions = Sessions(8)
    for session in (0, 8):
        assert sessions.open(session, account=1) is None
        sessions.note_request(session, 3)
    assert (sessions.last_request, sessions.opened_by, sessions.holders) == ({}, {}, {})
