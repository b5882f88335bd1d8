"""Orders of a scope are found wherever they stand; that no others are looked at is counted in test_work (INV-030)."""

import pytest

from tests.played import play

# In a book: at levels, parked, a stop that waits, one in line; of two accounts.
BEFORE = "a B1@99; b S1@101 acct=Q; c B1@79; d B1 stop=110; e S1@105 gtc; f M2 B1@97; g B1@78 gtc acct=Q"
PARAMETERS = "limit=20 ltp=100"


@pytest.mark.rule("STATE-001")
def test_a_close_takes_the_day_orders_of_its_books_wherever_they_stand() -> None:
    market = play("SS closed", BEFORE, PARAMETERS)
    assert market.events[:-1] == [f"CXL {name} 1 EXPIRED" for name in "abdf"]
    assert market.slots("e") and market.slots("g"), "GTC stays"


@pytest.mark.rule("KILL-001", "COD-001")
def test_a_session_s_orders_are_found_among_those_of_its_accounts() -> None:
    before = "a B1@99 sess=1 acct=P; b B1@98 sess=1 acct=Q; c B1@97 sess=2 acct=P; d B1@96 acct=R"
    assert play("K sess=1", before).text == "KIL 1; CXL a 1 KILL; CXL b 1 KILL"
    assert play("D 1", before).text == "DSC 1; CXL a 1 COD; CXL b 1 COD"


@pytest.mark.rule("KILL-001")
def test_sessions_64_apart_are_told_apart() -> None:
    """They share a bit in their account, not their orders."""
    entered = "; ".join(f"o{number} B1@90 sess={number}" for number in range(1, 67))
    market = play("K sess=1; K sess=66", entered)
    assert market.text == "KIL 1; CXL o1 1 KILL; KIL 66; CXL o66 1 KILL"
