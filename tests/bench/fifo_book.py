"""A tiny first-in-first-out book in plain Python: judge of generated flow and converted tapes."""

from dataclasses import dataclass

import numpy as np

from exchange.codes import CommandFlag, CommandKind, Side, TimeInForce


@dataclass
class Order:
    name: tuple[int, int, int, int]
    side: int
    price: int
    leaves: int
    filled: int = 0


class FifoBook:
    """Books by instrument; counts trades and requests that found no order."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, int, int, int], Order] = {}
        self.levels: dict[tuple[int, int], dict[int, list[Order]]] = {}
        self.trades: list[tuple[tuple[int, int, int, int], int, int]] = []  # resting order, price, lots
        self.unknown = 0

    def apply(self, rows: np.ndarray) -> None:
        for row in rows:
            name = tuple(int(row[field]) for field in ("account", *[f"client_order_id_{i}" for i in range(3)]))
            order = self.orders.get(name)
            if row["kind"] == CommandKind.NEW:
                self.enter(Order(name, int(row["side"]), int(row["price"]), int(row["lots"])), row)
            elif row["kind"] in (CommandKind.CANCEL, CommandKind.REPLACE) and order is None:
                self.unknown += 1
            elif row["kind"] == CommandKind.CANCEL:
                self.leave(order, row)
            elif row["kind"] == CommandKind.REPLACE:
                self.change(order, row)

    def side(self, row: np.ndarray, side: int) -> dict[int, list[Order]]:
        return self.levels.setdefault((int(row["instrument"]), side), {})

    def enter(self, order: Order, row: np.ndarray) -> None:
        assert order.name not in self.orders
        opposite = self.side(row, 1 - order.side)
        better = min if order.side == Side.BUY else max
        while order.leaves and opposite:
            price = better(opposite)
            if (price > order.price) if order.side == Side.BUY else (price < order.price):
                break
            resting = opposite[price][0]
            lots = min(order.leaves, resting.leaves)
            for one in (order, resting):
                one.leaves -= lots
                one.filled += lots
            self.trades.append((resting.name, price, lots))
            if not resting.leaves:
                self.leave(resting, row)
        if order.leaves and row["tif"] != TimeInForce.IOC:
            self.orders[order.name] = order
            self.side(row, order.side).setdefault(order.price, []).append(order)

    def leave(self, order: Order, row: np.ndarray) -> None:
        level = self.side(row, order.side)
        level[order.price].remove(order)
        if not level[order.price]:
            del level[order.price]
        del self.orders[order.name]

    def change(self, order: Order, row: np.ndarray) -> None:
        price = order.price if row["flags"] & CommandFlag.KEEP_PRICE else int(row["price"])
        lots = order.leaves + order.filled if row["flags"] & CommandFlag.KEEP_LOTS else int(row["lots"])
        leaves = lots - order.filled
        if price == order.price and 0 < leaves <= order.leaves:
            order.leaves = leaves
            return
        self.leave(order, row)
        if leaves > 0:
            self.enter(Order(order.name, order.side, price, leaves, order.filled), row)

    def depth(self, instrument: int, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """(price, lots) of bids and asks, best first."""
        sides = []
        for side in (Side.BUY, Side.SELL):
            book = self.levels.get((instrument, side), {})
            prices = sorted(book, reverse=side == Side.BUY)[: levels or None]
            sides.append([(price, sum(order.leaves for order in book[price])) for price in prices])
        return sides[0], sides[1]
