"""The gap rule of every kind of channel, over a scripted connection."""

from typing import Any

import pytest

from clients.books.order_book import OrderBook
from clients.events import BookChanged, BookMismatch, ChannelData, Gap, OrderBookChanged
from clients.local_book import LocalBook, StaleBook
from exchange.wire.messages import ChannelSpec
from tests.clients.scripted_venue import H27, HELLO, INSTRUMENT, LIVE, WELCOME, ScriptedVenue

DEPTH = ChannelSpec(name_of_channel="depth", instrument=H27, cadence_ms=0, levels=0)
SNAPSHOT: dict[str, Any] = {
    "t": "depth", "c": 4021, "s": 184467, "snap": True, "e": 9000400, "ts": 1799668802900000,
    "b": [[2845, 120], [2844, 340], [2843, 15]], "a": [[2846, 75], [2847, 990]], "crc": 607200438,
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "t": "depth", "c": 4021, "s": 184468, "p": 184467, "e": 9000412, "ts": 1799668803000120, "b": [[2845, 132]], "a": []
}  # fmt: skip


def with_book() -> ScriptedVenue:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(DEPTH)
    venue.says(SNAPSHOT)
    return venue


@pytest.mark.rule("MDATA-004")
def test_channel_numbers_follow_the_order_asked_and_a_refusal_is_of_its_row_alone() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    feeds = venue.core.subscribe(
        [DEPTH, ChannelSpec(name_of_channel="trades", instrument=99), ChannelSpec(name_of_channel="instruments")]
    )
    (sub,) = venue.heard()
    assert [row["n"] for row in sub["ch"]] == ["depth", "trades", "instruments"]
    venue.says({"t": "ok", "re": sub["id"], "ch": [[4021, 0], [0, 5001], [1, 0]]})
    assert [(feed.channel, feed.code) for feed in feeds] == [(4021, 0), (0, 5001), (1, 0)]


def test_a_channel_is_asked_for_once_however_many_want_it() -> None:
    venue = with_book()
    (first,) = venue.core.subscribe([DEPTH])
    (second,) = venue.core.subscribe([DEPTH])
    assert first is second and venue.heard() == []


@pytest.mark.rule("MDATA-015")
def test_the_book_follows_its_channel() -> None:
    venue = with_book()
    (changed,) = venue.says(CHANGE)
    assert isinstance(changed, BookChanged)
    assert changed.book.bids(1) == [(2845, 132)] and changed.book.time_us == 1799668803000120


@pytest.mark.rule("MDATA-015")
def test_a_gap_asks_for_a_snapshot_once_and_discards_until_it_comes() -> None:
    venue = with_book()
    gap, changed = venue.says(CHANGE | {"s": 184470, "p": 184469})
    assert gap == Gap(f"depth {H27}", 184467, 184469) and not changed.book.synced
    (resync,) = venue.heard()
    assert resync["t"] == "resync" and resync["c"] == 4021
    assert venue.says(CHANGE | {"s": 184471, "p": 184470}) == []
    assert venue.heard() == []
    (healed,) = venue.says(SNAPSHOT | {"s": 184480})
    assert healed.book.synced and healed.book.sequence == 184480


@pytest.mark.rule("MDATA-015")
def test_a_wrong_checksum_is_reported_and_the_book_asked_for_again() -> None:
    venue = with_book()
    mismatch, changed = venue.says(CHANGE | {"crc": 1})
    assert isinstance(mismatch, BookMismatch) and "checksum" in mismatch.problem
    assert [message["t"] for message in venue.heard()] == ["resync"]
    with pytest.raises(StaleBook):
        changed.book.bids()


@pytest.mark.rule("MDATA-015")
def test_a_heartbeat_ahead_of_a_channel_twice_is_a_gap() -> None:
    venue = with_book()
    beat = {"t": "hb", "ts": 1, "acc": [[7, 1041]], "ch": [[4021, 184470]]}
    assert venue.says(beat) == []
    (gap,) = venue.says(beat)
    assert gap == Gap(f"depth {H27}", 184467, 184470)
    assert [message["t"] for message in venue.heard()] == ["resync"]


