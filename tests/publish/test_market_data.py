"""Market data channels: what subscribers get, in which order, with which numbers."""

from collections import deque
from typing import Any

import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, MarketState, Side, StateReason
from exchange.publish.book_view import BookView
from exchange.publish.market_data import MarketData
from tests.publish.feed import DEPTH_LINES, START_US, Feed, plain, rested, spec, traded
from tests.publish.helpers import B200, H27, J27, LISTED, TIME_NS, Levels, event, event_array, table


def without_place(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in ("c", "s", "p", "ib")}


@pytest.mark.rule("MDATA-010", "MDATA-013", "MDATA-015", "MDATA-016")
def test_the_depth_of_the_protocol_is_published_with_its_checksums() -> None:
    feed = Feed()
    number = feed.open("depth")
    first, second, third, fourth = DEPTH_LINES
    (snapshot,) = feed.snapshot(number)
    assert without_place(snapshot) == without_place(first)
    (change,) = feed.fold(rested(9000412, 2845, 132, time_us=second["ts"]))
    assert without_place(change) == without_place(second)
    (change,) = feed.fold(*traded(9000460, 55501, 2845, 4, 128, time_ns=third["ts"] * 1000))
    assert without_place(change) == without_place(third)
    since = change["s"]
    feed.fold(rested(9000470, 2845, 97, time_us=fourth["ts"] - 2))
    feed.fold(rested(9000471, 2846, 0, Side.SELL, time_us=fourth["ts"] - 1))
    feed.fold(rested(9000480, 2848, 50, Side.SELL, fourth["ts"]), rested(9000481, 2845, 96, time_us=fourth["ts"]))
    (merged,) = feed.market.merged(number, since)
    assert without_place(plain(merged)) == without_place(fourth)
    assert (plain(merged)["p"], plain(merged)["s"]) == (since, feed.market.sequence_of(number))


@pytest.mark.rule("MDATA-010", "ORDER-003")
@pytest.mark.parametrize("name", ["depth", "top"])
def test_an_order_that_rests_is_published_alike_from_one_row_or_two(name: str) -> None:
    place = {"time_ns": START_US * 1000, "instrument": 1, "side": Side.BUY, "price": 2844}
    shown = {**place, "lots": 12, "level_lots": 27}
    told = []
    for rows in (
        [event(EventKind.ORDER_ACCEPTED, 9000412, **place), event(EventKind.ORDER_RESTED, 9000412, **shown)],
        [event(EventKind.ORDER_ACCEPTED, 9000412, **shown, flags=EventFlag.RESTS)],
    ):
        feed = Feed()
        feed.open(name)
        told.append(feed.fold(*rows))
    assert told[0] == told[1]


@pytest.mark.rule("MDATA-013", "ORDER-007")
def test_a_raw_channel_has_one_message_for_each_command() -> None:
    feed = Feed()
    feed.open("depth")
    messages = feed.fold(
        rested(9000401, 2846, 0, Side.SELL), rested(9000401, 2847, 900, Side.SELL), rested(9000402, 2844, 1)
    )
    assert [(message["e"], message["b"], message["a"]) for message in messages] == [
        (9000401, [], [[2846, 0], [2847, 900]]),
        (9000402, [[2844, 1]], []),
    ]
    assert messages[1]["p"] == messages[0]["s"]


def test_a_level_that_is_as_it_was_makes_no_message() -> None:
    feed = Feed()
    feed.open("depth", cadence_ms=10)
    assert feed.fold(rested(9000401, 2845, 120)) == []
    assert feed.fold(rested(9000402, 2800, 5, book=2)) == [], "another book"


@pytest.mark.rule("MDATA-002")
def test_a_cadence_gathers_changes_and_a_raw_channel_does_not() -> None:
    feed = Feed()
    number = feed.open("depth", cadence_ms=10)
    assert [message["b"] for message in feed.fold(rested(9000401, 2845, 121))] == [[[2845, 121]]]
    assert feed.fold(rested(9000402, 2845, 122), time_us=START_US + 1_000) == []
    assert feed.fold(rested(9000403, 2840, 1), time_us=START_US + 9_999) == []
    (message,) = feed.due(START_US + 10_000)
    assert (message["b"], message["e"]) == ([[2845, 122], [2840, 1]], 9000403)
    assert feed.due(START_US + 99_000) == []
    assert feed.snapshot(number)[0]["s"] == message["s"]


