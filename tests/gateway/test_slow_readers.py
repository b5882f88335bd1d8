"""Readers that take too little: conflated, warned, restored, cut."""

import pytest

from exchange.wire.messages import (
    ChannelSpec,
    Depth,
    Lag,
    Ok,
    Ping,
    Resync,
    Subscribe,
)
from tests.gateway.handlers.test_subscriptions import depth, gaps, subscribed
from tests.gateway.harness import Bench


@pytest.mark.rule("RATE-006", "RATE-008")
def test_slow_reader_is_conflated_warned_and_comes_back_at_half_the_mark(bench: Bench) -> None:
    trader, slow, quick = (bench.connect(bench.keys[number]) for number in (1, 2, 3))
    (number,), (snapshot,) = subscribed(slow, depth(bench))
    subscribed(quick, depth(bench))
    slow.transport.waiting = 257 * 1_024
    trader.ask(bench.order(10, "a1", order_lots=1))
    first, lag = slow.take()
    assert isinstance(lag, Lag) and (lag.level, lag.action) == (1, "conflate")
    for request_id in range(11, 15):
        trader.ask(bench.order(request_id, f"a{request_id}", order_lots=1))
    assert slow.take() == [] and len(quick.take()) == 5
    slow.transport.waiting = 127 * 1_024
    bench.pass_ms(20)
    merged, lag = slow.take()
    assert merged.conflated and merged.previous == first.sequence and merged.bids == [(bench.price, 5)]
    assert (lag.level, lag.action) == (0, "normal")
    trader.ask(bench.order(20, "last", order_lots=1))
    assert slow.take()[0].previous == merged.sequence
    assert snapshot.channel == number


@pytest.mark.rule("MDATA-015", "RATE-006")
def test_subscription_and_resync_of_a_slow_reader_have_no_gap_when_it_comes_back(bench: Bench) -> None:
    trader, slow = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    (old,), _ = subscribed(slow, depth(bench))
    slow.transport.waiting = 257 * 1_024
    trader.ask(bench.order(10, "a1"))
    heard = slow.take()
    trader.ask(bench.order(11, "a2"))
    slow.send(Subscribe(request_id=2, channels=[depth(bench, levels=10)]), Resync(request_id=3, channel=old))
    heard += slow.take()
    new = next(message for message in heard if isinstance(message, Ok)).channels[0][0]
    trader.ask(bench.order(12, "a3"))
    assert slow.take() == []
    slow.transport.waiting = 0
    bench.pass_ms(20)
    trader.ask(bench.order(13, "a4"))
    heard += slow.take()
    for number in (old, new):
        assert gaps(heard, number) == []
        books = [message for message in heard if isinstance(message, Depth) and message.channel == number]
        assert books[-1].bids == [(bench.price, 20)]


@pytest.mark.rule("RATE-006")
def test_slow_reader_of_prints_alone_is_warned_of_the_lag_of_the_book_it_asks_for(bench: Bench) -> None:
    trader, slow = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    subscribed(slow, ChannelSpec(name_of_channel="trades", instrument=bench.instrument))
    slow.transport.waiting = 257 * 1_024
    slow.ask(Ping(request_id=1))
    *_, lag = slow.ask(Subscribe(request_id=2, channels=[depth(bench)]))
    assert isinstance(lag, Lag) and (lag.level, lag.action) == (1, "conflate")
    slow.transport.waiting = 0
    trader.ask(bench.order(10, "a1"))
    bench.pass_ms(20)
    merged, lag = slow.take()
    assert merged.bids == [(bench.price, 5)] and (lag.level, lag.action) == (0, "normal")


@pytest.mark.rule("RATE-007", "BAD-057", "DUR-026", "SEC-035")
def test_reader_that_stops_is_cut_at_the_hard_mark_or_after_two_seconds(bench: Bench) -> None:
    trader, public, private, stuck = (
        bench.connect(bench.keys[1]),
        bench.open("/v1/md"),
        bench.connect(bench.keys[2]),
        None,
    )
    stuck = bench.open("/v1/md")
    for reader, spec in (
        (public, depth(bench, cadence_ms=10)),
        (private, depth(bench)),
        (stuck, depth(bench, cadence_ms=10)),
    ):
        subscribed(reader, spec)
    public.transport.waiting = private.transport.waiting = 1_025 * 1_024
    stuck.transport.waiting = 300 * 1_024
    trader.ask(bench.order(10, "a1"))
    bench.pass_ms(30)
    assert public.transport.closed is not None and public.transport.closed[0] == 4009
    assert private.transport.closed is None, "private data may fill more"
    for _ in range(3):
        for peer in (trader, private):
            peer.send(Ping(request_id=1))
        stuck.send(Ping(request_id=1))
        bench.pass_ms(1_000)
    assert stuck.transport.closed is not None and stuck.transport.closed[0] == 4009
