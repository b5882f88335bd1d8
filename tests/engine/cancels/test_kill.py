"""Kill switch: which accounts it stops, which orders it cancels, who may lift it (KILL-001 to KILL-004)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play

FIRM = "firm=7"


@pytest.mark.rule("KILL-001", "KILL-002")
def test_a_firm_s_accounts_are_all_blocked_before_the_first_order_leaves() -> None:
    market = play("K firm=7; N c B1@97 acct=P; N d B1@97 acct=Q", "a B1@99 acct=P; b B1@98 acct=Q", FIRM)
    assert market.text == "KIL P; KIL Q; CXL a 1 KILL; CXL b 1 KILL; REJ c KILLED; REJ d KILLED"


@pytest.mark.rule("KILL-003")
def test_a_kill_works_in_every_state_but_closed() -> None:
    before = "a B1@99 gtc acct=P; SS halt"
    assert "CXL a 1 KILL" in play("K P", before).events
    assert "CXL a 1 KILL" not in play("K P", "a B1@99 gtc acct=P; SS closed").events


@pytest.mark.rule("KILL-004")
def test_only_the_party_that_set_a_kill_lifts_it() -> None:
    market = play("K P risk; UK P; N b B1@98 acct=P; UK P risk; N b B1@98 acct=P", "a B1@99 acct=P")
    assert market.events[2].startswith("REFUSED") and "REJ b KILLED" in market.events
    assert market.events[-2:] == ["ACK b", "RST b 1@98"]


@pytest.mark.rule("KILL-001")
def test_a_session_that_is_killed_stops_no_other_of_its_account() -> None:
    market = play("K sess=1; N c B1@97 sess=1; N d B1@96 sess=2", "a B1@99 sess=1; b B1@98 sess=2")
    assert market.text == "KIL 1; CXL a 1 KILL; REJ c KILLED; ACK d; RST d 1@96"


@pytest.mark.rule("KILL-001", "INV-020")
def test_a_kill_of_many_orders_comes_out_whole_through_a_short_buffer() -> None:
    before = "; ".join(f"o{number} B1@{99 - number % 5} acct={'PQ'[number % 2]}" for number in range(STEP_EVENTS + 5))
    assert play("K firm=7", before, FIRM, STEP_EVENTS).events == play("K firm=7", before, FIRM).events
