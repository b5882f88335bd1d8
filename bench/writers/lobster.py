"""Writes a book of a tape as a LOBSTER pair: message and order-book file (TAPE-012).

Prices are in LOBSTER's units of a dollar / 10,000, by the tick that the tape notes, and lots become shares. Names of
the files and their first rows are those of lobsterdata.com, "Output": the order-book row of a message is the book after
it. A replacement becomes a deletion and an entry. Times are seconds after midnight UTC of the day in the file names.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.extras import check_package, whole_file
from bench.readers import lobster
from bench.readers.itch_frames import SCALE
from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE
from bench.readers.report import units_of
from bench.writers.ladder import level_history
from bench.writers.order_flow import OrderFlow
from bench.writers.plain_messages import split_replacements
from bench.writers.prices import file_prices
from exchange.errors import UserError
from exchange.units import NS_PER_DAY, NS_PER_S

NO_PRICE = 9_999_999_999  # of a level that is not there; negative on the bid side
TYPES = {ADD: lobster.ADD, REDUCE: lobster.PARTIAL_CANCEL, DELETE: lobster.DELETE, EXECUTE: lobster.EXECUTE}


def write_lobster(flow: OrderFlow, book: int, folder: Path, levels: int = 10) -> tuple[Path, Path]:
    """Write a pair into a folder. Returns the paths of message and order-book file.

    book    instrument - 1
    UserError: the book has no orders, or the messages are not of one day
    """
    check_package("writing LOBSTER files", "pyarrow", "research")
    messages = split_replacements(flow.of_book(book).messages)
    day_ns = int(messages["time_ns"][0]) // NS_PER_DAY * NS_PER_DAY
    since = messages["time_ns"] - day_ns
    if since[-1] > NS_PER_DAY:
        raise UserError(f"the tape ends {since[-1] / NS_PER_DAY:.1f} days after its first, allowed in LOBSTER: one day")
    day = datetime.fromtimestamp(0, UTC) + timedelta(seconds=day_ns // NS_PER_S)
    first, last = since[0] // 1_000_000, since[-1] // 1_000_000 + 1
    name = f"{flow.symbol(book).replace('/', '-')}_{day:%Y-%m-%d}_{first}_{last}"
    paths = folder / f"{name}_message_{levels}.csv", folder / f"{name}_orderbook_{levels}.csv"
    prices = file_prices(flow, messages, SCALE, 1 - NO_PRICE, NO_PRICE - 1, "LOBSTER")
    _, states = level_history(messages, levels)
    with whole_file(paths[0]) as message_part, whole_file(paths[1]) as book_part:
        write_rows(message_columns(messages, prices, since), message_part)
        write_rows(book_columns(states, units_of("tick", flow.tick, SCALE)), book_part)
    return paths


def message_columns(messages: np.ndarray, prices: np.ndarray, since: np.ndarray) -> list[np.ndarray]:
    """The columns of a message file. `prices`: in units of the file; `since`: ns since midnight."""
    kinds = np.zeros(256, np.int64)
    for kind, number in TYPES.items():
        kinds[kind] = number
    times = np.char.add(
        np.char.add((since // NS_PER_S).astype("U"), "."), np.char.zfill((since % NS_PER_S).astype("U"), 9)
    )
    direction = np.where(messages["side"] == 0, 1, -1)
    return [times, kinds[messages["kind"]], messages["order_id"], messages["lots"], prices, direction]


def book_columns(states: np.ndarray, units: int) -> list[np.ndarray]:
    """The columns of an order-book file: of each level price and size of the ask, then of the bid. `units`: a tick."""
    columns = []
    for level in range(states.shape[1]):
        for side in (1, 0):
            prices, lots = states[:, level, side, 0], states[:, level, side, 1]
            columns += [np.where(lots > 0, prices * units, NO_PRICE if side else -NO_PRICE), lots]
    return columns


def write_rows(columns: list[np.ndarray], path: Path) -> None:
    """Write columns as a CSV file without names."""
    import pyarrow as pa
    import pyarrow.csv

    table = pa.table({str(number): pa.array(column) for number, column in enumerate(columns)})
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(table, str(path), options)
