"""The local book against the protocol's four depth lines, and everything that must make it stale."""

import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.local_book import LocalBook, PriceLevel, StaleBook
from exchange.codes import Side

BIDS, ASKS = [[2845, 120], [2844, 340], [2843, 15]], [[2846, 75], [2847, 990]]


def book_at_the_snapshot() -> LocalBook:
    book = LocalBook(34734166, "H100.G90.H27")
    book.open = True
    book.load(184467, BIDS, ASKS, 607200438, more=False)
    return book


@pytest.mark.rule("MDATA-016")
def test_the_four_depth_lines_of_the_protocol_reproduce_their_checksums() -> None:
    book = book_at_the_snapshot()
    assert book.synced and book.checksum() == 607200438
    assert book.apply(184468, 184467, [[2845, 132]], [])
    assert book.apply(184469, 184468, [[2845, 128]], [], 65746480)
    assert book.apply(184480, 184469, [[2845, 96]], [[2846, 0], [2848, 50]], 1300626387)
    assert book.bids() == [(2845, 96), (2844, 340), (2843, 15)]
    assert book.asks() == [(2847, 990), (2848, 50)]
    assert book.best_bid == PriceLevel(2845, 96) and book.best_ask == PriceLevel(2847, 990) and book.middle_tick == 2846


@pytest.mark.rule("MDATA-016")
def test_only_the_first_ten_levels_count_and_missing_ones_are_zero() -> None:
    twelve = [[100 - number, 1] for number in range(12)]
    assert crc_of(twelve) == crc_of(twelve[:10]) != crc_of(twelve[:9])
    assert crc_of([]) == zlib.crc32(bytes(320))


def crc_of(bids: list[list[int]], asks: Sequence[list[int]] = ()) -> int:
    book = LocalBook()
    book.load(1, bids, asks, None, False)
    return book.checksum()


@pytest.mark.rule("MDATA-015")
def test_a_message_that_is_not_newer_is_ignored() -> None:
    book = book_at_the_snapshot()
    assert book.apply(184467, 184466, [[2845, 1]], [])
    assert book.best_bid == PriceLevel(2845, 120)


@pytest.mark.rule("MDATA-015")
def test_a_gap_makes_the_book_stale_until_the_next_snapshot() -> None:
    book = book_at_the_snapshot()
    assert not book.apply(184470, 184469, [[2845, 1]], [])
    assert book.gaps == 1
    with pytest.raises(StaleBook, match="gap"):
        book.bids()
    assert not book.apply(184471, 184470, [[2845, 2]], [])
    book.load(184472, [[2840, 5]], [], None, False)
    assert book.bids() == [(2840, 5)] and book.asks() == []


@pytest.mark.rule("MDATA-015")
def test_a_heartbeat_ahead_twice_in_a_row_is_a_gap() -> None:
    book = book_at_the_snapshot()
    assert book.heartbeat(184467)
    assert book.heartbeat(184468)
    assert book.heartbeat(184467)
    assert book.heartbeat(184469)
    assert not book.heartbeat(184470)
    assert not book.synced


@pytest.mark.rule("MDATA-015")
def test_a_message_between_two_heartbeats_shows_the_book_is_alive() -> None:
    book = book_at_the_snapshot()
    assert book.heartbeat(184468)
    assert book.apply(184468, 184467, [[2845, 1]], [])
    assert book.heartbeat(184469)


@pytest.mark.rule("MDATA-015")
def test_a_wrong_checksum_makes_the_book_stale() -> None:
    book = book_at_the_snapshot()
    assert not book.apply(184468, 184467, [[2845, 132]], [], 1)
    with pytest.raises(StaleBook, match="checksum"):
        _ = book.best_bid
    assert book.mismatches == 1


@pytest.mark.rule("MDATA-015")
def test_a_crossed_book_is_a_mistake_only_while_the_market_is_open() -> None:
    book = book_at_the_snapshot()
    book.open = False
    assert book.apply(184468, 184467, [[2846, 5]], [])
    assert book.synced
    book.open = True
    assert not book.apply(184469, 184468, [[2840, 1]], [])
    with pytest.raises(StaleBook, match="crossed"):
        book.asks()


@pytest.mark.rule("MDATA-006")
def test_a_paged_snapshot_is_readable_after_its_last_page() -> None:
    book = book_at_the_snapshot()
    book.load(9, [[10, 1]], [], None, True)
    with pytest.raises(StaleBook, match="incomplete"):
        book.bids()
    book.load(9, [[9, 2]], [[11, 3]], crc_of([[10, 1], [9, 2]], [[11, 3]]), False)
    assert book.bids() == [(10, 1), (9, 2)] and book.asks() == [(11, 3)]


def test_a_book_is_stale_before_its_first_snapshot() -> None:
    with pytest.raises(StaleBook, match="no snapshot"):
        LocalBook(1, "X").bids()


@pytest.mark.rule("MDATA-010")
def test_the_implied_level_comes_stays_and_goes() -> None:
    book = book_at_the_snapshot()
    book.imply(Side.BUY, [2844, 10])
    book.imply(Side.BUY, None)
    assert book.implied_bid == PriceLevel(2844, 10) and book.implied_ask is None
    book.imply(Side.BUY, [2844, 0])
    assert book.implied_bid is None


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(-50, 50), st.integers(0, 9)), max_size=80))
def test_a_ladder_is_what_a_sorted_dictionary_would_be(changes: list[tuple[Side, int, int]]) -> None:
    book = LocalBook()
    book.open = False
    book.load(1, [], [], None, False)
    expected: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for sequence, (side, price_tick, lots) in enumerate(changes, 2):
        rows = [[price_tick, lots]]
        assert book.apply(sequence, sequence - 1, rows if side == Side.BUY else [], rows if side == Side.SELL else [])
        expected[side][price_tick] = lots
        expected[side] = {price: value for price, value in expected[side].items() if value}
    assert book.bids() == sorted(expected[Side.BUY].items(), reverse=True)
    assert book.asks() == sorted(expected[Side.SELL].items())
