"""Writes the books of a tape as Nasdaq TotalView-ITCH 5.0, to test and to time readers of it.

A file has the messages that orders need: system events, stock directory, add, execute, cancel, delete, replace. Lots
become shares; the tape says what a tick is worth. Times are within the day of the first message, New York time.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bench.extras import whole_file
from bench.readers.itch_frames import SCALE, TYPES
from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE, REPLACE
from bench.writers.order_flow import OrderFlow
from bench.writers.prices import file_prices
from exchange.errors import UserError
from exchange.units import NS_PER_DAY, NS_PER_S

PRICE_UNITS_MAX = 2**32 - 1
STOCK_BYTES = 8
HEAD = [("length", ">u2"), ("type", "S1"), ("locate", ">u2"), ("tracking", ">u2"), ("high", ">u2"), ("low", ">u4")]
NAMED = [("side", "S1"), ("shares", ">u4"), ("stock", "S8"), ("price", ">u4")]
FORMS = {  # by kind of message: letter and fields after the head
    ADD: ("A", [("order", ">u8"), *NAMED]),
    EXECUTE: ("E", [("order", ">u8"), ("shares", ">u4"), ("match", ">u8")]),
    REDUCE: ("X", [("order", ">u8"), ("shares", ">u4")]),
    DELETE: ("D", [("order", ">u8")]),
    REPLACE: ("U", [("old", ">u8"), ("order", ">u8"), ("shares", ">u4"), ("price", ">u4")]),
}
NEW_YORK = ZoneInfo("America/New_York")


def write_itch(flow: OrderFlow, folder: Path) -> Path:
    """Write a file into a folder, named by its day as Nasdaq does. UserError: the messages are not of one day."""
    messages = flow.messages
    day, midnight_ns = session(messages)
    times = messages["time_ns"] - midnight_ns
    if len(times) and times[-1] >= NS_PER_DAY:
        raise UserError(f"the tape ends {times[-1] / NS_PER_DAY:.1f} days after {day}, allowed in ITCH: one day")
    path = folder / f"{day:%m%d%Y}.NASDAQ_ITCH50"
    first, last = (int(times[0]), int(times[-1])) if len(times) else (0, 0)
    opening = [event("O", first), *(directory(name, book, first) for book, name in enumerate(stock_names(flow)))]
    content = b"".join(opening) + frames(flow, times) + event("C", last)
    with whole_file(path) as part:
        part.write_bytes(content)
    return path


def stock_names(flow: OrderFlow) -> list[str]:
    """The name of each book in a file: its symbol, or its beginning with the number of its book if it is too long.

    UserError: two books have the same name
    """
    names: dict[str, int] = {}
    for book in range(len(flow.symbols)):
        symbol, number = flow.symbol(book), f"~{book + 1}"
        fits = symbol.isascii() and len(symbol) <= STOCK_BYTES
        name = symbol if fits else symbol.encode("ascii", "replace").decode()[: STOCK_BYTES - len(number)] + number
        if name in names:
            raise UserError(f"instruments {names[name] + 1} and {book + 1} both have the name {name!r} in ITCH")
        names[name] = book
    return list(names)


def session(messages: np.ndarray) -> tuple[date, int]:
    """The day of the first message in New York, and its midnight in ns since 1970 UTC."""
    first_ns = int(messages["time_ns"][0]) if len(messages) else 0
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=first_ns // NS_PER_S)
    midnight = moment.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.date(), int(midnight.timestamp()) * NS_PER_S


def frames(flow: OrderFlow, times: np.ndarray) -> bytes:
    """The frames of all messages, in order."""
    messages = flow.messages
    kinds = messages["kind"]
    sizes = np.zeros(len(FORMS) + 8, np.int64)
    for kind, (letter, _) in FORMS.items():
        sizes[kind] = 2 + TYPES[letter][0]
    ends = np.cumsum(sizes[kinds])
    out = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts = ends - sizes[kinds]
    stocks = np.array([name.ljust(STOCK_BYTES).encode() for name in stock_names(flow)], "S8")
    prices = file_prices(flow, messages, SCALE, 0, PRICE_UNITS_MAX, "ITCH")
    for kind, (letter, fields) in FORMS.items():
        chosen = np.flatnonzero(kinds == kind)
        some = messages[chosen]
        rows = np.zeros(len(chosen), [*HEAD, *fields])
        assert rows.itemsize == sizes[kind]
        head(rows, letter, some["book"], times[chosen])
        for name, values in columns(some, stocks, prices[chosen]).items():
            if name in (rows.dtype.names or ()):
                rows[name] = values
        if kind == EXECUTE:
            rows["match"] = np.arange(1, 1 + len(rows))
        out[starts[chosen][:, None] + np.arange(sizes[kind])] = rows.view(np.uint8).reshape(len(rows), sizes[kind])
    return out.tobytes()


def head(rows: np.ndarray, letter: str, books: np.ndarray, times: np.ndarray) -> None:
    """Fill the fields that all messages have, in place. `times`: ns since midnight."""
    rows["length"], rows["type"] = TYPES[letter][0], letter.encode()
    rows["locate"] = books + 1
    rows["high"], rows["low"] = times >> 32, times & 0xFFFFFFFF


def columns(messages: np.ndarray, stocks: np.ndarray, prices: np.ndarray) -> dict[str, np.ndarray]:
    """The fields of messages by name."""
    return {
        "order": messages["order_id"],
        "old": messages["old_order_id"],
        "side": np.where(messages["side"] == 0, b"B", b"S"),
        "shares": messages["lots"],
        "stock": stocks[messages["book"]] if len(stocks) else np.zeros(len(messages), "S8"),
        "price": prices,
    }


def event(code: str, time_ns: int) -> bytes:
    """The frame of a system event: O, the first message of a day, or C, the last one."""
    row = np.zeros(1, [*HEAD, ("code", "S1")])
    head(row, "S", np.array([-1]), np.array([time_ns]))
    row["code"] = code.encode()
    return row.tobytes()


def directory(name: str, book: int, time_ns: int) -> bytes:
    """The frame of the stock directory that names a book."""
    row = np.zeros(1, [*HEAD, ("stock", "S8"), ("market", "S2"), ("lot", ">u4"), ("rest", "S14")])
    head(row, "R", np.array([book]), np.array([time_ns]))
    row["stock"], row["market"], row["lot"] = name.ljust(STOCK_BYTES).encode(), b"QN", 1
    row["rest"] = b"NCZ PNN1N" + bytes(4) + b"N"
    return row.tobytes()
