"""Market states of groups and books, and the changes that are allowed."""

import pytest

from exchange.codes import MarketState, RejectReason
from exchange.conformance.market import GROUP, scenario_listing
from exchange.reference.clearing import Clearing, Instrument
from exchange.reference.phases import GOES_TO, Phases, allows, state_before_halt

S = MarketState
STATES = [state for state in S if state != S.NONE]


def listed(state: MarketState = S.OPEN) -> tuple[Phases, Instrument]:
    """The states of a market whose group is in a state, and its first book."""
    clearing, phases = Clearing(), Phases()
    for index in clearing.list_payload(scenario_listing({})):
        phases.list_book(clearing.instruments[index])
    phases.groups[GROUP].state = state
    return phases, clearing.instruments[1]


@pytest.mark.rule("STATE-001")
def test_every_state_has_its_ways_on_and_halt_goes_back() -> None:
    assert set(GOES_TO) == set(STATES)
    assert allows(S.PREOPEN, S.NONE, S.OPEN)
    assert not allows(S.CLOSED, S.NONE, S.OPEN)
    assert [state for state in STATES if allows(S.HALT, S.RESERVED, state)] == [S.CLOSED, S.RESERVED, S.PAUSED]
    assert (state_before_halt(S.NOCANCEL), state_before_halt(S.OPEN)) == (S.PREOPEN, S.OPEN)


@pytest.mark.rule("STATE-001")
def test_a_stricter_state_of_a_book_counts_while_its_group_is_open() -> None:
    phases, book = listed()
    phases.change(book, GROUP, S.PAUSED, 1)
    assert phases.effective(book) == S.PAUSED
    phases.change(None, GROUP, S.PAUSED, 2)
    phases.change(None, GROUP, S.CLOSED, 3)
    assert phases.effective(book) == S.CLOSED
    assert phases.own[book.index].state == S.NONE, "it ends with the day"


@pytest.mark.rule("STATE-001")
def test_a_book_changes_alone_only_while_its_group_is_open() -> None:
    phases, book = listed(S.PREOPEN)
    assert phases.refusal(book, GROUP, S.HALT) == (RejectReason.STATE, S.PREOPEN)
    assert phases.refusal(None, GROUP, S.HALT) == (RejectReason.NONE, S.PREOPEN)
    phases, book = listed(S.OPEN)
    assert phases.refusal(book, GROUP, S.HALT) == (RejectReason.NONE, S.OPEN)
    assert phases.refusal(book, GROUP, 99) == (RejectReason.STATE, S.OPEN)


@pytest.mark.rule("STATE-004")
def test_a_halt_stops_the_timer_of_a_state_and_the_way_back_lets_it_run_on() -> None:
    phases, book = listed()
    phases.change_until(phases.own[book.index], S.RESERVED, until_ns=100, now_ns=10)
    assert phases.until_ns(book, GROUP) == 100
    phases.change(None, GROUP, S.HALT, 40)
    assert phases.until_ns(book, GROUP) == -60, "what is left"
    phases.change(None, GROUP, S.OPEN, 50)
    assert phases.until_ns(book, GROUP) == 110
    phases.change(book, GROUP, S.HALT, 60)
    assert phases.until_ns(book, GROUP) == 0, "no timer ends a halt"
    phases.change(book, GROUP, S.RESERVED, 80)
    assert phases.until_ns(book, GROUP) == 130


@pytest.mark.rule("STATE-004")
def test_a_command_to_any_other_state_ends_the_timer() -> None:
    phases, book = listed()
    phases.change_until(phases.own[book.index], S.RESERVED, until_ns=100, now_ns=10)
    phases.change(book, GROUP, S.OPEN, 20)
    assert (phases.until_ns(book, GROUP), phases.effective(book)) == (0, S.OPEN)
