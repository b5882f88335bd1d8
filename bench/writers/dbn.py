"""Writes the books of a tape as Databento DBN of the schema mbo, `.dbn` or `.dbn.zst` (TAPE-013).

The records are those that Databento has for an exchange: a trade is a T of the aggressor, an F and a C of the resting
order. Prices are dollars times 10^9, by the tick that the tape notes; a lot is 1. Instrument ids are those of the tape.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench.extras import check_package, whole_file
from bench.readers.dbn import SCALE
from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE
from bench.writers.order_flow import OrderFlow
from bench.writers.plain_messages import split_replacements
from bench.writers.prices import file_prices

DATASET = "GPUX.MBO"
LENGTH = 14  # of a record, in words of four bytes
NO_CHANNEL = 255
PRICES_MAX = 2**63 - 2  # 2**63 - 1 is no price


def write_dbn(flow: OrderFlow, path: Path) -> int:
    """Write a file; returns its number of records."""
    check_package(f"writing {path}", "databento_dbn", "research")
    records = records_of(flow)
    content = metadata_of(flow, records) + records.tobytes()
    if path.suffix == ".zst":
        check_package(f"writing {path}", "pyarrow", "research")
        import pyarrow as pa

        content = pa.compress(content, codec="zstd", asbytes=True)
    with whole_file(path) as part:
        part.write_bytes(content)
    return len(records)


def records_of(flow: OrderFlow) -> np.ndarray:
    """MBO records of order messages. UserError: a price has no place in them."""
    import databento_dbn

    plain = split_replacements(flow.messages)
    traded = plain["kind"] == EXECUTE
    counts = np.where(traded, 3, 1)
    source = np.repeat(plain, counts)
    place = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)  # within the message
    rows = np.zeros(len(source), np.dtype(databento_dbn.MBOMsg._dtypes))
    executed = source["kind"] == EXECUTE
    rows["action"] = np.where(source["kind"] == ADD, b"A", b"C")
    rows["action"][executed] = np.array([b"T", b"F", b"C"])[place[executed]]
    aggressor = executed & (place == 0)
    rows["side"] = np.where((source["side"] == 0) != aggressor, b"B", b"A")
    rows["length"], rows["rtype"] = LENGTH, int(databento_dbn.RType.MBO)
    rows["instrument_id"] = source["book"] + 1
    rows["ts_event"] = rows["ts_recv"] = source["time_ns"]
    rows["order_id"] = np.where(aggressor, 0, source["order_id"])
    rows["price"] = np.repeat(file_prices(flow, plain, SCALE, -PRICES_MAX, PRICES_MAX, "DBN"), counts)
    rows["size"] = source["lots"]
    rows["sequence"], rows["channel_id"] = source["row"], NO_CHANNEL
    last = np.ones(len(rows), bool)
    last[:-1] = source["row"][1:] != source["row"][:-1]
    rows["flags"] = np.where(last, databento_dbn.F_LAST, 0)
    assert np.isin(plain["kind"], (ADD, REDUCE, DELETE, EXECUTE)).all()
    return rows


def metadata_of(flow: OrderFlow, records: np.ndarray) -> bytes:
    """The metadata of a file, with the symbols of all books."""
    import databento_dbn

    times = records["ts_recv"]
    start, end = (int(times[0]), int(times[-1]) + 1) if len(times) else (0, 1)
    first, last = (np.datetime64(time_ns, "ns").astype("datetime64[D]").item() for time_ns in (start, end - 1))
    after = (np.datetime64(last) + np.timedelta64(1, "D")).item()
    names = [flow.symbol(book) for book in range(len(flow.symbols))]
    mappings = []
    for book, name in enumerate(names):
        interval = SimpleNamespace(start_date=first, end_date=after, symbol=str(book + 1))
        mappings.append(SimpleNamespace(raw_symbol=name, intervals=[interval]))
    kinds = [databento_dbn.SType.from_str(name) for name in ("raw_symbol", "instrument_id")]
    schema, version = databento_dbn.Schema.from_str("mbo"), databento_dbn.DBN_VERSION
    more: dict[str, Any] = {"symbols": names, "mappings": mappings, "end": end, "version": version}
    return databento_dbn.Metadata(DATASET, start, kinds[0], kinds[1], schema, **more).encode()
