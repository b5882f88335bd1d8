"""The checksum of a book as a kernel computes it (MDATA-016)."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.publish.fold.ladders import rank_of, row_of

CHECKSUM_US = np.int64(500_000)  # at most a second between checksums while the book changes (MDATA-016)
CHECKSUM_RANKS = np.int64(10)
_POLYNOMIAL = 0xEDB88320  # CRC-32 of IEEE 802.3, bits reversed
ALL_ONES, LOW_BYTE = np.int64(0xFFFFFFFF), np.int64(0xFF)


def crc_table() -> np.ndarray:
    """The remainder of each byte: int64, shape (256,)."""
    remainders: np.ndarray = np.arange(256, dtype=np.int64)
    for _ in range(8):
        remainders = remainders >> 1 ^ _POLYNOMIAL * (remainders & 1)
    return remainders


@kernel
def checksum_of(ladder, levels, remainders):
    """CRC-32 over the first levels of a ladder, of which a channel shows `levels`; 0: all."""
    shown = min(levels, CHECKSUM_RANKS) if levels else CHECKSUM_RANKS
    crc = ALL_ONES
    for place in range(CHECKSUM_RANKS):
        for side in range(2):
            tick, lots = np.int64(0), np.int64(0)
            if place < min(shown, ladder.used[side]):
                row = row_of(ladder, side, place)
                tick, lots = rank_of(side, ladder.ranks[row]), np.int64(ladder.lots[row])
            crc = _with_number(_with_number(crc, tick, remainders), lots, remainders)
    return crc ^ ALL_ONES


@leaf_kernel
def _with_number(crc, value, remainders):
    """Go on with the eight bytes of an int64, the lowest one first."""
    for place in range(8):
        crc = remainders[(crc ^ value >> 8 * place) & LOW_BYTE] ^ crc >> 8
    return crc
