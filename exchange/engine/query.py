"""Read-only questions to a state, for account snapshots, market data snapshots, reports and tests.

`states` is STATE, shape (1,); answers are plain Python values. They show the state after the last command applied, so
the caller must wait until that command is durable before it passes an answer on.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from exchange.book.layout import ORDER
from exchange.clearing_codes import AccountFlag, HouseAccount
from exchange.codes import MarketState, Side
from exchange.engine.instrument_rows import InstrumentRow as InstrumentRow
from exchange.engine.instrument_rows import group_states as group_states
from exchange.engine.instrument_rows import instruments as instruments
from exchange.engine.instrument_rows import instruments_of as instruments_of
from exchange.engine.instrument_rows import known_instruments as known_instruments
from exchange.engine.order_rows import OrderRow as OrderRow
from exchange.engine.order_rows import order_rows
from exchange.engine.views import BOOK_VIEW, LEVEL_VIEW, QUEUE_VIEW, views
from exchange.records import pack_client_order_id

CLOSED = int(MarketState.CLOSED)
MAINTENANCE_BP = 8_000  # maintenance margin, part of initial margin (MARGIN-012)
FIRST_ROWS = 64  # of a question that may have any number of them


class ClosingRow(NamedTuple):
    """What the next settlement of a book is made from: sums of its closing window (SETTLE-002), and its price between
    the quotes at the close, None without a trade and a quote (SETTLE-003)."""

    window_lots: int
    window_tick_lots: int
    quoted_tick: int | None


class PositionRow(NamedTuple):
    """One position with lots or an unpaid gain."""

    instrument: int
    lots: int
    open_value_tick_lots: int
    mark_tick: int
    unrealised_pnl_mills: int


class MarginRow(NamedTuple):
    """Money of one account, mills.

    initial_mills    margin held for positions and working orders (MARGIN-013)
    required_mills   full margin as of the last MARGIN (MARGIN-001)
    """

    cash_mills: int
    equity_mills: int
    initial_mills: int
    required_mills: int
    free_margin_mills: int


class Totals(NamedTuple):
    """Money of the whole venue, mills (INV-018).

    house_mills   balance of each account of the house
    cash_mills    of all customers' accounts together
    gains_mills   unrealised, of all positions: sums to zero
    """

    house_mills: dict[HouseAccount, int]
    cash_mills: int
    gains_mills: int

    @property
    def ledger_mills(self) -> int:
        """Sum of all accounts, customers' and the house's: zero, or money was lost or made."""
        return self.cash_mills + sum(self.house_mills.values())


class BookStatistics(NamedTuple):
    """Statistics of a book: the day so far, then what is in it, arrays by side. Prices in ticks, 0 where there is none;
    volume, open interest and what levels hold in lots."""

    open: int
    high: int
    low: int
    last: int
    volume: int
    value_tick_lots: int
    open_interest: int
    settle: int
    last_trade_id: int
    market_state: int
    best: list[int]
    best_lots: list[int]
    levels: list[int]
    orders: list[int]
    shown_lots: list[int]
    hidden_lots: list[int]

    @property
    def spread(self) -> int | None:
        """Best ask less best bid, ticks; None if a side is empty."""
        bid, ask = self.best
        return ask - bid if all(self.levels) else None

    @property
    def imbalance(self) -> float:
        """Lots shown at the best bid less those at the best ask, as a share of both: -1 to 1, 0 in an empty book."""
        bid, ask = self.best_lots
        return (bid - ask) / (bid + ask) if bid or ask else 0.0


def market_state(states: np.ndarray, index: int) -> MarketState:
    """Market state in force in one instrument."""
    return MarketState(int(states["books"][0]["market_state"][index]))


def due_to_reopen(states: np.ndarray, now_ns: int) -> tuple[list[int], list[int]]:
    """Groups and single books whose RESERVED or extended auction has to end by now (STATE-004, AUC-014)."""
    groups, books, guards = states["groups"][0], states["books"][0], states["guards"][0]
    whole = (groups["state"] == MarketState.RESERVED) & (groups["reopen_ns"] > 0) & (groups["reopen_ns"] <= now_ns)
    single = np.isin(books["own_state"], (MarketState.RESERVED, MarketState.PAUSED))
    single &= (guards["reopen_ns"] > 0) & (guards["reopen_ns"] <= now_ns)
    single &= groups["state"][books["group"]] == MarketState.OPEN
    return np.nonzero(whole)[0].tolist(), np.nonzero(single)[0].tolist()


def has_protection(states: np.ndarray, account: int, number: int) -> bool:
    """Whether an account has a market-maker protection group of this number."""
    state = states[0]
    row = int(state.accounts[account].first_protection) if 0 < account < len(state.accounts) else 0
    while row and state.protections[row].number != number:
        row = int(state.protections[row].next_group)
    return row != 0


def firm_of(states: np.ndarray, account: int) -> int:
    """The clearing firm of an account, 0 none."""
    return int(states[0].accounts[account].firm) if 0 < account < len(states[0].accounts) else 0


def next_due_ns(states: np.ndarray) -> int:
    """Time at which the next GTD order expires or dead-man timer fires, ns; 0 if there is none."""
    state = states[0]
    first = int(state.next_expiry)
    times = [int(state.heap[first].key) if first else 0, int(state.next_timer_ns)]
    return min((time_ns for time_ns in times if time_ns), default=0)


def depth(states: np.ndarray, index: int, levels: int = 0) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Bids and asks of a book as (price in ticks, shown lots), best first. `levels`: at most so many a side, 0 all."""
    rows_max = levels or FIRST_ROWS
    while True:
        rows = np.empty((2, rows_max), LEVEL_VIEW)
        bids, asks = views(states.dtype).copy_depth(states, index, rows[0], rows[1])
        if levels or max(bids, asks) < rows_max:
            return rows[0, :bids].tolist(), rows[1, :asks].tolist()
        rows_max *= 16