@pytest.mark.rule("MDATA-005")
def test_a_snapshot_shows_the_channel_at_its_last_message_even_while_changes_wait() -> None:
    feed = Feed()
    number = feed.open("depth", cadence_ms=1000)
    feed.fold(rested(9000401, 2845, 1))
    feed.fold(rested(9000402, 2845, 2))
    (snapshot,) = feed.snapshot(number)
    assert snapshot["b"][0] == [2845, 1]
    assert "p" not in snapshot
    (message,) = feed.due(START_US + 1_000_000)
    assert (message["b"], message["p"]) == ([[2845, 2]], snapshot["s"])


@pytest.mark.rule("MDATA-002")
def test_a_shallow_channel_shows_only_its_levels() -> None:
    feed = Feed()
    number = feed.open("depth", levels=1)
    assert feed.snapshot(number)[0]["b"] == [[2845, 120]]
    assert feed.fold(rested(9000401, 2844, 7)) == []
    (better,) = feed.fold(rested(9000402, 2846, 3))
    assert sorted(better["b"]) == [[2845, 0], [2846, 3]]
    (back,) = feed.fold(rested(9000403, 2846, 0))
    assert sorted(back["b"]) == [[2845, 120], [2846, 0]]


@pytest.mark.rule("MDATA-003")
def test_a_channel_has_one_number_for_all_and_each_cadence_its_own() -> None:
    feed = Feed()
    raw = feed.open("depth")
    assert feed.open("depth") == raw
    numbers = {raw, feed.open("depth", cadence_ms=10), feed.open("depth", levels=10), feed.open("top")}
    numbers |= {feed.open("trades"), feed.open("status"), feed.open("instruments", 0), feed.open("depth", J27)}
    assert len(numbers) == 8
    assert feed.open("trades", cadence_ms=10, levels=10) in numbers, "an event channel has no cadence"


@pytest.mark.rule("MDATA-004")
@pytest.mark.parametrize(
    ("name", "instrument", "code"),
    [
        ("depth", 99, 5001),
        ("depth", 0, 5001),
        ("instruments", H27, 5001),
        ("certificates", H27, 1011),
        ("orders", 99, 5001),
        ("index", 0, 5001),
    ],
)
def test_a_row_that_names_nothing_is_refused(name: str, instrument: int, code: int) -> None:
    assert Feed().market.subscribe(spec(name, instrument)) == (0, code)


@pytest.mark.parametrize("cadence_ms", [0, 10])
@pytest.mark.parametrize("name", ["depth", "top"])
def test_a_channel_that_nobody_watches_keeps_no_messages(name: str, cadence_ms: int) -> None:
    feed = Feed()
    number = feed.open(name, cadence_ms=cadence_ms)
    channel: Any = feed.market._channels[number]
    logs = [value for value in vars(channel).values() if isinstance(value, deque)]
    feed.fold(rested(9000401, 2845, 1))
    feed.due(10**18)
    last = feed.market.sequence_of(number)
    assert [len(log) for log in logs] == [1]
    feed.market.unsubscribe(number)
    assert [len(log) for log in logs] == [0]
    assert (channel.sequence, channel.merged(last), channel.merged(last - 1)) == (last, [], None)


def test_a_book_is_followed_only_while_somebody_looks() -> None:
    feed = Feed()
    number = feed.open("depth")
    feed.open("depth")
    feed.market.unsubscribe(number)
    (message,) = feed.fold(rested(9000401, 2845, 1))
    feed.market.unsubscribe(number)
    assert feed.fold(rested(9000402, 2845, 2)) == []
    feed.source.books[1][0][2845] = 2
    assert feed.open("depth") == number
    (snapshot,) = feed.snapshot(number)
    assert snapshot["b"][0] == [2845, 2]
    assert snapshot["s"] > message["s"], "numbers never repeat within a feed"
    assert feed.market.merged(number, message["s"])[0].snapshot, "what was missed while nobody looked is not known"  # type: ignore[attr-defined]


def test_a_book_is_opened_only_between_two_releases() -> None:
    feed = Feed()
    feed.source.sequence += 1
    with pytest.raises(AssertionError, match="between two releases"):
        feed.market.subscribe(spec("depth"))


@pytest.mark.rule("MDATA-006")
def test_a_large_snapshot_comes_in_pages() -> None:
    feed = Feed()
    feed.source.books[1] = (dict.fromkeys(range(9000), 1), dict.fromkeys(range(9000, 10000), 2))
    pages = feed.snapshot(feed.open("depth"))
    assert [page.get("more", False) for page in pages] == [True, True, False]
    assert len({page["s"] for page in pages}) == 1
    assert ["crc" in page for page in pages] == [False, False, True]
    view = BookView()
    for page in pages:
        view.apply(page["b"], page["a"])
    assert [len(side.lots) for side in view.sides] == [9_000, 1_000]


