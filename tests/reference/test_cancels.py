"""Orders that leave: by the member, the kill switch, a disconnect, a timer, at their time."""

import pytest

from exchange.reference.cancels import expire_day_orders, may_cancel
from tests.reference.scenario import events, run


@pytest.mark.rule("ORDER-006", "STATE-002")
def test_a_cancel_is_done_or_refused() -> None:
    assert events("X a; X a; X z", "a B1@99") == ["CXL a 1 USER", "CREJ a UNKNOWN", "CREJ z UNKNOWN"]
    assert events("ST nocancel; X a", "a B1@99") == ["STA nocancel", "CREJ a STATE"]
    market, _ = run("ST halt", "a B1@99")
    assert [may_cancel(market, resting) for resting in market.orders.values()] == [True]


@pytest.mark.rule("ORDER-013", "ENTRY-012")
@pytest.mark.parametrize(
    ("filters", "left"),
    [("", "wxyz"), ("M1", "wxy"), ("B", "wyz"), ("tag=t", "yz"), ("M1 B tag=t", "y"), ("S tag=t", "")],
)
def test_a_mass_cancel_takes_what_all_filters_fit_in_order_of_entry(filters: str, left: str) -> None:
    book = "w B1@98; x S1@105; y B1@97 tag=t; z M2 B1@97 tag=t; o B1@97 acct=P"
    assert events(f"XA a {filters}", book) == [f"CXL {name} 1 USER" for name in left]


@pytest.mark.rule("ORDER-013")
def test_a_mass_cancel_is_refused_where_nothing_may_leave_and_passes_over_single_orders() -> None:
    book = "x B1@98; z M2 B1@97"
    assert events("ST nocancel; XA a", book)[-1] == "CREJ STATE"
    assert events("SS closed M1; XA a M1", "x B1@98 gtc")[-1] == "CREJ STATE"
    assert events("SS closed M1; XA a", "x B1@98 gtc; z M2 B1@97")[-1] == "CXL z 1 USER"


@pytest.mark.rule("KILL-001", "KILL-002", "KILL-003", "KILL-004")
def test_a_kill_blocks_its_scope_and_cancels_what_it_works_until_its_party_lifts_it() -> None:
    assert events("K P; N b B1@99 acct=P; UK P; N b B1@99 acct=P", "a B1@98 acct=P; s B1 stop=105 acct=P") == [
        *("KIL P", "CXL a 1 KILL", "CXL s 1 KILL", "REJ b KILLED", "ACK b", "RST b 1@99")
    ]
    assert events("ST closed; K P", "a B1@98 acct=P gtc")[-1] == "KIL P"
    assert events("K firm=3 risk; UK firm=3; UK firm=3 risk; N b B1@99", "a B1@98", "firm=3") == [
        *("KIL a", "CXL a 1 KILL", "REFUSED KILLED", "ACK b", "RST b 1@99")
    ]


@pytest.mark.rule("KILL-001")
def test_a_kill_of_a_session_takes_its_orders_alone() -> None:
    book = "a B1@98 sess=1; b B1@97 sess=2"
    assert events("K sess=1; N c B1@96 sess=1; N d B1@96 sess=2", book) == [
        *("KIL 1", "CXL a 1 KILL", "REJ c KILLED", "ACK d", "RST d 1@96")
    ]


@pytest.mark.rule("COD-001", "COD-002")
def test_a_disconnect_takes_day_orders_of_the_session_or_all_of_the_account() -> None:
    book = "x B1@98 sess=1; y B1@97 sess=1 nocod; z B1@96 gtc sess=1; o B1@95 sess=2"
    assert events("D 1", book) == ["DSC 1", "CXL x 1 COD"]
    assert events("D 1 all", book) == ["DSC 1", "CXL x 1 COD", "CXL z 1 COD"]
    assert events("D 1 all acct=a", book) == ["DSC 1", "CXL x 1 COD", "CXL z 1 COD", "CXL o 1 COD"]


@pytest.mark.rule("COD-004")
def test_a_cancel_that_the_state_bars_waits_for_one_that_allows_it() -> None:
    assert events("ST nocancel; D 1; ST preopen", "x B1@98 sess=1") == [
        *("STA nocancel", "DSC 1 queued", "STA preopen", "CXL x 1 COD")
    ]


@pytest.mark.rule("COD-005")
def test_a_timer_takes_all_orders_of_its_account_once() -> None:
    assert events("TM a 5; T 4; T 6; N y B1@97; T 9", "x B1@98") == ["DSC a", "CXL x 1 TIMER", "ACK y", "RST y 1@97"]
    assert events("TM a 5; TM a 0; T 6", "x B1@98") == []


@pytest.mark.rule("TIF-009")
def test_orders_expire_at_their_time_or_with_the_day() -> None:
    assert events("T 5", "x B1@98 gtd=5; y B1@97 gtd=6; z B1@96") == ["CXL x 1 EXPIRED"]
    market, _ = run(before="x B1@98; y M2 B1@97; z B1@96 gtc")
    expire_day_orders(market, [1])
    assert [resting.price for resting in market.orders.values()] == [97, 96]
