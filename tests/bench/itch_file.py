"""ITCH messages as bytes, written with `struct` alone, and a small day whose every message is known."""

import struct
from pathlib import Path

NAME = "12302019.NASDAQ_ITCH50"


def message(letter: str, time_ns: int, body: bytes = b"", locate: int = 1) -> bytes:
    """A frame: length, type, locate, tracking number, time, body."""
    text = letter.encode() + struct.pack(">HH", locate, 0) + time_ns.to_bytes(6, "big") + body
    return struct.pack(">H", len(text)) + text


def directory(symbol: str, locate: int = 1, time_ns: int = 2) -> bytes:
    body = symbol.encode().ljust(8) + b"QN" + struct.pack(">I", 100) + b"NCZ PNN1N" + bytes(4) + b"N"
    return message("R", time_ns, body, locate)


def add(order: int, side: str, shares: int, price: int, time_ns: int = 3, locate: int = 1) -> bytes:
    body = struct.pack(">QcI8sI", order, side.encode(), shares, b"AAPL    ", price)
    return message("A", time_ns, body, locate)


def execute(order: int, shares: int, time_ns: int = 4) -> bytes:
    return message("E", time_ns, struct.pack(">QIQ", order, shares, 1))


def reduce(order: int, shares: int, time_ns: int = 4) -> bytes:
    return message("X", time_ns, struct.pack(">QI", order, shares))


def delete(order: int, time_ns: int = 4) -> bytes:
    return message("D", time_ns, struct.pack(">Q", order))


def replace(old: int, new: int, shares: int, price: int, time_ns: int = 4) -> bytes:
    return message("U", time_ns, struct.pack(">QQII", old, new, shares, price))


def hidden(shares: int, time_ns: int = 4) -> bytes:
    return message("P", time_ns, struct.pack(">QcI8sIQ", 0, b"B", shares, b"AAPL    ", 1_000_050, 9))


OPEN, CLOSE = message("S", 1, b"O", 0), message("S", 99, b"C", 0)
# Bids: 77 loses 40 of 100 and 10 more; 78 waits behind; 79 becomes 80 at another price. The ask 90 trades in full.
DAY = [
    OPEN,
    directory("AAPL"),
    add(77, "B", 100, 1_000_000),
    add(78, "B", 50, 1_000_000),
    add(79, "B", 30, 990_000),
    add(90, "S", 20, 1_010_000),
    execute(77, 40),
    reduce(77, 10),
    replace(79, 80, 35, 980_000),
    hidden(500),
    execute(90, 20),
    CLOSE,
]
LEVELS = ([(10_000, 100), (9_800, 35)], [])  # bids and asks at the end: ticks of a cent, shares


def write_day(folder: Path, frames: list[bytes] | None = None, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(b"".join(DAY if frames is None else frames))
    return path
