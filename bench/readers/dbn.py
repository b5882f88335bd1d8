"""Reads Databento DBN files of the schema mbo, `.dbn` and `.dbn.zst`, versions 1 to 3 (TAPE-013).

The library decodes the metadata, and its dtype reads the records. Each instrument becomes a book, in the order of
instrument ids. Times are those of receipt, `ts_recv`, by which a file is ordered; `ts_event` of a snapshot lies far
back.

A trade is a T, then an F for each resting order, then a C or M that makes the order smaller. The C or M becomes the
aggressor, as far as an F has announced it; so lots that go without an F are cancelled.
"""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.extras import check_package
from bench.readers.converter import convert
from bench.readers.dbn_walk import TOO_SHORT, walk_records
from bench.readers.itch import Imported, imported
from bench.readers.order_messages import ADD, CLEAR, KINDS, MODIFY, NOTICE, REDUCE, order_messages
from bench.readers.report import ImportOptions, ImportReport
from bench.readers.rescale import check_times, lots_of, ticks_of
from exchange.codes import Side
from exchange.errors import UserError
from exchange.units import NS_PER_S

if TYPE_CHECKING:
    import databento_dbn

SCALE = 1_000_000_000  # units of a price that make 1
MAGIC, ZSTD = b"DBN", b"\x28\xb5\x2f\xfd"
ACTIONS = {b"A": ADD, b"C": REDUCE, b"M": MODIFY, b"R": CLEAR, b"F": NOTICE}
NAMES = {b"A": "add", b"C": "cancel", b"M": "modify", b"R": "clear", b"F": "fill", b"T": "trade", b"N": "none"}
WITHOUT_COMMAND = {b"T": "trade of an aggressor: its fills follow", b"N": "without effect on the book"}
ACCEPTED = "a DBN file of the schema mbo (market by order), also in zstd"


def read_dbn(path: Path, options: ImportOptions | None = None) -> Imported:
    """Read a file. UserError: it is missing, foreign, damaged, of another schema, or has a price between two ticks."""
    options = options or ImportOptions()
    check_package(f"reading {path}", "databento_dbn", "research")
    options.check()
    data = read_bytes(path)
    metadata, begin = read_metadata(path, data)
    report = ImportReport(str(path), f"Databento DBN {metadata.version} mbo")
    rows, records = mbo_records(path, data, begin, report)
    names = symbols_of(metadata)
    chosen = choose(path, records, names, options)
    if not chosen.all():
        report.skipped["records of other symbols"] = int(np.count_nonzero(~chosen))
    rows, records = rows[chosen], records[chosen]
    check_books(path, rows, records)
    count_actions(report, rows, records)
    if len(records) and metadata.end and int(records["ts_recv"][-1]) < metadata.end:
        seconds = (metadata.end - int(records["ts_recv"][-1])) // NS_PER_S
        report.notes["end"] = f"last record {seconds:,} s before the end that the file names: quiet, or cut short"
    instruments = np.unique(records["instrument_id"])
    messages = messages_of(str(path), rows, records, instruments, options)
    symbols = [names.get(int(number), str(number)) for number in instruments]
    return imported(convert(messages, len(instruments), options, report), symbols, report, options)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked. UserError: it cannot be read."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    data = path.read_bytes()
    if data[:4] != ZSTD:
        return data
    check_package(f"reading {path}", "pyarrow", "research")
    import pyarrow as pa

    try:
        unpacked: bytes = pa.input_stream(str(path), compression="zstd").read()
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path}: its zstd is damaged or cut short: {str(error).splitlines()[0]}") from None
    return unpacked


def read_metadata(path: Path, data: bytes) -> tuple["databento_dbn.Metadata", int]:
    """Metadata, and the byte where the records begin. UserError: no DBN, or another version or schema."""
    import databento_dbn

    if data[:3] != MAGIC:
        raise UserError(f"{path}: begins with {data[:8]!r}, allowed: {ACCEPTED}")
    if len(data) < 8 or not 1 <= data[3] <= databento_dbn.DBN_VERSION:
        found = f"version {data[3]}" if len(data) > 3 else "cut short"
        raise UserError(f"{path}: DBN {found}, allowed: versions 1..{databento_dbn.DBN_VERSION}")
    begin = 8 + int.from_bytes(data[4:8], "little")
    if begin > len(data):
        raise UserError(f"{path}: cut short at byte {len(data)}: its metadata ends at byte {begin}")
    try:
        metadata = databento_dbn.Metadata.decode(data[:begin])
    except (databento_dbn.DBNError, ValueError) as error:
        raise UserError(f"{path}: damaged: metadata: {error}") from None
    if metadata.schema is not None and str(metadata.schema) != "mbo":
        raise UserError(f"{path}: schema {metadata.schema}, allowed: {ACCEPTED}")
    return metadata, begin


