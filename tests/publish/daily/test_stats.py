"""The day so far: figures of the engine, sent when they have changed and no more often than ten times a second."""

from pathlib import Path

import pytest

from exchange.engine import query
from exchange.publish.daily.stats import DayStats, StatsChannel
from exchange.wire.messages import ChannelSpec, Stats, Subscribe, Unsubscribe
from tests.gateway.harness import Bench, Peer
from tests.publish.daily.days import CLOSE_S, jump_to, open_bench
from tests.publish.helpers import H27, plain_stats
from tests.venue.daily.test_settler import trade


def heard(peer: Peer) -> list[Stats]:
    return [message for message in peer.take() if isinstance(message, Stats)]


def watch(bench: Bench, peer: Peer) -> Stats:
    spec = ChannelSpec(name_of_channel="stats", instrument=bench.instrument)
    (snapshot,) = [one for one in peer.ask(Subscribe(request_id=50, channels=[spec])) if isinstance(one, Stats)]
    return snapshot


@pytest.mark.rule("MDATA-005", "MDATA-018")
def test_a_day_is_told_from_its_first_trade_to_its_settlement(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        peer, price = bench.connect(bench.keys[3]), bench.price
        first = watch(bench, peer)
        assert plain_stats(first) == {"vol": 0, "val": 0, "oi": 0, "prev": price} and first.snapshot
        for request, tick, lots in ((1, price + 4, 3), (2, price - 5, 2), (3, price + 1, 5)):
            trade(bench, request, tick, lots)
            bench.pass_ms(100)
        told = heard(peer)
        value = 3 * (price + 4) + 2 * (price - 5) + 5 * (price + 1)
        day = {"o": price + 4, "h": price + 4, "l": price - 5, "last": price + 1, "vol": 10, "val": value, "oi": 10}
        assert plain_stats(told[-1]) == day | {"prev": price}
        assert [one.previous for one in told] == [first.sequence + place for place in range(len(told))]
        row = query.statistics(bench.venue.states, 1)
        assert (row.open, row.high, row.low, row.last, row.volume, row.value_tick_lots, row.open_interest) == tuple(
            day.values()
        )
        jump_to(bench, CLOSE_S + 1)
        bench.pass_ms(200)
        settle_tick = query.instruments(bench.venue.states)[0].settle_tick
        assert heard(peer)[-1].previous_settle_tick == settle_tick != price


@pytest.mark.rule("MDATA-018")
def test_what_is_not_released_is_not_told(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        peer = bench.connect(bench.keys[3])
        watch(bench, peer)
        maker, taker = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
        maker.ask(bench.order(10, "a"))
        bench.hold = True
        taker.send(bench.order(10, "b", side="s"))
        bench.pass_ms(300)
        assert query.statistics(bench.venue.states, 1).volume == 5 and not heard(peer), "applied, not durable"
        bench.hold = False
        bench.pass_ms(300)
        assert [one.volume_lots for one in heard(peer)] == [5]


def test_nobody_hears_more_after_the_end_and_a_new_subscriber_gets_a_snapshot(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        peer = bench.connect(bench.keys[3])
        first = watch(bench, peer)
        peer.ask(Unsubscribe(request_id=51, channel=[first.channel]))
        trade(bench, 10, bench.price, 5)
        bench.pass_ms(200)
        assert not heard(peer)
        other = watch(bench, bench.connect(bench.keys[2]))
        assert other.channel == first.channel and other.volume_lots == 5 and other.sequence > first.sequence


def figures(last: int, lots: int) -> list[int]:
    return [2840, 2850, 2830, last, lots, lots * last, 7, 2846]


@pytest.mark.rule("RATE-006")
def test_a_slow_reader_gets_the_newest_figures_once() -> None:
    channel = StatsChannel(11, 1, H27)
    channel.open(DayStats(*figures(2840, 1)))
    joined = channel.sequence
    for lots in (2, 3):
        channel.publish(DayStats(*figures(2840 + lots, lots)), lots, lots)
    (merged,) = channel.merged(joined, 3, 3) or []
    assert isinstance(merged, Stats)
    assert (merged.previous, merged.sequence, merged.last_tick, merged.conflated) == (
        joined,
        channel.sequence,
        2843,
        True,
    )
    assert channel.merged(channel.sequence, 3, 3) == []
    assert channel.merged(joined - 1, 3, 3) is None is channel.merged(channel.sequence + 1, 3, 3)
    assert channel.publish(DayStats(*figures(2843, 3)), 4, 4) is None
