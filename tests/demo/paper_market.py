"""The demo without sockets and without waiting: its strategies at a real engine, in virtual time, the same at each run.

Every strategy has its timer in turn, as in the demo; trades and fills reach all at once, books in step with the timers.
Only what makers and takers use of a session is here.
"""

import asyncio
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np

from clients.client import Session
from clients.local_book import LocalBook
from clients.orders import Order
from clients.session.quoting import QuoteEntry
from clients.strategies.market_maker import MarketMaker
from clients.strategies.taker import Taker
from exchange.codes import (
    CancelReason,
    CommandFlag,
    CommandKind,
    EventKind,
    Liquidity,
    MarketState,
    OrderType,
    Side,
    TimeInForce,
)
from exchange.demo import run as demo
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.limits import TEST
from exchange.main import Settings, prepare
from exchange.records import COMMAND, blank_rows, column
from exchange.units import NS_PER_MS, NS_PER_S
from exchange.wire.messages import Fill, InstrumentDefinition, ProtectionEvent, Trades

PERIODS = ("F27", "G27", "H27")
SYMBOLS = tuple(f"{chip}.G90.{period}" for chip in demo.CHIPS for period in PERIODS)
SIDES: tuple[Literal["b", "s"], ...] = ("b", "s")
TURNS = 10  # of every timer a second
COLUMNS = [
    "kind", "instrument", "account", "side", "price", "lots", "filled_lots", "liquidity", "reason", "state",
    "reference",
]  # fmt: skip
TOLD = (
    EventKind.FILL,
    EventKind.STATE_CHANGED,
    EventKind.ORDER_CANCELLED,
    EventKind.PROTECTION_TRIPPED,
    EventKind.PROTECTION_RESET,
)


class PaperMarket:
    """What happened is kept by symbol.

    trades    (second, price) of each
    states    (second, symbol or chip's group, state) of each change
    refused   orders of which velocity let nothing print
    """

    def __init__(self, folder: str) -> None:
        settings = Settings(day=date(2026, 11, 24), symbols=SYMBOLS, durability="none", limits="test")
        with prepare(folder, settings) as opened:
            for account in range(1, demo.LAUNCH.accounts + 1):
                opened.make_key(f"p{account}", account=account, deposit_mills=demo.LAUNCH.deposit_mills)
            market = opened.venue.market
            table = market._table
            rows = [table.definition(index, "OPEN") for index in range(1, len(table.rows))]
            self.engine = Engine(TEST, opened.engine.states.copy())
        self.known = {row.symbol: row for row in rows}
        self.index = {row.instrument: place for place, row in enumerate(rows, 1)}
        self.symbols = [""] + [row.symbol for row in rows]
        self.books = {place: LocalBook(row.instrument, row.symbol) for place, row in enumerate(rows, 1)}
        self.now_s, self._start_ns = 0.0, self.engine.time_ns + NS_PER_S
        self.sessions = [PaperSession(self, account) for account in range(1, demo.LAUNCH.accounts + 1)]
        self.trades: dict[str, list[tuple[float, int]]] = {symbol: [] for symbol in self.symbols[1:]}
        self.states: list[tuple[float, str, str]] = []
        self.refused: dict[str, int] = defaultdict(int)
        self._untold: list[Any] = []

    def apply(self, *fields: dict[str, int]) -> None:
        """Run rows; what came of them is told by `deliver`."""
        rows = blank_rows(COMMAND, len(fields))
        for place, one in enumerate(fields):
            for name, value in one.items():
                column(rows, name)[place] = value
        rows["sequence"] = self.engine.sequence + 1 + np.arange(len(fields))
        rows["time_ns"] = self._start_ns + int(self.now_s * NS_PER_S)
        events = self.engine.apply(rows)
        self._untold += events[np.isin(events["kind"], TOLD)][COLUMNS].tolist()

    def deliver(self) -> None:
        """Tell everybody what has happened, also what comes of that."""
        while self._untold:
            untold, self._untold = self._untold, []
            for event in untold:
                self._tell(event)

    def _tell(self, event: tuple[int, ...]) -> None:
        kind, index, account, side, price_tick, lots, filled_lots, liquidity, reason, state, group = event
        symbol = self.symbols[index]
        if kind == EventKind.FILL:
            self.sessions[account - 1].fill(self.known[symbol], SIDES[side], lots)
            if liquidity == Liquidity.TAKER:
                self._print(symbol, price_tick, lots)
        elif kind == EventKind.STATE_CHANGED:
            self.states.append((self.now_s, symbol or f"group {group}", MarketState(state).name))
        elif kind == EventKind.ORDER_CANCELLED:
            self.refused[symbol] += reason == CancelReason.VELOCITY and not filled_lots
        else:
            self.sessions[account - 1].protection("tripped" if kind == EventKind.PROTECTION_TRIPPED else "armed")

    def _print(self, symbol: str, price_tick: int, lots: int) -> None:
        self.trades[symbol].append((self.now_s, price_tick))
        for session in self.sessions:
            maker = session.strategy
            if isinstance(maker, MarketMaker) and symbol in maker.symbols:
                maker.on_trades(self.known[symbol].instrument, Trades(1, 1, 1, 1, [(1, price_tick, lots, "b")]))

    def feed(self) -> None:
        """Bring the books up to date."""
        for place, book in self.books.items():
            bids, asks = query.depth(self.engine.states, place, 10)
            book.load(book.sequence + 1, bids, asks, None, False)

    def trade(self, seconds: float, seed: int, mood: int | None = None) -> None:
        """Let the demo's players trade. `mood`: that all takers are in all the time."""
        months = [[self.known[f"{chip}.G90.{period}"] for period in PERIODS] for chip in demo.CHIPS]
        self.feed()
        for strategy, session in demo.assign_strategies(months, cast(list[Session], self.sessions), seed):
            strategy.session = session
            cast(Any, session).strategy = strategy
            asyncio.run(strategy.start())
        for turn in range(int(seconds * TURNS)):
            self.feed()
            for place, session in enumerate(self.sessions):
                self.now_s = (turn + place / len(self.sessions)) / TURNS
                if mood is not None and isinstance(session.strategy, Taker):
                    session.strategy.moods = [mood] * len(session.strategy.moods)
                session.strategy.on_timer()
                self.deliver()

    def stood_still_s(self, symbol: str, seconds: float) -> float:
        """The longest time without a trade."""
        times = [0.0, *(second for second, _ in self.trades[symbol]), seconds]
        return max(late - early for early, late in pairwise(times))


