"""The slow twin of `exchange.engine.used_chunks.state_hash`, and what that leaves out."""

import numpy as np
from blake3 import blake3

from exchange.engine.used_chunks import _unused

CHUNK_BYTES = 65_536


def slow_hash(states: np.ndarray) -> bytes:
    """The state hash as DUR-063 says it, over all bytes."""
    data, digest = states.tobytes(), blake3()
    for number in range(-(-len(data) // CHUNK_BYTES)):
        chunk = data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        if any(chunk):
            digest.update(number.to_bytes(8, "little") + chunk)
    digest.update(len(data).to_bytes(8, "little"))
    return digest.digest()


def rest_is_zero(states: np.ndarray) -> bool:
    """Whether the rows that were never used are zero, byte by byte."""
    data = states.view(np.uint8)
    return not any(data[start:stop].any() for start, stop in _unused(states))
