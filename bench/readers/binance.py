"""Reads a Binance-style capture of a websocket feed: depth differences, best bid and offer, trades (TAPE-015).

A line is the local time in ns, a space, and a message as JSON, of a combined stream or a snapshot of the depth; the
file may be in gzip. The feed has levels and no orders, so there is nothing for the engine: the level book is rebuilt
and checked. Each depth update must follow the one before (`pu`, or `U` after `u`), and after each the best levels must
be those that the feed of the best prices has up to the same update id.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.readers.level_book import Change, LevelBook
from bench.readers.report import ImportOptions, ImportReport
from exchange.errors import UserError

GZIP = b"\x1f\x8b"
LARGEST = 2**62  # largest tick and lots of a level
ACCEPTED = "lines of local time in ns, a space, and a message as JSON"
NAMES = {"depthUpdate": "depth update", "bookTicker": "best bid and offer", "trade": "trade"}
Pairs = list[tuple[str, str]]
Message = TypeVar("Message")


class CaptureHead(msgspec.Struct):
    """What says the kind of a message. `A`, `B` and no `e`: best prices of a spot market."""

    e: str = ""
    s: str = ""
    A: str = ""
    B: str = ""


class CaptureDepth(msgspec.Struct):
    """A depth update."""

    s: str
    u: int  # last update id
    U: int  # first update id
    b: Pairs
    a: Pairs
    pu: int = -1  # last update id of the message before; -1: the feed has none


class CaptureBest(msgspec.Struct):
    """Best prices and their sizes."""

    s: str
    u: int  # update id
    b: str
    B: str
    a: str
    A: str


class CaptureTrade(msgspec.Struct):
    """A trade: its number, price and size."""

    s: str
    t: int
    p: str
    q: str


class CaptureLine(msgspec.Struct):
    """A message of a combined stream, or a snapshot."""

    data: msgspec.Raw = msgspec.Raw(b"")
    stream: str = ""
    lastUpdateId: int = 0
    bids: Pairs = []
    asks: Pairs = []


@dataclass(frozen=True)
class LevelCapture:
    """The books of a capture at its end, their checks, and the report."""

    books: dict[str, LevelBook]
    report: ImportReport


@dataclass
class CaptureReader:
    """Goes through the lines of one capture."""

    path: Path
    options: ImportOptions
    report: ImportReport
    books: dict[str, LevelBook] = field(default_factory=dict)
    trades: dict[str, int] = field(default_factory=dict)  # number of the last trade, by symbol
    known: tuple[dict[str, int], dict[str, int]] = field(default_factory=lambda: ({}, {}))  # units by text
    seen: set[str] = field(default_factory=set)  # symbols of the capture
    row: int = 0
    time_ns: int = 0

    def read(self) -> LevelCapture:
        decoder = msgspec.json.Decoder(CaptureLine)
        for text in read_lines(self.path):
            self.row += 1
            time_ns, line = self.split(text, decoder)
            self.report.rows_in += 1
            if not self.options.from_ns <= time_ns < self.options.to_ns:
                self.report.skipped["out of the time bounds"] += 1
            elif line.lastUpdateId:
                self.snapshot(line)
            elif line.data:
                self.message(line)
            else:
                self.report.unknown["line without a message"] += 1
        if not self.row:
            raise UserError(f"{self.path}: empty, allowed: {ACCEPTED}")
        self.check()
        self.summary()
        return LevelCapture(self.books, self.report)

    def check(self) -> None:
        """Raise UserError if a chosen symbol is not in the capture, or no depth update."""
        missing = [symbol for symbol in self.options.symbols if symbol not in self.seen]
        if missing:
            raise UserError(
                f"{self.path}: no symbol {missing[0]}, allowed: {', '.join(sorted(self.seen)[:5]) or 'none'}"
            )
        if not self.report.counts["depth update"]:
            what = f"no depth update in {self.row:,} lines within the bounds"
            raise UserError(f"{self.path}: {what}, allowed: {ACCEPTED}, of depth differences")

    def split(self, text: bytes, decoder: "msgspec.json.Decoder[CaptureLine]") -> tuple[int, CaptureLine]:
        """Local time and message of a line. UserError: it is none, or its time is before that of the line before."""
        time, _, rest = text.partition(b" ")
        if not time.isdigit() or len(time) > 19:
            raise self.wrong(f"begins with {text[:20]!r}, allowed: {ACCEPTED}")
        time_ns = int(time)
        if time_ns < self.time_ns:
            raise self.wrong(f"local time {time_ns} ns is before that of the line before, {self.time_ns} ns")
        self.time_ns = time_ns
        try:
            return time_ns, decoder.decode(rest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self.wrong(f"cut short or damaged: {error}") from None

    def message(self, line: CaptureLine) -> None:
        """Take a message of the stream. Other kinds are counted by name and not decoded."""
        data = bytes(line.data)
        if data.lstrip()[:1] == b"[":
            self.report.unknown[f"array of the stream {line.stream!r}"] += 1
            return
        kind, symbol = self.head(data, line.stream)
        name = NAMES.get(kind)
        if name is None:
            self.report.unknown[f"message {kind!r}"] += 1
            return
        self.seen.add(symbol)
        if self.options.symbols and symbol not in self.options.symbols:
            self.report.skipped["messages of other symbols"] += 1
            return
        self.report.counts[name] += 1
        if kind == "trade":
            self.trade(self.decoded(data, CaptureTrade))
        elif kind == "bookTicker":
            best = self.decoded(data, CaptureBest)
            levels = (self.level(best.b, best.B), self.level(best.a, best.A))
            self.note(self.book(symbol).take_ticker(best.u, levels))
        else:
            self.depth(self.book(symbol), self.decoded(data, CaptureDepth))

    def head(self, data: bytes, stream: str) -> tuple[str, str]:
        """Kind and symbol of a message. Best prices of a spot market have no `e`."""
        try:
            head = msgspec.json.decode(data, type=CaptureHead)
        except msgspec.ValidationError:
            return stream.rpartition("@")[2], ""  # a kind whose fields have other types
        is_best = not head.e and (stream.endswith("@bookTicker") or (head.A and head.B))
        return "bookTicker" if is_best else head.e, head.s

    def decoded(self, data: bytes, kind: type[Message]) -> Message:
        """A message of a known kind. UserError: a field is missing or wrong."""
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise self.wrong(f"cut short or damaged: {error}") from None

    def book(self, symbol: str) -> LevelBook:
        """The book of a symbol. A snapshot before the first update, which names none, is that of the first symbol."""
        if symbol not in self.books:
            self.books[symbol] = self.books.pop("") if "" in self.books else LevelBook()
        return self.books[symbol]

    def depth(self, book: LevelBook, message: CaptureDepth) -> None:
        """Apply a depth update, and check the best levels after it."""
        if book.update and message.u <= book.update:
            self.report.skipped["depth update older than the book"] += 1
            return
        # The first update after a snapshot covers the id of the snapshot; any other follows the one before it.
        follows = message.pu == book.update if message.pu >= 0 else book.update + 1 >= message.U
        if book.update and not follows and not message.U <= book.update <= message.u:
            self.report.gaps["depth updates missing"] += 1
            self.report.bad(self.row, f"depth update after {message.pu}, the book has {book.update}")
        book.apply(Change(message.U, message.u, (self.levels(message.b), self.levels(message.a))))
        self.note(book.expect_check(self.row))

    def note(self, differences: list[str]) -> None:
        """Note the first difference of best levels in the report."""
        for text in differences:
            row, _, what = text.partition(" ")
            self.report.bad(int(row), what)

    def snapshot(self, line: CaptureLine) -> None:
        """Start the book from a snapshot, which does not name its symbol: that of the only book, or of the options."""
        names = list(self.options.symbols or self.books or ("",))
        if len(names) > 1:
            raise self.wrong(f"a snapshot without symbol among {len(names)} symbols, allowed: one symbol")
        self.report.counts["snapshot"] += 1
        book = self.books.setdefault(names[0], LevelBook())
        if not book.start(line.lastUpdateId, (self.levels(line.bids), self.levels(line.asks))):
            self.report.gaps["depth updates missing after a snapshot"] += 1
            self.report.bad(self.row, f"no depth update after the snapshot of {line.lastUpdateId}")

    def trade(self, message: CaptureTrade) -> None:
        """Count a trade. Its price and size must be on tick and lot."""
        self.level(message.p, message.q)
        before = self.trades.get(message.s)
        if before is not None and message.t != before + 1:
            self.report.gaps["trades missing"] += max(1, message.t - before - 1)
            self.report.bad(self.row, f"trade {message.t} after {before}")
        self.trades[message.s] = message.t

    def levels(self, pairs: Pairs) -> list[tuple[int, int]]:
        """Levels within the price bounds as (tick, lots)."""
        found = [self.level(price, lots) for price, lots in pairs]
        low, high = self.options.low_tick, self.options.high_tick or LARGEST
        inside = [level for level in found if low <= level[0] <= high]
        if len(inside) < len(found):
            self.report.skipped["levels outside the price bounds"] += len(found) - len(inside)
        return inside

    def level(self, price: str, size: str) -> tuple[int, int]:
        """Tick and lots of two texts. UserError: one is between two of them."""
        assert self.options.tick is not None
        return self.units(0, price, self.options.tick), self.units(1, size, self.options.lot)

    def units(self, kind: int, text: str, unit: Decimal) -> int:
        """A price in ticks or a size in lots, exact. Texts repeat, so their units are kept."""
        found = self.known[kind].get(text)
        if found is None:
            name = ("price", "size")[kind]
            try:
                number = Decimal(text) / unit
            except (InvalidOperation, ValueError):
                raise self.wrong(f"{name} {text!r} is no number") from None
            if not number.is_finite() or number != number.to_integral_value() or not 0 <= number <= LARGEST:
                raise self.wrong(f"{name} {text} is not a multiple of the {('tick', 'lot')[kind]} {unit}")
            found = self.known[kind][text] = int(number)
        return found

    def summary(self) -> None:
        """Add the results of the checks to the report."""
        for symbol, book in self.books.items():
            checks = ", ".join(f"{count:,} {name}" for name, count in book.checks.most_common()) or "none"
            bids, asks = book.levels()
            self.report.notes[symbol or "book"] = f"{len(bids)} bids and {len(asks)} asks; best levels {checks}"

    def wrong(self, what: str) -> UserError:
        return UserError(f"{self.path} row {self.row}: {what}")


def read_binance(path: Path, options: ImportOptions) -> LevelCapture:
    """Rebuild and check the books of a capture. UserError: it is missing, foreign, damaged or off the tick."""
    options.check(LARGEST)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if options.tick is None:
        raise UserError(f"{path}: a capture of levels needs a tick and a lot, like 0.1 and 0.001")
    return CaptureReader(path, options, ImportReport(str(path), "Binance-style capture of levels")).read()


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, unpacked. UserError: it cannot be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\r\n")
    except EOFError:
        raise UserError(f"{path}: its gzip is cut short") from None
    except (OSError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
