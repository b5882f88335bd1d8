"""What the accounts beside the market maker do on a day. Each works its orders in small pieces."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from exchange.codes import ComboKind, Side
from exchange.demo.story.cast import Desk, Who
from exchange.engine.calls.standing import OpenCall
from exchange.units import MILLS_PER_DOLLAR

BUFFER_MILLS = 15_000 * MILLS_PER_DOLLAR  # that the fund pays in beyond a call


class Program(NamedTuple):
    """An order that is worked from day to day: `lots` a day, until the account holds `target` lots, short below 0."""

    who: Who
    first: date
    last: date
    symbol: str
    lots: int
    target: int


PROGRAMS = (
    # The cloud operator sells a calendar year ahead, against the nodes it will have.
    Program(Who.CLOUD, date(2026, 11, 3), date(2026, 12, 18), "H100.G90.C27", 6, -120),
    Program(Who.CLOUD, date(2026, 11, 3), date(2026, 12, 18), "B200.G90.C27", 4, -48),
    Program(Who.CLOUD, date(2027, 10, 11), date(2027, 12, 15), "H100.G90.C28", 6, -120),
    # The bank finances three years of capacity and buys them before their last trading day.
    Program(Who.BANK, date(2026, 11, 9), date(2026, 12, 15), "H100.G90.T3-27", 4, 60),
    # The fund expects the front of the curve to hold: long a quarter, short as many hours of the next year.
    Program(Who.FUND, date(2027, 2, 15), date(2027, 3, 31), "H100.G90.Q4-27", 8, 120),
    Program(Who.FUND, date(2027, 2, 15), date(2027, 3, 31), "H100.G90.C28", 2, -30),
    Program(Who.FUND, date(2027, 8, 2), date(2027, 9, 15), "H100.G90.Q4-27", 8, 0),
    Program(Who.FUND, date(2027, 8, 2), date(2027, 9, 15), "H100.G90.C28", 2, 0),
    # The speculator buys a quarter with as little money as margin allows.
    Program(Who.SPECULATOR, date(2027, 4, 1), date(2027, 4, 9), "H100.G90.Q4-27", 8, 40),
)
SPREAD_LOTS, SPREAD_DAY, SPREAD_MONTH = 10, 2, 3  # the fund's calendar spread, the day on which it is rolled


def work_programs(desk: Desk, day: date) -> None:
    """Trade one piece of every order that is worked on this day."""
    for program in PROGRAMS:
        if program.first <= day <= program.last:
            missing = program.target - desk.held_lots(program.who, program.symbol)
            side = Side.BUY if missing > 0 else Side.SELL
            desk.take(program.who, side, program.symbol, min(program.lots, abs(missing)))


class Roller:
    """The fund's calendar spread: long one month, short the next, rolled once a month."""

    def __init__(self, desk: Desk, chip: str) -> None:
        self._desk, self._chip = desk, chip
        self._held: dict[str, int] = {}  # lots by symbol of a spread

    def roll(self, day: date) -> None:
        """On the day of the roll sell the spreads that are held, and buy one a month further out."""
        if day.day != SPREAD_DAY:
            return
        for symbol, lots in [*self._held.items()]:
            self._held[symbol] = lots - self._desk.take(Who.FUND, Side.SELL, symbol, lots)
        self._held = {symbol: lots for symbol, lots in self._held.items() if lots and symbol in self._desk.listed}
        spreads = [*self._spreads()]
        if len(spreads) > SPREAD_MONTH:
            symbol = spreads[SPREAD_MONTH]
            bought = self._desk.take(Who.FUND, Side.BUY, symbol, SPREAD_LOTS)
            self._held[symbol] = self._held.get(symbol, 0) + bought

    def _spreads(self) -> Iterator[str]:
        """Symbols of the chip's calendar spreads, nearest first."""
        rows = [
            row
            for row in self._desk.listed.values()
            if row.combo == ComboKind.CALENDAR and row.symbol.startswith(f"{self._chip}.")
        ]
        yield from (row.symbol for row in sorted(rows, key=lambda row: row.start_month))


def meet_call(desk: Desk, who: Who, call: OpenCall) -> None:
    """Pay in what a margin call asks for, and some more."""
    desk.deposit(who, call.mills + BUFFER_MILLS)
