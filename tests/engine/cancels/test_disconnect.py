"""Cancel on disconnect, cancels that wait, the dead-man timer (COD-001 to COD-005, SESS-020)."""

import pytest

from tests.played import play

OF_ONE = "a B1@99 sess=1; b B1@98 gtc sess=1; c B1@97 sess=2; d B1@96 sess=1 nocod; e B1@95"


@pytest.mark.rule("COD-001", "COD-002", "SESS-020")
@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("D 1", ["a"]),
        ("D 1 all", ["a", "b"]),
        ("D 1 acct=a", ["a", "c", "e"]),
        ("D 1 all acct=a", ["a", "b", "c", "e"]),
    ],
    ids=["DAY of the session", "all of the session", "DAY of the account", "all of the account"],
)
def test_a_session_s_terms_say_which_orders_leave(message: str, gone: list[str]) -> None:
    market = play(message, OF_ONE)
    assert market.events == ["DSC 1", *(f"CXL {name} 1 COD" for name in gone)]


@pytest.mark.rule("COD-004")
def test_a_cancel_waits_for_a_state_that_allows_it() -> None:
    before = "SS preopen; a B1@99 sess=1; b B1@98 sess=2; SS nocancel"
    market = play("D 1; ST preopen; D 2", "SS closed; " + before)
    assert market.text == "DSC 1 queued; STA preopen; CXL a 1 COD; DSC 2; CXL b 1 COD"
    assert not market.state.groups["waiting"].any()


@pytest.mark.rule("COD-004")
def test_an_order_whose_cancel_waits_leaves_once_for_its_first_reason() -> None:
    before = "SS closed; SS preopen; a B1@99 sess=1 acct=P; SS nocancel; TM P 5"
    assert play("D 1; T 6; ST preopen", before).text == "DSC 1 queued; DSC P; STA preopen; CXL a 1 COD"


@pytest.mark.rule("COD-005")
def test_a_timer_fires_once_when_it_was_not_armed_again() -> None:
    before = "a B1@99 acct=P; b B1@98 acct=Q"
    assert play("TM P 5; T 4; TM P 5; T 8; T 9; T 20", before).text == "DSC P; CXL a 1 TIMER"
    assert not play("TM P 5; TM P 0; T 20", before).events, "0 disarms it"


@pytest.mark.rule("COD-005")
def test_the_next_timer_is_that_of_the_account_whose_time_comes_first() -> None:
    market = play("TM P 9; TM Q 5; T 6", "a B1@99 acct=P; b B1@98 acct=Q")
    assert market.text == "DSC Q; CXL b 1 TIMER"
    assert market.state.next_timer_ns == market.state.accounts[1].timer_ns != 0
