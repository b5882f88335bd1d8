"""Reads the frames of an ITCH 5.0 file, raw or in gzip, and refuses a file that is damaged or another format.

A frame is a length of two bytes, big-endian, and a message, which begins with its type. A length of zero ends a file.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from bench.readers.itch_walk import DIRECTORY, END, MISORDERED, OFF_TICK, TRUNCATED, WALK, WRONG_LENGTH, walk_frames
from bench.readers.order_messages import ORDER_MESSAGE
from bench.readers.report import ImportOptions, units_of
from exchange.errors import UserError

# Length and meaning of each type of message.
TYPES = {
    "S": (12, "system event"),
    "R": (39, "stock directory"),
    "H": (25, "trading action"),
    "Y": (20, "short sale restriction"),
    "L": (26, "market participant position"),
    "V": (35, "circuit breaker levels"),
    "W": (12, "circuit breaker status"),
    "K": (28, "quoting period update"),
    "J": (35, "auction collar"),
    "h": (21, "operational halt"),
    "A": (36, "add order"),
    "F": (40, "add order with participant"),
    "E": (31, "order executed"),
    "C": (36, "order executed with price"),
    "X": (23, "order cancel"),
    "D": (19, "order delete"),
    "U": (35, "order replace"),
    "P": (44, "hidden trade"),
    "Q": (40, "cross trade"),
    "B": (19, "broken trade"),
    "I": (50, "order imbalance"),
    "N": (20, "retail interest"),
    "O": (48, "direct listing"),
}
SCALE = 10_000  # units of a price that make a dollar
CENT = Decimal("0.01")
ACCEPTED = "a file of Nasdaq TotalView-ITCH 5.0 messages, each after its length of two bytes, or such a file in gzip"
CHUNK_BYTES = 1 << 20  # fits into the cache
CLOSE_BYTES = 14  # of the frame of a system event; event C ends the messages of a day
SMALLEST_FRAME = 21  # of a message about an order
ROWS_AT_FIRST = 1 << 24  # space for messages, which takes memory only as far as it is filled
GZIP = b"\x1f\x8b"


@dataclass
class ItchFrames:
    """What the frames of a file hold."""

    messages: np.ndarray  # ORDER_MESSAGE of the chosen symbols; `book` is the locate code
    symbols: dict[int, str]  # by locate code, as far as they are chosen
    traded: np.ndarray  # whether there is a message about an order of a locate code, shape (65536,)
    listed: int  # symbols in the directory
    rows: int
    counts: Counter[str] = field(default_factory=Counter)  # by meaning of the type
    unknown: Counter[str] = field(default_factory=Counter)  # by type
    hidden: tuple[int, int] = (0, 0)  # trades and shares
    others: int = 0  # messages about orders of other symbols
    trailing: int = 0  # bytes after the end of the session
    is_closed: bool = False  # whether the file says that it ends


class Reader:
    """Goes through the frames of one file."""

    def __init__(self, path: Path, options: ImportOptions, midnight_ns: int) -> None:
        self.path, self.options = path, options
        self.state = np.zeros(1, WALK)
        tick, lot = units_of("tick", options.tick or CENT, SCALE), units_of("lot", options.lot, 1)
        given = {"midnight_ns": midnight_ns, "tick": tick, "lot": lot, "outside": options.highest + 1}
        for name, value in (given | {"low": options.low_tick * tick, "high": options.highest * tick}).items():
            self.state[name] = value
        self.lengths, self.counts = np.zeros(256, np.int64), np.zeros(256, np.int64)
        for letter, (length, _) in TYPES.items():
            self.lengths[ord(letter)] = length
        self.wanted = {symbol.upper() for symbol in options.symbols}
        self.chosen = np.full(1 << 16, not self.wanted)
        self.traded = np.zeros(1 << 16, np.bool_)
        self.out = np.empty(min(ROWS_AT_FIRST, path.stat().st_size // SMALLEST_FRAME + 1), ORDER_MESSAGE)
        self.symbols: dict[int, str] = {}
        self.listed = 0

    def read(self) -> ItchFrames:
        """Decode all frames. UserError: the file is damaged or foreign, or has a price between two ticks."""
        tail, last, begin, trailing = b"", b"", 0, 0
        for chunk in read_chunks(self.path):
            if self.state["ended"][0]:
                trailing += len(chunk)
                continue
            data = tail + chunk
            self.decode(data, begin)
            place = int(self.state["offset"][0])
            begin, tail = begin + place, data[place:]
            last = (last + data[:place])[-CLOSE_BYTES:]
        if self.state["ended"][0]:
            trailing += len(tail)
        elif tail or not self.state["rows"][0]:
            self.refuse(TRUNCATED, begin, tail, begin + len(tail))
        frames = self.found(trailing)
        is_event = last[:3] == (CLOSE_BYTES - 2).to_bytes(2, "big") + b"S"
        frames.is_closed = bool(self.state["ended"][0]) or (is_event and last.endswith(b"C"))
        return frames

    def decode(self, data: bytes, begin: int) -> None:
        """Decode the whole frames of `data`, which begins at byte `begin` of the file."""
        needed = int(self.state["written"][0]) + len(data) // SMALLEST_FRAME + 1
        if needed > len(self.out):
            self.out = np.concatenate([self.out, np.empty(max(needed, len(self.out)), ORDER_MESSAGE)])
        self.state["offset"] = 0
        view = np.frombuffer(data, np.uint8)
        stop = DIRECTORY
        while stop == DIRECTORY:
            tables = (self.lengths, self.chosen, self.traded, self.counts, self.state, self.out)
            stop = walk_frames(view, *tables)  # type: ignore[no-untyped-call]  # a kernel
            if stop == DIRECTORY:
                self.list_symbol(data, int(self.state["offset"][0]))
        place = int(self.state["offset"][0])
        if stop not in (END, TRUNCATED):
            self.refuse(stop, begin + place, data[place : place + 64], begin + len(data))

    def list_symbol(self, data: bytes, end: int) -> None:
        """Take a symbol of the stock directory; its message ends at `end`."""
        message = data[end - TYPES["R"][0] : end]
        locate, symbol = int.from_bytes(message[1:3], "big"), message[11:19].decode("latin-1").rstrip()
        self.listed += 1
        if not self.wanted or symbol in self.wanted:
            self.chosen[locate] = True
            self.symbols[locate] = symbol

    def found(self, trailing: int) -> ItchFrames:
        state = self.state[0]
        messages = self.out[: state["written"]]
        hidden = (int(state["hidden_trades"]), int(state["hidden_shares"]))
        frames = ItchFrames(messages, self.symbols, self.traded, self.listed, int(state["rows"]), hidden=hidden)
        frames.others, frames.trailing = int(state["others"]), trailing
        for code in np.flatnonzero(self.counts).tolist():
            if chr(code) in TYPES:
                frames.counts[TYPES[chr(code)][1]] = int(self.counts[code])
            else:
                name = f"type {chr(code)!r}" if 32 < code < 127 else f"type byte {code}"
                frames.unknown[name] = int(self.counts[code])
        return frames

    def refuse(self, problem: int, offset: int, frame: bytes, size: int) -> None:
        """Raise UserError about the frame at an offset of the (unpacked) file."""
        row = int(self.state["rows"][0]) + 1
        length = int.from_bytes(frame[:2], "big")
        letter = frame[2:3].decode("latin-1")
        where = f"{self.path} row {row} at byte {offset}"
        if not frame:
            raise UserError(f"{self.path}: no messages in {size} bytes, allowed: {ACCEPTED}")
        if row == 1:
            raise UserError(f"{where}: {frame[:8]!r} begins no known message of its length, allowed: {ACCEPTED}")
        if problem == TRUNCATED:
            there = max(0, size - offset - 2)
            raise UserError(f"{where}: cut short: a message of {length} bytes, of which {there} are there")
        if problem == WRONG_LENGTH:
            allowed = f"allowed in ITCH 5.0: {TYPES[letter][0]} (another version?)"
            raise UserError(f"{where}: message {letter} has {length} bytes, {allowed}")
        if problem == MISORDERED:
            times = f"{int.from_bytes(frame[7:13], 'big')} ns of the day, allowed: {self.state['time_ns'][0]} or later"
            raise UserError(f"{where}: time {times}, as the message before it")
        price, shares = (33, 22) if letter == "U" else (34, 22)
        shares = {"U": 29, "E": 21, "C": 21, "X": 21}.get(letter, shares)
        if problem == OFF_TICK:
            dollars = Decimal(int.from_bytes(frame[price : price + 4], "big")) / SCALE
            raise UserError(f"{where}: price {dollars} is not a multiple of the tick {self.options.tick or CENT}")
        number = int.from_bytes(frame[shares : shares + 4], "big")
        raise UserError(f"{where}: size {number} is not a multiple of the lot {self.options.lot}")


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces, unpacked. UserError: it cannot be read, or its gzip is damaged."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except EOFError:
        raise UserError(f"{path}: its gzip is cut short") from None
    except (OSError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
