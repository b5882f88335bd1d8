"""Price levels of one side against a dictionary, on random rows; the checksum against its definition."""

import random
import struct
import zlib

import pytest

from clients.books.levels import PriceLevel, PriceLevels, checksum
from exchange.codes import Side


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", range(5))
def test_levels_are_those_of_a_dictionary_sorted(side: Side, seed: int) -> None:
    rng, levels, twin = random.Random(seed), PriceLevels(side), dict[int, int]()
    for _ in range(300):
        rows = [(rng.randint(-5, 20), rng.choice((0, 0, 3, 9))) for _ in range(rng.randint(0, 4))]
        levels.set(rows)
        for price, lots in rows:
            twin[price] = lots
        expected = sorted(((p, q) for p, q in twin.items() if q), reverse=side == Side.BUY)
        assert levels.levels() == expected and levels.levels(3) == expected[:3] and len(levels) == len(expected)
        assert levels.best() == (expected[0] if expected else None)
    levels.clear()
    assert not levels and levels.best() is None


@pytest.mark.rule("MDATA-016")
def test_the_checksum_packs_ten_levels_bid_then_ask_of_each_rank() -> None:
    bids, asks = PriceLevels(Side.BUY), PriceLevels(Side.SELL)
    bids.set([(2800 - n, n + 1) for n in range(12)])
    asks.set([(2801, 5)])
    data = b"".join(struct.pack("<4q", 2800 - n, n + 1, *((2801, 5) if n == 0 else (0, 0))) for n in range(10))
    assert checksum(bids, asks) == zlib.crc32(data)
    assert bids.best() == PriceLevel(2800, 1)
