"""The slow twin of `exchange.engine.used_chunks.state_hash`."""

import numpy as np
from blake3 import blake3

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
