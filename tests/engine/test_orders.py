"""Life of an order: it rests, moves, shows its next slice, leaves; what it held is released at once (ORDER-006)."""

import pytest

from exchange.codes import CommandKind, EventFlag, EventKind, OrderState
from tests.played import play


@pytest.mark.rule("ORDER-006", "STATE-001")
@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        ("X a", "CXL a 5 USER"),
        ("X a; X a", "CXL a 5 USER; CREJ a UNKNOWN"),
        ("X z", "CREJ z UNKNOWN"),
        ("ST preopen; ST nocancel; X a", "STA preopen; STA nocancel; CREJ a STATE"),
        ("SS halt; X a", "STA halt; CXL a 5 USER"),
    ],
)
def test_a_cancel_takes_a_live_order_of_its_account(messages: str, answer: str) -> None:
    assert play(messages, "a B5@99").text == answer


@pytest.mark.rule("ORDER-006")
def test_nobody_cancels_another_account_s_order() -> None:
    market = play("-", "a B5@99 acct=A; b B1@98 acct=B")
    (row,) = market.send(CommandKind.CANCEL, account=2, order_id=int(market.order("a").order_id))
    assert row.kind == EventKind.CANCEL_REJECTED and market.slots("a")


@pytest.mark.rule("MARGIN-013")
def test_what_an_order_held_is_free_when_it_has_left() -> None:
    market = play("X a; N b B9@99", "a B9@99", "psr=10 hours=10 cash=1000")
    assert market.text == "CXL a 9 USER; ACK b; RST b 9@99"
    assert market.state.positions["working_lots"].sum() == 9


@pytest.mark.rule("ORDER-005")
def test_a_slot_that_is_free_again_has_another_id_and_stands_in_no_list() -> None:
    market = play("X a; N b B1@99; X b; N c B1@99", "a B1@99")
    slot = market.slots("c")[0]
    assert slot == 1 and market.order("c").order_id != slot, "the same slot, the third generation"
    account = market.state.accounts[1]
    assert (account.first_order, account.last_order) == (slot, slot)


@pytest.mark.rule("ORDER-003")
def test_a_cancel_says_whether_the_order_stood_at_a_level() -> None:
    market = play("-", "a B5@99; s B5 stop=110; p B5@79 gtc", "limit=20 ltp=100")
    flags = {}
    for name in ("a", "s", "p"):
        order = market.order(name)
        (row,) = market.send(CommandKind.CANCEL, account=int(order.account), order_id=int(order.order_id))
        flags[name] = bool(row.flags & EventFlag.NEVER_RESTED)
        assert (row.state, row.lots, row.leaves_lots) == (OrderState.CANCELLED, 5, 0)
    assert flags == {"a": False, "s": True, "p": True}


@pytest.mark.rule("ICE-001", "ICE-002")
def test_an_iceberg_shows_a_slice_at_a_time_and_the_rest_of_it_last() -> None:
    market = play("N t B3@100; N u B3@100; N v B2@100", "a S8@100 disp=3")
    assert [event for event in market.events if event.startswith("RFR")] == ["RFR a vis=3", "RFR a vis=2"]
    assert not market.slots("a")