@pytest.mark.rule("MDATA-015")
def test_the_phase_decides_whether_a_crossed_book_is_a_mistake() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(DEPTH, ChannelSpec(name_of_channel="status", instrument=H27))
    crossed = {"s": 184468, "p": 184467, "b": [[2846, 5]]}
    venue.says({"t": "status", "c": 4022, "s": 4, "snap": True, "e": 1, "ts": 1, "i": H27, "phase": "PREOPEN"})
    venue.says(SNAPSHOT)
    (changed,) = venue.says(CHANGE | crossed)
    assert changed.book.synced
    venue.says({"t": "status", "c": 4022, "s": 5, "p": 4, "e": 2, "ts": 1, "i": H27, "phase": "OPEN"})
    mismatch, _ = venue.says(CHANGE | {"s": 184469, "p": 184468, "b": [[2840, 1]]})
    assert isinstance(mismatch, BookMismatch) and "crossed" in mismatch.problem


@pytest.mark.rule("MDATA-005")
def test_trades_begin_without_a_snapshot_and_a_gap_in_them_is_told() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(ChannelSpec(name_of_channel="trades", instrument=H27))
    trade = {"t": "trades", "c": 4021, "s": 551, "p": 550, "e": 1, "ts": 1, "x": [[55501, 2845, 4, "s"]]}
    (first,) = venue.says(trade)
    assert isinstance(first, ChannelData) and first.instrument == H27
    assert venue.says(trade) == []
    gap, again = venue.says(trade | {"s": 560, "p": 559})
    assert gap == Gap(f"trades {H27}", 551, 559) and isinstance(again, ChannelData)
    assert venue.heard() == []


@pytest.mark.rule("MDATA-006")
def test_instruments_are_known_after_the_last_page() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(ChannelSpec(name_of_channel="instruments"))
    page = {"t": "instruments", "c": 4021, "s": 3, "snap": True, "e": 1, "ts": 1, "x": [INSTRUMENT]}
    venue.says(page | {"more": True})
    assert not venue.core.feeds.instruments_known
    venue.says(page | {"x": [INSTRUMENT | {"i": 5, "sym": "H100.G90.J27"}]})
    assert venue.core.feeds.instruments_known
    assert venue.core.feeds.by_symbol["H100.G90.H27"].instrument == H27 and len(venue.core.feeds.instruments) == 2


@pytest.mark.rule("RECOV-015")
def test_after_a_reconnect_everything_is_subscribed_again_and_stale_until_its_snapshot() -> None:
    venue = with_book()
    (book,) = venue.core.feeds.books()
    venue.core.closed(1006, "")
    with pytest.raises(StaleBook, match="disconnected"):
        book.bids()
    venue.core.opened(venue.now)
    venue.says(HELLO | {"feed": "f_0004"})
    (auth,) = venue.heard()
    venue.says(WELCOME | {"re": auth["id"], "resumed": True}, LIVE)
    (sub,) = venue.heard()
    assert venue.says(SNAPSHOT) == []  # 4021 was a number of the lost connection
    assert sub["t"] == "sub" and sub["ch"] == [{"n": "depth", "i": H27, "ms": 0, "lv": 0}]
    venue.says({"t": "ok", "re": sub["id"], "ch": [[11, 0]]})
    venue.says(SNAPSHOT | {"c": 11, "s": 1})
    assert book.synced and book.sequence == 1


def test_messages_of_a_channel_that_is_not_subscribed_are_ignored() -> None:
    venue = with_book()
    assert venue.says(CHANGE | {"c": 999}) == []


@pytest.mark.rule("SETTLE-012", "MDATA-006")
def test_settlements_are_known_after_the_last_page_and_followed_from_then_on() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(ChannelSpec(name_of_channel="settlement"))
    feeds = venue.core.feeds
    told = {
        "t": "settlement",
        "c": 4021,
        "s": 40,
        "e": 9,
        "ts": 1,
        "px": 2846,
        "kind": "daily",
        "method": "T1",
        "snap": True,
    }
    venue.says(told | {"i": H27, "more": True})
    assert not feeds.settlements_known
    (event,) = venue.says(told | {"i": H27 + 1})
    assert isinstance(event, ChannelData) and feeds.settlements_known and set(feeds.settlements) == {H27, H27 + 1}
    del told["snap"]
    venue.says(told | {"i": H27, "px": 2850, "s": 41, "p": 40})
    assert feeds.settlements[H27].price_tick == 2850
    assert venue.says(told | {"i": H27, "px": 2851, "s": 43, "p": 42})[0] == Gap("settlement", 41, 42)
    assert feeds.settlements[H27].price_tick == 2850