def implied(states: np.ndarray, index: int) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Implied bid and ask of a book as last published: (price in ticks, lots), or None (IMP-011)."""
    quote = states[0].implied[index]
    bid, ask = (
        (int(quote.shown_tick[side]), int(quote.shown_lots[side])) if quote.shown_lots[side] else None for side in Side
    )
    return bid, ask


def queue(states: np.ndarray, index: int, side: int, price: int) -> list[tuple[int, int]]:
    """Orders at one price as (order id, shown lots), first in the queue first."""
    copy = views(states.dtype).copy_queue
    return _copied(lambda rows: copy(states, index, int(side), price, rows), QUEUE_VIEW).tolist()  # type: ignore[no-any-return]


def ahead(states: np.ndarray, order_id: int) -> tuple[int, int] | None:
    """Number of orders before a live order in its queue, and the lots that they show; None if it is in no queue."""
    orders, lots = views(states.dtype).count_ahead(states, order_id)
    return (orders, lots) if orders >= 0 else None


def _copied(copy: Callable[[np.ndarray], int], kind: np.dtype) -> np.ndarray:
    """All rows of a question. `copy` writes as many rows as fit and returns how many there are; it is called again with
    a larger buffer if need be. `kind`: dtype of a row."""
    rows = np.empty(FIRST_ROWS, kind)
    count = copy(rows)
    if count > len(rows):
        rows = np.empty(count, kind)
        copy(rows)
    return rows[:count]


def open_orders(states: np.ndarray, account: int) -> list[OrderRow]:
    """Live orders of an account, oldest first."""
    return order_rows(_orders_after(states, account, 0))


def open_page(states: np.ndarray, account: int, after: int, count: int) -> tuple[list[OrderRow], bool]:
    """One page of live orders of an account: at most `count` with an id above `after`, and whether there are more.

    If one page is enough, the oldest order comes first. Several pages are in order of id, so that no order is missed if
    others come and go between two pages.
    """
    orders = _orders_after(states, account, after)
    more = len(orders) > count
    if after or more:
        orders = orders[np.argsort(orders["order_id"])[:count]]
    return order_rows(orders), more


def closings(states: np.ndarray, indices: Sequence[int]) -> list[ClosingRow]:
    """What the next settlement of each book is made from: of a book that is not CLOSED, as if it closed now."""
    books, indices = states[0].books, list(indices)
    names = ("market_state", "window_lots", "window_tick_lots", "quoted_tick", "is_quoted")
    rows = zip(indices, *(books[name][indices].tolist() for name in names), strict=True)
    return [
        ClosingRow(lots, tick_lots, (tick if is_quoted else None) if state == CLOSED else _quoted_tick(states, index))
        for index, state, lots, tick_lots, tick, is_quoted in rows
    ]


def _quoted_tick(states: np.ndarray, index: int) -> int | None:
    """The price of an open book between its quotes (SETTLE-003); None: it has no trade of the day and no quote."""
    book = states[0].books[index]
    bids, asks = depth(states, index, 1) if book.side_rows else ([], [])
    if not (book.has_last or bids or asks):
        return None
    tick = int(book.last_tick if book.has_last else book.settle_tick)
    tick = max(tick, bids[0][0]) if bids else tick
    return min(tick, asks[0][0]) if asks else tick


def _orders_after(states: np.ndarray, account: int, order_id: int) -> np.ndarray:
    copy = views(states.dtype).copy_orders
    return _copied(lambda rows: copy(states, account, order_id, rows), ORDER)


def find_order(states: np.ndarray, account: int, order_id: int = 0, client_order_id: str = "") -> OrderRow | None:
    """One live order of an account by either id, None if it has no such live order."""
    words = (0, 0, 0) if order_id else pack_client_order_id(client_order_id)
    order = np.empty(1, ORDER)
    found = views(states.dtype).copy_order(states, account, order_id, *map(np.uint64, words), order)
    return order_rows(order)[0] if found else None


def order_of(states: np.ndarray, order_id: int) -> OrderRow | None:
    """A live order of any account, None if there is none with this id."""
    order = np.empty(1, ORDER)
    return order_rows(order)[0] if views(states.dtype).copy_any_order(states, order_id, order) else None


def has_quote(states: np.ndarray, account: int, session: int) -> bool:
    """Whether a quote of this session is among the account's live orders."""
    return views(states.dtype).has_quote(states, account, session)


