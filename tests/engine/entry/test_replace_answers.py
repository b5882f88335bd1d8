"""What an accepted REPLACE is answered with: RPL, and CXL where it leaves a time that has come (TIF-009, REPL-001)."""

import pytest

from exchange.codes import CommandFlag, CommandKind, EventFlag, EventKind, OrderState, TimeInForce
from tests.played import Played, play


def replace(market: Played, **fields: int) -> list[tuple[EventKind, int, int]]:
    """(kind, flags or reason, request) of what a replace of order `a` to new terms is answered with."""
    order = market.order("a")
    whose = {"account": int(order.account), "order_id": int(order.order_id), "request_id": 77}
    flags = CommandFlag.KEEP_PRICE | CommandFlag.KEEP_LOTS | CommandFlag.SET_TIF
    events = market.send(CommandKind.REPLACE, flags=int(flags), **whose, **fields)
    assert [event.account_sequence for event in events if event.account_sequence] == sorted(
        {event.account_sequence for event in events if event.account_sequence}
    ), "each in the account's stream, once"
    return [(EventKind(event.kind), event.flags, event.reference) for event in events]


@pytest.mark.rule("REPL-001", "SESS-007")
def test_it_names_its_request_and_says_that_the_place_is_kept() -> None:
    market = play("-", "a B5@99 gtd=100")
    assert replace(market, tif=TimeInForce.GTC) == [(EventKind.ORDER_REPLACED, EventFlag.KEPT, 77)]
    assert market.order("a").tif == TimeInForce.GTC and market.state.next_expiry == 0


@pytest.mark.rule("TIF-009")
def test_a_time_that_has_come_ends_the_order() -> None:
    market = play("T 5", "a B5@99 gtd=100")
    answers = replace(market, tif=TimeInForce.GTD, expiry_ns=market.engine.time_ns - 1)
    assert answers == [(EventKind.ORDER_REPLACED, 0, 77), (EventKind.ORDER_CANCELLED, 0, 0)]
    assert not market.slots("a") and market.state.orders["state"].max() == OrderState.NONE
