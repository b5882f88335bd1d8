"""The checksum that a kernel computes is the one of the protocol."""

import zlib

import numpy as np
import pytest

from exchange.codes import Side
from exchange.publish.book_view import BookView, checksum
from exchange.publish.fold.checksums import checksum_of, crc_table
from tests.publish.fold.test_ladders import ladder_of


@pytest.mark.rule("MDATA-016")
@pytest.mark.parametrize("levels", [0, 1, 10, 50])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 300])
def test_the_checksum_is_that_of_the_levels_shown(levels: int, count: int) -> None:
    rng = np.random.default_rng(count)
    view = BookView()
    for side in Side:
        for _ in range(count // (1 + side)):
            view.sides[side].set(int(rng.integers(-(2**31), 2**31)), int(rng.integers(1, 2**40)))
    raw, row = ladder_of(view, 256)
    assert checksum_of(raw.ladders[row], np.int64(levels), crc_table()) == checksum(*view.levels(levels))


def test_the_remainders_are_those_of_the_library() -> None:
    ones = 0xFFFFFFFF
    for byte in (0, 1, 128, 255):
        assert (ones ^ zlib.crc32(bytes([byte]))) == int(crc_table()[(ones ^ byte) & 255]) ^ ones >> 8