class PaperSession:
    """What a strategy sees of the market."""

    def __init__(self, market: PaperMarket, account: int) -> None:
        self.market, self.account = market, account
        self.strategy: Any = None
        self.lots: dict[int, int] = defaultdict(int)
        self._quotes: dict[tuple[int, str], Order] = {}
        self._at = -1

    def fill(self, row: InstrumentDefinition, side: Literal["b", "s"], lots: int) -> None:
        """One of the account's orders traded."""
        self.lots[row.instrument] += lots if side == "b" else -lots
        if isinstance(self.strategy, MarketMaker):
            order = Order(self.account, "", row.instrument, side)
            fill = Fill(self.account, 1, 1, 1, row.instrument, 1, "", 1, side, 1, 1, 0, 1, 0, "maker", 0, "open")
            self.strategy.on_fill(order, fill)

    def protection(self, state: str) -> None:
        self.strategy.on_event(ProtectionEvent(self.account, 1, 1, 1, 1, state))

    async def instrument(self, symbol: str) -> InstrumentDefinition:
        return self.market.known[symbol]

    async def book(self, row: InstrumentDefinition, **_: Any) -> LocalBook:
        return self.market.books[self.market.index[row.instrument]]

    async def trades(self, row: InstrumentDefinition) -> None:
        pass

    async def set_protection(self, group: int, *, window_ms: int, lots: int, delta_lots: int) -> str:
        window_ns = window_ms * NS_PER_MS
        terms = {"lots_max": lots, "delta_lots_max": delta_lots, "window_ns": window_ns}
        self._apply(CommandKind.MMP_SET, protection_number=group, **terms)
        return "armed"

    def send_reset(self, group: int) -> int:
        self._apply(CommandKind.MMP_RESET, protection_number=group)
        return 1

    def position_lots(self, row: InstrumentDefinition) -> int:
        return self.lots[row.instrument]

    def place(self, side: str, row: InstrumentDefinition, lots: int, *, price_tick: int, tif: str) -> None:
        assert tif == "ioc"
        code = Side.BUY if side == "b" else Side.SELL
        place = self.market.index[row.instrument]
        self._apply(CommandKind.NEW, side=code, instrument=place, lots=lots, price=price_tick, tif=TimeInForce.IOC)

    def send_quotes(self, group: int, entries: list[QuoteEntry]) -> int:
        rows = [
            {
                "kind": CommandKind.QUOTE, "account": self.account, "protection_number": group,
                "instrument": self.market.index[entry.instrument.instrument], "bid_tick": entry.bid_tick,
                "ask_tick": entry.ask_tick, "bid_lots": entry.bid_lots, "ask_lots": entry.ask_lots,
                "flags": CommandFlag.MORE if place + 1 < len(entries) else 0,
            }
            for place, entry in enumerate(entries)
        ]  # fmt: skip
        self.market.apply(*rows)
        return 1

    def quotes(self, row: InstrumentDefinition) -> tuple[Order | None, Order | None]:
        engine = self.market.engine
        if self._at != engine.sequence:
            self._at, self._quotes = engine.sequence, {}
            for found in query.open_orders(engine.states, self.account):
                if found.order_type == OrderType.QUOTE:
                    order = Order(self.account, "", found.instrument, SIDES[found.side])
                    order.state, order.price_tick, order.leaves_lots = "open", found.price, found.leaves_lots
                    self._quotes[found.instrument, SIDES[found.side]] = order
        place = self.market.index[row.instrument]
        return self._quotes.get((place, "b")), self._quotes.get((place, "s"))

    def _apply(self, kind: CommandKind, **fields: int) -> None:
        self.market.apply({"kind": kind, "account": self.account, **fields})
