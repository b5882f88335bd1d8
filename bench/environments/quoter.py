"""An account that quotes one book, in plain Python: its orders, what it sees, and its equity.

It is the readable specification of the kernels in `kernels.py`; a test compares both step by step.
"""

from collections.abc import Sequence

import numpy as np

from bench.environments.observation import TIME_PARTS, largest_gap
from bench.environments.terms import QuoteTerms
from exchange.codes import CommandFlag, CommandKind, Side, TimeInForce
from exchange.engine import query
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.order_rows import OrderRow
from exchange.records import pack_client_order_id

ORDER_NAMES = ("BID", "ASK")  # client order ids, by side
HALF_MILLS = 2_000  # in a dollar
Levels = list[tuple[int, int]]  # (price in ticks, shown lots), best first


class Quoter:
    """One account in one book. Create it at the start of an episode.

    account     its number
    instrument  index of the book
    ValueError: there is no such book, or it has not two sides, so that there is no mid price
    """

    def __init__(self, terms: QuoteTerms, engine: Engine, account: int, instrument: int) -> None:
        self.terms, self.account, self.instrument = terms, account, instrument
        self.steps = 0
        self._start_ns = engine.time_ns
        listed = int(engine.states["books_listed"][0])
        if not 1 <= instrument <= listed:
            raise ValueError(f"instrument {instrument}: not in 1..{listed}")
        book = engine.states[0].books[instrument]
        self._low, self._high, self._hours = int(book.low_tick), int(book.high_tick), int(book.hours)
        bids, asks = self._others(engine, [None, None])
        if not (bids and asks):
            raise ValueError(f"book {instrument} has {len(bids)} bids and {len(asks)} asks: both sides need an order")
        self.mid2 = self._last_mid2 = bids[0][0] + asks[0][0]
        self.equity2 = self.position_lots = 0
        self._take_equity(engine)
        self._start_equity2 = self.equity2

    def orders(self, engine: Engine) -> list[OrderRow | None]:
        """Its live bid and ask."""
        return [query.find_order(engine.states, self.account, client_order_id=name) for name in ORDER_NAMES]

    def rows(self, engine: Engine, action: Sequence[int]) -> np.ndarray:
        """COMMAND rows that change its orders to what an action asks for: first what leaves, then what enters.

        An order at the wanted price keeps its place in the queue; its size is made smaller, but never larger.

        action   bid offset, ask offset, bid lots, ask lots (`terms.decode_actions`)
        """
        own = self.orders(engine)
        leaving, entering = [], []
        for side, (price, lots) in zip(Side, self.quotes(engine, own, action), strict=True):
            order = own[side]
            keeps = order is not None and order.price == price and lots > 0
            if order is not None and not keeps:
                leaving.append(self._row(CommandKind.CANCEL, side))
            elif order is not None and order.leaves_lots > lots:
                leaving.append(self._row(CommandKind.REPLACE, side, lots=order.filled_lots + lots))
            if lots and not keeps:
                entering.append(self._row(CommandKind.NEW, side, price, lots))
        return numbered(engine, [*leaving, *entering])

    def take(self, engine: Engine, lots: int) -> np.ndarray:
        """COMMAND rows that buy (`lots` above 0) or sell at once, at any price of the day, within `position_max`."""
        side = Side.BUY if lots > 0 else Side.SELL
        most = self.terms.position_max - side.sign * self._position(engine).lots
        lots = min(abs(lots), max(most, 0))
        if not lots:
            return numbered(engine, [])
        row = self._row(CommandKind.NEW, side, self._high if side == Side.BUY else self._low, lots)
        row["tif"] = TimeInForce.IOC
        return numbered(engine, [row])

    def quotes(self, engine: Engine, own: list[OrderRow | None], action: Sequence[int]) -> list[tuple[int, int]]:
        """(price, lots) of bid and ask that an action asks for. They never trade at once."""
        bids, asks = self._others(engine, own)
        bid_offset, ask_offset, bid_lots, ask_lots = (int(part) for part in action)
        bid = (self.mid2 - 2 * bid_offset) // 2
        ask = (self.mid2 + 2 * ask_offset + 1) // 2
        if asks:
            bid = min(bid, asks[0][0] - 1)
        if bids:
            ask = max(ask, bids[0][0] + 1)
        if ask <= bid:
            ask = bid + 1
        position, most = self._position(engine).lots, self.terms.position_max
        bid_lots = max(min(bid_lots, most - position), 0) if self._low <= bid <= self._high else 0
        ask_lots = max(min(ask_lots, most + position), 0) if self._low <= ask <= self._high else 0
        return [(bid, bid_lots), (ask, ask_lots)]

    def _row(self, kind: CommandKind, side: Side, price: int = 0, lots: int = 0) -> np.ndarray:
        row = blank_commands(1)
        row["kind"], row["account"] = kind, self.account
        row["client_order_id_0"] = pack_client_order_id(ORDER_NAMES[side])[0]
        row["lots"] = lots
        if kind == CommandKind.NEW:
            row["side"], row["instrument"], row["price"], row["tif"] = side, self.instrument, price, TimeInForce.GTC
        elif kind == CommandKind.REPLACE:
            row["flags"] = CommandFlag.KEEP_PRICE
        return row

    def observe(self, engine: Engine) -> list[int]:
        """Figures in the order of `observation`. It also takes the new mid price, position and equity: call it once
        after each step."""
        own = self.orders(engine)
        bids, asks = self._others(engine, own)
        if bids and asks:
            self.mid2 = bids[0][0] + asks[0][0]
        self._take_equity(engine)
        figures: list[int] = []
        for side, levels in ((1, bids), (-1, asks)):
            shown = levels[: self.terms.levels]
            missing = self.terms.levels - len(shown)
            figures += [side * (self.mid2 - 2 * price) for price, _ in shown] + [largest_gap(self.terms)] * missing
            figures += [lots for _, lots in shown] + [0] * missing
        figures += [self.position_lots, self._time_left(engine), self.mid2 - self._last_mid2]
        self._last_mid2 = self.mid2
        for order in own:
            if order is None:
                figures += [0, 0, 0]
            else:
                _, ahead = query.ahead(engine.states, order.order_id) or (0, 0)
                figures += [2 * order.price - self.mid2, order.leaves_lots, ahead]
        return figures

    def _others(self, engine: Engine, own: Sequence[OrderRow | None]) -> tuple[Levels, Levels]:
        """Price levels of both sides without its own orders."""
        sides = query.depth(engine.states, self.instrument, self.terms.levels + 1)
        bids, asks = (_without(levels, order) for levels, order in zip(sides, own, strict=True))
        return bids, asks

    def _time_left(self, engine: Engine) -> int:
        """Rest of the episode, in parts of TIME_PARTS."""
        left = (self.terms.steps - self.steps) * TIME_PARTS // self.terms.steps
        length_ns = self.terms.length_ns
        if length_ns:
            left = min(left, (self._start_ns + length_ns - engine.time_ns) // max(length_ns // TIME_PARTS, 1))
        return max(left, 0)

    def is_over(self, engine: Engine) -> bool:
        """Whether the episode has reached its length."""
        return self._time_left(engine) == 0

    def _position(self, engine: Engine) -> query.PositionRow:
        return query.position(engine.states, self.account, self.instrument)

    def _take_equity(self, engine: Engine) -> None:
        """Take the position, and equity in half mills: cash and the value of the position at the mid price."""
        position = self._position(engine)
        self.position_lots = position.lots
        value = self.mid2 * position.lots - 2 * position.open_value_tick_lots
        self.equity2 = 2 * int(engine.states[0].accounts[self.account].cash_mills) + value * self._hours

    @property
    def gain_dollars(self) -> float:
        """Gain of the episode so far."""
        return (self.equity2 - self._start_equity2) / HALF_MILLS

    def reward(self, before: int) -> float:
        """Change of equity since `before` (half mills), less the inventory penalty, dollars."""
        return (self.equity2 - before) / HALF_MILLS - self.terms.penalty * self.position_lots**2

    @property
    def is_ruined(self) -> bool:
        """Whether the episode has lost all that it may."""
        return self.gain_dollars <= -self.terms.loss_max


def _without(levels: Levels, own: OrderRow | None) -> Levels:
    if own is None:
        return levels
    rest = [(price, lots - own.shown_lots * (price == own.price)) for price, lots in levels]
    return [(price, lots) for price, lots in rest if lots > 0]


def numbered(engine: Engine, rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows as one array that follows the engine's last command, at its time."""
    made = blank_commands(len(rows))
    for index, row in enumerate(rows):
        made[index] = row[0]
    made["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + len(rows))
    made["time_ns"] = engine.time_ns
    return made
