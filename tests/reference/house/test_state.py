"""What the house keeps."""

from exchange.reference.house.state import MINUTE_NS
from tests.reference.house.scenes import play


def test_an_account_that_is_named_has_its_opening_cash() -> None:
    state = play("account A 500\ndeposit A 1\n")
    assert state.ledger.balance("A") == 501
    assert state.member("B").opening_mills == state.ledger.balance("B") == 10**12


def test_what_happens_is_marked_at_the_next_full_minute_and_only_once() -> None:
    state = play("10:00:59 deposit A 1\n")
    assert state.mark_due_ns == state.now_ns + MINUTE_NS // 60
    assert play("10:00:59 deposit A 1\n10:02 expect balance A 1,000,000,000,001\n").mark_due_ns == 0


def test_working_orders_come_oldest_first_without_those_that_ended() -> None:
    state = play(
        "order o1 A buys 1 H100.G90.F27 @2700\norder o2 A buys 1 H100.G90.F27 @2800\n"
        "order o3 B buys 1 H100.G90.F27 @2800\ncancel o1\norder o4 A buys 1 H100.G90.F27 @2600\n"
    )
    assert [order.name for order in state.working("A")] == ["o2", "o4"]
