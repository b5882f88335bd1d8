"""Converts LOBSTER message and order-book files to commands of the exchange (TAPE-005, TAPE-012).

A message file starts in the middle of a day, so part of the book is unknown. The first order-book row is the *seed*: it
becomes one resting order for each level, and it includes the first message. Each later message becomes commands. After
them the book must have exactly the levels of the message's order-book row.

A file of ten levels does not show the eleventh level, which may change unseen. Therefore:
- A price is *in view* if it is not beyond the last level of its row. Prices *known to the seed* have been in view since
  the first row.
- A level that comes into view is seeded from the first row that shows it. Before that, this row is checked for all
  prices that were in view before.
Format: lobsterdata.com, "Output". Times are seconds after midnight, prices dollars times 10,000 as in ITCH. A tick
is a cent, or what the caller says.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zlib import crc32

import numpy as np

from bench.flows.flow import START_NS
from bench.readers.itch_frames import CENT, SCALE
from bench.readers.report import units_of
from exchange.codes import CommandFlag, CommandKind, Side, TimeInForce
from exchange.errors import UserError
from exchange.records import COMMAND, pack_client_order_id
from exchange.units import NS_PER_S, ORDER_LOTS_MAX, PRICE_MAX

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
MESSAGE_COLUMNS = ("time", "type", "order id", "size", "price", "direction")
PRICE = MESSAGE_COLUMNS.index("price")
WHOLE_MAX = 1 << 53  # files are read as floats, in which whole numbers up to this are exact
LOTS_MAX = 10_000_000  # most lots of a message or a level: a thousand orders of the exchange's largest size
DAY_S = 86_400
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2261, 12, 31)  # range of a 64-bit time in nanoseconds
NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
INSTRUMENT = 1
OWNERS = 24  # accounts 1 to 24 own resting orders, the next 24 own aggressors
FAR_TICK = 10 * PRICE_MAX  # stands for the price of a missing level


@dataclass(frozen=True)
class Lobster:
    """Commands of a message file, and the book states after them. Message 0 is the seed."""

    commands: np.ndarray  # COMMAND
    tick: Decimal  # dollars
    message_ends: np.ndarray  # shape (messages,): number of commands up to and with this message
    view_ends: np.ndarray  # shape (messages,): the same, with commands that seed levels that came into view
    book: np.ndarray  # shape (messages, levels, 2 sides, price and lots), prices in ticks
    seed_prices: np.ndarray  # shape (messages, 2): last price of each side known to the seed
    view_prices: np.ndarray  # shape (messages, 2): last price of each side in view both before and after
    counts: Counter[str]  # messages by type
    views: int  # number of levels that came into view
    corrections: int  # how many of these had other lots than followed from the messages
    unknown_lots: int  # messages about more lots than were known at their level
    out_of_order_fills: int  # executions of an order that was not first in its queue
    hidden_trades: int  # executions of hidden orders
    hidden_lots: int


class OrderQueue(list["LobsterOrder"]):
    """Orders of one price and side, first in, first out."""

    def lots(self) -> int:
        return sum(order.leaves for order in self)


@dataclass(eq=False)
class LobsterOrder:
    """An order that rests; `leaves` and `filled` are lots."""

    name: str
    side: int
    price: int
    leaves: int
    filled: int = 0


def read_lobster(message_path: Path, book_path: Path, tick: Decimal = CENT) -> Lobster:
    """Read and convert a pair of files. UserError: a file is missing or wrong; it names row and column."""
    unit = units_of("tick", tick, SCALE)
    for path in (message_path, book_path):
        if not path.is_file():
            raise UserError(f"{path}: no such file")
    messages, book = read_numbers(message_path), read_numbers(book_path)
    if messages.shape[1] != len(MESSAGE_COLUMNS):
        raise UserError(f"{message_path}: {messages.shape[1]} columns, a LOBSTER message file has 6")
    if book.shape[1] % 4:
        raise UserError(f"{book_path}: {book.shape[1]} columns, a LOBSTER order-book file has 4 a level")
    if len(messages) != len(book):
        raise UserError(f"{book_path}: {len(book)} rows for {len(messages)} messages in {message_path}")
    if len(messages) == 1:
        raise UserError(f"{message_path}: 1 row, allowed: 2 or more, as the first is only where the book starts")
    midnight_ns = midnight(message_path)
    check_messages(message_path, messages, unit)
    check_levels(book_path, book, unit)
    levels = book.astype(np.int64).reshape(len(book), -1, 2, 2)[:, :, ::-1]  # asks come first in the file
    levels[..., 0] = np.where(levels[..., 1] > 0, levels[..., 0] // unit, [-FAR_TICK, FAR_TICK])
    messages[:, PRICE] //= unit
    source = Converter(levels, message_path, unit).convert(messages, midnight_ns)
    if not len(source.commands):
        raise UserError(f"{message_path}: no message enters an order, and no level of {book_path} holds one")
    return source


def read_numbers(path: Path) -> np.ndarray:
    """The numbers of a file, float64, shape (rows, columns). UserError: it is no text, or a row is not valid."""
    try:
        lines = path.read_text("utf-8").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a LOBSTER file: byte {error.start} is no UTF-8 text") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if lines == [""]:
        raise UserError(f"{path}: empty")
    if "" in lines:
        raise UserError(f"{path} row {lines.index('') + 1}: empty, allowed: numbers with commas between them")
    try:
        numbers: np.ndarray = np.loadtxt(lines, np.float64, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        raise UserError(f"{path} {wrong_cell(lines)} (not a LOBSTER file)") from None
    return numbers


def wrong_cell(lines: list[str]) -> str:
    """A text about the first cell that is not a number, or the first row of another length."""
    count = lines[0].count(",") + 1
    for row, line in enumerate(lines, 1):
        cells = line.split(",")
        for column, cell in enumerate(cells, 1):
            if not NUMBER.fullmatch(cell):
                return f"row {row} column {column}: {cell[:40]!r} is not a number"
        if len(cells) != count:
            return f"row {row}: {len(cells)} columns, row 1 has {count}"
    raise AssertionError("every cell is a number and every row complete, but the file cannot be read")


def midnight(path: Path) -> int:
    """Start of the day that the name of a file has, in ns since 1970 UTC; without one, the start of generated flows.

    UserError: the name has a date that does not exist
    """
    found = re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", path.name)
    if found is None:
        return START_NS
    try:
        day = datetime.fromisoformat(found[0]).replace(tzinfo=UTC)
    except ValueError:
        raise UserError(f"{path}: its name says {found[0]}, which is no date like 2012-06-21") from None
    if not FIRST_DAY <= day.date() <= LAST_DAY:
        raise UserError(f"{path}: its name says {found[0]}, allowed: a date in {FIRST_DAY}..{LAST_DAY}")
    return int(day.timestamp()) * NS_PER_S


def check_messages(path: Path, messages: np.ndarray, unit: int) -> None:
    """Raise UserError if a row has a value that is not valid in LOBSTER (TAPE-005).

    messages   float64, shape (messages, 6). In types 5 to 7, ids, sizes and prices may be any whole numbers: hidden
               trades have prices between ticks, halts have none.
    unit       a tick, dollars times 10,000
    """
    time, kind, name, size, price, direction = messages.T
    ignored = kind > EXECUTE
    sided = (np.abs(direction) == 1) | ((kind > EXECUTE_HIDDEN) & (direction == 0))
    number = f"a whole number in {-WHOLE_MAX}..{WHOLE_MAX}"
    rules = [
        (0, (time >= 0) & (time <= DAY_S), f"in 0..{DAY_S} seconds"),
        (0, ~(time < np.roll(time, 1)) | (np.arange(len(time)) == 0), "at or after that of the row before"),
        (1, is_whole(kind, ADD, HALT), f"a whole number in {ADD}..{HALT}"),
        (2, ignored | is_whole(name, 0, WHOLE_MAX), f"a whole number in 0..{WHOLE_MAX}"),
        (3, ignored | is_whole(size, 1, LOTS_MAX), f"a whole number in 1..{LOTS_MAX}"),
        (4, ignored | is_price(price, unit), prices_of(unit)),
        (5, sided, "1 or -1"),
        *((column, is_whole(messages[:, column], -WHOLE_MAX, WHOLE_MAX), number) for column in (2, 3, 4)),
    ]
    wrong = [(int(np.argmin(fine)), column, allowed) for column, fine, allowed in rules if not fine.all()]
    for row, column, allowed in sorted(wrong, key=lambda found: found[:2])[:1]:
        value = f"{MESSAGE_COLUMNS[column]} {messages[row, column]:.15g}"
        raise UserError(f"{path} row {row + 1} column {column + 1}: {value} is not {allowed}")


def check_levels(path: Path, book: np.ndarray, unit: int) -> None:
    """Raise UserError if a row has a price between ticks, an invalid size or levels out of order (TAPE-005).

    book   float64, shape (messages, 4 * levels): price and size alternate; a level of size 0 may have any price
    unit   a tick, dollars times 10,000
    """
    prices, sizes = book[:, ::2], book[:, 1::2]
    fine = np.ones(book.shape, bool)
    fine[:, ::2] = is_price(prices, unit) | ((sizes == 0) & is_whole(prices, -WHOLE_MAX, WHOLE_MAX))
    fine[:, 1::2] = is_whole(sizes, 0, LOTS_MAX)
    for row, column in np.argwhere(~fine)[:1].tolist():
        what, allowed = ("size", f"a whole number in 0..{LOTS_MAX}") if column % 2 else ("price", prices_of(unit))
        raise UserError(f"{path} row {row + 1} column {column + 1}: {what} {book[row, column]:.15g} is not {allowed}")
    by_side = (len(book), -1, 2)  # asks come first
    used, away = (sizes > 0).reshape(by_side), prices.reshape(by_side) * [1, -1]
    wrong = used[:, 1:] & ~(used[:, :-1] & (away[:, 1:] > away[:, :-1]))
    for row, level, side in np.argwhere(wrong)[:1].tolist():
        column = 4 * (level + 1) + 2 * side
        what = f"price {book[row, column]:.15g} is not behind the level before it"
        raise UserError(f"{path} row {row + 1} column {column + 1}: {what}, allowed: best level first, empty ones last")


def is_whole(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """For each value, whether it is a whole number in low..high. NaN is not."""
    fine: np.ndarray = (values >= low) & (values <= high) & (values == np.floor(values))
    return fine


def is_price(values: np.ndarray, unit: int) -> np.ndarray:
    """For each value, whether it is a price on a tick of so many units, within the range of an instrument."""
    fine: np.ndarray = is_whole(values, unit, PRICE_MAX * unit) & (np.floor(values / unit) * unit == values)
    return fine


def prices_of(unit: int) -> str:
    """Prices that `is_price` takes, in words."""
    return f"a multiple of {unit} in {unit}..{PRICE_MAX * unit}"


class Converter:
    """Tracks the queues of a message file, so that each message becomes commands about known orders."""

    def __init__(self, book: np.ndarray, path: Path, unit: int) -> None:
        self.book = book
        self.path = path  # of the message file
        self.unit = unit  # a tick, dollars times 10,000
        self.rows: list[tuple[int, ...]] = []
        self.orders: dict[str, LobsterOrder] = {}
        self.levels: tuple[dict[int, OrderQueue], dict[int, OrderQueue]] = ({}, {})
        self.counts: Counter[str] = Counter()
        self.entered = self.views = self.corrections = self.unknown_lots = self.out_of_order_fills = 0
        self.hidden_trades = self.hidden_lots = 0
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
            self.time_ns = midnight_ns + round(messages[index, 0] * NS_PER_S)
            self.message(index, *messages[index, 1:].astype(np.int64).tolist())
            ends[0, index] = len(self.rows)
            for side in Side:
                self.see_levels(side, book[index], worst[index - 1, side], worst[index, side])
            ends[1, index] = len(self.rows)
        before = np.vstack([worst[:1], worst[:-1]])
        view = np.stack([np.maximum(before, worst)[:, 0], np.minimum(before, worst)[:, 1]], axis=1)
        seed = np.stack([np.maximum.accumulate(worst[:, 0]), np.minimum.accumulate(worst[:, 1])], axis=1)
        return Lobster(
            command_rows(self.rows), Decimal(self.unit) / SCALE, ends[0], ends[1], book, seed, view, self.counts,
            self.views, self.corrections, self.unknown_lots, self.out_of_order_fills, self.hidden_trades,
            self.hidden_lots,
        )  # fmt: skip

    def message(self, index: int, kind: int, order_id: int, lots: int, price: int, direction: int) -> None:
        """Convert one message to commands. UserError: it contradicts earlier messages.

        index       of the message, for errors
        price       ticks
        direction   1: the order buys; -1: it sells
        """
        self.counts[TYPES[kind]] += 1
        name = str(order_id)
        side = Side.BUY if direction > 0 else Side.SELL
        if kind == ADD:
            if name in self.orders:
                raise UserError(
                    f"{self.path} row {index + 1} column 3: order id {name} rests already, allowed: a new one"
                )
            self.enter(LobsterOrder(name, side, price, lots))
        elif kind in (PARTIAL_CANCEL, DELETE):
            level = self.levels[side].get(price, OrderQueue())
            self.unknown_lots += lots > level.lots()
            self.cancel_lots(level, self.orders.get(name), lots)
        elif kind == EXECUTE:
            if price not in self.levels[side]:
                what = f"{side.name} order executed at price {price * self.unit}, allowed: a price at which one rests"
                raise UserError(f"{self.path} row {index + 1} column 5: {what}")
            self.execute(name, lots, price, side)
        elif kind == EXECUTE_HIDDEN:
            self.hidden_trades += 1
            self.hidden_lots += lots

    def execute(self, name: str, lots: int, price: int, side: Side) -> None:
        """Enter an aggressor that trades with the front of the queue of a level. `side`: of the resting orders."""
        level = self.levels[side][price]
        self.unknown_lots += lots > level.lots()
        self.out_of_order_fills += name in self.orders and self.orders[name] is not level[0]
        for part in range(0, lots, ORDER_LOTS_MAX):
            size = min(lots - part, ORDER_LOTS_MAX)
            taker = LobsterOrder(self.new_name("take"), 1 - side, price, size)
            self.emit(CommandKind.NEW, taker, TimeInForce.IOC, size, 0)
        while lots and level:
            traded = min(lots, level[0].leaves)
            level[0].leaves -= traded
            level[0].filled += traded
            lots -= traded
            if not level[0].leaves:
                self.drop(level[0])

    def see_levels(self, side: Side, row: np.ndarray, before: int | None, now: int) -> None:
        """Set levels that came into view to the lots of their row.

        row           levels of one row, shape (levels, 2 sides, price and lots)
        before, now   last price of the side that was in view, and that is now; `before` None: no price was
        """
        sign = 1 if side == Side.BUY else -1
        published = {int(price): int(lots) for price, lots in row[:, side] if lots > 0}
        for price in published.keys() | self.levels[side].keys():
            if sign * price < sign * now or (before is not None and sign * price >= sign * before):
                continue
            level = self.levels[side].get(price, OrderQueue())
            missing = published.get(price, 0) - level.lots()
            self.views += price in published
            self.corrections += missing != 0
            if missing > 0:
                self.enter(LobsterOrder(self.new_name("seed"), side, price, missing))
            elif missing < 0:
                self.cancel_lots(level, None, -missing)

    def enter(self, order: LobsterOrder) -> None:
        """Enter a resting order. An order that is larger than the exchange allows is split into several."""
        for part in range(0, order.leaves, ORDER_LOTS_MAX):
            lots = min(order.leaves - part, ORDER_LOTS_MAX)
            name = self.new_name("seed") if part else order.name
            resting = LobsterOrder(name, order.side, order.price, lots)
            self.orders[name] = resting
            self.levels[order.side].setdefault(order.price, OrderQueue()).append(resting)
            self.emit(CommandKind.NEW, resting, TimeInForce.GTC, lots, 0)

    def new_name(self, kind: str) -> str:
        self.entered += 1
        return f"{kind}-{self.entered}"

    def cancel_lots(self, level: OrderQueue, order: LobsterOrder | None, lots: int) -> None:
        """Cancel lots of a level: first of `order` if it is known, then of seeded orders, then of the newest."""
        seeded = [other for other in level if other.name.startswith("seed-")]
        candidates = ([order] if order else []) + seeded + level[::-1]
        for candidate in candidates:
            cancelled = min(lots, candidate.leaves)
            if not cancelled:
                continue
            lots -= cancelled
            candidate.leaves -= cancelled
            if candidate.leaves:
                total = candidate.filled + candidate.leaves
                self.emit(CommandKind.REPLACE, candidate, TimeInForce.DAY, total, CommandFlag.KEEP_PRICE)
            else:
                self.drop(candidate)
                self.emit(CommandKind.CANCEL, candidate, TimeInForce.DAY, 0, 0)

    def drop(self, order: LobsterOrder) -> None:
        level = self.levels[order.side][order.price]
        level.remove(order)
        if not level:
            del self.levels[order.side][order.price]
        del self.orders[order.name]

    def emit(self, kind: int, order: LobsterOrder, tif: int, lots: int, flags: int) -> None:
        account = 1 + crc32(order.name.encode()) % OWNERS + OWNERS * order.name.startswith("take-")
        price = 0 if kind == CommandKind.CANCEL else order.price
        words = pack_client_order_id(order.name)
        self.rows.append((self.time_ns, kind, order.side, tif, flags, account, *words, price, lots))


def command_rows(values: list[tuple[int, ...]]) -> np.ndarray:
    """COMMAND rows of the collected values, numbered from 1."""
    rows = np.zeros(len(values), COMMAND)
    if not values:
        return rows
    words = [f"client_order_id_{word}" for word in range(3)]
    names = ["time_ns", "kind", "side", "tif", "flags", "account", *words, "price", "lots"]
    for name, column in zip(names, zip(*values, strict=True), strict=True):
        rows[name] = np.array(column, COMMAND.fields[name][0])  # type: ignore[index]  # a structured dtype has fields
    rows["instrument"] = INSTRUMENT
    rows["sequence"] = np.arange(1, 1 + len(rows))
    return rows