@pytest.mark.rule("MDATA-016")
def test_a_checksum_comes_at_least_once_a_second() -> None:
    feed = Feed()
    feed.open("depth")
    last = START_US
    for step in range(1, 100):
        now = START_US + step * 90_000
        (message,) = feed.fold(rested(9000400 + step, 2845, step, time_us=now), time_us=now)
        if "crc" in message:
            last = now
        assert now - last < 1_000_000


@pytest.mark.rule("MDATA-010")
def test_top_is_sent_when_it_changes_and_is_always_whole() -> None:
    feed = Feed()
    number = feed.open("top")
    (snapshot,) = feed.snapshot(number)
    assert (snapshot["snap"], snapshot["bp"], snapshot["bq"], snapshot["ap"], snapshot["aq"]) == (
        True, 2845, 120, 2846, 75,
    )  # fmt: skip
    assert feed.fold(rested(9000401, 2844, 1)) == []
    (top,) = feed.fold(rested(9000402, 2845, 121))
    assert (top["bp"], top["bq"], top["ap"], top["p"]) == (2845, 121, 2846, snapshot["s"])
    (empty,) = feed.fold(*(rested(9000403, price, 0, Side.SELL) for price in (2846, 2847)))
    assert "ap" not in empty
    (merged,) = feed.market.merged(number, snapshot["s"])
    assert plain(merged) == {**empty, "p": snapshot["s"], "cf": True}


@pytest.mark.rule("RATE-006")
@pytest.mark.parametrize("name", ["depth", "top"])
def test_a_slow_reader_gets_one_message_or_a_snapshot(name: str) -> None:
    feed = Feed()
    number = feed.open(name)
    start = feed.market.sequence_of(number)
    for step in range(1, 1025):
        feed.fold(rested(9000400 + step, 2845, 1000 + step))
    (merged,) = feed.market.merged(number, start)
    assert (merged.previous, merged.sequence, merged.conflated) == (start, start + 1024, True)  # type: ignore[attr-defined]
    assert feed.market.merged(number, start + 1024) == []
    feed.fold(rested(9002000, 2845, 1))
    (page,) = feed.market.merged(number, start)
    assert page.snapshot, "the log no longer reaches back"  # type: ignore[attr-defined]


@pytest.mark.rule("MDATA-001", "MDATA-012")
def test_trades_are_numbered_by_their_trade_ids() -> None:
    feed = Feed(numbers={("trades", 1): 55490})
    number = feed.open("trades")
    assert feed.snapshot(number) == []
    (message,) = feed.fold(*traded(9000460, 55501, 2845, 4, 128), *traded(9000460, 55502, 2844, 1, 339))
    assert (message["s"], message["p"], message["x"]) == (55502, 55490, [[55501, 2845, 4, "s"], [55502, 2844, 1, "s"]])
    (message,) = feed.fold(*traded(9000461, 55503, 2844, 1, 338))
    assert (message["s"], message["p"]) == (55503, 55502)


@pytest.mark.rule("MDATA-012")
def test_an_uncross_has_no_aggressor() -> None:
    feed = Feed()
    feed.open("trades")
    rows = [row for tid in (55502, 55503)
            for row in traded(9000490, tid, 2846, 60, 0, liquidity=Liquidity.AUCTION)]  # fmt: skip
    (message,) = feed.fold(event(EventKind.UNCROSSED, 9000490, instrument=1), *rows)
    assert message["au"] is True
    assert message["x"] == [[55502, 2846, 60, "n"], [55503, 2846, 60, "n"]]


@pytest.mark.rule("MDATA-001", "RECOV-014")
def test_numbers_of_event_channels_do_not_depend_on_who_listens() -> None:
    """Two gateways, or one before and after a restart, send the same messages."""
    early, late = Feed(), Feed()
    numbers = [early.open("trades"), early.open("status")]
    status = event(EventKind.STATE_CHANGED, 9000462, instrument=1, market_state=MarketState.HALT)
    commands = [traded(9000460, 55501, 2845, 4, 0), [status], traded(9000463, 55502, 2845, 4, 0)]
    for rows in commands[:2]:
        early.fold(*rows)
        late.fold(*rows)
    numbers = [late.open("trades"), late.open("status")]
    assert early.fold(*commands[2]) == late.fold(*commands[2])
    again = event(EventKind.STATE_CHANGED, 9000470, instrument=1, market_state=MarketState.OPEN)
    assert early.fold(again) == late.fold(again)
    assert [late.market.oldest(number) for number in numbers] == [55501, 9000470], "prints are kept for all"
    told = [list(feed.market.replay(numbers[0], 1, 55501, 104)) for feed in (late, early)]
    assert told[0] == told[1]
    (replayed,) = early.market.replay(numbers[0], 1, 55501, 104)
    assert (replayed.sequence, replayed.replay, replayed.reply_to) == (55501, True, 104)  # type: ignore[attr-defined]
    assert not list(early.market.replay(numbers[0], 55503, 99999, 104))


