"""How long does a command take in other open-source engines for Python, on the same flow?

Each peer gets the same steps as our engine in the same run: adds, cancels and marketable orders of the mixed flow,
without replaces, which no peer has. The result of a peer (trades if it reports them, orders left in the book) must be
that of the generator, so that a wrong engine is never fast.

The ratio does not show: no peer has accounts, margin, positions, fees, limits, market states or a client order id
index, and none gives the same bytes in a replay; our time includes all of this. Peers take one command a call, because
their interface requires it; our engine takes batches, as in the venue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from bench.flows.flow import Flow, Parameters, make_flow
from bench.flows.flow_book import CANCEL
from bench.record import Distribution, distribution, time_ns

ROUNDS = 5
# (kind, order number, side, lots, price), plain integers
Step = tuple[int, int, int, int, int]


class PeerEngine(Protocol):
    """One peer with an empty book.

    play      play the steps
    trades    number of trades; None: the peer does not report it
    resting   number of orders left in the book
    """

    def play(self, steps: list[Step]) -> None: ...
    def trades(self) -> int | None: ...
    def resting(self) -> int: ...


class LimitOrderBook:
    """limit-order-book 2.0 (C++ called through ctypes). It reports no trades."""

    def __init__(self) -> None:
        self._book = import_module("limit_order_book").LimitOrderBook()

    def play(self, steps: list[Step]) -> None:
        cancel, sides = self._book.cancel, (self._book.limit_buy, self._book.limit_sell)
        for kind, number, side, lots, price in steps:
            if kind == CANCEL:
                cancel(number)
            else:
                sides[side](number, lots, price)

    def trades(self) -> int | None:
        return None

    def resting(self) -> int:
        return int(self._book.count())


class LightMatchingEngine:
    """lightmatchingengine 2019.1 (pure Python). It numbers orders in order of entry, as the flow does."""

    def __init__(self) -> None:
        self._engine = import_module("lightmatchingengine.lightmatchingengine").LightMatchingEngine()
        self._trades = 0

    def play(self, steps: list[Step]) -> None:
        add, cancel = self._engine.add_order, self._engine.cancel_order
        for kind, number, side, lots, price in steps:
            if kind == CANCEL:
                cancel(number, "X")
            else:
                _, trades = add("X", price, lots, side + 1)
                if trades:
                    self._trades += sum(trade.order_id != number for trade in trades)

    def trades(self) -> int | None:
        return self._trades

    def resting(self) -> int:
        book = self._engine.order_books["X"]
        return sum(len(level) for side in (book.bids, book.asks) for level in side.values())


class OrderMatching:
    """order-matching 0.12 (pure Python). It searches all orders to find one."""

    def __init__(self) -> None:
        import_module("loguru").logger.remove()
        self._order = import_module("order_matching.order").LimitOrder
        self._orders = import_module("order_matching.orders").Orders
        self._sides = tuple(import_module("order_matching.enums").Side)
        self._engine = import_module("order_matching.matching_engine").MatchingEngine(seed=1)
        self._now = datetime(2027, 1, 1)
        self._trades = 0

    def play(self, steps: list[Step]) -> None:
        for kind, number, side, lots, price in steps:
            if kind == CANCEL:
                self._engine.cancel_order(str(number))
                continue
            self._now += timedelta(microseconds=1)
            order = self._order(
                side=self._sides[side],
                price=float(price),
                size=float(lots),
                timestamp=self._now,
                order_id=str(number),
                trader_id="one",
            )
            self._engine.place(self._orders([order]))
            self._trades += len(self._engine.match(self._now).trades)

    def trades(self) -> int | None:
        return self._trades

    def resting(self) -> int:
        book = self._engine.unprocessed_orders
        return sum(len(orders) for side in (book.bids, book.offers) for orders in side.values())


@dataclass(frozen=True)
class PeerRun:
    """A peer, and the numbers of commands and first orders that it can play within seconds."""

    package: str
    make: Callable[[], PeerEngine]
    commands: int
    warm_orders: int


PEER_RUNS = (
    PeerRun("limit-order-book", LimitOrderBook, 200_000, 30_000),
    PeerRun("lightmatchingengine", LightMatchingEngine, 20_000, 30_000),
    PeerRun("order-matching", OrderMatching, 600, 600),
)
NOT_COMPARED = {
    "hftbacktest": "replays recorded market data and fills one strategy's own orders by a queue model; "
    "orders of the flow never meet each other, so there is no command to time",
}


@dataclass(frozen=True)
class PeerResult:
    """One row of the table: ns a command of a peer and of our engine, on the same steps."""

    package: str
    commands: int
    warm_orders: int
    peer: Distribution | None
    ours: Distribution | None
    remark: str

    @property
    def ratio(self) -> float | None:
        return self.peer.least / self.ours.least if self.peer and self.ours else None


def peer_flow(run: PeerRun) -> Flow:
    """The mixed flow without replaces, with the length of a run."""
    return make_flow(
        Parameters("peers", run.commands, add=54.5, cancel=40.5, replace=0, aggressive=5, warm_orders=run.warm_orders)
    )


def plain_steps(rows: np.ndarray, first: int = 0) -> list[Step]:
    """Steps as tuples of Python integers, so that no peer has to handle NumPy values."""
    columns: list[Any] = [rows["kind"], rows["order"], rows["side"], rows["lots"], rows["price"]]
    return list(zip(*(column.tolist() for column in columns), strict=True))[first:]


def time_peer(run: PeerRun, flow: Flow, rounds: int) -> Distribution | str:
    """Distribution of ns a command over rounds, each with a new book; or a text why there is no figure."""
    warm, steps = plain_steps(flow.warm_steps), plain_steps(flow.steps)
    values = []
    for _ in range(rounds):
        try:
            peer = run.make()
        except ImportError as error:
            return f"not installed: pip install 'gpux[bench]' ({error})"
        peer.play(warm)
        values.append(time_ns(lambda peer=peer: peer.play(steps)) / len(steps))
        if peer.trades() not in (None, flow.fills) or peer.resting() != flow.resting[1]:
            return f"wrong result: {peer.trades()} trades, {peer.resting()} orders left"
    return distribution(values, "ns")


def run_peers(time_ours: Callable[[Flow, int], Distribution], rounds: int = ROUNDS) -> list[PeerResult]:
    """Run each peer and our engine; then list the engines that cannot be compared, with the reason."""
    results = []
    for run in PEER_RUNS:
        flow = peer_flow(run)
        peer = time_peer(run, flow, rounds)
        size = (run.package, run.commands, run.warm_orders)
        if isinstance(peer, str):
            results.append(PeerResult(*size, None, None, peer))
        else:
            trades = "trades and " if run.make().trades() is not None else ""
            results.append(PeerResult(*size, peer, time_ours(flow, rounds), f"{trades}orders left as expected"))
    results += [PeerResult(package, 0, 0, None, None, reason) for package, reason in NOT_COMPARED.items()]
    return results
