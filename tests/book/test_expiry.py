"""GTD orders by their time: orders end by the time given, the oldest first (TIF-009)."""

import pytest

from tests.played import play


@pytest.mark.rule("TIF-009")
def test_orders_end_at_their_time_and_not_before() -> None:
    market = play("T 4; T 5; T 9", "a B1@99 gtd=5; b B1@98 gtd=9; c B1@97")
    assert market.text == "CXL a 1 EXPIRED; CXL b 1 EXPIRED"
    assert market.state.next_expiry == 0, "nothing waits for a time any more"


@pytest.mark.rule("TIF-009", "ORDER-014")
def test_orders_that_end_together_leave_in_order_of_entry() -> None:
    market = play("T 10", "a B1@99 gtd=9; b B1@98 gtd=7; c B1@97 gtd=8; d B1@96 gtd=11")
    assert market.text == "CXL a 1 EXPIRED; CXL b 1 EXPIRED; CXL c 1 EXPIRED"


@pytest.mark.rule("TIF-009")
def test_an_order_that_has_left_is_not_waited_for() -> None:
    market = play("X a; N t S2@98; T 10", "a B1@99 gtd=5; b B2@98 gtd=6; c B1@97 gtd=20")
    assert market.text == "CXL a 1 USER; ACK t; TRD b t 2@98"
    assert market.state.heap[market.state.next_expiry].key == market.order("c").expiry_ns
