"""Orders that close the positions of accounts whose margin call was not met (FALL-003).

They are ordinary IOC orders with the flag LIQUIDATION, one for each position in a market that is OPEN: they take, best
price first, what the other side shows inside the day's limits and the reject band. What that does not close waits for
the next run.
"""

from functools import cache
from typing import Any

import numpy as np

from exchange.codes import CommandFlag, CommandKind, OrderType, TimeInForce
from exchange.engine.entry.price_range import best_tick_allowed
from exchange.engine.predicates import would_take
from exchange.kernel import bind, kernel
from exchange.kernel_codes import ACCOUNT_FLAG_LIQUIDATING, MARKET_OPEN, SIDE_BUY, SIDE_SELL
from exchange.records import COMMAND, blank_rows

# Columns of what `find_closing` writes.
ACCOUNT, BOOK, INSTRUMENT_ID, SIDE, TICK, LOTS = 0, 1, 2, 3, 4, 5
COLUMNS = 6


def closing_orders(states: np.ndarray) -> np.ndarray:
    """NEW rows, by account and instrument id. Changes nothing."""
    used = int(states["used_positions"][0]) + 1
    liquidating = np.flatnonzero(states["accounts"][0]["flags"] & int(ACCOUNT_FLAG_LIQUIDATING))
    if not len(liquidating):
        return blank_rows(COMMAND, 0)
    buffer = np.zeros((used, COLUMNS), np.int64)
    count = int(_bound(states.dtype)(states, buffer))
    found = buffer[:count][np.lexsort((buffer[:count, INSTRUMENT_ID], buffer[:count, ACCOUNT]))]
    rows = blank_rows(COMMAND, len(found))
    rows["kind"], rows["flags"] = CommandKind.NEW, CommandFlag.LIQUIDATION
    rows["order_type"], rows["tif"] = OrderType.LIMIT, TimeInForce.IOC
    columns = {"account": ACCOUNT, "instrument": BOOK, "side": SIDE, "price": TICK, "lots": LOTS}
    for name, column in columns.items():
        rows[name] = found[:, column]
    return rows


@cache
def _bound(kind: np.dtype) -> Any:
    """`find_closing` for a type of state, without a look at the type at each call."""
    return bind(find_closing, np.zeros(1, kind), np.zeros((1, COLUMNS), np.int64))


@kernel
def find_closing(states: np.ndarray, found: np.ndarray) -> int:
    """Find the positions of accounts in liquidation that something can close now. Returns how many they are.

    states  STATE, shape (1,)
    found   a row for each position, int64, filled
    """
    state = states[0]
    count = np.int64(0)
    for number in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[number]
        account, index = np.int64(position.account), np.int64(position.book)
        account_row, book = state.accounts[account], state.books[index]
        if position.lots == 0 or account_row["flags"] & ACCOUNT_FLAG_LIQUIDATING == 0:
            continue
        side = SIDE_BUY if position.lots < 0 else SIDE_SELL
        tick = _on_increment(book, int(side), best_tick_allowed(book, side))
        lots = min(abs(position.lots) - position.working_lots[side], book.order_lots_max, account_row.order_lots_max)
        lots -= lots % max(book.lot_inc, 1)
        smp_id = np.int64(account_row.smp_id)
        if (
            lots > 0
            and book.market_state == MARKET_OPEN
            and would_take(state, book, index, side, tick, smp_id, account)
        ):
            found[count, ACCOUNT], found[count, BOOK], found[count, SIDE] = account, index, side
            found[count, INSTRUMENT_ID], found[count, TICK], found[count, LOTS] = book.instrument_id, tick, lots
            count += 1
    return int(count)


@kernel
def _on_increment(book: np.record, side: int, tick: int) -> int:
    """The price itself, or the next one on the book's increment that is less aggressive."""
    if side == SIDE_BUY:
        return int(tick - tick % book.min_inc)
    return int(tick + -tick % book.min_inc)