def mbo_records(path: Path, data: bytes, begin: int, report: ImportReport) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers and MBO records of a file. Other records are counted by their type."""
    import databento_dbn

    kind = np.dtype(databento_dbn.MBOMsg._dtypes)
    view = np.frombuffer(data, np.uint8)
    starts, places = np.empty((len(data) - begin) // 16 + 1, np.int64), np.zeros(2, np.int64)
    problem = walk_records(view, begin, starts, places)  # type: ignore[no-untyped-call]  # a kernel
    count, end = places.tolist()
    if problem:
        what = f"a record of {4 * view[end]} bytes"
        fault = "too short" if problem == TOO_SHORT else f"of which {len(data) - end} are there"
        raise UserError(f"{path} row {count + 1} at byte {end}: damaged or cut short: {what}, {fault}")
    report.rows_in = count
    begins: np.ndarray = starts[:count]
    types = view[begins + 1]
    wanted = (types == int(databento_dbn.RType.MBO)) & (4 * view[begins].astype(np.int64) >= kind.itemsize)
    for code, number in zip(*np.unique(types[~wanted], return_counts=True), strict=True):
        try:
            name = f"record {databento_dbn.RType.from_int(int(code))}"
        except databento_dbn.DBNError:
            name = f"record type {code}"
        report.unknown[name] += int(number)
    rows = np.flatnonzero(wanted) + 1
    return rows, gather(data, begins[wanted], kind)


def gather(data: bytes, begins: np.ndarray, kind: np.dtype) -> np.ndarray:
    """The records that begin at these bytes. Neighbours are taken together; mostly all records are."""
    runs = np.split(begins, np.flatnonzero(np.diff(begins) != kind.itemsize) + 1) if len(begins) else []
    found = [np.frombuffer(data, kind, len(run), int(run[0])) for run in runs]
    return found[0] if len(found) == 1 else np.concatenate([np.zeros(0, kind), *found])


def symbols_of(metadata: "databento_dbn.Metadata") -> dict[int, str]:
    """Symbols by instrument id, from the metadata."""
    found: dict[int, str] = {}
    for name, intervals in metadata.mappings.items():
        for interval in intervals:
            number: Any = interval["symbol"]
            if str(number).isdecimal():
                found[int(number)] = name
            elif name.isdecimal():
                found[int(name)] = str(number)
    return found


def choose(path: Path, records: np.ndarray, names: dict[int, str], options: ImportOptions) -> np.ndarray:
    """Mask of the records of the chosen symbols. UserError: a symbol is not in the file."""
    if not options.symbols:
        return np.ones(len(records), bool)
    numbers = {names.get(int(number), ""): int(number) for number in np.unique(records["instrument_id"])}
    numbers |= {str(number): number for number in numbers.values()}
    missing = [symbol for symbol in options.symbols if symbol not in numbers]
    if missing:
        some = ", ".join(sorted(filter(None, numbers))[:5]) or "none"
        raise UserError(f"{path}: no symbol {missing[0]}, allowed: {some}")
    return np.isin(records["instrument_id"], [numbers[symbol] for symbol in options.symbols])


def check_books(path: Path, rows: np.ndarray, records: np.ndarray) -> None:
    """Raise UserError if records are not of one book of orders for each instrument, with ids of its own."""
    import databento_dbn

    for place in np.flatnonzero(records["flags"] & databento_dbn.F_TOB)[:1].tolist():
        raise UserError(f"{path} row {rows[place]}: a record of the best prices only (F_TOB), allowed: of orders")
    books = np.unique(records[["instrument_id", "publisher_id"]])
    for place in np.flatnonzero(np.diff(books["instrument_id"].astype(np.int64)) == 0)[:1].tolist():
        one, other = books["publisher_id"][place : place + 2].tolist()
        what = f"instrument {books['instrument_id'][place]} has records of the publishers {one} and {other}"
        raise UserError(f"{path}: {what}, allowed: one publisher, as each has a book of its own")
    added = records[records["action"] == b"A"]
    owners = np.unique(added[["order_id", "instrument_id"]]) if len(books) > 1 else added[:0]
    for place in np.flatnonzero(owners["order_id"][1:] == owners["order_id"][:-1])[:1].tolist():
        one, other = owners["instrument_id"][place : place + 2].tolist()
        what = f"order id {owners['order_id'][place]} is used by the instruments {one} and {other}"
        raise UserError(f"{path}: {what}, allowed: one of them at a time: --symbol {one}")


def count_actions(report: ImportReport, rows: np.ndarray, records: np.ndarray) -> None:
    """Count records by action, and what they say about gaps."""
    import databento_dbn

    for action, number in zip(*np.unique(records["action"], return_counts=True), strict=True):
        if action in NAMES:
            report.counts[NAMES[action]] += int(number)
        else:
            report.unknown[f"action {action.decode('latin-1')!r}"] += int(number)
        if action in WITHOUT_COMMAND:
            report.skipped[WITHOUT_COMMAND[action]] += int(number)
    flags = {"F_MAYBE_BAD_BOOK": "records after a gap of the feed", "F_BAD_TS_RECV": "records with a doubtful time"}
    for name, meaning in flags.items():
        # A snapshot has no time of receipt of its own.
        own = (records["flags"] & databento_dbn.F_SNAPSHOT == 0) | (name != "F_BAD_TS_RECV")
        marked = np.flatnonzero(records["flags"] & getattr(databento_dbn, name) * own)
        if len(marked):
            report.gaps[meaning] += len(marked)
            report.bad(int(rows[marked[0]]), meaning)


def messages_of(
    path: str, rows: np.ndarray, records: np.ndarray, instruments: np.ndarray, options: ImportOptions
) -> np.ndarray:
    """ORDER_MESSAGE rows of records. UserError: a time, a side, a price or a size is not allowed."""
    kinds = np.full(256, len(KINDS), np.uint8)
    for action, kind in ACTIONS.items():
        kinds[action[0]] = kind
    kind_of = kinds[records["action"].view(np.uint8)]
    known = kind_of < len(KINDS)
    rows, records, kind_of = rows[known], records[known], kind_of[known]
    times = records["ts_recv"].astype(np.int64)
    for place in np.flatnonzero(times < 0)[:1].tolist():
        raise UserError(f"{path} row {rows[place]}: no time ts_recv, allowed: ns since 1970 UTC")
    check_times(path, rows, times)
    priced = (kind_of == ADD) | (kind_of == MODIFY)
    for place in np.flatnonzero(priced & ~np.isin(records["side"], (b"A", b"B")))[:1].tolist():
        raise UserError(f"{path} row {rows[place]}: side {bytes(records['side'][place])!r} of an order, allowed: A, B")
    prices = np.zeros(len(rows), np.int64)
    tick = tick_of(path, records["price"][priced], options)
    prices[priced] = ticks_of(path, rows[priced], records["price"][priced], tick, SCALE, options)
    return order_messages(
        time_ns=times, row=rows, order_id=records["order_id"], price=prices,
        lots=lots_of(path, rows, records["size"], options.lot), kind=kind_of,
        book=np.searchsorted(instruments, records["instrument_id"]).astype(np.int32),
        side=np.where(records["side"] == b"A", np.uint8(Side.SELL), np.uint8(Side.BUY)),
    )  # fmt: skip


def tick_of(path: str, prices: np.ndarray, options: ImportOptions) -> Decimal:
    """The tick of the options, which a file does not have. UserError: it is not given."""
    if options.tick is not None:
        return options.tick
    divisor = int(np.gcd.reduce(prices)) if len(prices) else 0
    hint = f"; all prices are multiples of {(Decimal(divisor) / SCALE).normalize():f}" if divisor else ""
    raise UserError(f"{path}: DBN needs a tick{hint}")
