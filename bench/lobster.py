"""LOBSTER message and order-book files as commands of the exchange (TAPE-005, TAPE-012).

A message file starts in the middle of a day, so part of the book is unknown. The first order-book row seeds it, one
resting order a level; the first message is part of that row. Each later message becomes one command, and must leave
exactly the levels of its own book row.

What a file of ten levels cannot tell is what happens to the eleventh: it may change unseen. So
- *known to the seed* are the prices that have been in view ever since the first row;
- a level that comes into view is seeded from the row that first shows it, after that row has been checked for all
  prices that were in view before.
Format: lobsterdata.com, "Output". Times are seconds after midnight, prices dollars times 10,000.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import numpy as np

from bench.flow import START_NS
from exchange.codes import CommandFlag, CommandKind, Side, TimeInForce
from exchange.errors import UserError
from exchange.records import COMMAND, pack_client_order_id
from exchange.units import NS_PER_S, ORDER_LOTS_MAX, PRICE_MAX

TICK = 100  # one cent in LOBSTER's units
ADD, PARTIAL_CANCEL, DELETE, EXECUTE, EXECUTE_HIDDEN, CROSS, HALT = range(1, 8)
TYPES = {
    ADD: "add",
    PARTIAL_CANCEL: "partial cancel",
    DELETE: "delete",
    EXECUTE: "execute",
    EXECUTE_HIDDEN: "execute hidden (not in the book: ignored)",
    CROSS: "cross trade (not in the book: ignored)",
    HALT: "halt (ignored)",
}
INSTRUMENT = 1
OWNERS = 24  # accounts of resting orders, from 1; as many follow for aggressors
FAR_TICK = 10 * PRICE_MAX  # the price of a level that is not there


@dataclass(frozen=True)
class Lobster:
    """Commands of a message file, and the book states they must lead to. Messages count from 0, the seed."""

    commands: np.ndarray  # COMMAND
    message_ends: np.ndarray  # shape (messages,): commands up to and with this message
    view_ends: np.ndarray  # shape (messages,): also with the levels that came into view
    book: np.ndarray  # shape (messages, levels, 2 sides, price and lots), prices in ticks
    seed_prices: np.ndarray  # shape (messages, 2): last price of each side known to the seed
    view_prices: np.ndarray  # shape (messages, 2): last price of each side in view before and after
    counts: Counter[str]  # messages by type
    views: int  # times a level came into view
    corrections: int  # of them, levels whose size no message had told
    strangers: int  # messages about orders nobody knew at a level nobody knew
    queue_jumps: int  # executions of an order that was not first in its queue


class Level(list["Order"]):
    """Orders of one price and side, first in first out."""

    def lots(self) -> int:
        return sum(order.leaves for order in self)


@dataclass(eq=False)
class Order:
    name: str
    side: int
    price: int
    leaves: int
    filled: int = 0


def read_lobster(message_path: Path, book_path: Path) -> Lobster:
    """Read and convert a pair of files. UserError if a file is missing or wrong, with its row."""
    messages = read_numbers(message_path, np.float64)
    book = read_numbers(book_path, np.int64)
    if messages.shape[1] != 6:
        raise UserError(f"{message_path}: {messages.shape[1]} columns, a LOBSTER message file has 6")
    if book.shape[1] % 4:
        raise UserError(f"{book_path}: {book.shape[1]} columns, a LOBSTER order-book file has 4 a level")
    if len(messages) != len(book):
        raise UserError(f"{book_path}: {len(book)} rows for {len(messages)} messages in {message_path}")
    found = re.search(r"\d{4}-\d\d-\d\d", message_path.name)
    day = datetime.fromisoformat(found[0]).replace(tzinfo=UTC) if found else None
    midnight_ns = int(day.timestamp()) * NS_PER_S if day else START_NS
    check_prices(message_path, messages)
    levels = book.reshape(len(book), -1, 2, 2)[:, :, ::-1]  # asks come first in the file
    levels[..., 0] = np.where(levels[..., 1] > 0, levels[..., 0] // TICK, np.sign(levels[..., 0]) * FAR_TICK)
    return Converter(levels).convert(messages, midnight_ns)


def read_numbers(path: Path, dtype: type) -> np.ndarray:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if not path.read_bytes().strip():
        raise UserError(f"{path}: empty")
    try:
        numbers: np.ndarray = np.loadtxt(path, dtype, delimiter=",", ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a LOBSTER file: {str(error).splitlines()[0].split(';')[0]}") from None
    return numbers


def check_prices(path: Path, messages: np.ndarray) -> None:
    """TAPE-005: a price off the tick grid is refused with its row. Hidden trades and halts may have any price."""
    kinds, prices = messages[:, 1], messages[:, 4]
    wrong = (kinds <= EXECUTE) & ((prices % TICK != 0) | (prices <= 0) | (prices > PRICE_MAX * TICK))
    for row in np.flatnonzero(wrong)[:1]:
        allowed = f"a multiple of {TICK} up to {PRICE_MAX * TICK}"
        raise UserError(f"{path} row {row + 1}: price {prices[row]:.0f} is not {allowed}")


class Converter:
    """Follows the queues of a message file, so that each message can be said as a command about an order we entered."""

    def __init__(self, book: np.ndarray) -> None:
        self.book = book
        self.rows: list[tuple[int, ...]] = []
        self.orders: dict[str, Order] = {}
        self.levels: tuple[dict[int, Level], dict[int, Level]] = ({}, {})
        self.counts: Counter[str] = Counter()
        self.entered = self.views = self.corrections = self.strangers = self.queue_jumps = 0
        self.time_ns = 0

    def convert(self, messages: np.ndarray, midnight_ns: int) -> Lobster:
        book, count = self.book, len(messages)
        worst = book[:, -1, :, 0]
        ends = np.zeros((2, count), np.int64)
        self.time_ns = midnight_ns + round(messages[0, 0] * NS_PER_S)
        for side in Side:
            self.see_levels(side, book[0], None, worst[0, side])
        ends[:, 0] = len(self.rows)
        self.views = self.corrections = 0
        for index in range(1, count):
            seconds, kind, name, lots, price, direction = messages[index]
            self.time_ns = midnight_ns + round(seconds * NS_PER_S)
            side = Side.BUY if direction > 0 else Side.SELL
            self.message(int(kind), str(int(name)), int(lots), int(price) // TICK, side)
            ends[0, index] = len(self.rows)
            for side in Side:
                self.see_levels(side, book[index], worst[index - 1, side], worst[index, side])
            ends[1, index] = len(self.rows)
        before = np.vstack([worst[:1], worst[:-1]])
        view = np.stack([np.maximum(before, worst)[:, 0], np.minimum(before, worst)[:, 1]], axis=1)
        seed = np.stack([np.maximum.accumulate(worst[:, 0]), np.minimum.accumulate(worst[:, 1])], axis=1)
        return Lobster(
            command_rows(self.rows), ends[0], ends[1], book, seed, view, self.counts,
            self.views, self.corrections, self.strangers, self.queue_jumps,
        )  # fmt: skip

    def message(self, kind: int, name: str, lots: int, price: int, side: Side) -> None:
        self.counts[TYPES.get(kind, f"type {kind} (unknown: ignored)")] += 1
        if kind == ADD:
            self.enter(Order(name, side, price, lots))
        elif kind in (PARTIAL_CANCEL, DELETE):
            level = self.levels[side].get(price, Level())
            self.strangers += lots > level.lots()
            self.cut(level, self.orders.get(name), lots)
        elif kind == EXECUTE:
            self.execute(name, lots, price, side)

    def execute(self, name: str, lots: int, price: int, side: Side) -> None:
        """An aggressor meets the front of the queue."""
        level = self.levels[side].get(price, Level())
        self.strangers += lots > level.lots()
        self.queue_jumps += name in self.orders and self.orders[name] is not level[0]
        for part in range(0, lots, ORDER_LOTS_MAX):
            size = min(lots - part, ORDER_LOTS_MAX)
            taker = Order(self.new_name("take"), 1 - side, price, size)
            self.emit(CommandKind.NEW, taker, TimeInForce.IOC, size, 0)
        while lots and level:
            traded = min(lots, level[0].leaves)
            level[0].leaves -= traded
            level[0].filled += traded
            lots -= traded
            if not level[0].leaves:
                self.forget(level[0])

    def see_levels(self, side: Side, row: np.ndarray, before: int | None, now: int) -> None:
        """Bring levels that came into view to their published size; `before` and `now` are the last prices in view."""
        sign = 1 if side == Side.BUY else -1
        published = {int(price): int(lots) for price, lots in row[:, side] if lots > 0}
        for price in published.keys() | self.levels[side].keys():
            if sign * price < sign * now or (before is not None and sign * price >= sign * before):
                continue
            level = self.levels[side].get(price, Level())
            missing = published.get(price, 0) - level.lots()
            self.views += price in published
            self.corrections += missing != 0
            if missing > 0:
                self.enter(Order(self.new_name("seed"), side, price, missing))
            elif missing < 0:
                self.cut(level, None, -missing)

    def enter(self, order: Order) -> None:
        """Rest an order; what exceeds the exchange's largest order follows as orders of nobody in particular."""
        excess = max(0, order.leaves - ORDER_LOTS_MAX)
        order.leaves -= excess
        self.orders[order.name] = order
        self.levels[order.side].setdefault(order.price, Level()).append(order)
        self.emit(CommandKind.NEW, order, TimeInForce.GTC, order.leaves, 0)
        if excess:
            self.enter(Order(self.new_name("seed"), order.side, order.price, excess))

    def new_name(self, kind: str) -> str:
        self.entered += 1
        return f"{kind}-{self.entered}"

    def cut(self, level: Level, order: Order | None, lots: int) -> None:
        """Take lots out of an order, or, where it is not known, out of what was seeded, or else of the newest."""
        seeded = [other for other in level if other.name.startswith("seed-")]
        candidates = ([order] if order else []) + seeded + level[::-1]
        for candidate in candidates:
            cut = min(lots, candidate.leaves)
            if not cut:
                continue
            lots -= cut
            candidate.leaves -= cut
            if candidate.leaves:
                total = candidate.filled + candidate.leaves
                self.emit(CommandKind.REPLACE, candidate, TimeInForce.DAY, total, CommandFlag.KEEP_PRICE)
            else:
                self.forget(candidate)
                self.emit(CommandKind.CANCEL, candidate, TimeInForce.DAY, 0, 0)

    def forget(self, order: Order) -> None:
        level = self.levels[order.side][order.price]
        level.remove(order)
        if not level:
            del self.levels[order.side][order.price]
        del self.orders[order.name]

    def emit(self, kind: int, order: Order, tif: int, lots: int, flags: int) -> None:
        account = 1 + crc32(order.name.encode()) % OWNERS + OWNERS * order.name.startswith("take-")
        price = 0 if kind == CommandKind.CANCEL else order.price
        words = pack_client_order_id(order.name)
        self.rows.append((self.time_ns, kind, order.side, tif, flags, account, *words, price, lots))


def command_rows(values: list[tuple[int, ...]]) -> np.ndarray:
    """COMMAND rows of what the converter collected, numbered from 1."""
    rows = np.zeros(len(values), COMMAND)
    words = [f"client_order_id_{word}" for word in range(3)]
    names = ["time_ns", "kind", "side", "tif", "flags", "account", *words, "price", "lots"]
    for name, column in zip(names, zip(*values, strict=True), strict=True):
        rows[name] = np.array(column, COMMAND.fields[name][0])  # type: ignore[index]  # a structured dtype has fields
    rows["instrument"] = INSTRUMENT
    rows["sequence"] = np.arange(1, 1 + len(rows))
    return rows
