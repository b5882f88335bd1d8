"""The close of the demo's day: the venue settles itself, pays variation margin, and opens the next day."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.table import Table

from contracts_spec.periods import day_number
from exchange.codes import CommandKind, MarketState, SettleMethod, StateReason
from exchange.demo.checks import Check
from exchange.display import figures_table
from exchange.engine import query
from exchange.units import price_text
from exchange.venue.daily.settlement import settled_day
from exchange.venue.day_schedule import DAY_S, DaySchedule
from exchange.venue.venue import Venue

CLOSE_S_MAX = 60.0
POLL_S = 0.01


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

    markets       those that traded, or have positions
    methods       how many outrights settled by each method
    paid_mills    variation margin that accounts have received, which others have paid
    ended         whether every group has its settlement and is OPEN for the next day
    """

    day: str
    markets: list[ClosedMarket]
    methods: dict[str, int]
    paid_mills: int
    accounts_paid: int
    ended: bool

    @property
    def check(self) -> Check:
        """The check that the day has ended as it should."""
        outrights = sum(self.methods.values())
        detail = f"{outrights:,} outrights settled, {len(self.markets)} of them traded or held; every group OPEN again"
        return Check("the day settled and the next one opened", self.ended, detail if self.ended else "a group did not")


def demo_schedule() -> DaySchedule:
    """A day that closes half a day from now, so that no close comes while the demo runs. Its whole time counts as the
    closing window."""
    now = datetime.now(UTC) + timedelta(hours=12)
    close_s = now.hour * 3_600 + now.minute * 60
    return DaySchedule(close_s, preopen_s=2, nocancel_s=1, noon_s=DAY_S, window_s=DAY_S)


async def close_day(venue: Venue, schedule: DaySchedule, now_ns: int) -> ClosedDay:
    """Close every product group, and wait until the venue has settled them and opened the next day."""
    states, groups = venue.states, sorted(set(venue.groups.values()))
    before = {row.index: row.settle_tick for row in query.instruments(states)}
    volumes = {row.index: query.statistics(states, row.index).volume for row in query.instruments(states)}
    paid_before = states["positions"]["paid_mills"][0].copy()
    day = schedule.closing_day(now_ns)
    for group in groups:
        fields = {"kind": CommandKind.SET_STATE, "group": group, "market_state": MarketState.CLOSED}
        venue.own.submit({**fields, "state_reason": StateReason.SETTLING}, lambda _events: None)

    def is_done() -> bool:
        settled = all(settled_day(states, group) == day_number(day) for group in groups)
        return settled and set(query.group_states(states).values()) == {MarketState.OPEN}

    with contextlib.suppress(TimeoutError):  # then the check fails
        async with asyncio.timeout(CLOSE_S_MAX):
            while not is_done():
                await asyncio.sleep(POLL_S)
    paid = states["positions"]["paid_mills"][0] - paid_before
    receivers = states["positions"]["account"][0][paid != 0]
    return ClosedDay(
        day.isoformat(),
        _markets(venue, before, volumes),
        dict(Counter(_method(venue, row.index) for row in query.instruments(states) if not row.combo)),
        int(paid[paid > 0].sum()),
        len(set(receivers.tolist())),
        is_done(),
    )


def _method(venue: Venue, index: int) -> str:
    return SettleMethod(int(venue.states["books"][0]["settle_method"][index])).name


def _markets(venue: Venue, before: dict[int, int], volumes: dict[int, int]) -> list[ClosedMarket]:
    found = []
    for row in query.instruments(venue.states):
        held = query.statistics(venue.states, row.index).open_interest
        if not row.combo and (volumes[row.index] or held):
            found.append(
                ClosedMarket(
                    row.symbol, before[row.index], row.settle_tick, _method(venue, row.index), volumes[row.index], held
                )
            )
    return found


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