def _gain_mills(states: np.ndarray, lots: int, open_value_tick_lots: int, index: int) -> tuple[int, int]:
    book = states[0].books[index]
    mark = int(book.mark_tick)
    return mark, (mark * lots - open_value_tick_lots) * int(book.hours)


def positions(states: np.ndarray, account: int) -> list[PositionRow]:
    """Positions of an account in order of instrument, without those that have neither lots nor an unpaid gain."""
    state = states[0]
    table = state.positions[1 : int(state.used_positions) + 1]
    found = []
    for row in table[table["account"] == account]:
        lots, open_value_tick_lots, index = int(row.lots), int(row.open_value_tick_lots), int(row.book)
        if lots or open_value_tick_lots:
            mark, gain = _gain_mills(states, lots, open_value_tick_lots, index)
            found.append(PositionRow(index, lots, open_value_tick_lots, mark, gain))
    return sorted(found)


def position(states: np.ndarray, account: int, index: int) -> PositionRow:
    """Position of an account in one instrument, all zero if it never had one."""
    row = states[0].positions[int(views(states.dtype).position_row(states, account, index))]
    lots, open_value_tick_lots = int(row.lots), int(row.open_value_tick_lots)
    mark, gain = _gain_mills(states, lots, open_value_tick_lots, index)
    return PositionRow(index, lots, open_value_tick_lots, mark, gain)


