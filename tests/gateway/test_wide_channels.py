"""Rows of `sub` for a chip, or for all instruments: what they bring, when instruments come and go, and the limits."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.periods import day_number
from exchange.clearing_codes import Life
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.catalogue import Present, listing_payloads
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.gateway import wide_channels
from exchange.gateway.throttle import LOOPBACK, STANDARD, Rate
from exchange.wire.messages import (
    Channels,
    ChannelSpec,
    Depth,
    Err,
    Lag,
    Ok,
    Orders,
    Resync,
    Status,
    Subscribe,
    Top,
    Trades,
    Unsubscribe,
)
from tests.gateway.harness import Bench, Peer
from tests.operator.asking import do
from tests.venue.daily.test_life_keeper import Q1


def row(name: str, topic: str = "H100", **fields: Any) -> ChannelSpec:
    return ChannelSpec(**{"name_of_channel": name, "topic": topic} | fields)


def subscribed(peer: Peer, *rows: ChannelSpec) -> tuple[list[int], list[Any]]:
    """Numbers of the rows, and the messages that follow the reply."""
    peer.take()
    reply, *data = peer.ask(Subscribe(request_id=2, channels=list(rows)))
    assert isinstance(reply, Ok) and all(number and not code for number, code in reply.channels or []), reply
    return [number for number, _ in reply.channels or []], data


def listed(messages: list[Any]) -> dict[int, int]:
    """Channel by instrument."""
    found: dict[int, int] = {}
    for message in messages:
        if isinstance(message, Channels):
            found |= {instrument: channel for channel, instrument in message.rows}
            found = {instrument: channel for instrument, channel in found.items() if channel not in message.ended}
    return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path), symbols=Q1) as made:
        yield made


@pytest.mark.rule("MDATA-023", "MDATA-003", "MDATA-004")
@pytest.mark.parametrize("topic", ["H100", "ALL"])
def test_a_row_brings_each_instruments_own_channel_and_says_which_is_whose(bench: Bench, topic: str) -> None:
    trader, reader, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2]), bench.connect(bench.keys[3])
    (number,), (first, *snapshots) = subscribed(reader, row("depth", topic, cadence_ms=0, levels=0))
    assert isinstance(first, Channels) and first.snapshot and not first.more and first.name_of_channel == "depth"
    assert first.channel == number and {i for _, i in first.rows} == set(bench.venue.instruments)
    channels = listed([first])
    assert [message.channel for message in snapshots] == [*channels.values()]
    assert all(isinstance(message, Depth) and message.snapshot for message in snapshots)
    single = row("depth", "", instrument=bench.instrument, cadence_ms=0, levels=0)
    assert subscribed(other, single)[0] == [channels[bench.instrument]]
    trader.ask(bench.order(10, "a1"))
    (message,), (same,) = reader.take(), other.take()
    assert message == same and message.channel == channels[bench.instrument]


def last_pages(messages: list[Any]) -> list[Channels]:
    return [*{message.channel: message for message in messages if isinstance(message, Channels)}.values()]


@pytest.mark.rule("MDATA-023", "RECOV-003")
def test_many_channels_come_in_slices_and_no_change_is_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_channels, "SLICE", 2)
    bench.gateway.wide.check()
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    _, heard = subscribed(reader, row("top", cadence_ms=0), row("orders"))
    assert [len(message.rows) for message in heard if isinstance(message, Channels)] == [2, 0], "a step has two"
    turn = 0
    while any(message.more for message in last_pages(heard)):
        turn += 1
        trader.ask(bench.order(10 + turn, f"a{turn}", price_tick=bench.price - 20 + turn))
        bench.pass_ms(10)
        heard += reader.take()
    assert turn == 5 and all(message.snapshot for message in heard if isinstance(message, Channels))
    counts = {"top": 0, "orders": 0}
    for message in heard:
        if isinstance(message, Channels):
            counts[message.name_of_channel] += len(message.rows)
    assert set(counts.values()) == {len(bench.venue.instruments)}
    last: dict[int, int] = {}
    for message in heard:
        if isinstance(message, Top | Orders):
            assert message.snapshot or message.previous == last[message.channel]
            last[message.channel] = message.sequence
    assert last == {number: bench.venue.market.sequence_of(number) for number in last}
    assert len(last) == sum(counts.values())


@pytest.mark.rule("MDATA-023", "RATE-008")
def test_the_many_subscriptions_of_a_connection_that_ends_end_in_steps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_channels, "END_SLICE", 2)
    left: list[int] = []
    market, unsubscribe = bench.venue.market, bench.venue.market.unsubscribe
    reader, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    (number,), heard = subscribed(reader, row("top"))
    channels = listed(heard)
    subscribed(other, row("top"))
    monkeypatch.setattr(market, "unsubscribe", lambda channel: (left.append(channel), unsubscribe(channel)))
    reader.drop()
    counts = [len(left)]
    while len(left) < len(channels) + 1:
        bench.pass_ms(10)
        counts.append(len(left))
    assert counts == [2 * step for step in range(1, len(counts))] + [len(channels) + 1]
    assert sorted(left) == sorted([number, *channels.values()]), "each once"
    bench.pass_ms(50)
    assert len(left) == len(channels) + 1 and all(market.sequence_of(one) >= 0 for one in channels.values())


@pytest.mark.rule("MDATA-023", "RATE-008")
def test_the_subscriptions_of_a_row_that_is_left_end_in_steps(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_channels, "END_SLICE", 2)
    reader = bench.connect(bench.keys[1])
    (number,), heard = subscribed(reader, row("top"))
    left: list[int] = []
    market, unsubscribe = bench.venue.market, bench.venue.market.unsubscribe
    monkeypatch.setattr(market, "unsubscribe", lambda channel: (left.append(channel), unsubscribe(channel)))
    assert isinstance(reader.ask(Unsubscribe(request_id=6, channel=[number]))[0], Ok)
    assert left == [] and reader.connection.channels == set(), "it gets nothing any more"
    (again,), _ = subscribed(reader, row("top"))
    bench.pass_ms(10)
    assert len(left) == 2 and again == number
    bench.pass_ms(100)
    assert sorted(left) == sorted([number, *listed(heard).values()]), "each once"
    bench.connect(bench.keys[3]).ask(bench.order(10, "b1", side="s"))
    bench.pass_ms(200)
    assert any(isinstance(one, Top) and one.channel == listed(heard)[bench.instrument] for one in reader.take())


@pytest.mark.rule("MDATA-023", "RATE-008")
def test_rows_are_looked_up_once_for_each_change_of_what_is_listed_and_few_in_a_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_channels, "SLICE", 2)
    readers = [bench.connect(bench.keys[account]) for account in (1, 2, 3)]
    rows = [row("top"), row("status")]
    for reader in readers:
        subscribed(reader, *rows)
    bench.pass_ms(600)
    for reader in readers:
        reader.take()
    asked: list[int] = []
    wide, instruments_of = bench.venue.market.wide, bench.venue.market.wide.instruments_of
    monkeypatch.setattr(wide, "instruments_of", lambda number: (asked.append(number), instruments_of(number))[1])
    bench.venue.market._table.revision += 1  # the same instruments as before
    counts = []
    for _ in range(6):
        bench.pass_ms(10)
        counts.append(len(asked))
    assert counts == [2, 4, 6, 6, 6, 6]
    assert not any(isinstance(one, Channels) for reader in readers for one in reader.take())


@pytest.mark.rule("MDATA-023", "RATE-008", "MDATA-020")
def test_a_resync_lists_channels_in_pages_and_leaves_out_those_that_end_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = bench.connect(bench.keys[3])
    (number,), heard = subscribed(reader, row("status"))
    before = listed(heard)
    monkeypatch.setattr(wide_channels, "PAGE", 2)
    monkeypatch.setattr(wide_channels, "PAGE_COST", 16)
    bench.pass_ms(10)
    heard = [one for one in reader.ask(Resync(request_id=3, channel=number)) if isinstance(one, Channels)]
    assert [len(one.rows) for one in heard] == [2] and heard[0].more
    ended, new = end_and_list(bench, "H100.G90.F27", "H100.G90.J27")
    while heard[-1].more:
        bench.pass_ms(10)
        pages = [one for one in reader.take() if isinstance(one, Channels)]
        assert len(pages) <= 2 and all(one.snapshot and len(one.rows) <= 2 for one in pages)
        heard += pages
    assert listed(heard).keys() == set(bench.venue.instruments) and new in listed(heard)
    assert reader.connection.channels == set(listed(heard).values()) and before[ended] not in reader.connection.channels


def end_and_list(bench: Bench, symbol: str, later: str) -> tuple[int, int]:
    """One instrument ends, another is listed in its book. Returns their ids."""
    day = date(2026, 11, 18)
    before = next(one for one in query.instruments(bench.venue.states) if one.symbol == symbol)
    do(bench, "state", target="H100", to="closed")
    expiry = ExpirePayload([BookEnd(before.index, Life.SETTLED)], 1, day_number(day))
    bench.opened.control(CommandKind.EXPIRE, encode_payload(expiry))
    bench.settle()
    (new,) = [one for one in instruments_on(bench.opened.spec, day) if one.symbol == later]
    present = Present({}, {(before.group, False): 1}, [before.index])
    (payload,) = listing_payloads([new], bench.opened.spec, day, present=present)
    bench.opened.control(CommandKind.LIST, payload)
    bench.settle()
    return before.instrument_id, new.id


@pytest.mark.rule("MDATA-023", "MDATA-020")
def test_channels_of_instruments_listed_later_follow_and_those_that_end_go(bench: Bench) -> None:
    reader = bench.connect(bench.keys[3])
    (number,), data = subscribed(reader, row("status"))
    before = listed(data)
    ended, new = end_and_list(bench, "H100.G90.F27", "H100.G90.J27")
    bench.pass_ms(20)
    heard = [message for message in reader.take() if isinstance(message, Channels | Status)]
    (change,) = [message for message in heard if isinstance(message, Channels)]
    assert (change.channel, change.snapshot, change.previous, change.sequence) == (number, False, 1, 2)
    assert before[ended] in change.ended and [instrument for _, instrument in change.rows] == [new]
    now = listed([*data, change])
    assert {ended} < before.keys() - now.keys(), "combinations with it end too"
    assert new in now and now.keys() == set(bench.venue.instruments)
    assert isinstance(heard[-1], Status) and heard[-1].snapshot and heard[-1].channel == now[new]
    assert reader.connection.channels == set(now.values())


@pytest.mark.rule("MDATA-023")
def test_the_end_of_a_row_ends_its_channels_and_resync_lists_them_again(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    (_, top), data = subscribed(reader, row("trades"), row("top", cadence_ms=0))
    channels = listed([message for message in data if message.channel == top])
    reply, again, last = reader.ask(Resync(request_id=3, channel=top))
    assert isinstance(reply, Ok) and listed([again]) == channels and again.more
    assert last.rows == [] and last.snapshot and not last.more
    one = channels[bench.instrument]
    assert isinstance(reader.ask(Unsubscribe(request_id=5, channel=[one]))[0], Ok)
    trader.ask(bench.order(10, "a1"))
    assert reader.take() == [], "a channel may be left alone"
    assert isinstance(reader.ask(Unsubscribe(request_id=6, channel=[top]))[0], Ok)
    assert isinstance(reader.ask(Unsubscribe(request_id=7, channel=[top]))[0], Err)
    assert len(reader.connection.channels) == len(bench.venue.instruments)
    bench.connect(bench.keys[3]).ask(bench.order(10, "b1", side="s"))
    assert [type(message) for message in reader.take()] == [Trades]
    reader.drop()
    bench.pass_ms(10)
    assert not bench.venue.market._books._books and not bench.outbox._groups and not bench.gateway.wide._rows


@pytest.mark.rule("MDATA-023", "RATE-001")
def test_a_row_counts_as_one_channel_and_there_are_few_of_them(tmp_path: Path) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, channels_max=3, wide_max=1), symbols=Q1) as bench:
        reader = bench.connect(bench.keys[1])
        assert reader.hello.wide_max == 1
        subscribed(reader, row("top"))
        assert len(reader.connection.channels) > 3
        codes = [
            reader.ask(Subscribe(request_id=3, channels=[row(name)]))[0].channels[0][1] for name in ("stats", "top")
        ]
        assert codes == [0, 0]
        reader.take()
        reply = reader.ask(Subscribe(request_id=3, channels=[row("status")]))[0]
        assert [code for _, code in reply.channels] == [3003]
        assert reply.message.startswith("field ch[0]: a connection has at most 3 channels (max_channels), a row for a")
        assert reply.message.endswith("chip or for all counts as one, of those it has at most 1 (max_wide)")
        reader.take()
        singles = [ChannelSpec(name_of_channel="trades", instrument=number) for number in bench.venue.instruments]
        reply = reader.ask(Subscribe(request_id=4, channels=singles))[0]
        assert [code for _, code in reply.channels] == [0, *[3003] * (len(singles) - 1)]


@pytest.mark.rule("MDATA-023")
def test_a_request_has_no_more_rows_for_a_chip_than_a_connection_may_have(bench: Bench) -> None:
    reader, most = bench.open("/v1/md"), bench.profile.wide_max
    left = reader.connection.subscribe_bucket.left(bench.clock.mono_ns())
    single = ChannelSpec(name_of_channel="trades", instrument=bench.instrument)
    refused = reader.ask(Subscribe(request_id=3, channels=[single, *[row("stats")] * (most + 1)]))[0]
    assert isinstance(refused, Err) and refused.name == "TOO_MANY_CHANNELS"
    assert (
        refused.message == f"{most + 1} rows for a chip or for all (field ch), a request has at most {most} (max_wide)"
    )
    assert reader.connection.subscribe_bucket.left(bench.clock.mono_ns()) == left
    subscribed(reader, single, *[row("stats")] * most)


@pytest.mark.rule("RATE-001", "MDATA-015", "MDATA-023")
@pytest.mark.parametrize("name", ["top", "stats"])
def test_a_resync_costs_what_its_row_costs(tmp_path: Path, name: str) -> None:
    rates = tuple(Rate("sub", 1, 5, "conn") if rate.name == "sub" else rate for rate in STANDARD.rates)
    with Bench(str(tmp_path), replace(STANDARD, rates=rates), symbols=Q1) as bench:
        reader = bench.open("/v1/md")
        (number,), _ = subscribed(reader, row(name))
        bucket = reader.connection.subscribe_bucket
        assert bucket.left(bench.clock.mono_ns()) == 3
        assert isinstance(reader.ask(Resync(request_id=3, channel=number))[0], Ok)
        assert bucket.left(bench.clock.mono_ns()) == 1
        refused = reader.ask(Resync(request_id=4, channel=number))[0]
        assert isinstance(refused, Err) and (refused.name, refused.retry_us) == ("THROTTLED", 1_000_000)
        assert reader.ask(Resync(request_id=5, channel=99))[0].name == "UNKNOWN_CHANNEL"
        assert bucket.left(bench.clock.mono_ns()) == 0


@pytest.mark.rule("RATE-001", "MDATA-023")
def test_a_request_costs_no_more_than_a_full_bucket(tmp_path: Path) -> None:
    rates = tuple(Rate("sub", 1, 4, "conn") if rate.name == "sub" else rate for rate in STANDARD.rates)
    with Bench(str(tmp_path), replace(STANDARD, rates=rates), symbols=Q1) as bench:
        reader = bench.open("/v1/md")
        subscribed(reader, row("top"), row("status"), row("trades"))
        assert reader.connection.subscribe_bucket.left(bench.clock.mono_ns()) == 0


@pytest.mark.rule("RATE-001", "RATE-002", "MDATA-023")
def test_a_row_costs_a_token_for_each_five_channels(tmp_path: Path) -> None:
    rates = tuple(Rate("sub", 1, 4, "conn") if rate.name == "sub" else rate for rate in STANDARD.rates)
    with Bench(str(tmp_path), replace(STANDARD, rates=rates), symbols=Q1) as bench:
        assert 5 < len(bench.venue.instruments) <= 10
        reader = bench.open("/v1/md")
        subscribed(reader, row("top"), row("status"))
        assert reader.connection.subscribe_bucket.left(bench.clock.mono_ns()) == 0
        refused = reader.ask(Subscribe(request_id=3, channels=[row("trades")]))[0]
        assert isinstance(refused, Err) and (refused.name, refused.retry_us) == ("THROTTLED", 2_000_000)


@pytest.mark.rule("RATE-001", "MDATA-011")
def test_a_request_with_orders_costs_more_tokens_once(tmp_path: Path) -> None:
    rates = tuple(Rate("sub", 1, 60, "conn") if rate.name == "sub" else rate for rate in STANDARD.rates)
    with Bench(str(tmp_path), replace(STANDARD, rates=rates), symbols=Q1) as bench:
        reader = bench.connect(bench.keys[1])
        first, second, *_ = bench.venue.instruments
        subscribed(reader, *(row("orders", "", instrument=instrument) for instrument in (first, second)))
        assert reader.connection.subscribe_bucket.left(bench.clock.mono_ns()) == 60 - 25 - 2


@pytest.mark.rule("MDATA-023", "MDATA-004")
@pytest.mark.parametrize(
    ("name", "topic", "code"),
    [("top", "A100", 5001), ("orders", "H100", 2004), ("depth", "ALL", 2004), ("certificates", "H100", 1011)],
)
def test_a_row_that_names_nothing_or_needs_a_logon_is_refused(bench: Bench, name: str, topic: str, code: int) -> None:
    rows = [row("status"), row(name, topic, cadence_ms=0)]
    reply = bench.open("/v1/md").ask(Subscribe(request_id=2, channels=rows))[0]
    assert [refused for _, refused in reply.channels] == [0, code]


@pytest.mark.rule("RATE-006", "MDATA-011")
def test_a_slow_reader_of_orders_pauses_and_starts_again_with_a_snapshot(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    (number,), (first,) = subscribed(reader, row("orders", "", instrument=bench.instrument))
    assert isinstance(first, Orders) and first.snapshot and first.rows == []
    trader.ask(bench.order(10, "a1"))
    (message,) = reader.take()
    assert (message.previous, [type(one).__name__ for one in message.rows]) == (first.sequence, ["AddedOrder"])
    reader.transport.waiting = bench.profile.soft_kb * 1_024 + 1
    trader.ask(bench.order(11, "a2"))
    reader.take()
    trader.ask(bench.order(12, "a3", price_tick=bench.price - 1))
    assert not [one for one in reader.take() if isinstance(one, Orders)]
    reader.transport.waiting = 0
    bench.pass_ms(20)
    snapshot, lag = [one for one in reader.take() if isinstance(one, Orders | Lag)]
    assert isinstance(lag, Lag) and lag.level == 0 and snapshot.snapshot and snapshot.channel == number
    expected = [(bench.price, 5), (bench.price, 5), (bench.price - 1, 5)]
    assert [(one.price_tick, one.lots) for one in snapshot.rows] == expected


@pytest.mark.rule("WIRE-030", "MDATA-011", "MDATA-023")
def test_a_binary_connection_gets_orders_and_lists_as_json(bench: Bench) -> None:
    trader, plain = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    packed, binary = bench.connect(bench.keys[2], msgpack=True), bench.connect(bench.keys[3], binary=True)
    shown_rows = []
    for peer in (plain, packed, binary):
        shown_rows.append(subscribed(peer, row("orders"))[1])
        bench.pass_ms(10)  # all connections share a step
    assert shown_rows[0] == shown_rows[1] == shown_rows[2]
    trader.ask(bench.order(10, "a1"))
    assert plain.transport.data == binary.transport.data
    assert plain.take() == packed.take() == binary.take()
