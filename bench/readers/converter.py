"""Order messages of any format become commands and a tape (TAPE-005). `order_tracker` has the compiled part.

What does not depend on the format happens here: bounds of time, the book at their start, sizes of tables, and the
check of the final book.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.readers.order_tables import ENTRY, PART, QUEUE
from bench.readers.order_tracker import OWNERS, REASONS, SKIPPED_REASONS, TRACKER, convert_messages
from bench.readers.report import ImportOptions, ImportReport
from bench.readers.survey import SURVEY, survey_messages
from bench.tapes.market import PlainMarket, engine_at, market_tape
from bench.tapes.tape import BY_TIME, TRADES_NOTE, Tape
from exchange.codes import CommandKind, TimeInForce
from exchange.engine import query
from exchange.errors import UserError
from exchange.limits import MEDIUM, TAPE, VENUE
from exchange.records import COMMAND

TABLE_BYTES_MAX = 8 << 30
SPARE_ORDERS = 500  # space for a researcher's own orders beside those of the file
Levels = tuple[list[tuple[int, int]], list[tuple[int, int]]]  # bids and asks: (tick, lots), best first


@dataclass(frozen=True)
class Converted:
    """Commands of a file, and the books after them as the converter knows them."""

    resting: np.ndarray  # COMMAND: the book at the start of the time bounds
    commands: np.ndarray  # COMMAND
    levels: list[Levels]  # by book: all levels at the end
    low_tick: int
    high_tick: int
    peak_orders: int  # most orders that live at a time

    def tape(self, notes: dict[str, object], symbols: Sequence[str] = ()) -> Tape:
        """A tape of a plain market with these books. `symbols`: by book. UserError: no state size is large enough."""
        middle = (self.low_tick + self.high_tick) // 2
        books, owners = len(self.levels), 2 * OWNERS
        market = PlainMarket(
            self.low_tick, self.high_tick, middle, books, owners, hours=1, psr_mills=1, symbols=tuple(symbols)
        )  # fmt: skip
        parts = [self.resting, self.commands] if len(self.resting) else [self.commands]
        return market_tape(market, parts, notes | {TRADES_NOTE: BY_TIME}, self.limits(market))

    def limits(self, market: PlainMarket) -> str:
        """Name of the smallest state size with space for all orders that live at a time."""
        orders = self.peak_orders + SPARE_ORDERS
        ladder = market.books * 2 * (market.high_tick - market.low_tick + 65)
        for limits in (MEDIUM, TAPE, VENUE):
            enough = limits.orders >= orders and limits.ladder_rows >= ladder
            if enough and limits.books >= market.books and limits.accounts >= market.accounts:
                return limits.name
        ticks = market.high_tick - market.low_tick + 1
        found = f"{self.peak_orders:,} orders in {market.books:,} books of {ticks:,} ticks"
        raise UserError(f"{found} do not fit into any state size: import fewer symbols, or narrower price bounds")


class Tables:
    """The tables of the tracker, sized for messages with this SURVEY."""

    def __init__(self, found: np.ndarray, books: int) -> None:
        entered, reducing, extra, _, low_tick, high_tick = found[0].tolist()
        ticks = high_tick - low_tick + 1
        self.rows_max = 3 * entered + 2 * reducing + 2 * extra
        entries = 1 << max(6, (2 * entered).bit_length())
        needed = 8 * books * ticks * 2 + entries * ENTRY.itemsize + self.rows_max * COMMAND.itemsize // 8
        if needed > TABLE_BYTES_MAX:
            raise UserError(f"{books:,} books of {ticks:,} ticks: import fewer symbols, or narrower price bounds")
        self.parts = np.zeros(entered + extra + 2, PART)
        self.queues = np.zeros((books, 2, ticks + 2), QUEUE)
        self.best = np.full((books, 2), [0, ticks + 1], np.int64)
        self.occupied = np.zeros((books, 2, (ticks + 2) // 64 + 1), np.uint64)
        self.entries = np.zeros(entries, ENTRY)
        self.state = np.zeros(1, TRACKER)
        self.state["low_tick"] = low_tick
        self.counts = np.zeros((len(REASONS), 2), np.int64)

    def run(self, messages: np.ndarray, start: int, stop: int, rows: np.ndarray) -> None:
        tables = (self.parts, self.queues, self.best, self.occupied, self.entries, self.state, self.counts)
        convert_messages(messages, start, stop, *tables, rows)  # type: ignore[no-untyped-call]  # a kernel

    def live(self) -> np.ndarray:
        """PART rows of all orders in the book, in order of time priority."""
        used = self.parts[1 : 1 + int(self.state["slots"][0])]
        live = used[used["leaves"] > 0]
        return live[np.argsort(live["entered"])]

    def levels(self) -> list[Levels]:
        """All levels of each book."""
        live = self.live()
        ticks = live["price"].astype(np.int64) + int(self.state["low_tick"][0]) - 1
        found: list[Levels] = []
        for book in range(len(self.best)):
            sides = []
            for side in (0, 1):
                chosen = (live["book"] == book) & (live["side"] == side)
                prices, places = np.unique(ticks[chosen], return_inverse=True)
                lots = np.bincount(places, live["leaves"][chosen], len(prices)).astype(np.int64)
                levels = list(zip(prices.tolist(), lots.tolist(), strict=True))
                sides.append(levels if side else levels[::-1])
            found.append((sides[0], sides[1]))
        return found


def convert(messages: np.ndarray, books: int, options: ImportOptions, report: ImportReport) -> Converted:
    """Convert ORDER_MESSAGE rows, and complete the report.

    UserError: nothing is left of the file
    """
    found = survey(messages, options.low_tick, options.highest)
    low, high = int(found["low_tick"][0]), int(found["high_tick"][0])
    tables = Tables(found, books)
    times = messages["time_ns"]
    start, stop = (int(np.searchsorted(times, bound)) for bound in (options.from_ns, options.to_ns))
    rows = np.empty(tables.rows_max, COMMAND)  # cleared one by one as they are written
    tables.state["silent"] = 1
    tables.run(messages, 0, start, rows)
    tables.state["silent"] = 0
    resting = resting_rows(tables, max(options.from_ns, int(times[start - 1])) if start else 0)
    tables.run(messages, start, stop, rows)
    commands = rows[: int(tables.state["rows"][0])]
    note(report, messages, tables, start, stop)
    report.rows_out = len(resting) + len(commands)
    if not report.rows_out:
        raise UserError(f"{report.path}: no message of {report.rows_in:,} enters an order within the bounds")
    return Converted(resting, commands, tables.levels(), low, high, int(tables.state["slots"][0]))


def survey(messages: np.ndarray, low_tick: int, high_tick: int) -> np.ndarray:
    """The SURVEY, shape (1,), of ORDER_MESSAGE rows, with the prices within these bounds; without any it is
    `low_tick`."""
    found = np.zeros(1, SURVEY)
    found["low_tick"], found["high_tick"] = high_tick, low_tick
    survey_messages(messages, low_tick, high_tick, found)  # type: ignore[no-untyped-call]  # a kernel
    if not found["priced"][0]:
        found["low_tick"] = low_tick
    return found


def resting_rows(tables: Tables, time_ns: int) -> np.ndarray:
    """COMMAND rows that enter all live orders, and forget what they have traded so far."""
    tables.parts["filled"] = 0
    live = tables.live()
    rows = np.zeros(len(live), COMMAND)
    rows["time_ns"] = time_ns
    rows["kind"], rows["side"], rows["tif"] = CommandKind.NEW, live["side"], TimeInForce.GTC
    rows["account"] = 1 + live["order_id"] % np.uint64(OWNERS)
    rows["instrument"] = 1 + live["book"]
    rows["price"] = live["price"].astype(np.int64) + int(tables.state["low_tick"][0]) - 1
    rows["lots"] = live["leaves"]
    names = zip(live["order_id"].tolist(), live["part"].tolist(), strict=True)
    texts = np.array([f"{order}.{part}" if part else f"{order}" for order, part in names], "S24")
    words = texts.view("<u8").reshape(-1, 3) if len(texts) else np.zeros((0, 3), np.uint64)
    for word in range(3):
        rows[f"client_order_id_{word}"] = words[:, word]
    return rows


def note(report: ImportReport, messages: np.ndarray, tables: Tables, start: int, stop: int) -> None:
    """Complete a report with what the conversion found."""
    for reason, (number, first) in zip(REASONS, tables.counts.tolist(), strict=True):
        if number:
            (report.skipped if reason in SKIPPED_REASONS else report.changed)[reason] += number
            report.bad(int(messages["row"][first - 1]), reason)
    outside = len(messages) - stop
    if outside:
        report.skipped["at or after the end of the time bounds"] += outside
    if start:
        report.changed["before the time bounds: only build the book"] += start


def final_book_differences(tape: Tape, levels: list[Levels]) -> list[str]:
    """Replay a tape on an engine and compare its books with `levels`. Empty: all are equal, and nothing was refused."""
    engine = engine_at(tape, len(tape.commands))
    found = []
    for book, wanted in enumerate(levels):
        count = max(1, *map(len, wanted))
        shown = query.depth(engine.states, 1 + book)
        for name, ours, theirs in zip(("bids", "asks"), shown, wanted, strict=True):
            if ours[:count] != theirs[:count] or len(ours) > len(theirs):
                pairs = zip([*ours, None], [*theirs, None], strict=False)
                first = next(pair for pair in pairs if pair[0] != pair[1])
                found.append(f"book {1 + book} {name}: engine has {first[0]}, file has {first[1]} (tick, lots)")
    return found
