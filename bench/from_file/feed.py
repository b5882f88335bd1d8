"""The order messages of a flow, as an exchange's feed publishes them, for the programs that replay feeds.

The flow runs once in the engine; its events become adds, modifications, cancels and fills. As in Databento's market by
order, a fill of a resting order is followed by its cancel, or by a modification to what is left of it. Trades without
an order of their own are left out, which makes the files of the others smaller.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from bench.tapes.market import engine_at
from bench.tapes.tape import Tape
from exchange.codes import EventFlag, EventKind, Liquidity, Side
from exchange.engine.event_rows import split_rests
from exchange.records import EVENT, column

CHUNK_ROWS = 65_536
DEPTH, ADD, CANCEL, MODIFY, FILL = 1, 10, 11, 12, 13  # hftbacktest.types
EXCHANGE, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
ACTIONS = {ADD: "A", CANCEL: "C", MODIFY: "M", FILL: "F"}  # of Databento
NPZ_EVENT = np.dtype(
    [
        ("ev", "u8"),
        ("exch_ts", "i8"),
        ("local_ts", "i8"),
        ("px", "f8"),
        ("qty", "f8"),
        ("order_id", "u8"),
        ("ival", "i8"),
        ("fval", "f8"),
    ]
)
NANO = 1_000_000_000  # units of a price in DBN
DBN_HEAD_WORDS = 14  # length of a record, in words of four bytes
DBN_MBO = 0xA0
DBN_LAST = 0x80


@dataclass(frozen=True)
class TapeFeed:
    """Messages in order, and the state hash of the engine after them."""

    kinds: np.ndarray  # ADD, CANCEL, MODIFY, FILL
    events: np.ndarray  # EVENT, one for each message
    places: np.ndarray  # number of the event: a fill and the message after it have the same
    lots: np.ndarray  # of the message; of a MODIFY what is left
    state_hash: str

    @property
    def fills(self) -> int:
        return int(np.count_nonzero(self.kinds == FILL))


def feed_of(tape: Tape) -> TapeFeed:
    """Run a tape of one book with plain orders, and take the messages from the events."""
    engine = engine_at(tape, 0)
    starts = range(0, len(tape.commands), CHUNK_ROWS)
    found = [book_events(engine.apply(tape.commands[start : start + CHUNK_ROWS])) for start in starts]
    events = np.concatenate([np.zeros(0, EVENT), *found])
    kinds, places, lots = messages_of(events)
    return TapeFeed(kinds, events[places], places, lots, engine.state_hash().hex())


def book_events(events: np.ndarray) -> np.ndarray:
    """The EVENT rows that change orders of a book, or report what is left of one that has never rested."""
    apart = split_rests(events)
    kinds = (EventKind.ORDER_RESTED, EventKind.FILL, EventKind.ORDER_REPLACED, EventKind.ORDER_CANCELLED)
    wanted = np.isin(apart["kind"], kinds) & ((apart["kind"] != EventKind.FILL) | (apart["liquidity"] == MAKER))
    chosen: np.ndarray = apart[wanted]
    return chosen


MAKER = int(Liquidity.MAKER)


def messages_of(events: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kind, place of its event, and lots of each message. A fill gives two."""
    kind = events["kind"]
    rested = np.isin(events["order_id"], events["order_id"][kind == EventKind.ORDER_RESTED])
    kept = events["flags"] & int(EventFlag.KEPT) != 0
    kinds = np.select(
        [kind == EventKind.ORDER_RESTED, kind == EventKind.FILL, (kind == EventKind.ORDER_REPLACED) & kept],
        [ADD, FILL, MODIFY],
        CANCEL,
    )
    lots = np.where(kind == EventKind.ORDER_REPLACED, column(events, "working_lots"), events["lots"])
    lots = np.where(kind == EventKind.ORDER_RESTED, column(events, "shown_lots"), lots)
    fills = kinds == FILL
    places = np.repeat(np.arange(len(events)), np.where(rested, 1 + fills, 0))
    second = np.flatnonzero(fills[places] & (np.diff(places, prepend=-1) == 0))
    kinds, lots = kinds[places], lots[places]
    left = events["leaves_lots"][places[second]]
    kinds[second] = np.where(left == 0, CANCEL, MODIFY)
    lots[second] = left
    return kinds, places, lots


def npz_events(feed: TapeFeed) -> np.ndarray:
    """The messages as hftbacktest has them. Time of the exchange and of the reader are the same."""
    rows = np.zeros(len(feed.kinds), NPZ_EVENT)
    side = np.where(feed.events["side"] == Side.BUY, BUY, SELL)
    rows["ev"] = feed.kinds | side | EXCHANGE | LOCAL
    rows["exch_ts"] = rows["local_ts"] = feed.events["time_ns"]
    rows["px"], rows["qty"], rows["order_id"] = feed.events["price"], feed.lots, feed.events["order_id"]
    return rows


def npz_levels(feed: TapeFeed) -> np.ndarray:
    """The price levels that the messages change, as hftbacktest has them. Of a fill and what follows it, one."""
    first = np.diff(feed.places, prepend=-1) != 0
    events = feed.events[first]
    lost = (events["kind"] == EventKind.ORDER_REPLACED) & (events["flags"] & int(EventFlag.KEPT) == 0)
    rows: np.ndarray = npz_events(feed)[first]
    rows["ev"] = rows["ev"] & ~np.uint64(0xFF) | DEPTH
    rows["px"] = np.where(lost, column(events, "old_tick"), events["price"])
    rows["qty"] = events["level_lots"]
    return rows


def write_npz(rows: np.ndarray, path: Path) -> None:
    """A file for hftbacktest, compressed as its own converters write it."""
    np.savez_compressed(path, data=rows)


def write_dbn(feed: TapeFeed, path: Path) -> None:
    """A file of Databento's market by order, compressed with zstd, as its library writes it."""
    import pyarrow as pa

    dbn = import_module("databento_dbn")

    records = np.zeros(len(feed.kinds), np.dtype(dbn.MBOMsg._dtypes))
    records["length"], records["rtype"], records["flags"] = DBN_HEAD_WORDS, DBN_MBO, DBN_LAST
    records["publisher_id"] = records["instrument_id"] = 1
    records["ts_event"] = records["ts_recv"] = feed.events["time_ns"]
    records["order_id"], records["size"] = feed.events["order_id"], feed.lots
    records["price"] = feed.events["price"].astype(np.int64) * NANO
    records["sequence"] = feed.events["sequence"]
    records["side"] = np.where(feed.events["side"] == Side.BUY, b"B", b"A")
    for kind, action in ACTIONS.items():
        records["action"][feed.kinds == kind] = action
    start = int(feed.events["time_ns"][0])
    metadata = dbn.Metadata(
        "GPUX.MBO", start, dbn.SType.INSTRUMENT_ID, dbn.SType.INSTRUMENT_ID, dbn.Schema.MBO, version=3
    )
    with pa.output_stream(path, compression="zstd") as file:
        file.write(bytes(metadata))
        file.write(records.tobytes())
