"""An engine with the launch catalogue OPEN, accounts with positions and working orders, all made by trades and a seed.

Every position comes from a trade, so positions of a book sum to zero. Working orders are away from the market and in
books that their account holds, because an order needs a row of the table of positions. Those of combinations are of
random accounts, as long as there are rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bench.bench_implied import numbered
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from contracts_spec.outrights import Instrument
from contracts_spec.schema import Spec
from exchange.codes import CommandKind, MarketState, OrderEntry, Side, TimeInForce
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import VENUE, Limits
from exchange.records import column
from exchange.units import NS_PER_HOUR

DAY = date(2026, 12, 1)
DEPOSIT_MILLS = 10**13
TRADE_REACH = 8  # ticks from the last settlement
ORDER_NEAREST, ORDER_REACH = 12, 40  # ticks from the last settlement


@dataclass(frozen=True)
class Filling:
    """Parameters of the house."""

    accounts: int = 10_000
    positions_each: int = 24
    orders_each: int = 10
    combination_orders: int = 5_000
    lots_max: int = 5
    seed: int = 1


@dataclass
class House:
    """The engine, what it lists, and what people have asked of it."""

    engine: Engine
    spec: Spec
    filling: Filling
    instruments: Sequence[Instrument]  # book 1 first
    payloads: list[bytes]  # of LIST

    @property
    def groups(self) -> list[int]:
        return sorted({instrument.chip_code for instrument in self.instruments})

    def control(self, kind: CommandKind, payload: bytes) -> np.ndarray:
        """Check a control and carry it out. Returns its events."""
        row = blank_commands(1)
        row["sequence"], row["time_ns"], row["kind"] = self.engine.sequence + 1, self.engine.time_ns, kind
        self.engine.check_control(int(kind), payload)
        return self.engine.control(row, payload)

    def run(self, rows: np.ndarray) -> None:
        """Run rows, an hour after those before."""
        rows["time_ns"] = self.engine.time_ns + NS_PER_HOUR
        self.engine.run_silently(numbered(self.engine, rows))

    def set_states(self, *states: MarketState) -> None:
        """Bring all product groups to these states, one after the other."""
        rows = blank_commands(len(self.groups) * len(states))
        rows["kind"], rows["group"] = CommandKind.SET_STATE, np.tile(self.groups, len(states))
        column(rows, "market_state")[:] = np.repeat([int(state) for state in states], len(self.groups))
        self.run(rows)


def filled_house(filling: Filling, limits: Limits = VENUE, instruments: Sequence[Instrument] | None = None) -> House:
    """The house after all its trades, with its working orders. AssertionError: a position or an order is missing.

    instruments   outrights before the combinations on them; None: the launch catalogue
    """
    spec = load_spec()
    listed = instruments_on(spec, DAY) if instruments is None else instruments
    house = House(Engine(limits), spec, filling, listed, listing_payloads(listed, spec, DAY))
    for payload in house.payloads:
        house.control(CommandKind.LIST, payload)
    accounts = np.arange(1, 1 + filling.accounts)
    for account in accounts.tolist():
        house.control(CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(account)))
    deposits = blank_commands(filling.accounts)
    deposits["kind"], deposits["account"] = CommandKind.DEPOSIT, accounts
    column(deposits, "amount_mills")[:] = DEPOSIT_MILLS
    house.run(deposits)
    house.set_states(MarketState.PREOPEN, MarketState.OPEN)
    rng = np.random.default_rng(filling.seed)
    holders, books = _holders(rng, filling, listed)
    house.run(_trades(rng, filling, listed, holders, books))
    orders = _orders(rng, filling, listed, limits, holders, books)
    house.run(orders)
    state = house.engine.states[0]
    held, live = np.count_nonzero(state.positions["lots"]), np.count_nonzero(state.orders["state"])
    assert (held, live) == (len(holders), len(orders)), (
        f"{held} positions and {live} orders, not {len(holders)} and {len(orders)}"
    )
    return house


def _holders(rng: np.random.Generator, filling: Filling, listed: Sequence[Instrument]) -> tuple[np.ndarray, np.ndarray]:
    """(account, book) of each position, by book: an even number in each book, so that holders trade in pairs."""
    full = [book for book, one in enumerate(listed, 1) if not one.legs and one.order_entry == OrderEntry.FULL]
    ranks = rng.random((filling.accounts, len(full))).argpartition(filling.positions_each - 1, axis=1)
    books = np.array(full)[ranks[:, : filling.positions_each]].ravel()
    accounts = np.repeat(np.arange(1, 1 + filling.accounts), filling.positions_each)
    order = np.lexsort((rng.random(len(books)), books))
    accounts, books = accounts[order], books[order]
    _, first, counts = np.unique(books, return_index=True, return_counts=True)
    odd = (first + counts - 1)[counts % 2 == 1]
    return np.delete(accounts, odd), np.delete(books, odd)


def _trades(
    rng: np.random.Generator, filling: Filling, listed: Sequence[Instrument], holders: np.ndarray, books: np.ndarray
) -> np.ndarray:
    """NEW rows, two for each pair of holders of a book: a bid, and an offer that takes it."""
    rows, count = blank_commands(len(holders)), len(holders) // 2
    rows["kind"], rows["account"], rows["instrument"] = CommandKind.NEW, holders, books
    rows["side"] = np.tile([Side.BUY, Side.SELL], count)
    rows["tif"] = TimeInForce.GTC
    rows["price"] = _settled(listed, books) + np.repeat(rng.integers(-TRADE_REACH, TRADE_REACH + 1, count), 2)
    rows["lots"] = np.repeat(rng.integers(1, 1 + filling.lots_max, count), 2)
    rows["client_order_id_0"] = np.arange(1, 1 + len(rows))
    return rows


def _orders(
    rng: np.random.Generator,
    filling: Filling,
    listed: Sequence[Instrument],
    limits: Limits,
    holders: np.ndarray,
    books: np.ndarray,
) -> np.ndarray:
    """NEW rows that rest: of outrights in positions that are held, of combinations as long as positions are left."""
    chosen = rng.integers(0, len(holders), filling.accounts * filling.orders_each)
    combinations = [(book, len(one.legs)) for book, one in enumerate(listed, 1) if one.legs]
    picked = rng.integers(0, len(combinations), filling.combination_orders) if combinations else np.zeros(0, np.int64)
    taken = np.cumsum([combinations[place][1] for place in picked.tolist()])
    picked = picked[: np.count_nonzero(taken <= limits.positions - len(holders) - 64)]
    rows = blank_commands(len(chosen) + len(picked))
    rows["kind"], rows["tif"] = CommandKind.NEW, TimeInForce.GTC
    rows["instrument"] = np.concatenate([books[chosen], [combinations[place][0] for place in picked.tolist()]])
    rows["account"] = np.concatenate([holders[chosen], rng.integers(1, 1 + filling.accounts, len(picked))])
    rows["side"] = rng.integers(0, 2, len(rows))
    away = rng.integers(ORDER_NEAREST, ORDER_REACH + 1, len(rows))
    rows["price"] = _settled(listed, rows["instrument"]) + np.where(rows["side"] == Side.BUY, -away, away)
    rows["lots"] = rng.integers(1, 1 + filling.lots_max, len(rows))
    rows["client_order_id_0"] = len(holders) + np.arange(1, 1 + len(rows))
    return rng.permutation(rows)


def _settled(listed: Sequence[Instrument], books: np.ndarray) -> np.ndarray:
    """Last settlement of each of these books."""
    ticks = np.array([0, *(one.settle_tick for one in listed)])
    found: np.ndarray = ticks[books]
    return found
