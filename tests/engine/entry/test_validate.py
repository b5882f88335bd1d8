"""What the random flow leaves out, because a reply could not tell it from a quote's."""

import pytest

from exchange.codes import CommandKind, EventKind, MarketState, OrderType, RejectReason
from exchange.reference.rows import Command
from tests.market import account_payload, property_market
from tests.venues import Pair


@pytest.mark.rule("ORDER-003")
def test_a_new_order_that_calls_itself_a_quote_is_refused() -> None:
    pair = Pair()
    pair.control(CommandKind.LIST, property_market())
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {}))
    rows = [Command(kind=CommandKind.DEPOSIT, account=1, amount_mills=10**12)]
    rows += [
        Command(kind=CommandKind.SET_STATE, group=2, market_state=state)
        for state in (MarketState.PREOPEN, MarketState.OPEN)
    ]
    order = {"account": 1, "instrument": 9, "side": 0, "price": 100, "lots": 3}
    rows.append(Command(kind=CommandKind.NEW, order_type=OrderType.QUOTE, **order))
    for sequence, row in enumerate(rows, 1):
        events = pair.apply(row._replace(sequence=sequence, request_id=sequence))
    assert [(event.kind, event.reason) for event in events] == [(EventKind.ORDER_REJECTED, RejectReason.BAD_COMBO)]
