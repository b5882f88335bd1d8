"""Own accounts of a replay: which numbers they have, how they open, and what is in them."""

from collections.abc import Callable

import numpy as np

from bench.tapes.tape import Tape
from exchange.codes import CommandKind, EventKind
from exchange.engine import event_rows as e
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import decode_payload, encode_payload
from exchange.engine.views import views
from exchange.errors import UserError
from exchange.limits import NAMED

FUNDS_MILLS = 10**12  # a billion dollars


def free_accounts(tape: Tape, count: int) -> tuple[int, int]:
    """First and last of `count` account numbers that no command of a tape names: the highest ones of its state size.

    UserError: there are not so many
    """
    size = NAMED[tape.limits].accounts
    used = np.zeros(size + 1, bool)
    used[0] = True
    used[tape.commands["account"][tape.commands["account"] <= size]] = True
    for control in tape.controls:
        if control.row["kind"][0] == CommandKind.DEFINE_ACCOUNT:
            used[decode_payload(CommandKind.DEFINE_ACCOUNT, control.payload).account] = True
    last = size
    while last >= count:
        taken = np.flatnonzero(used[last - count + 1 : last + 1])
        if not len(taken):
            return last - count + 1, last
        last = last - count + int(taken[0])
    raise UserError(
        f"{count} own accounts: the tape leaves no such range in 1..{size}, the accounts of state size {tape.limits!r}"
    )


def opening(account: int) -> bytes:
    """Payload of the DEFINE_ACCOUNT of an own account."""
    return encode_payload(AccountPayload(account))


class MoneyView:
    """Reads positions and money of accounts from a state, exact."""

    def __init__(self, states: np.ndarray) -> None:
        state = states[0]
        self._states, self._position_row = states, views(states.dtype).position_row
        accounts, positions, books = state["accounts"], state["positions"], state["books"]
        self._cash, self._gain = accounts["cash_mills"].data, accounts["unrealised_pnl_mills"].data
        self._lots, self._marks, self._hours = positions["lots"].data, books["mark_tick"].data, books["hours"].data

    def position(self, account: int, instrument: int) -> int:
        """Lots held, long > 0."""
        lots: int = self._lots[self._position_row(self._states, account, instrument)]
        return lots

    def cash_mills(self, account: int) -> int:
        cash: int = self._cash[account]
        return cash

    def equity_mills(self, account: int) -> int:
        """Cash and the gain of positions against their marks, mills."""
        equity: int = self._cash[account] + self._gain[account]
        return equity

    def gain_mills(self, instrument: int, lots: int, price: int) -> int:
        """Gain of signed lots against the mark of a book, mills. `price`: ticks that they were traded at."""
        gain: int = (self._marks[instrument] - price) * lots * self._hours[instrument]
        return gain


class OwnAccount:
    """An own account as its fills seen so far make it. With latency the engine's may be ahead of it.

    number   the account's
    """

    def __init__(self, number: int, money: MoneyView, unseen: Callable[[], list[e.Row]]) -> None:
        """unseen: own events that have happened and are not seen yet."""
        self.number, self._money, self._all_unseen = number, money, unseen

    def position(self, instrument: int = 1) -> int:
        """Lots held, long > 0."""
        late = sum(_signed(row) for row in self._unseen() if row[e.INSTRUMENT] == instrument)
        return self._money.position(self.number, instrument) - late

    @property
    def cash_mills(self) -> int:
        """Cash, mills; 0 before the account is open."""
        return self._money.cash_mills(self.number) + sum(row[e.FEE_MILLS] for row in self._unseen())

    @property
    def equity_mills(self) -> int:
        """Cash and the gain of positions against their marks, mills."""
        late = sum(
            self._money.gain_mills(row[e.INSTRUMENT], _signed(row), row[e.TRADE_TICK]) - row[e.FEE_MILLS]
            for row in self._unseen()
        )
        return self._money.equity_mills(self.number) - late

    def _unseen(self) -> list[e.Row]:
        """Its fills that have happened and are not seen yet."""
        rows = self._all_unseen()
        return [row for row in rows if row[e.KIND] == EventKind.FILL and row[e.ACCOUNT] == self.number]


def _signed(row: e.Row) -> int:
    """Lots of a FILL, bought > 0."""
    return row[e.LOTS] * (1 - 2 * row[e.SIDE])
