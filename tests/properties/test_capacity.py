"""A table that is used up is a reason, found before the first write."""

import pytest

from exchange.codes import CommandKind, EventKind, MarketState, RejectReason, Side
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.market import account_payload
from tests.properties.test_metamorphic import Market

UNNAMED = dict.fromkeys(("client_order_id_0", "client_order_id_1", "client_order_id_2"), 0)
NAMED = pytest.mark.parametrize("name", [{}, UNNAMED], ids=["with a client order id", "without"])


@NAMED
@pytest.mark.rule("ORDER-004")
def test_order_slots_used_up_answer_full_until_one_is_given_back(name: dict[str, int]) -> None:
    market = Market(MarketState.OPEN)
    ids = [market.enter(Side.BUY, 90 - number % 8, 1, **name)[0].order_id for number in range(MEDIUM.orders)]
    assert len(set(ids)) == MEDIUM.orders
    before = market.venue.engine.states.copy()
    (refused,) = market.enter(Side.SELL, 90, 5, **name)
    assert (refused.kind, refused.reason) == (EventKind.ORDER_REJECTED, RejectReason.FULL)
    assert (before["orders"] == market.venue.engine.states["orders"]).all()
    (left,) = market.row(CommandKind.CANCEL, account=1, order_id=ids[500])
    assert left.kind == EventKind.ORDER_CANCELLED
    entered = market.enter(Side.BUY, 90, 1, **name)
    assert [event.kind for event in entered] == [EventKind.ORDER_ACCEPTED, EventKind.ORDER_RESTED]
    assert entered[0].order_id not in ids


@NAMED
@pytest.mark.rule("ORDER-004")
def test_positions_used_up_answer_full_but_not_to_who_has_one(name: dict[str, int]) -> None:
    market = Market(MarketState.OPEN)
    market.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    market.row(CommandKind.DEPOSIT, account=2, amount_mills=10**9)
    market.enter(Side.BUY, 90, 1, **name)
    market.venue.engine.states["used_positions"] = MEDIUM.positions
    (refused,) = market.enter(Side.BUY, 89, 1, account=2, **name)
    assert (refused.kind, refused.reason) == (EventKind.ORDER_REJECTED, RejectReason.FULL)
    assert market.enter(Side.BUY, 90, 1, **name)[0].kind == EventKind.ORDER_ACCEPTED


@pytest.mark.rule("ORDER-013")
def test_a_mass_cancel_of_all_slots_comes_out_in_order_of_entry_through_a_short_buffer() -> None:
    market = Market(MarketState.OPEN)
    ids = [market.enter(Side.BUY, 90 - number % 8, 1)[0].order_id for number in range(MEDIUM.orders)]
    events = market.venue.apply(Command(sequence=9_999, kind=CommandKind.CANCEL_ALL, account=1))
    assert [event.order_id for event in events[:-1]] == ids
    assert (events[-1].kind, events[-1].lots) == (EventKind.MASS_CANCELLED, MEDIUM.orders)
