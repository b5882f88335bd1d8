"""Market data of one connection: snapshots, groups, changes of subscription."""

from dataclasses import replace
from typing import Any

import pytest

from exchange.gateway.throttle import LOOPBACK
from exchange.wire.messages import (
    ChannelSpec,
    Depth,
    Err,
    Heartbeat,
    Instruments,
    Ok,
    Ping,
    Replay,
    ReplayEnd,
    Resync,
    Status,
    Subscribe,
    Top,
    Trades,
    Unsubscribe,
)
from tests.gateway.harness import Bench, Peer


def depth(bench: Bench, **changes: object) -> ChannelSpec:
    return ChannelSpec(
        **{"name_of_channel": "depth", "instrument": bench.instrument, "cadence_ms": 0, "levels": 0} | changes
    )


def subscribed(peer: Peer, *specs: ChannelSpec) -> tuple[list[int], list[object]]:
    reply, *data = peer.ask(Subscribe(request_id=1, channels=list(specs)))
    assert isinstance(reply, Ok)
    return [number for number, _ in reply.channels or []], data


@pytest.mark.rule("MDATA-004", "MDATA-005")
def test_reply_then_snapshot_then_changes_without_a_gap(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    trader.ask(bench.order(10, "a1"))
    (number,), (snapshot,) = subscribed(reader, depth(bench))
    assert isinstance(snapshot, Depth) and snapshot.snapshot and snapshot.bids == [(bench.price, 5)]
    trader.ask(bench.order(11, "a2", order_lots=2))
    (change,) = reader.take()
    assert (change.channel, change.previous, change.bids) == (number, snapshot.sequence, [(bench.price, 7)])


@pytest.mark.rule("DUR-149")
def test_snapshot_asked_for_during_a_commit_shows_only_what_is_durable(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    bench.hold = True
    trader.send(bench.order(10, "a1"))
    bench.settle()
    assert reader.ask(Subscribe(request_id=1, channels=[depth(bench)])) == []
    bench.hold = False
    reply, snapshot = reader.take()
    assert (
        isinstance(reply, Ok)
        and snapshot.bids == [(bench.price, 5)]
        and snapshot.engine_sequence == bench.venue.sequence
    )


@pytest.mark.rule("MDATA-003")
def test_all_subscribers_of_a_channel_share_its_number_and_its_bytes(bench: Bench) -> None:
    trader = bench.connect(bench.keys[1])
    readers = [bench.connect(bench.keys[2]) for _ in range(3)]
    numbers = {subscribed(reader, depth(bench))[0][0] for reader in readers}
    other = subscribed(bench.open("/v1/md"), depth(bench, cadence_ms=100, levels=1))[0][0]
    assert len(numbers) == 1 and other not in numbers
    trader.ask(bench.order(10, "a1"))
    assert len({reader.transport.data for reader in readers}) == 1


@pytest.mark.rule("MDATA-004")
def test_rows_are_refused_one_by_one(bench: Bench) -> None:
    reader = bench.open("/v1/md")
    specs = [
        ChannelSpec(name_of_channel="trades", instrument=99),
        ChannelSpec(name_of_channel="orders", instrument=bench.instrument),
        depth(bench),
        depth(bench, cadence_ms=10),
        ChannelSpec(name_of_channel="trades", instrument=bench.instrument),
    ]
    reply = reader.ask(Subscribe(request_id=1, channels=specs))[0]
    assert [code for _, code in reply.channels] == [5001, 2004, 2004, 0, 0]
    assert reply.message == "channel orders, and depth with ms 0, need a logon: auth first (field ch[1].n)"


def test_channels_of_a_connection_are_capped(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, channels_max=2)) as bench:
        reader = bench.open("/v1/md")
        specs = [depth(bench, cadence_ms=10, levels=levels) for levels in (1, 10, 50)]
        reply = reader.ask(Subscribe(request_id=1, channels=specs))[0]
        assert [code for _, code in reply.channels] == [0, 0, 3003]
        assert "field ch[2]: a connection has at most 2 channels (max_channels)" in reply.message


def test_a_channel_asked_for_again_keeps_its_number_and_sends_its_snapshot(bench: Bench) -> None:
    reader = bench.connect(bench.keys[2])
    first, again = (subscribed(reader, depth(bench)) for _ in range(2))
    assert first == again
    reader.take()
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))
    assert len(reader.take()) == 1, "a change comes once"


