"""The running candle: a snapshot, then what has changed; what a slow reader gets; only watched books."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.publish.past.candle_channel import CADENCE_US, CandleBoard, CandleChannel, candle_rows
from exchange.publish.past.candle_rows import HOUR, MINUTE
from exchange.publish.prints import Prints
from exchange.wire.messages import CandleRow, Candles, ChannelSpec, Query, Subscribe, Unsubscribe
from tests.gateway.harness import Bench, Peer
from tests.publish.daily.days import PATIENT
from tests.publish.helpers import H27
from tests.publish.past.plain import Made, made_prints, plain_candles
from tests.publish.past.test_trade_pages import events
from tests.venue.daily.test_settler import trade


def heard(peer: Peer) -> list[Candles]:
    return [message for message in peer.take() if isinstance(message, Candles)]


def watch(bench: Bench, peer: Peer, interval: Any) -> Candles:
    spec = ChannelSpec(name_of_channel="candles", instrument=bench.instrument, interval=interval)
    (snapshot,) = [one for one in peer.ask(Subscribe(request_id=50, channels=[spec])) if isinstance(one, Candles)]
    return snapshot


@pytest.mark.rule("HIST-003", "MDATA-005", "SESS-004")
def test_a_chart_asks_for_the_past_and_then_follows(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT) as bench:
        peer, shown_rows = bench.open("/v1/md"), []
        trade(bench, 1, bench.price, 3)
        first = watch(bench, peer, "1m")
        chart = {
            row[0]: row
            for row in peer.ask(Query(request_id=60, what="candles", instrument=bench.instrument))[0].candles
        }
        assert first.snapshot and first.rows == list(chart.values()) and first.previous is None
        for number in range(2, 9):
            trade(bench, number, bench.price + number % 3, number)
            bench.pass_ms(100)
            shown_rows += heard(peer)
            bench.clock.now += 25 * 10**9
        bench.pass_ms(200)
        assert not heard(peer), "no trade, no message"
        assert [one.previous for one in shown_rows] == [first.sequence + place for place in range(7)]
        for message in shown_rows:
            assert (message.instrument, message.interval) == (bench.instrument, "1m")
            chart |= {row[0]: row for row in message.rows}
        asked = peer.ask(Query(request_id=61, what="candles", instrument=bench.instrument))[0].candles
        assert [*chart.values()] == asked and len(asked) >= 3
        peer.ask(Unsubscribe(request_id=51, channel=[first.channel]))
        trade(bench, 10, bench.price, 5)
        bench.pass_ms(200)
        assert not heard(peer)
        again = watch(bench, bench.open("/v1/md"), "1m")
        assert again.channel == first.channel and again.sequence > shown_rows[-1].sequence
        assert watch(bench, peer, "1h").channel != first.channel


def feed(channel: CandleChannel, prints: Prints, made: list[Made]) -> Candles | None:
    prints.append(events(made))
    return channel.publish(made[-1].sequence, made[-1].time_us)


@pytest.mark.rule("HIST-003", "RATE-006")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("interval", [MINUTE, HOUR])
def test_a_reader_of_all_messages_or_of_merged_ones_has_all_candles(seed: int, interval: Any) -> None:
    made = made_prints(seed, 400)
    prints = Prints()
    channel = CandleChannel(7, 1, H27, interval, prints)
    channel.open()
    assert [one.rows for one in channel.snapshot(0, 0)] == [[]]
    fast: dict[int, CandleRow] = {}
    slow: dict[int, CandleRow] = {}
    since = channel.sequence
    for start in range(0, len(made), 7):
        message = feed(channel, prints, made[start : start + 7])
        if message is not None:
            fast |= {row[0]: row for row in message.rows}
            assert message.previous == message.sequence - 1
        if start % 5 == 0:
            for merged in channel.merged(since, 9, 9) or []:
                assert isinstance(merged, Candles) and merged.conflated and merged.previous == since
                slow |= {row[0]: row for row in merged.rows}
                since = merged.sequence
    (last,) = channel.merged(since, 9, 9) or [Candles(7, 0, 0, 0, 0, "", [])]
    assert isinstance(last, Candles)
    slow |= {row[0]: row for row in last.rows}
    assert [*fast.values()] == [*slow.values()] == plain_candles(made, 1, interval.name)
    assert channel.merged(channel.sequence, 9, 9) == [] and channel.merged(channel.sequence + 1, 9, 9) is None


@pytest.mark.rule("HIST-003", "RATE-006")
def test_what_is_not_published_is_not_in_a_snapshot() -> None:
    made, prints = made_prints(2, 60, books=(1,)), Prints()
    channel = CandleChannel(7, 1, H27, MINUTE, prints)
    channel.open()
    published = feed(channel, prints, made[:30])
    assert published is not None
    prints.append(events(made[30:]))
    (snapshot,) = channel.snapshot(0, 0)
    assert isinstance(snapshot, Candles) and snapshot.rows == published.rows[-1:]
    (merged,) = channel.merged(channel.sequence - 1, 0, 0) or []
    assert isinstance(merged, Candles) and merged.rows == published.rows
    later = channel.publish(0, 0)
    assert later is not None and later.rows[-1] == plain_candles(made, 1, "1m")[-1]


@pytest.mark.rule("HIST-003", "RATE-006")
def test_after_too_many_candles_a_slow_reader_gets_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.publish.past.candle_channel.MERGED_MAX", 5)
    made, prints = made_prints(2, 200, books=(1,)), Prints()
    channel = CandleChannel(7, 1, H27, MINUTE, prints)
    channel.open()
    joined = channel.sequence
    assert feed(channel, prints, made) is not None
    assert channel.merged(joined, 9, 9) is None


@pytest.mark.rule("HIST-003")
def test_only_books_with_trades_are_told_and_at_most_ten_times_a_second() -> None:
    made, prints, board = made_prints(2, 200, books=(1,)), Prints(), CandleBoard()
    channels = [CandleChannel(number, book, H27, MINUTE, prints) for number, book in ((11, 1), (12, 2))]
    assert not board.is_due(0)
    for channel in channels:
        board.open(channel)
    assert board.is_due(5) and board.due(5, 1, 1) == []
    prints.append(events(made))
    assert not board.is_due(CADENCE_US) and board.is_due(CADENCE_US + 5)
    ((number, message),) = board.due(CADENCE_US + 5, 9, 8)
    assert (number, message.engine_sequence, message.time_us) == (11, 9, 8)
    board.close(channels[0])
    prints.append(events([made[-1]._replace(number=201, sequence=made[-1].sequence + 1)]))
    assert board.due(3 * CADENCE_US, 11, 9) == []


@pytest.mark.rule("HIST-003")
@pytest.mark.parametrize("interval", [MINUTE, HOUR])
def test_the_first_subscriber_costs_one_candle(monkeypatch: pytest.MonkeyPatch, interval: Any) -> None:
    read: list[int] = []

    def counted(rows: np.ndarray) -> list[CandleRow]:
        read.append(len(rows))
        return candle_rows(rows)

    monkeypatch.setattr("exchange.publish.past.candle_channel.candle_rows", counted)
    made, prints = made_prints(3, 300), Prints()
    prints.append(events(made))
    channel = CandleChannel(7, 1, H27, interval, prints)
    channel.open()
    (snapshot,) = channel.snapshot(0, 0)
    assert isinstance(snapshot, Candles) and snapshot.rows == plain_candles(made, 1, interval.name)[-1:]
    assert read == [1]