def position_sums(states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lots, and open values in tick lots, of all accounts together, by book: int64, shape (books,), all zero."""
    state = states[0]
    rows = state.positions[1 : int(state.used_positions) + 1]
    lots, open_value_tick_lots = (np.zeros(len(state.books), np.int64) for _ in range(2))
    np.add.at(lots, rows["book"], rows["lots"])
    np.add.at(open_value_tick_lots, rows["book"], rows["open_value_tick_lots"])
    return lots, open_value_tick_lots


def margin(states: np.ndarray, account: int) -> MarginRow:
    """Money of an account: cash, equity, margin held for positions and working orders (MARGIN-013), full margin of the
    last MARGIN, and free margin (MARGIN-015)."""
    return margin_row(states[0].accounts[account], int(views(states.dtype).initial_margin_mills(states, account)))


def margin_row(account_row: np.record, hold_mills: int) -> MarginRow:
    """As `margin`, of an ACCOUNT row whose exact hold is known."""
    cash = int(account_row.cash_mills)
    equity = cash + int(account_row.unrealised_pnl_mills)
    return MarginRow(cash, equity, hold_mills, int(account_row.required_mills), min(cash, equity) - hold_mills)


def settled_margin(states: np.ndarray, account: int) -> int:
    """Initial margin of an account as it was after the last settlement, mills (SETTLE-013)."""
    return int(states["settled_margin_mills"][0, account])


def accounts(states: np.ndarray) -> list[int]:
    """Numbers of the defined accounts."""
    return [int(number) for number in np.nonzero(states["accounts"][0]["flags"] & AccountFlag.DEFINED)[0]]


def account_sequence(states: np.ndarray, account: int) -> int:
    """Last number used in an account's stream."""
    return int(states["accounts"][0]["stream"][account])


def last_request_id(states: np.ndarray, session: int) -> int:
    """Highest request id of a session so far; 0 if it has no row of its own (`engine.sessions`)."""
    rows = states["sessions"][0]
    return int(rows["last_request_id"][session % len(rows)]) if knows_session(states, session) else 0


def knows_session(states: np.ndarray, session: int) -> bool:
    """Whether a session has a row of its own (`engine.sessions`)."""
    rows = states["sessions"][0]
    return session != 0 and bool(rows["number"][session % len(rows)] == session)


def session_rows(states: np.ndarray) -> int:
    """Number of SESSION rows. A session has the row of its number modulo this; those with row 0 have none."""
    return len(states["sessions"][0])


def last_session(states: np.ndarray) -> int:
    """Highest number of a session that was opened. A session that was only named by a kill does not count."""
    rows = states["sessions"][0]
    return int(rows["number"][rows["opened_ns"] > 0].max(initial=0))


def channel_sequences(states: np.ndarray) -> dict[tuple[str, int], int]:
    """Last number of every channel that the engine numbers, by (name, instrument), instrument 0 for all (MDATA-001)."""
    state = states[0]
    found = {("instruments", 0): int(state.listed_sequence)}
    for index in range(1, int(state.books_listed) + 1):
        found["trades", index] = int(state.books[index].last_trade_id)
        found["status", index] = int(state.books[index].status_sequence)
    return found


def totals(states: np.ndarray) -> Totals:
    """All money of the venue (INV-018). It adds Python integers, because sums of an array can overflow."""
    state = states[0]
    rows = state.accounts
    return Totals(
        dict(zip(HouseAccount, state.house_mills.tolist(), strict=True)),
        sum(rows["cash_mills"].tolist()),
        sum(rows["unrealised_pnl_mills"].tolist()),
    )


def statistics(states: np.ndarray, index: int) -> BookStatistics:
    """Statistics of one instrument for the day so far, and of its book."""
    row = np.empty(1, BOOK_VIEW)
    views(states.dtype).copy_statistics(states, index, row)
    return BookStatistics(*(row[name][0].tolist() for name in BookStatistics._fields))