@pytest.mark.rule("MDATA-015")
def test_resync_gives_a_snapshot_in_the_same_stream_and_unsubscribe_ends_it(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    (number,), _ = subscribed(reader, depth(bench))
    trader.ask(bench.order(10, "a1"))
    last = reader.take()[-1].sequence
    reply, snapshot = reader.ask(Resync(request_id=2, channel=number))
    assert isinstance(reply, Ok) and snapshot.snapshot and snapshot.sequence == last
    assert isinstance(reader.ask(Unsubscribe(request_id=3, channel=[number]))[0], Ok)
    trader.ask(bench.order(11, "a2"))
    assert reader.take() == []
    for message in (Resync(request_id=4, channel=number), Unsubscribe(request_id=5, channel=[number])):
        refusal = reader.ask(message)[0]
        assert isinstance(refusal, Err) and refusal.name == "UNKNOWN_CHANNEL"


def test_event_channels_publish_instruments_status_trades_and_top(bench: Bench) -> None:
    buyer, seller, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2]), bench.open("/v1/md")
    names = ("instruments", "status", "top", "trades")
    specs = [
        ChannelSpec(name_of_channel=name, instrument=0 if name == "instruments" else bench.instrument, cadence_ms=0)
        for name in names
    ]
    numbers, data = subscribed(reader, *specs)
    assert [type(message) for message in data] == [Instruments, Status, Top]
    buyer.ask(bench.order(10, "a1"))
    seller.ask(bench.order(10, "b1", side="s", order_lots=2))
    prints = [message for message in reader.take() if isinstance(message, Trades)]
    assert [(row[1], row[2], row[3]) for row in prints[0].rows] == [(bench.price, 2, "s")]
    trades = numbers[3]
    first = prints[0].sequence
    replayed = buyer.ask(Replay(request_id=11, channel=trades, first_sequence=first, last_sequence=first))
    assert replayed[1].replay and replayed[1].rows == prints[0].rows and isinstance(replayed[-1], ReplayEnd)
    assert buyer.ask(Replay(request_id=12, channel=numbers[2], first_sequence=1, last_sequence=1))[0].code == 1011


@pytest.mark.rule("SESS-010")
def test_heartbeat_lists_channels_that_published_since_the_one_before(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.open("/v1/md")
    (number,), _ = subscribed(reader, depth(bench, cadence_ms=10))
    trader.ask(bench.order(10, "a1"))
    for each in (trader, reader):
        each.send(Ping(request_id=1))
    bench.pass_ms(2_100)
    messages = reader.take()
    last = next(message for message in messages if isinstance(message, Depth)).sequence
    beats = [message.channels for message in messages if isinstance(message, Heartbeat)]
    assert beats == [[(number, last)], []]


def gaps(messages: list[Any], number: int) -> list[tuple[int, int]]:
    """(number due, number come) where a client of the channel has to ask for a snapshot (MDATA-015)."""
    found, last = [], None
    for message in messages:
        if getattr(message, "channel", 0) != number or isinstance(message, Status):
            continue
        if last is not None and not getattr(message, "snapshot", False) and message.previous != last:
            found.append((last, message.previous))
        last = message.sequence
    return found


@pytest.mark.rule("RECOV-003", "MDATA-001", "RATE-007")
def test_changes_of_subscription_lose_nothing_of_the_other_channels(bench: Bench) -> None:
    buyer, seller, reader = (bench.connect(bench.keys[number]) for number in (1, 2, 3))
    trades = ChannelSpec(name_of_channel="trades", instrument=bench.instrument)
    (book, prints), _ = subscribed(reader, depth(bench), trades)
    top = ChannelSpec(name_of_channel="top", instrument=bench.instrument, cadence_ms=0)
    heard: list[Any] = []
    extra: list[int] = []
    for turn in range(8):
        bench.hold = True
        buyer.send(bench.order(10 + turn, f"a{turn}"))
        bench.settle()
        seller.send(bench.order(10 + turn, f"b{turn}", side="s", order_lots=2))
        if turn % 4 == 0:
            reader.send(Subscribe(request_id=20 + turn, channels=[top]))
        elif turn % 4 == 1:
            reader.send(Unsubscribe(request_id=20 + turn, channel=extra))
        elif turn % 4 == 2:
            reader.send(Resync(request_id=20 + turn, channel=book))
        bench.hold = False
        heard += reader.take()
        extra = [rows[0][0] for rows in (m.channels for m in heard if isinstance(m, Ok)) if rows] or extra
    assert gaps(heard, book) == gaps(heard, prints) == []
    assert len([message for message in heard if isinstance(message, Trades)]) == 8
    bench.pass_ms(20)
    numbers = [message.sequence for message in heard if isinstance(message, Depth) and not message.snapshot]
    assert numbers == sorted(set(numbers))


def test_connection_that_ends_leaves_its_channels(bench: Bench) -> None:
    reader = bench.connect(bench.keys[1])
    subscribed(reader, depth(bench))
    reader.drop()
    assert not bench.venue.market._books._books and not bench.outbox._groups


@pytest.mark.rule("WIRE-030", "MDATA-010", "MDATA-012", "RATE-006")
def test_binary_connection_gets_market_data_as_json(bench: Bench) -> None:
    kinds = (("depth", 0, 0), ("depth", 100, 10), ("top", 0, 10), ("trades", 0, 10))
    channels = [depth(bench, name_of_channel=name, cadence_ms=ms, levels=levels) for name, ms, levels in kinds]
    watchers = [bench.open("/v1/md", binary=True), bench.open("/v1/md")]
    for watcher in watchers:
        watcher.ask(Subscribe(request_id=1, channels=channels))
    seller, buyer = (bench.connect(bench.keys[number]) for number in (1, 2))
    seller.ask(bench.order(10, "a", side="s"))
    assert isinstance(buyer.ask(bench.order(10, "b"))[0], Ok) and not bench.venue.failed
    bench.pass_ms(200)
    first, second = ([m for m in watcher.take() if not isinstance(m, Heartbeat)] for watcher in watchers)
    assert first == second and {type(message) for message in first} >= {Depth, Top, Trades}
