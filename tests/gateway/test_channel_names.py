"""Every channel that `hello` names can be subscribed; every other name is refused by name, and the connection lives."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from exchange.wire.messages import ChannelSpec, Err, Ok, Ping, Replay, ReplayEnd, Subscribe, Unsubscribe
from exchange.wire.requests import ChannelName
from tests.gateway.harness import SYMBOL, Bench, Peer
from tests.venue.daily.test_index_keeper import MONTH

PER_CHIP = ("index", "certificates")
WITHOUT_KEY = ("instruments", "settlement", *PER_CHIP)
NEED_A_LOGON = ("orders",)
STRANGE = ("*", "", "depth.*", "DEPTH", "depth ", "trades\n", "a" * 65, "../x", "é", "null", "#", "t\0p")
NO_TEXT: tuple[Any, ...] = (None, 5, 1.5, True, [], ["depth"], {}, {"n": "depth"})


def spec(bench: Bench, name: str) -> dict[str, Any]:
    """A row of `sub` as a client writes it."""
    row = {"n": name, "ms": 10}
    return row | ({"k": "H100"} if name in PER_CHIP else {} if name in WITHOUT_KEY else {"i": bench.instrument})


def ask(peer: Peer, rows: Any, request_id: int = 2) -> Any:
    encode = msgspec.json.encode if peer.codec.text else msgspec.msgpack.encode
    peer.take()
    peer.raw(encode({"t": "sub", "id": request_id, "ch": rows}))
    return next(message for message in peer.take() if isinstance(message, Ok | Err))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A venue with all kinds of channels: its chip has an index."""
    with Bench(str(tmp_path), symbols=(SYMBOL, MONTH)) as made:
        yield made


def peers(bench: Bench) -> list[Peer]:
    """One connection of each kind: with and without a key, either path and encoding."""
    return [
        bench.open("/v1/md"), bench.open("/v1/md", msgpack=True), bench.connect(bench.keys[1]),
        bench.connect(bench.keys[1], msgpack=True),
    ]  # fmt: skip


def lives(peer: Peer) -> bool:
    return peer.transport.closed is None and any(isinstance(told, Ok) for told in peer.ask(Ping(request_id=1)))


@pytest.mark.rule("MDATA-004", "RATE-001")
def test_each_channel_of_hello_is_granted_alone_and_together(bench: Bench) -> None:
    for peer in peers(bench):
        names = peer.hello.channels
        assert names and set(names) < set(get_args(ChannelName))
        if not peer.connection.live:
            names = [name for name in names if name not in NEED_A_LOGON]
        for name in names:
            ((number, code),) = ask(peer, [spec(bench, name)]).channels
            assert number and not code, name
        together = ask(peer, [spec(bench, name) for name in names])
        assert all(number and not code for number, code in together.channels) and not together.message
        assert isinstance(peer.ask(Unsubscribe(request_id=3, channel=[n for n, _ in together.channels]))[0], Ok)
        assert lives(peer)


@pytest.mark.rule("MDATA-004", "WIRE-020")
def test_each_other_name_of_the_protocol_is_refused_by_name(bench: Bench) -> None:
    for peer in peers(bench):
        offered = ", ".join(peer.hello.channels)
        for name in set(get_args(ChannelName)) - set(peer.hello.channels):
            alone = ask(peer, [spec(bench, name)])
            assert isinstance(alone, Err) and alone.name == "UNKNOWN_CHANNEL"
            assert alone.message == f"channel {name} is not offered here (field ch[0].n), allowed: {offered}"
            beside = ask(peer, [spec(bench, "trades"), spec(bench, name), spec(bench, "status")])
            assert [code for _, code in beside.channels] == [0, 1011, 0]
            assert beside.message == f"channel {name} is not offered here (field ch[1].n), allowed: {offered}"
            assert lives(peer)