@pytest.mark.rule("MDATA-005", "MDATA-012")
def test_status_begins_with_a_snapshot_and_follows_group_and_book() -> None:
    feed = Feed()
    number, other = feed.open("status"), feed.open("status", B200)
    (snapshot,) = feed.snapshot(number)
    assert (snapshot["snap"], snapshot["phase"], snapshot["lo"], snapshot["hi"]) == (True, "OPEN", 2646, 3046)
    assert feed.snapshot(other)[0]["phase"] == "PREOPEN"
    halt = event(
        EventKind.STATE_CHANGED, 9000500, group=2, market_state=MarketState.HALT, state_reason=StateReason.HALT_ADMIN
    )
    (message,) = feed.fold(halt)
    assert (message["i"], message["phase"], message["why"], message["s"]) == (H27, "HALT", "HALT_ADMIN", 9000500)
    paused = event(
        EventKind.STATE_CHANGED,
        9000502,
        group=2,
        instrument=1,
        market_state=MarketState.PAUSED,
        state_reason=StateReason.VELOCITY,
    )
    opened = event(EventKind.STATE_CHANGED, 9000501, group=2, market_state=MarketState.OPEN)
    messages = feed.fold(opened, paused)
    assert [(message["phase"], message["e"]) for message in messages] == [("OPEN", 9000501), ("PAUSED", 9000502)]
    assert messages[1]["why"] == "velocity"
    (free,) = feed.fold(event(EventKind.STATE_CHANGED, 9000503, group=2, instrument=1, market_state=MarketState.OPEN))
    assert free["phase"] == "OPEN"


@pytest.mark.rule("MDATA-015")
def test_a_book_shows_its_uncross_before_it_is_open() -> None:
    feed = Feed()
    feed.open("depth", cadence_ms=1000)
    feed.open("status")
    feed.fold(rested(9000401, 2845, 1))
    opened = event(EventKind.STATE_CHANGED, 9000402, instrument=1, group=2, market_state=MarketState.OPEN)
    messages = feed.fold(rested(9000402, 2845, 0), opened)
    assert [(message["t"], message["e"]) for message in messages] == [("depth", 9000402), ("status", 9000402)]


@pytest.mark.rule("MDATA-012")
def test_the_indicative_price_is_a_status() -> None:
    feed = Feed()
    number = feed.open("status")
    (message,) = feed.fold(
        event(EventKind.INDICATIVE_PRICE, 9000488, instrument=1, uncross_tick=2846, volume_lots=75, imbalance_lots=-8)
    )
    assert message["iop"] == [2846, 75, -8]
    assert feed.snapshot(number)[0]["iop"] == [2846, 75, -8]
    (gone,) = feed.fold(event(EventKind.INDICATIVE_PRICE, 9000489, instrument=1, flags=EventFlag.EMPTY))
    assert "iop" not in gone


@pytest.mark.rule("MDATA-014")
def test_listed_instruments_are_published_with_their_revision() -> None:
    listed = LISTED[:2]
    source = Levels(5)
    market = MarketData(table_ := table(listed), source)
    number, _ = market.subscribe(spec("instruments", 0))
    (snapshot,) = market.snapshot(number)
    assert [row["sym"] for row in plain(snapshot)["x"]] == ["H100.G90.H27", "H100.G90.J27"]
    listed[0] = listed[0]._replace(revision=4)
    listed.append(LISTED[2])
    rows = [event(EventKind.INSTRUMENT_LISTED, 6, instrument=index) for index in (1, 3)]
    market.fold(event_array(rows), 6, TIME_NS)
    source.sequence = 6
    ((channel, message),) = market.due(0)
    assert (channel, message.sequence) == (number, 6)
    assert [(row["i"], row["rev"], row["phase"]) for row in plain(message)["x"]] == [
        (H27, 4, "OPEN"),
        (B200, 3, "PREOPEN"),
    ]
    assert table_.index_of(B200) == 3
    assert market.subscribe(spec("depth", B200))[1] == 0


def test_a_release_without_rows_moves_the_feed_on() -> None:
    feed = Feed()
    feed.market.fold(event_array([]), 9000777, TIME_NS)
    feed.source.sequence = 9000777
    assert feed.snapshot(feed.open("depth"))[0]["e"] == 9000777
