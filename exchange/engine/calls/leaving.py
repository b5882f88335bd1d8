"""Orders that leave when their account is called, or when its call is not met (MARGIN-012)."""

import numpy as np

from exchange.codes import OrderState, Side


def leaving_orders(state: np.record, called: set[int], liquidated: set[int]) -> np.ndarray:
    """Slots of the orders that leave, account by account, each account's youngest first (MARGIN-012).

    called      accounts of new calls: of their orders those leave that do not only close
    liquidated  accounts in liquidation: all their orders leave
    """
    orders = state.orders[: int(state.used_orders) + 1]
    live = np.flatnonzero((orders["state"] != OrderState.NONE) & np.isin(orders["account"], [*called, *liquidated]))
    live = live[np.lexsort((-orders["entry_number"][live], orders["account"][live]))]
    possible: dict[tuple[int, int], tuple[int, dict[int, int]]] = {}
    positions = state.positions[1 : int(state.used_positions) + 1]
    for row in positions[np.isin(positions["account"], [*called])]:
        possible[int(row.account), int(row.book)] = int(row.lots), dict(enumerate(row.working_lots.tolist()))
    leaves = []
    for slot in live.tolist():
        order = orders[slot]
        account = int(order.account)
        if account in liquidated:
            leaves.append(slot)
            continue
        book = state.books[order.book]
        legs = [(int(leg["book"]), _leg_side(int(order.side), int(leg["sign"]))) for leg in book.legs[: book.leg_count]]
        if any(_opens(possible[account, index], side) for index, side in legs):
            leaves.append(slot)
            for index, side in legs:
                possible[account, index][1][side] -= int(order.leaves_lots)
    return np.array(leaves, np.int64)


def _leg_side(side: int, sign: int) -> int:
    return side if sign > 0 else 1 - side


def _opens(position: tuple[int, dict[int, int]], side: int) -> bool:
    """Whether all working orders of a side together would pass zero (MARGIN-016). `position`: lots held, and working
    lots by side."""
    lots, working = position
    return lots * Side(side).sign + working[side] > 0