@pytest.mark.rule("MDATA-004", "WIRE-020", "SEC-053")
@pytest.mark.parametrize("name", [*STRANGE, *NO_TEXT], ids=repr)
def test_what_is_no_channel_is_refused_and_the_connection_lives(bench: Bench, name: Any) -> None:
    for peer in peers(bench):
        for rows in ([{"n": name}], [spec(bench, "trades"), {"n": name, "i": bench.instrument}]):
            answer = ask(peer, rows)
            assert isinstance(answer, Err) and answer.name == "BAD_MESSAGE" and "ch" in answer.message
            if isinstance(name, str):
                assert answer.message.endswith(f"allowed: {', '.join(peer.hello.channels)}"), answer.message
            assert lives(peer)


@pytest.mark.rule("MDATA-004")
@pytest.mark.parametrize("rows", [None, [], {}, "depth", [[]], [None], [{}], [{"n": "depth", "i": 0}], [{"i": 5}]])
def test_subscription_of_another_shape_is_refused_and_the_connection_lives(bench: Bench, rows: Any) -> None:
    for peer in peers(bench):
        answer = ask(peer, rows)
        assert isinstance(answer, Err) and answer.name == "BAD_MESSAGE"
        assert lives(peer)


@pytest.mark.rule("RECOV-014", "SESS-004")
def test_client_without_a_key_replays_market_data_and_no_account(bench: Bench) -> None:
    buyer, seller, reader = bench.connect(bench.keys[1]), bench.connect(bench.keys[2]), bench.open("/v1/md")
    ((number, _),) = ask(reader, [spec(bench, "trades")]).channels
    for request_id in (10, 11):
        buyer.ask(bench.order(request_id, f"a{request_id}"))
        seller.ask(bench.order(request_id, f"b{request_id}", side="s"))
    trades = reader.take()
    first, last = trades[0].sequence, trades[-1].sequence
    granted, *replayed, end = reader.ask(Replay(request_id=5, channel=number, first_sequence=first, last_sequence=last))
    assert isinstance(granted, Ok) and isinstance(end, ReplayEnd)
    assert [message.rows for message in replayed] == [message.rows for message in trades]
    for account in (0, 1, 2, 99):
        (refused,) = reader.ask(Replay(request_id=6, account=account, first_sequence=1, last_sequence=3))
        assert isinstance(refused, Err) and refused.name == "NOT_LOGGED_ON"
    assert lives(reader)


@pytest.mark.rule("RECOV-014", "RATE-001", "RATE-002")
def test_replays_without_a_key_are_limited_by_address(bench: Bench) -> None:
    """Another connection brings no more; another address is another's (RECOV-014)."""
    reader, again = bench.open("/v1/md"), bench.open("/v1/md")
    other = bench.open("/v1/md", address="127.0.0.2")
    ((number, _),) = ask(reader, [spec(bench, "trades")]).channels
    burst = next(limit.burst for limit in reader.hello.limits if limit.bucket == "replay")
    wanted = Replay(request_id=5, channel=number, first_sequence=1, last_sequence=1)
    answers = reader.ask(*[wanted] * (burst + 3))
    assert [answer.name for answer in answers if isinstance(answer, Err)] == ["THROTTLED"] * 3
    assert [answer.name for answer in again.ask(wanted)] == ["THROTTLED"]
    bench.pass_ms(100)  # all connections share what is sent again in a step
    assert isinstance(other.ask(wanted)[0], Ok) and lives(reader)


@pytest.mark.rule("RATE-005")
def test_client_without_a_key_goes_on_after_more_requests_than_may_wait(bench: Bench) -> None:
    trader, reader = bench.connect(bench.keys[1]), bench.open("/v1/md")
    bench.hold = True
    trader.send(bench.order(10, "a1"))
    bench.settle()
    wanted = [Subscribe(request_id=n, channels=[ChannelSpec(name_of_channel="instruments")]) for n in range(1, 400)]
    reader.send(*wanted)
    bench.settle()
    assert reader.transport.paused
    bench.hold = False
    answered = [message.reply_to for message in reader.take() if isinstance(message, Ok)]
    assert sorted(answered) == [*range(1, 400)] and not reader.transport.paused
