"""The kernel strategy of these tests. It is in a file of its own, because a change of the file compiles it again."""

from bench.research.strategy_kernels import (
    ask_new,
    ask_replace,
    best_lots,
    best_tick,
    cancel_all,
    first_order,
    has_level,
    position_lots,
)
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL

LOTS_MAX = 5
FAIL_AT, TOO_MANY_AT = 1, 2  # places in the kernel's memory: at which call it goes wrong
QUOTE, MOVE = 0, 1  # what it does at even and odd calls


@kernel
def quote(state, account, memory, asked):  # type: ignore[no-untyped-def]
    """Quote one lot at each best price while the position is small; at odd calls move the oldest order by a tick."""
    memory[0] += 1
    if memory[0] == memory[FAIL_AT]:
        return memory[1_000_000]
    if memory[0] == memory[TOO_MANY_AT]:
        return asked.shape[0] + 1
    held = position_lots(state, account, 1)
    if memory[0] % 2 == MOVE:
        slot = first_order(state, account)
        if slot == 0:
            return 0
        order = state.orders[slot]
        return ask_replace(asked, 0, order.order_id, order.price - 1, 2)
    count = cancel_all(state, account, asked, 0)
    if held < LOTS_MAX and has_level(state, 1, SIDE_BUY) and best_lots(state, 1, SIDE_BUY) > 1:
        count = ask_new(asked, count, 1, SIDE_BUY, best_tick(state, 1, SIDE_BUY), 1)
    if held > -LOTS_MAX and has_level(state, 1, SIDE_SELL):
        count = ask_new(asked, count, 1, SIDE_SELL, best_tick(state, 1, SIDE_SELL), 1)
    return count
