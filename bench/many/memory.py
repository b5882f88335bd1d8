"""Memory of many books: bytes by table of a state, and how many books fit into a GPU (GPU-005)."""

from bench.flows.draws import STREAM
from bench.many.layout import FLOW, RESULT
from exchange.engine.state import outbox_dtype, state_dtype
from exchange.limits import Limits
from exchange.records import COMMAND

WORD = 8  # bytes of a single value
GPU_BYTES = 80 * 10**9  # a GPU with 80 GB, where none is at hand


def table_bytes(limits: Limits) -> dict[str, int]:
    """Bytes of each table of one state, largest first; single values and padding last, as `rest`."""
    row = state_dtype(limits)
    assert row.fields is not None
    sizes = {name: row.fields[name][0].itemsize for name in row.names or () if not name.startswith("padding")}
    tables = {name: size for name, size in sizes.items() if size > WORD}
    ranked = dict(sorted(tables.items(), key=lambda table: -table[1]))
    return ranked | {"rest": row.itemsize - sum(ranked.values())}


def book_bytes(limits: Limits) -> int:
    """Bytes that one book takes on a GPU: state, event buffer, and its rows of the other arrays."""
    rows = (state_dtype(limits), outbox_dtype(limits), COMMAND, STREAM, FLOW, RESULT)
    return sum(row.itemsize for row in rows)


def books_that_fit(limits: Limits, memory: int) -> int:
    """Number of books that fit into so many bytes."""
    return memory // book_bytes(limits)
