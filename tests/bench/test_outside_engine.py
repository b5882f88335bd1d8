"""An engine of other people, given the same orders, tells the same trades: a fault that engine and reference share
shows here (INV-025). It knows limit orders and cancels, so that is what it is asked."""

import hashlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, Liquidity, Side, TimeInForce
from exchange.conformance.market import account_payload, scenario_listing
from exchange.conformance.venues import EngineVenue
from exchange.engine import query
from exchange.reference.rows import Command

outside = pytest.importorskip("lightmatchingengine.lightmatchingengine")

BOOK, GROUP, ACCOUNT = 1, 1, 1
Trade = tuple[int, int, int, int]  # maker and taker by number of entry, price, lots


class Ours:
    """The compiled engine, asked like the other one."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        self.ids: list[int] = [0]  # order ids by number of entry
        self.venue.control(CommandKind.LIST, scenario_listing({}))
        self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(ACCOUNT, {}))
        self._row(CommandKind.DEPOSIT, amount_mills=10**15)
        for state in (2, 3, 4):
            self._row(CommandKind.SET_STATE, group=GROUP, market_state=state)

    def _row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.venue.apply(Command(sequence=self.sequence, kind=kind, account=ACCOUNT, **fields))

    def enter(self, side: int, price: int, lots: int) -> list[Trade]:
        order = {"instrument": BOOK, "side": side, "price": price, "lots": lots, "tif": TimeInForce.GTC}
        events = self._row(CommandKind.NEW, **order)
        self.ids.append(events[0].order_id)
        makers = [e for e in events if e.kind == EventKind.FILL and e.liquidity == Liquidity.MAKER]
        return [(self.ids.index(one.order_id), len(self.ids) - 1, one.price, one.lots) for one in makers]

    def cancel(self, number: int) -> None:
        self._row(CommandKind.CANCEL, order_id=self.ids[number])

    def levels(self, side: int) -> list[tuple[int, int]]:
        return query.depth(self.venue.engine.states, BOOK, 0)[side]


class Theirs:
    """lightmatchingengine: numbers orders in order of entry; of a trade it tells the aggressor first, once a level."""

    def __init__(self) -> None:
        self.engine = outside.LightMatchingEngine()
        self.live: dict[int, Any] = {}

    def enter(self, side: int, price: int, lots: int) -> list[Trade]:
        order, told = self.engine.add_order("X", price, lots, side + 1)
        self.live[order.order_id] = order
        self.live = {number: one for number, one in self.live.items() if one.leaves_qty}
        fills = [one for one in told if one.order_id != order.order_id]
        return [(one.order_id, order.order_id, one.trade_price, one.trade_qty) for one in fills]

    def cancel(self, number: int) -> None:
        self.engine.cancel_order(number, "X")
        del self.live[number]

    def levels(self, side: int) -> list[tuple[int, int]]:
        queues = (self.engine.order_books["X"].bids, self.engine.order_books["X"].asks)[side]
        prices = sorted(queues, reverse=side == Side.BUY)
        return [(price, sum(order.leaves_qty for order in queues[price])) for price in prices]


def flow(seed: int, count: int, theirs: Theirs) -> Iterator[tuple[int, int, int, int]]:
    """(number to cancel, side, price, lots): orders around a price, one in three a cancel of what works."""
    rng = random.Random(seed)
    for _ in range(count):
        if theirs.live and rng.random() < 0.33:
            yield rng.choice(sorted(theirs.live)), 0, 0, 0
        else:
            yield 0, rng.randrange(2), 100 + rng.randint(-6, 6), rng.randint(1, 12)


@pytest.mark.rule("INV-025", "INV-004", "INV-005", "INV-006")
@pytest.mark.parametrize("seed", range(3))
def test_an_outside_engine_tells_the_same_trades_and_keeps_the_same_book(seed: int) -> None:
    ours, theirs = Ours(), Theirs()
    hashes = hashlib.sha256(), hashlib.sha256()
    trades = 0
    for cancelled, side, price, lots in flow(seed, 700, theirs):
        if cancelled:
            ours.cancel(cancelled)
            theirs.cancel(cancelled)
            continue
        told = ours.enter(side, price, lots), theirs.enter(side, price, lots)
        assert told[0] == told[1], (seed, side, price, lots)
        trades += len(told[0])
        for digest, one in zip(hashes, told, strict=True):
            digest.update(repr(one).encode())
    assert trades > 200 and hashes[0].digest() == hashes[1].digest()
    for side in Side:
        assert ours.levels(side) == theirs.levels(side)
