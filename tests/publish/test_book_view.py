"""Levels of a book, the checksum over them, and which events change them."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import EventFlag, EventKind, Liquidity, Side
from exchange.publish.book_view import BookView, SideLevels, checksum, difference
from tests.publish.helpers import event
from tests.publish.level_changes import level_change

LEVEL = {"instrument": 1, "side": Side.SELL, "price": 2846, "level_lots": 75, "hidden_lots": 2850}


@pytest.mark.parametrize(
    ("kind", "fields", "change"),
    [
        (EventKind.ORDER_RESTED, {}, (Side.SELL, 2846, 75)),
        (EventKind.ORDER_CANCELLED, {}, (Side.SELL, 2846, 75)),
        (EventKind.ORDER_CANCELLED, {"flags": EventFlag.NEVER_RESTED}, None),
        (EventKind.FILL, {"liquidity": Liquidity.MAKER}, (Side.SELL, 2850, 75)),
        (EventKind.FILL, {"liquidity": Liquidity.AUCTION}, (Side.SELL, 2850, 75)),
        (EventKind.FILL, {"liquidity": Liquidity.TAKER}, None),
        (EventKind.ORDER_REPLACED, {"flags": EventFlag.KEPT}, (Side.SELL, 2846, 75)),
        (EventKind.ORDER_REPLACED, {"flags": EventFlag.LOST}, (Side.SELL, 2850, 75)),
        (EventKind.ORDER_REPLACED, {}, None),
        (EventKind.ICEBERG_REFRESHED, {}, (Side.SELL, 2846, 75)),
        (EventKind.SELF_MATCH_DECREMENTED, {}, (Side.SELL, 2846, 75)),
        (EventKind.ORDER_ACCEPTED, {}, None),
        (EventKind.ORDER_ACCEPTED, {"flags": EventFlag.RESTS}, (Side.SELL, 2846, 75)),
        (EventKind.POSITION_CHANGED, {}, None),
    ],
)
def test_an_event_changes_one_level_or_none(
    kind: EventKind, fields: dict[str, int], change: tuple[int, int, int] | None
) -> None:
    assert level_change(event(kind, **{**LEVEL, **fields})) == change


@pytest.mark.rule("MDATA-016")
def test_checksum_packs_ten_ranks_of_bid_then_ask() -> None:
    bids, asks = [(2845, 120), (-3, 15)], [(2846, 75)]
    packed = struct.pack("<8q", 2845, 120, 2846, 75, -3, 15, 0, 0) + bytes(8 * 32)
    assert checksum(bids, asks) == zlib.crc32(packed)
    many = [(100 - rank, 1) for rank in range(11)]
    assert checksum(many, []) == checksum(many[:10], [])


@given(st.sampled_from(Side), st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 3))))
def test_a_ladder_is_a_sorted_table(side: Side, changes: list[tuple[int, int]]) -> None:
    ladder, expected = SideLevels(side), dict[int, int]()
    for price, lots in changes:
        ladder.set(price, lots)
        expected[price] = lots
    best_first = sorted(((p, q) for p, q in expected.items() if q), reverse=side == Side.BUY)
    assert ladder.levels() == best_first
    assert ladder.levels(3) == best_first[:3]
    assert ladder.best() == (best_first[0] if best_first else None)


levels = st.dictionaries(st.integers(-20, 20), st.integers(1, 3), max_size=8)


@given(levels, levels)
def test_a_difference_turns_one_side_into_the_other(old: dict[int, int], new: dict[int, int]) -> None:
    view = BookView(old.items())
    change = difference(view.sides[Side.BUY], sorted(new.items(), reverse=True))
    assert len(change) == sum(old.get(price) != new.get(price) for price in old.keys() | new.keys())
    view.apply(change, [])
    assert dict(view.sides[Side.BUY].lots) == new