@pytest.mark.rule("MDATA-006", "MDATA-021")
def test_indices_of_a_chip_are_known_after_the_last_page_and_the_last_day_of_each_is_kept() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(ChannelSpec(name_of_channel="index", topic="H100"))
    feeds = venue.core.feeds
    value = {"t": "index", "c": 4021, "e": 9, "ts": 1, "k": "H100", "st": "OK", "kind": "print", "floor_bp": 9000}
    venue.says(value | {"s": 40, "snap": True, "more": True, "day": "2026-11-16", "px": 2810})
    assert not feeds.indices_known
    venue.says(value | {"s": 40, "snap": True, "day": "2026-11-16", "px": 2700, "floor_bp": 8500})
    assert feeds.indices_known == {"H100"} and set(feeds.indices["H100"]) == {9000, 8500}
    venue.says(value | {"s": 41, "p": 40, "day": "2026-11-17", "px": 2811})
    (event,) = venue.says(value | {"s": 42, "p": 41, "day": "2026-11-15", "px": 2805, "st": "FALLBACK"})
    assert isinstance(event, ChannelData)
    assert {floor: one.price_tick for floor, one in feeds.indices["H100"].items()} == {9000: 2811, 8500: 2700}


@pytest.mark.rule("MDATA-018")
def test_the_newest_day_of_a_watched_instrument_is_kept() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.subscribe(ChannelSpec(name_of_channel="stats", instrument=H27))
    day = {"t": "stats", "c": 4021, "s": 7, "e": 9, "ts": 1, "i": H27, "vol": 0, "val": 0, "oi": 0, "prev": 2846}
    venue.says(day | {"snap": True})
    assert venue.core.feeds.stats[H27].last_tick is None
    venue.says(day | {"s": 8, "p": 7, "vol": 4, "last": 2847})
    assert (venue.core.feeds.stats[H27].volume_lots, venue.core.feeds.stats[H27].last_tick) == (4, 2847)


@pytest.mark.rule("MDATA-023")
def test_a_chip_brings_a_feed_for_each_instrument_and_a_reconnect_asks_for_the_chip_alone() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    spec = ChannelSpec(name_of_channel="depth", topic="H100", cadence_ms=0, levels=0)
    (wide,) = venue.core.subscribe([spec])
    (sub,) = venue.heard()
    venue.says({"t": "ok", "re": sub["id"], "ch": [[40, 0]]})
    head = {"t": "channels", "c": 40, "s": 1, "e": 1, "ts": 1, "n": "depth"}
    venue.says({**head, "x": [[4021, H27]], "snap": True, "more": True})
    venue.says({**head, "x": [[4022, H27 + 1]], "snap": True})
    (changed,) = venue.says(SNAPSHOT)
    assert isinstance(changed, BookChanged) and changed.book.instrument == H27
    feeds = venue.core.feeds
    assert [book.instrument for book in feeds.books()] == [H27, H27 + 1] and feeds.specs() == [spec]
    venue.says({**head, "s": 2, "p": 1, "x": [[4023, H27 + 2]], "ended": [4021]})
    assert [book.instrument for book in feeds.books()] == [H27 + 1, H27 + 2] and venue.says(CHANGE) == []
    feeds.remove(wide)
    assert feeds.books() == [] and feeds.specs() == []


@pytest.mark.rule("MDATA-023")
def test_the_days_of_a_chip_are_known_from_one_message() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.core.subscribe([ChannelSpec(name_of_channel="stats", topic="ALL")])
    (sub,) = venue.heard()
    venue.says({"t": "ok", "re": sub["id"], "ch": [[40, 0]]})
    days = [
        {"i": H27, "vol": 3, "val": 9, "oi": 2, "prev": 5, "last": 4},
        {"i": 7, "vol": 0, "val": 0, "oi": 0, "prev": 6},
    ]
    venue.says({"t": "stats_all", "c": 40, "s": 1, "e": 1, "ts": 1, "x": days, "snap": True})
    stats = venue.core.feeds.stats
    assert (stats[H27].last_tick, stats[H27].volume_lots, stats[7].previous_settle_tick) == (4, 3, 6)
    venue.says({"t": "stats_all", "c": 40, "s": 2, "p": 1, "e": 2, "ts": 2, "x": [days[1] | {"vol": 5}]})
    assert (stats[7].volume_lots, stats[H27].volume_lots) == (5, 3)


