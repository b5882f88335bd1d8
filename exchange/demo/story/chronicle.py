"""What has happened, read from the events of the journal alone: deals, cascades, ends, margin calls, money.

    chronicle = Chronicle(engine.states)
    replay_folder(folder, engine, on_events=chronicle.take)
    chronicle.entries                            # in order of time
    chronicle.money[account][CashReason.FEE]     # mills, with the fees of fills

Anyone who has the journal can make the same chronicle.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

import numpy as np

from contracts_spec.ids import is_combination, unpack_id
from contracts_spec.periods import day_of
from exchange.clearing_codes import CashReason, Life, Standing
from exchange.codes import EventKind, Family, PeriodKind, Side
from exchange.demo.story.cast import Who
from exchange.engine import query
from exchange.engine.event_rows import (
    ACCOUNT,
    AMOUNT_MILLS,
    CALL_MILLS,
    CASH_REASON,
    FEE_MILLS,
    INSTRUMENT,
    KIND,
    LIFE,
    LOTS,
    OPEN_INTEREST_LOTS,
    POSITION_LOTS,
    SEQUENCE,
    SETTLEMENT_TICK,
    STANDING,
    TIME_NS,
    TRADE_TICK,
    TRADING_DAY,
    Row,
    read_rows,
)
from exchange.engine.event_rows import SIDE as SIDE_PLACE
from exchange.units import NS_PER_DAY

_READ = np.zeros(256, np.bool_)  # by kind of event: whether it is read
_READ[
    [
        EventKind.FILL, EventKind.CASH_MOVED, EventKind.INSTRUMENT_LISTED, EventKind.INSTRUMENT_ENDED,
        EventKind.POSITION_CASCADED, EventKind.MARGIN_CALLED, EventKind.SETTLED,
    ]
] = True  # fmt: skip
DEAL_GAP_DAYS = 10  # a longer pause begins another deal


class Entry(NamedTuple):
    """One thing that has happened. `who`: account, 0: nobody alone; `amount_mills`: of the text, 0: none."""

    time_ns: int
    what: str
    who: int
    symbol: str
    lots: int
    price_tick: int
    amount_mills: int
    rule: str

    @property
    def day(self) -> date:
        return day_of(self.time_ns // NS_PER_DAY)


@dataclass
class Deal:
    """Fills of one account in one instrument and direction, without a long pause."""

    who: int
    symbol: str
    side: Side
    first_ns: int
    last_ns: int
    lots: int = 0
    value_tick_lots: int = 0
    is_liquidation: bool = False

    @property
    def mean_tick(self) -> int:
        return self.value_tick_lots // self.lots


class Chronicle:
    """Reads the events of a replay. `states`: of the engine that replays."""

    def __init__(self, states: np.ndarray) -> None:
        self._states = states
        self.symbols: dict[int, str] = {}
        self._ids: dict[int, int] = {}
        self._open_interest_lots: dict[int, int] = {}  # by book, at its last settlement
        self._standing: dict[int, Standing] = defaultdict(lambda: Standing.OPEN)
        self._called_mills: dict[int, int] = {}
        self._deals: dict[tuple[int, str, Side], Deal] = {}
        self._entries: list[Entry] = []
        self.money: dict[int, dict[CashReason, int]] = defaultdict(lambda: dict.fromkeys(CashReason, 0))
        self.curves: dict[str, dict[int, dict[int, int]]] = defaultdict(dict)  # chip and tier -> day -> month -> tick
        self.deals: list[Deal] = []
        self.faults: list[str] = []
        self.fills = self.cascades = 0

    @property
    def entries(self) -> list[Entry]:
        """All entries in order of time, deals at their first fill."""
        deals = [
            Entry(
                one.first_ns, "liquidated" if one.is_liquidation else Side(one.side).name.lower(), one.who, one.symbol,
                one.lots, one.mean_tick, 0, "FALL-003" if one.is_liquidation else "",
            )
            for one in self.deals
        ]  # fmt: skip
        return sorted([*self._entries, *deals], key=lambda entry: entry.time_ns)

    def take(self, events: np.ndarray) -> None:
        """Read the EVENT rows of a frame."""
        rows = read_rows(events[_READ[events["kind"]]])
        for _, command in groupby(rows, lambda row: row[SEQUENCE]):
            self._take_command(list(command))

    def _take_command(self, rows: list[Row]) -> None:
        of: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            of[row[KIND]].append(row)
        self._list(of[EventKind.INSTRUMENT_LISTED])
        self._settle(of[EventKind.SETTLED])
        for row in of[EventKind.FILL]:
            self._fill(row)
        for row in of[EventKind.CASH_MOVED]:
            self._cash(row)
        self._cascade(of[EventKind.POSITION_CASCADED], of[EventKind.CASH_MOVED])
        for row in of[EventKind.INSTRUMENT_ENDED]:
            self._end(row, of[EventKind.CASH_MOVED])
        for row in of[EventKind.MARGIN_CALLED]:
            self._call(row)

    def _list(self, rows: Iterable[Row]) -> None:
        """Learn the symbols of books that have new instruments."""
        books = np.array(sorted({row[INSTRUMENT] for row in rows}), np.int64)
        for one in query.instruments_of(self._states, books) if len(books) else ():
            self.symbols[one.index], self._ids[one.index] = one.symbol, one.instrument_id

    def _settle(self, rows: Iterable[Row]) -> None:
        """Keep open interests, and the settlements of physical months."""
        for row in rows:
            self._open_interest_lots[row[INSTRUMENT]] = row[OPEN_INTEREST_LOTS]
            number = self._ids[row[INSTRUMENT]]
            terms = None if is_combination(number) else unpack_id(number)
            if terms is not None and (terms.family, terms.period.kind) == (Family.PHY, PeriodKind.MONTH):
                grade = self.symbols[row[INSTRUMENT]].rpartition(".")[0]
                of_day = self.curves[grade].setdefault(row[TRADING_DAY], {})
                of_day[terms.period.start_month] = row[SETTLEMENT_TICK]

    def _fill(self, row: Row) -> None:
        self.fills += 1
        who, symbol, side = row[ACCOUNT], self.symbols[row[INSTRUMENT]], Side(row[SIDE_PLACE])
        self.money[who][CashReason.FEE] -= row[FEE_MILLS]
        if who == Who.MAKER:
            return
        is_liquidation = self._standing[who] == Standing.LIQUIDATING
        deal = self._deals.get((who, symbol, side))
        pause_ns = row[TIME_NS] - deal.last_ns if deal else 0
        if deal is None or pause_ns > DEAL_GAP_DAYS * NS_PER_DAY or deal.is_liquidation != is_liquidation:
            deal = Deal(who, symbol, side, row[TIME_NS], row[TIME_NS], is_liquidation=is_liquidation)
            self._deals[who, symbol, side] = deal
            self.deals.append(deal)
        deal.last_ns = row[TIME_NS]
        deal.lots += row[LOTS]
        deal.value_tick_lots += row[LOTS] * row[TRADE_TICK]

    def _cash(self, row: Row) -> None:
        reason = CashReason(row[CASH_REASON])
        self.money[row[ACCOUNT]][reason] += row[AMOUNT_MILLS]
        if reason == CashReason.TRANSFER:
            self._note(row, "deposit", row[ACCOUNT], "", 0, 0, row[AMOUNT_MILLS], "")
        elif reason == CashReason.SHORTFALL:
            self._note(row, "shortfall", row[ACCOUNT], "", 0, 0, row[AMOUNT_MILLS], "FALL-003")

    def _cascade(self, rows: list[Row], cash: list[Row]) -> None:
        """Note a cascade for each account that held the parent; no money moves, and lots sum to zero (CASCADE-004)."""
        self.cascades += len(rows)
        for row in rows:
            symbol = self.symbols[row[INSTRUMENT]]
            self._note(row, "cascade", row[ACCOUNT], symbol, row[POSITION_LOTS], row[SETTLEMENT_TICK], 0, "CASCADE-002")
        if rows and (cash or sum(row[POSITION_LOTS] for row in rows)):
            self.faults.append(f"the cascade of {self.symbols[rows[0][INSTRUMENT]]} moves money or leaves lots over")

    def _end(self, row: Row, cash: list[Row]) -> None:
        """Note a month that somebody holds and that closes at its final price, with the fees of the control."""
        lots = self._open_interest_lots.get(row[INSTRUMENT], 0)
        if Life(row[LIFE]) == Life.SETTLED and lots:
            fees = -sum(one[AMOUNT_MILLS] for one in cash if one[CASH_REASON] == CashReason.FEE)
            symbol = self.symbols[row[INSTRUMENT]]
            self._note(row, "expiry", 0, symbol, lots, row[SETTLEMENT_TICK], fees, "DELIVER-002")

    def _call(self, row: Row) -> None:
        who, standing = row[ACCOUNT], Standing(row[STANDING])
        before, self._standing[who] = self._standing[who], standing
        called, self._called_mills[who] = self._called_mills.get(who), row[CALL_MILLS]
        if standing != before or row[CALL_MILLS] != called:
            words = {
                Standing.OPEN: "call met", Standing.CLOSE_ONLY: "margin call", Standing.LIQUIDATING: "call not met",
                Standing.DEFAULTED: "default",
            }  # fmt: skip
            what = "call renewed" if standing == before else words[standing]
            self._note(row, what, who, "", 0, 0, row[CALL_MILLS], "MARGIN-012")

    def _note(self, row: Row, what: str, who: int, symbol: str, lots: int, tick: int, mills: int, rule: str) -> None:
        self._entries.append(Entry(row[TIME_NS], what, who, symbol, lots, tick, mills, rule))

    def unexplained(self, states: np.ndarray) -> Iterator[str]:
        """Accounts whose cash is not the sum of what the events have moved, in words."""
        cash = states["accounts"]["cash_mills"][0]
        for account, moved in self.money.items():
            if sum(moved.values()) != cash[account]:
                yield f"account {account} has {cash[account]} mills, its events have moved {sum(moved.values())}"
