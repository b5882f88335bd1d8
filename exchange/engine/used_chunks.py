"""Chunks of a state that are in use: to copy or hash a state costs what it holds, not what its tables have room for.

A state is looked at in chunks of CHUNK_BYTES. Memory behind the rows that a large table has ever used is zero, so it is
not even read. What is left out is exactly the chunks of zeros: equal bytes give equal chunks.
"""

import numpy as np
from blake3 import blake3

from exchange.limits import MMP_FILLS

CHUNK_BYTES = 1 << 16
_NUMBER_BYTES = 8


def used_chunks(states: np.ndarray) -> list[int]:
    """Numbers of the chunks that are not all zero, ascending. `states`: STATE, shape (1,)."""
    words = states.view(np.uint64)
    size = CHUNK_BYTES // words.itemsize
    maybe = np.ones(-(-words.nbytes // CHUNK_BYTES), bool)
    for start, stop in _unused(states):
        maybe[-(-start // CHUNK_BYTES) : stop // CHUNK_BYTES] = False
    candidates = np.flatnonzero(maybe).tolist()
    return [number for number in candidates if words[number * size : (number + 1) * size].max()]


def _unused(states: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of bytes, from and to, that are zero because no row there was ever used. The other tables are small."""
    counters = ("used_orders", "used_positions", "used_protections", "used_ladder_rows", "index_size")
    orders, positions, protections, ladder_rows, index_size = (int(states[name][0]) for name in counters)
    rows = {
        "orders": orders + 1,
        "links": orders + 1,
        "shares": orders + 1,
        "positions": positions + 1,
        "protection_fills": (protections + 1) * MMP_FILLS,
        "scratch": int(states["cursor"]["stop"][0]),  # the cancel queue; it is empty between commands
        "order_index": 2 * index_size,
        "levels": ladder_rows,
        "occupied": ladder_rows // 64,
    }
    fields = states.dtype.fields
    assert fields is not None
    found = []
    for name, used in rows.items():
        table, place, *_ = fields[name]
        found.append((place + used * table.base.itemsize, place + table.itemsize))
    # The heap has two nodes for each order slot, those that wait for a time behind all those that wait for a price.
    table, place, *_ = fields["heap"]
    half = table.itemsize // 2
    found += [(place + start + (orders + 1) * table.base.itemsize, place + start + half) for start in (0, half)]
    return found


def copy_state(target: np.ndarray, source: np.ndarray) -> None:
    """Copy the used chunks of a state into another one, which must be a new one.

    target, source   STATE, shape (1,)
    """
    to, words = target.view(np.uint64), source.view(np.uint64)
    size = CHUNK_BYTES // words.itemsize
    for number in used_chunks(source):
        to[number * size : (number + 1) * size] = words[number * size : (number + 1) * size]


def state_hash(states: np.ndarray) -> bytes:
    """BLAKE3 of each used chunk behind its number, and of the length of the state (DUR-063)."""
    data = states.view(np.uint8).data
    digest = blake3()
    for number in used_chunks(states):
        add_chunk(digest, number, data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])
    return finish_hash(digest, len(data))


def add_chunk(digest: blake3, number: int, chunk: bytes | memoryview) -> None:
    """Add a used chunk to a state hash; the numbers ascend."""
    digest.update(number.to_bytes(_NUMBER_BYTES, "little"))
    digest.update(chunk)


def finish_hash(digest: blake3, state_bytes: int) -> bytes:
    """The state hash of all chunks added. `state_bytes`: length of the whole state."""
    digest.update(state_bytes.to_bytes(_NUMBER_BYTES, "little"))
    return digest.digest()
