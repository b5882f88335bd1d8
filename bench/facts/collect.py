"""Runs a tape once through the engine and records one book."""

from dataclasses import dataclass, field

import numpy as np

from bench.facts.collector import COLLECTOR, DISTANCES, LEVELS, MESSAGE, RESTED, collect_rows, price_range
from bench.facts.listings import Listing, listing_of
from bench.facts.series import BookSeries
from bench.tapes.run import check_control
from bench.tapes.tape import BY_TIME, TICK_NOTE, TRADES_NOTE, Tape, TapeControl
from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.engine.engine import Engine, event_rows
from exchange.limits import NAMED

CHUNK_ROWS = 16_384
SAMPLES_MAX = 20_000
ROOM_TICKS = 1_024  # free places beside the prices seen, so that `lots` seldom grows


def collect(tape: Tape, symbol: str = "") -> BookSeries:
    """Run a tape and record one of its books. Rows that only fill the books (`resting_rows`) are not recorded.

    symbol      of the book; empty: the busiest
    UserError   there is no such book, or the engine refuses a control
    """
    listing = listing_of(tape, symbol)
    engine = Engine(NAMED[tape.limits])
    recorder = BookRecorder(listing, engine.limits.orders, _sample_every(tape))
    opening = int(tape.commands["sequence"][tape.resting_rows - 1]) if tape.resting_rows else 0
    for part in tape.parts():
        if isinstance(part, TapeControl):
            check_control(engine, part)
            recorder.take(engine.control(part.row, part.payload), part.sequence > opening)
            continue
        split = int(np.searchsorted(part["sequence"], opening, side="right"))
        for rows, is_recorded in ((part[:split], False), (part[split:], True)):
            for start in range(0, len(rows), CHUNK_ROWS):
                recorder.take(engine.apply(rows[start : start + CHUNK_ROWS]), is_recorded)
    if engine.sequence < listing.end:
        recorder.compare(engine)
    tick, is_by_time = str(tape.notes.get(TICK_NOTE, "")), tape.notes.get(TRADES_NOTE) == BY_TIME
    return recorder.series(tick, is_by_time, engine.state_hash().hex())


def _sample_every(tape: Tape) -> int:
    """Messages between two samples of depth: about SAMPLES_MAX samples in all, at most one a message."""
    trading = np.isin(tape.commands["kind"], (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL))
    return max(1, int(np.count_nonzero(trading[tape.resting_rows :])) // SAMPLES_MAX)


@dataclass
class BookRecorder:
    """Feeds EVENT rows to the compiled collector and keeps what it writes.

    orders   slots of the engine's table of orders
    every    messages between two samples
    """

    listing: Listing
    orders: int
    every: int
    parts: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = np.zeros(1, COLLECTOR)
        self.place["book"] = self.listing.index
        self.lots: np.ndarray = np.zeros((2, 0), np.int32)
        self.occupied = occupied_of(self.lots)
        self.rested = np.zeros(self.orders + 1, RESTED)
        self.level_lots = np.zeros((2 * SAMPLES_MAX, 2, int(LEVELS)), np.int32)
        self.distance_lots = np.zeros((2 * SAMPLES_MAX, 2, int(DISTANCES)), np.int32)

    def take(self, events: np.ndarray, is_recorded: bool) -> None:
        """Read EVENT rows of whole commands; those of the listing's time count."""
        sequences = events["sequence"]
        if len(events) and not (self.listing.first <= sequences[0] and sequences[-1] < self.listing.end):
            kept = (sequences >= self.listing.first) & (sequences < self.listing.end)
            events = event_rows(events[kept].tobytes())  # as the engine gives them: one type for the kernels
        if not len(events):
            return
        self._make_room(events)
        self.place["every"] = self.every if is_recorded else 0
        messages = np.zeros(len(events), MESSAGE)
        tables = (self.place, self.lots, self.occupied, self.rested, messages, self.level_lots, self.distance_lots)
        count = collect_rows(events, *tables)  # type: ignore[no-untyped-call]  # a kernel
        if is_recorded:
            self.parts.append(messages[:count].copy())

    def _make_room(self, events: np.ndarray) -> None:
        """Widen `lots` to all prices of the book in these rows."""
        lowest, highest = price_range(events, self.listing.index)  # type: ignore[no-untyped-call]  # a kernel
        if lowest > highest:
            return
        low, width = int(self.place["low_tick"][0]), self.lots.shape[1]
        low = low if width else lowest
        new_low, new_high = min(low, lowest), max(low + width - 1, highest)
        if width and new_low == low and new_high < low + width:
            return
        before, after = ROOM_TICKS + low - new_low, ROOM_TICKS + new_high - (low + width - 1)
        self.lots = np.pad(self.lots, ((0, 0), (before, after)))
        self.occupied = occupied_of(self.lots)
        self.place["low_tick"] = low - before
        best = self.place["best"][0]
        best[best > 0] += before

    def compare(self, engine: Engine) -> None:
        """Assert that the levels that the rows gave are those of the engine's book."""
        found = query.depth(engine.states, self.listing.index)
        low = int(self.place["low_tick"][0])
        for side in Side:
            places = np.flatnonzero(self.lots[side])
            levels = [(low + int(place), int(self.lots[side, place])) for place in places]
            assert levels[:: -1 if side == Side.BUY else 1] == found[side], f"{side.name} levels differ"

    def series(self, tick: str = "", is_by_time: bool = False, state_hash: str = "") -> BookSeries:
        """What was recorded. Arguments as in BookSeries."""
        messages = np.concatenate([np.zeros(0, MESSAGE), *self.parts])
        count, one = int(self.place["samples"][0]), self.listing
        return BookSeries(
            one.symbol,
            one.index,
            one.min_inc,
            messages,
            self.level_lots[:count],
            self.distance_lots[:count],
            self.every,
            tick,
            is_by_time,
            state_hash,
        )


def occupied_of(lots: np.ndarray) -> np.ndarray:
    """Bitmap of the places that show lots, uint64, shape (2, words), with room for a place beyond the last one."""
    bits = np.zeros((2, 64 * ((lots.shape[1] + 1) // 64 + 1)), bool)
    bits[:, 1 : 1 + lots.shape[1]] = lots > 0
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
