"""What a kernel strategy calls, against the engine's own answers."""

import numpy as np

from bench import Replay
from bench.research import strategy_kernels as kernels
from exchange.codes import CommandKind, Side, TimeInForce
from exchange.engine import query
from exchange.engine.engine import blank_commands
from tests.bench.research.small_flow import small_flow


def test_questions_have_the_answers_of_the_engine() -> None:
    replay = Replay(small_flow())
    replay.advance(500)
    states = replay.engine.states
    state = states[0]
    bids, asks = query.depth(states, 1, 1)
    for side, (level,) in zip(Side, (bids, asks), strict=True):
        assert kernels.has_level(state, 1, int(side))
        assert (kernels.best_tick(state, 1, int(side)), kernels.best_lots(state, 1, int(side))) == level
    assert not kernels.has_level(state, 2, 0)
    for account in range(1, 7):
        assert kernels.position_lots(state, account, 1) == query.position(states, account, 1).lots
        found, slot = [], kernels.first_order(state, account)
        while slot:
            found.append(int(state.orders[slot].order_id))
            slot = kernels.next_order(state, slot)
        assert found == [order.order_id for order in query.open_orders(states, account)]


def test_commands_are_whole_rows() -> None:
    asked = blank_commands(4)
    asked.view(np.uint8)[:] = 0xFF
    assert kernels.ask_new(asked, 0, 2, int(Side.SELL), 55, 3) == 1
    assert kernels.ask_replace(asked, 1, 77, 56, 4) == 2
    assert kernels.ask_cancel(asked, 2, 78) == 3
    new, replace, cancel = asked[:3]
    assert (new.kind, new.tif, new.instrument, new.side, new.price, new.lots, new.account, new.order_id) == (
        CommandKind.NEW, TimeInForce.GTC, 2, Side.SELL, 55, 3, 0, 0,
    )  # fmt: skip
    assert (replace.kind, replace.order_id, replace.price, replace.lots, replace["flags"]) == (
        CommandKind.REPLACE, 77, 56, 4, 0,
    )  # fmt: skip
    assert (cancel.kind, cancel.order_id, cancel.price) == (CommandKind.CANCEL, 78, 0)
