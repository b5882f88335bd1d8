"""Chooses what is still journalled while the disk has no space for another segment (DUR-024).

The reserve is for cancels. A client's command is answered without being journalled if it is no cancel, if it ends no
order, or if another command of the batch ends the order already. Always journalled are commands of the venue and of
the operator, logons, and what follows the end of a connection.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from exchange.codes import CommandFlag, CommandKind, KillParty, OrderType, Scope
from exchange.engine.predicates import takes_cancel
from exchange.engine.quotes.protection import find_protection
from exchange.records import column
from exchange.wire.errors import ErrorCode

NO_SPACE = "the disk is full: only cancels that end an order are accepted"
CANCELS, CANCELS_ALL = int(CommandKind.CANCEL), int(CommandKind.CANCEL_ALL)
KILLS = (int(CommandKind.KILL), int(CommandKind.UNKILL))
# QUOTE is here too: in a halted market it cannot remove quotes, their owner must cancel them.
ENTRIES = frozenset(map(int, (CommandKind.NEW, CommandKind.REPLACE, CommandKind.QUOTE)))
OTHERS = ENTRIES | set(map(int, (CommandKind.MMP_SET, CommandKind.MMP_RESET, CommandKind.TIMER)))


class Reserve:
    """Chooses among the rows of one batch. Make a new one for each batch, just before it is journalled."""

    def __init__(self, states: np.ndarray, is_refused: Callable[[np.ndarray], bool], killed: set[bytes]) -> None:
        """states       the engine's STATE, read only

        is_refused   whether the engine would refuse a CANCEL row, shape (1,)
        killed       scopes that risk desks have killed while space is short; those of this batch are added in place
        """
        self._states, self._is_refused, self._killed = states, is_refused, killed
        self._leaves: set[int] = set()  # slots of orders that a CANCEL_ALL of this batch ends
        self._named: set[tuple[int, ...]] = set()  # orders that a CANCEL of this batch names
        self._slots: dict[int, np.ndarray] = {}

    def not_journalled(self, rows: np.ndarray) -> dict[int, tuple[ErrorCode, str]]:
        """The rows that are not journalled: place in `rows` -> (code, text) of the answer.

        rows   COMMAND rows of the batch, shape (n,)
        """
        places: dict[int, tuple[ErrorCode, str]] = {}
        for place in range(len(rows)):
            if not self._is_journalled(rows[place : place + 1]):
                code = ErrorCode.HALTED if rows[place]["kind"] in ENTRIES else ErrorCode.BUSY
                places[place] = code, NO_SPACE
        return places

    def _is_journalled(self, one: np.ndarray) -> bool:
        """Whether a row, shape (1,), is journalled."""
        row, kind = one[0], int(one[0]["kind"])
        if kind in OTHERS:
            return False
        if kind == CANCELS:
            return self._is_new(row) and not self._is_refused(one)
        if kind == CANCELS_ALL:
            return self._ends_more(self._matching_slots(row))
        if kind in KILLS and row.kill_party == KillParty.RISK:
            return kind == CommandKind.KILL and self._is_new_kill(row)
        return True

    def _is_new(self, row: np.record) -> bool:
        """Whether this is the first CANCEL of the batch with this order id or client order id."""
        names = ("order_id",) if row["order_id"] else ("client_order_id_0", "client_order_id_1", "client_order_id_2")
        name = (int(row["account"]), *(int(row[word]) for word in names))
        known = name in self._named
        self._named.add(name)
        return not known

    def _ends_more(self, slots: np.ndarray) -> bool:
        before = len(self._leaves)
        self._leaves.update(slots.tolist())
        return len(self._leaves) > before

    def _is_new_kill(self, row: np.record) -> bool:
        number = row.killed_firm if row.scope == Scope.FIRM else row.killed_session
        scope = bytes([int(row.scope)]) + bytes(row["account"]) + bytes(number)
        known = scope in self._killed
        self._killed.add(scope)
        return not known

    def _matching_slots(self, row: np.record) -> np.ndarray:
        """Slots of the orders that a CANCEL_ALL cancels (ENTRY-012)."""
        state, account = self._states[0], int(row["account"])
        slots = self._live(account)
        orders, flags = state.orders[slots], int(row["flags"])
        fits = self._may_leave(orders)
        if row["instrument"]:
            fits &= orders["book"] == row["instrument"]
        if row["group"]:
            fits &= state.books["group"][orders["book"]] == row["group"]
        if flags & CommandFlag.BY_SIDE:
            fits &= orders["side"] == row["side"]
        if flags & CommandFlag.BY_TAG:
            fits &= orders["tag"] == row["tag"]
        if flags & CommandFlag.BY_PROTECTION:
            group = int(find_protection(state, account, int(row.protection_number))) if len(slots) else 0  # type: ignore[no-untyped-call]
            fits &= (orders["order_type"] == OrderType.QUOTE) & (column(orders, "protection") == group) & (group != 0)
        found: np.ndarray = slots[fits]
        return found

    def _may_leave(self, orders: np.ndarray) -> np.ndarray:
        phases = self._states["books"]["market_state"][0]
        open_to_it = np.array([_is_open_to_cancels(phase) for phase in range(int(phases.max()) + 1)])
        fits: np.ndarray = open_to_it[phases[orders["book"]]]
        return fits

    def _live(self, account: int) -> np.ndarray:
        """Slots of an account's orders, looked up once a batch."""
        if account not in self._slots:
            accounts, newer = self._states["accounts"][0], self._states["links"]["account_newer"][0]
            slot, slots = int(accounts["first_order"][account]) if account < len(accounts) else 0, []
            while slot:
                slots.append(slot)
                slot = newer.item(slot)
            self._slots[account] = np.array(slots, np.int64)
        return self._slots[account]


@cache
def _is_open_to_cancels(phase: int) -> bool:
    """Whether orders may be cancelled in a market state (STATE-001)."""
    return bool(takes_cancel(phase))  # type: ignore[no-untyped-call]
