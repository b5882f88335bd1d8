"""What moved each account's cash: in the trading day that was settled last, and since (SETTLE-013).

    statements = Statements(table, states)
    statements.load(history.newest_first())       # once: events of earlier runs, as far as they are kept
    statements.take(batch)                        # every released batch
    statements.last(account)                      # the day settled last; None: none was settled
    statements.today(account)                     # since then

All sums follow from events, and the margin from the state, so a restart has the same figures. The first settlement of a
day ends it. Rows of fills and money are only kept when they come, and added up many at a time.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from exchange.clearing_codes import CashReason
from exchange.codes import ComboKind, EventFlag, EventKind, Side
from exchange.engine import query
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.daily.settlements import day_text
from exchange.publish.instruments import InstrumentTable
from exchange.records import column
from exchange.wire.messages import StatementView

WAITING_ROWS = 4_096  # EVENT rows that may wait
PARTS = ("variation", "fees", "delivery", "moved", "adjusted")  # of a statement
_VARIATION, _FEES, _MOVED, _ADJUSTED = (PARTS.index(name) for name in ("variation", "fees", "moved", "adjusted"))
# By cause of a movement of money; another one is an adjustment.
_PART_OF = np.full(256, _ADJUSTED)
_PART_OF[[CashReason.VARIATION, CashReason.FEE, CashReason.TRANSFER]] = _VARIATION, _FEES, _MOVED
_FILL, _CASH = int(EventKind.FILL), int(EventKind.CASH_MOVED)
_LISTED, _SETTLED, _ENDED = (int(EventKind[name]) for name in ("INSTRUMENT_LISTED", "SETTLED", "INSTRUMENT_ENDED"))
_KINDS = np.zeros(256, np.bool_)  # by kind of event: whether statements are made from it
_KINDS[[_FILL, _CASH, _LISTED, _SETTLED, _ENDED]] = True
_DAYS_NEEDED = 3  # with a settlement: then the events since the one before the last are all there


class _Sums(NamedTuple):
    """Sums of one period. `mills`: int64, shape (parts, accounts). `is_whole`: no event of it is missing."""

    mills: np.ndarray
    is_whole: bool


class Statements:
    """Follows the money of all accounts."""

    def __init__(self, table: InstrumentTable, states: np.ndarray) -> None:
        """`states`: the engine's STATE, read between batches."""
        self._table, self._states = table, states
        self._accounts = len(states["accounts"][0])
        self.day = 0  # settled last, days since 1970; 0: none
        self._open, self._closed = self._no_sums(True), self._no_sums(True)
        self._ticks: dict[int, int] = {}  # book -> its last settlement price, at first its seed
        self._waiting: list[np.ndarray] = []
        self._waiting_rows = 0

    def _no_sums(self, is_whole: bool) -> _Sums:
        return _Sums(np.zeros((len(PARTS), self._accounts), np.int64), is_whole)

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Add events of earlier runs. `pieces`: EVENT rows of whole commands, the newest piece first."""
        kept: list[np.ndarray] = []
        days: set[int] = set()
        first = 0
        for rows in pieces:
            settled = rows[rows["kind"] == _SETTLED]
            days |= set(column(settled, "trading_day").tolist())
            kept.append(rows[_KINDS[rows["kind"]]])
            first = int(rows["sequence"][0]) if len(rows) else first
            if len(days) >= _DAYS_NEEDED:
                break
        self._open = self._no_sums(first <= 1)
        for rows in reversed(kept):
            self._read_apart(rows)

    def _read_apart(self, rows: np.ndarray) -> None:
        """Read rows of many commands, those of each settlement or listing by itself."""
        lists = np.isin(rows["sequence"], rows["sequence"][np.isin(rows["kind"], (_LISTED, _ENDED))])
        for part in np.split(rows, np.flatnonzero(np.diff(rows["sequence"] * lists)) + 1):
            if np.isin(part["kind"], (_LISTED, _ENDED)).any():
                self._list(part)
            else:
                self._add(part)

    def take(self, batch: ReleasedBatch) -> None:
        kinds = batch.kinds
        if _LISTED in kinds or _ENDED in kinds:
            self._list(batch.events)
        elif _FILL in kinds or _CASH in kinds:
            self._waiting.append(batch.events)
            self._waiting_rows += len(batch.events)
            if self._waiting_rows >= WAITING_ROWS:
                self._add_waiting()

    def last(self, account: int) -> StatementView | None:
        """The statement of the day settled last."""
        self._add_waiting()
        if not self.day:
            return None
        closing = self._cash(account) - int(self._open.mills[:, account].sum())
        return _view(self._closed, account, day_text(self.day), closing, query.settled_margin(self._states, account))

    def today(self, account: int) -> StatementView:
        """What has moved since; the balance and the margin are those of now."""
        self._add_waiting()
        return _view(self._open, account, "", self._cash(account), query.margin(self._states, account).initial_mills)

    def _cash(self, account: int) -> int:
        return int(self._states["accounts"]["cash_mills"][0, account])

    # events

    def _add_waiting(self) -> None:
        if self._waiting:
            waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
            self._add(np.concatenate(waiting))

    def _list(self, rows: np.ndarray) -> None:
        """Read the rows of a listing, or of a settlement, which lists its books again."""
        self._add_waiting()
        settled = rows[rows["kind"] == _SETTLED]
        if len(settled) and not (rows["kind"] == _ENDED).any():  # that ends an index month: its final price is no close
            self._settle(rows, int(column(settled, "trading_day")[0]))
        else:
            self._add(rows)
        listed = rows[rows["kind"] == _LISTED]
        self._ticks.update(zip(listed["instrument"].tolist(), column(listed, "settlement_tick").tolist(), strict=True))

    def _settle(self, rows: np.ndarray, day: int) -> None:
        """Read the rows of a settlement of a trading day. The first one ends the day."""
        if day > self.day:
            self.day, self._closed, self._open = day, self._open, self._no_sums(True)
        self._add(rows)

    def _add(self, rows: np.ndarray) -> None:
        """Add up the fees and movements of money in these rows. Payments name the trading day that they belong to."""
        fills = rows[rows["kind"] == _FILL]
        np.subtract.at(self._open.mills[_FEES], fills["account"], column(fills, "fee_mills"))
        self._add_remainders(fills)
        moved = rows[rows["kind"] == _CASH]
        parts, amounts = _PART_OF[column(moved, "cash_reason")], column(moved, "amount_mills")
        ends = (parts != _MOVED) & (column(moved, "trading_day") == self.day) & (self.day > 0)
        for sums, chosen in ((self._closed, ends), (self._open, ~ends)):
            np.add.at(sums.mills, (parts[chosen], moved["account"][chosen]), amounts[chosen])

    def _add_remainders(self, fills: np.ndarray) -> None:
        """What buyers of strips pay sellers beyond the prices of the legs (CASCADE-006). No event tells it."""
        combos = [row.index for row in self._table.rows if row is not None and row.combo == ComboKind.STRIP]
        if not combos:
            return
        strips = fills[np.isin(fills["instrument"], combos) & (fills["flags"] & int(EventFlag.IMPLIED) == 0)]
        for fill in strips:
            remainder = self._remainder(int(fill["instrument"]), int(column(fill, "trade_tick")))
            mills = -Side(int(fill["side"])).sign * remainder * int(fill["lots"])
            self._open.mills[_VARIATION, int(fill["account"])] += mills

    def _remainder(self, index: int, tick: int) -> int:
        """Mills a lot that the buyer of a strip pays beyond the prices of the legs."""
        legs = [self._table.row(leg) for leg, _ in self._table.row(index).legs]
        hours = sum(leg.hours for leg in legs)
        value = sum(self._ticks.get(leg.index, leg.settle_tick) * leg.hours for leg in legs)
        return (tick * hours - value) % hours


def _view(sums: _Sums, account: int, day: str, closing_mills: int, margin_mills: int) -> StatementView:
    variation, fees, delivery, moved, adjusted = parts = sums.mills[:, account].tolist()
    opening = closing_mills - sum(parts)
    return StatementView(
        day, variation, fees, delivery, moved, adjusted, opening, closing_mills, margin_mills, not sums.is_whole
    )
