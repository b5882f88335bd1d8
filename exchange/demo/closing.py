"""The close of the demo's day: the venue settles itself, pays variation margin, and opens the next day."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
from rich.table import Table

from contracts_spec.periods import day_number, day_of
from exchange.codes import CommandKind, MarketState, SettleMethod, StateReason
from exchange.demo.checks import Check
from exchange.demo.display import figures_table
from exchange.engine import query
from exchange.engine.instrument_rows import InstrumentRow
from exchange.units import NS_PER_DAY, NS_PER_S, price_text
from exchange.venue.daily.settlement import settled_day
from exchange.venue.day_schedule import DAY_S, DaySchedule
from exchange.venue.venue import Venue

CLOSE_S_MAX = 60.0
POLL_S = 0.001  # shorter than a turn of the venue's timekeeper
NOT_SETTLED = (SettleMethod.NONE.name, SettleMethod.SEED.name)


@dataclass(frozen=True)
class ClosedMarket:
    """A market after the close: prices in ticks, lots of the day and held."""

    symbol: str
    before_tick: int
    settle_tick: int
    method: str
    volume_lots: int
    open_interest_lots: int


@dataclass(frozen=True)
class ClosedDay:
    """What the close of a day has done.

    markets       those that traded, or had positions
    methods       how many outrights settled by each method
    paid_mills    variation margin that accounts have received, which others have paid
    opened        whether every group has its settlement and is OPEN for the next day
    past          outrights whose last trading day was over
    left          symbols of those that are still listed
    """

    day: str
    markets: list[ClosedMarket]
    methods: dict[str, int]
    paid_mills: int
    accounts_paid: int
    opened: bool
    past: int = 0
    left: tuple[str, ...] = ()

    @property
    def checks(self) -> list[Check]:
        """The checks that the day has ended as it should."""
        outrights = sum(self.methods.values())
        detail = f"{outrights:,} outrights settled, {len(self.markets)} of them traded or held; every group OPEN again"
        bare = [market.symbol for market in self.markets if market.method in NOT_SETTLED]
        counts = Counter(market.method for market in self.markets)
        methods = ", ".join(f"{method} {count}" for method, count in sorted(counts.items())) or "no market traded"
        return [
            Check("the day settled and the next one opened", self.opened, detail if self.opened else "a group did not"),
            Check(
                "settlement price and method of each market printed", not bare,
                f"{' '.join(bare)}: no settlement" if bare else methods,
            ),
            Check(
                f"{self.past} instruments past their last trading day are gone", not self.left,
                f"still listed: {' '.join(self.left)}" if self.left else "and their combinations with them",
            ),
        ]  # fmt: skip


def demo_schedule(now_ns: int) -> DaySchedule:
    """A day that closes half a day from now, so that no close comes while the demo runs. Its whole time counts as the
    closing window."""
    now_s = now_ns // NS_PER_S
    close_s = (now_s - now_s % 60 + DAY_S // 2) % DAY_S
    return DaySchedule(close_s, preopen_s=2, nocancel_s=1, noon_s=DAY_S, window_s=DAY_S)


async def close_day(venue: Venue, schedule: DaySchedule, now_ns: int) -> ClosedDay:
    """Close every product group, and wait until the venue has settled them and opened the next day."""
    day = schedule.closing_day(now_ns)
    settling = _Settling(venue, day)
    for group in settling.waiting:
        fields = {"kind": CommandKind.SET_STATE, "group": group, "market_state": MarketState.CLOSED}
        venue.own.submit({**fields, "state_reason": StateReason.SETTLING}, lambda _events: None)
    with contextlib.suppress(TimeoutError):  # then a check fails
        async with asyncio.timeout(CLOSE_S_MAX):
            while not settling.is_done():
                settling.note()
                await asyncio.sleep(POLL_S)
    past = [row for row in settling.outrights if day_of(row.ltd_ns // NS_PER_DAY) < day]
    listed = {row.symbol for row in query.instruments(venue.states)}
    return ClosedDay(
        day.isoformat(),
        [market for market in settling.markets if market.volume_lots or market.open_interest_lots],
        dict(Counter(market.method for market in settling.markets)),
        settling.paid_mills,
        len(settling.paid),
        settling.is_done(),
        len(past),
        tuple(row.symbol for row in past if row.symbol in listed),
    )


class _Settling:
    """Notes what a settlement does to a group before its instruments end: their books may be used again at once.

    outrights  as the day finds them
    waiting    groups whose settlement is not published yet
    markets    outrights of the others
    paid       accounts that have received variation margin
    """

    def __init__(self, venue: Venue, day: date) -> None:
        self.states, self.day = venue.states, day_number(day)
        self.outrights = [row for row in query.instruments(venue.states) if not row.combo]
        self.volumes = {row.index: query.statistics(venue.states, row.index).volume for row in self.outrights}
        self.waiting = sorted(set(venue.groups.values()))
        self.markets: list[ClosedMarket] = []
        self.paid: set[int] = set()
        self.paid_mills = 0
        self._paid_before = venue.states["positions"]["paid_mills"][0].copy()

    def is_done(self) -> bool:
        return not self.waiting and set(query.group_states(self.states).values()) == {MarketState.OPEN}

    def note(self) -> None:
        """Note prices, methods and variation of the groups that have been settled since the last call."""
        for group in [group for group in self.waiting if settled_day(self.states, group) == self.day]:
            self.waiting.remove(group)
            rows = [row for row in self.outrights if row.group == group]
            self.markets += [self._market(row) for row in rows]
            positions = self.states["positions"][0]
            received = positions["paid_mills"] - self._paid_before
            received[~np.isin(positions["book"], [row.index for row in rows])] = 0
            by_account = np.zeros(self.states["accounts"].shape[1], np.int64)  # a group pays each account once
            np.add.at(by_account, positions["account"], received)
            self.paid_mills += int(by_account[by_account > 0].sum())
            self.paid |= set(np.flatnonzero(by_account).tolist())

    def _market(self, row: InstrumentRow) -> ClosedMarket:
        book = self.states["books"][0][row.index]
        method = SettleMethod(int(book["settle_method"])).name
        held = query.statistics(self.states, row.index).open_interest
        volume_lots = self.volumes[row.index]
        return ClosedMarket(row.symbol, row.settle_tick, int(book["settle_tick"]), method, volume_lots, held)


def closing_table(closed: ClosedDay) -> Table:
    """Prices and methods by market, at most 80 columns."""
    names = ("market", "before", "settlement", "change", "method", "lots traded", "open interest")
    table = figures_table(names, ("market", "method"), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in closed.markets:
        change = row.settle_tick - row.before_tick
        sign = "+" if change > 0 else ""
        table.add_row(
            row.symbol, price_text(row.before_tick), price_text(row.settle_tick), f"{sign}{price_text(change)}",
            row.method, f"{row.volume_lots:,}", f"{row.open_interest_lots:,}",
        )  # fmt: skip
    return table