def order_rows(sequence: int, engine: int, rows: list[Any], **more: Any) -> dict[str, Any]:
    """A message of the channel `orders`."""
    return {"t": "orders", "c": 4022, "s": sequence, "e": engine, "ts": engine, "x": rows, **more}


ORDERS = ChannelSpec(name_of_channel="orders", instrument=H27)
ORDER_ROWS = [["a", 90030, "b", 2845, 120], ["a", 90050, "s", 2846, 75]]


def both_books(venue: ScriptedVenue) -> tuple[LocalBook, OrderBook]:
    """The depth and the orders of one instrument, after their snapshots of one command."""
    venue.log_on()
    depth = ChannelSpec(name_of_channel="depth", instrument=H27, levels=0)
    venue.subscribe(depth, ORDERS)
    venue.says({"t": "depth", "c": 4021, "s": 7, "snap": True, "e": 50, "ts": 1, "b": [[2845, 120]], "a": [[2846, 75]]})
    (book,), (feed, _) = venue.core.feeds.books(), venue.core.feeds.add(ORDERS)
    assert feed.order_book is not None
    venue.says(order_rows(9, 50, ORDER_ROWS, snap=True))
    return book, feed.order_book


@pytest.mark.rule("MDATA-011")
def test_the_orders_of_a_book_follow_their_channel() -> None:
    venue = ScriptedVenue()
    _, orders = both_books(venue)
    (changed,) = venue.says(order_rows(10, 51, [["a", 90071, "b", 2845, 12]], p=9))
    assert isinstance(changed, OrderBookChanged) and changed.book is orders
    place = orders.place(90071)
    assert place is not None and (place.orders_ahead, place.lots_ahead) == (1, 120)
    assert (orders.engine_sequence, orders.time_us) == (51, 51)
    assert venue.says(order_rows(10, 51, [["d", 90071]], p=9)) == [], "an old message"


@pytest.mark.rule("MDATA-015")
def test_a_gap_of_the_orders_asks_for_a_snapshot() -> None:
    venue = ScriptedVenue()
    _, orders = both_books(venue)
    gap, changed = venue.says(order_rows(12, 51, [["d", 90030]], p=11))
    assert gap == Gap(f"orders {H27}", 9, 11) and isinstance(changed, OrderBookChanged) and not orders.synced
    assert [message["c"] for message in venue.heard() if message["t"] == "resync"] == [4022]
    assert venue.says(order_rows(13, 52, [["d", 90030]], p=12)) == [], "until the snapshot"
    venue.says(order_rows(14, 53, ORDER_ROWS[:1], snap=True, more=True))
    assert not orders.synced
    venue.says(order_rows(14, 53, ORDER_ROWS[1:], snap=True))
    assert orders.synced and len(orders) == 2


@pytest.mark.rule("MDATA-011")
def test_orders_that_differ_from_the_depth_are_a_mismatch() -> None:
    venue = ScriptedVenue()
    book, orders = both_books(venue)
    heartbeat = {"t": "hb", "ts": 5, "acc": [[7, 1041]], "ch": []}
    assert venue.says(heartbeat) == []
    book.apply(8, 7, [[2845, 119]], [])
    book.engine_sequence = 51
    assert venue.says(heartbeat) == [], "they show different commands"
    orders.note(51, 2)
    mismatch, changed = venue.says(heartbeat)
    assert isinstance(mismatch, BookMismatch) and mismatch.book is orders and "2845" in mismatch.problem
    assert isinstance(changed, OrderBookChanged) and not orders.synced and orders.mismatches == 1
    assert [message["c"] for message in venue.heard() if message["t"] == "resync"] == [4022]


def test_a_lost_connection_makes_the_orders_stale() -> None:
    venue = ScriptedVenue()
    _, orders = both_books(venue)
    venue.core.closed(1006, "")
    assert not orders.synced
