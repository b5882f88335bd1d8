"""What is still journalled while the disk has no space for another segment (DUR-024).

The reserve is for cancels. A client's command that ends no order, that another of the same batch ends already, or that
is no cancel at all, is answered without a place in the journal: it costs its sender a token and the venue nothing.
Commands of the venue itself and of the operator, logons and what follows the end of a connection always pass.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from exchange.codes import CommandFlag, CommandKind, KillParty, OrderType, Scope
from exchange.engine.predicates import takes_cancel
from exchange.engine.quotes.protection import find_protection
from exchange.records import column
from exchange.wire.errors import ErrorCode

NO_SPACE = "the journal has no room for more: only cancels that end an order are taken"
CANCELS, CANCELS_ALL = int(CommandKind.CANCEL), int(CommandKind.CANCEL_ALL)
KILLS = (int(CommandKind.KILL), int(CommandKind.UNKILL))
# A mass quote takes none away where the market is halted: who has quotes cancels them.
ENTRIES = frozenset(map(int, (CommandKind.NEW, CommandKind.REPLACE, CommandKind.QUOTE)))
OTHERS = ENTRIES | set(map(int, (CommandKind.MMP_SET, CommandKind.MMP_RESET, CommandKind.TIMER)))


class Reserve:
    """Chooses among the rows of one batch. Each batch has its own, made between two batches."""

    def __init__(self, states: np.ndarray, is_refused: Callable[[np.ndarray], bool], killed: set[bytes]) -> None:
        """`is_refused`: whether the engine would refuse a CANCEL, shape (1,). `killed`: scopes that a kill was taken
        for since space became short; those of this batch are added."""
        self._states, self._is_refused, self._killed = states, is_refused, killed
        self._leaves: set[int] = set()  # slots of orders that rows so far end
        self._named: set[tuple[int, ...]] = set()  # by the CANCELs so far
        self._slots: dict[int, np.ndarray] = {}

    def wasted(self, rows: np.ndarray) -> dict[int, tuple[ErrorCode, str]]:
        """Places of rows that need no place in the journal, and what is answered. COMMAND rows, shape (n,)."""
        places: dict[int, tuple[ErrorCode, str]] = {}
        for place in range(len(rows)):
            if not self._counts(rows[place : place + 1]):
                code = ErrorCode.HALTED if rows[place]["kind"] in ENTRIES else ErrorCode.BUSY
                places[place] = code, NO_SPACE
        return places

    def _counts(self, one: np.ndarray) -> bool:
        """Whether a row, shape (1,), is journalled."""
        row, kind = one[0], int(one[0]["kind"])
        if kind in OTHERS:
            return False
        if kind == CANCELS:
            return self._is_new(row) and not self._is_refused(one)
        if kind == CANCELS_ALL:
            return self._ends_more(self._fitting(row))
        if kind in KILLS and row.kill_party == KillParty.RISK:
            return kind == CommandKind.KILL and self._stops(row)
        return True

    def _is_new(self, row: np.record) -> bool:
        """Whether no CANCEL of this batch has named the order in the same way."""
        names = ("order_id",) if row["order_id"] else ("client_order_id_0", "client_order_id_1", "client_order_id_2")
        name = (int(row["account"]), *(int(row[word]) for word in names))
        known = name in self._named
        self._named.add(name)
        return not known

    def _ends_more(self, slots: np.ndarray) -> bool:
        before = len(self._leaves)
        self._leaves.update(slots.tolist())
        return len(self._leaves) > before

    def _stops(self, row: np.record) -> bool:
        number = row.killed_firm if row.scope == Scope.FIRM else row.killed_session
        scope = bytes([int(row.scope)]) + bytes(row["account"]) + bytes(number)
        known = scope in self._killed
        self._killed.add(scope)
        return not known

    def _fitting(self, row: np.record) -> np.ndarray:
        """Slots of the orders that a CANCEL_ALL takes (ENTRY-012)."""
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
        phases = self._states["books"]["phase"][0]
        open_to_it = np.array([_is_open_to_cancels(phase) for phase in range(int(phases.max()) + 1)])
        fits: np.ndarray = open_to_it[phases[orders["book"]]]
        return fits

    def _live(self, account: int) -> np.ndarray:
        """Slots of an account's orders, looked up once."""
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
