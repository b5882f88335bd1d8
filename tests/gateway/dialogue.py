"""The dialogue whose messages are the examples of the protocol: clients talk to a gateway, and every byte is kept.

    play_dialogue(folder) -> [(section, sender, text, record), ...]

The sender is `client` or `server`, the text one message in JSON. With `binary` the clients speak `gpux.v1+bin`; then
the record has the bytes of the same message, if it crossed as one.

Time, random bytes and keys are always the same, so the dialogue is, too. A section is a place in `PROTOCOL.md`.
"""

import json

from exchange.engine.control.define_account import AccountPayload
from exchange.gateway.auth import KeyPair
from exchange.gateway.throttle import STANDARD
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    CancelTerms,
    ChannelSpec,
    Kill,
    LimitsQuery,
    Logout,
    New,
    Ping,
    ProtectionReset,
    ProtectionSet,
    Query,
    Quote,
    Replace,
    Replay,
    Resync,
    Subscribe,
    Timer,
    Unkill,
    Unsubscribe,
    WhatIfOrder,
)
from tests.gateway.day_dialogue import play_days
from tests.gateway.harness import START_NS, Bench, Peer
from tests.gateway.talk import Line, Talk

FIRM = 5
OWN = 1  # account of the client whose view this is
OTHER = 2


def play_dialogue(folder: str, binary: bool = False) -> list[Line]:
    """The whole dialogue with a new venue in `folder`. `binary`: in `gpux.v1+bin`, else in JSON."""
    with Bench(folder, STANDARD) as bench:
        risk = bench.opened.make_key("desk", 9, 10**9, ("read", "risk"), bytes([99]) * 32, FIRM)
        talk, other = Talk(bench, binary), bench.connect(bench.keys[OTHER])
        peer = session(talk)
        market_data(talk, peer, other)
        orders(talk, peer)
        changes(talk, peer, other)
        quotes(talk, peer, other)
        protection(talk, risk)
        recovery(talk, peer, other)
        margin(talk)
        drop_copy(talk)
    return talk.lines + play_days(f"{folder}/days", binary)


def session(talk: Talk) -> Peer:
    """Logon, heartbeat, terms of cancel on disconnect, dead-man timer."""
    bench, pair = talk.bench, talk.bench.keys[OWN]
    talk.section = "hello"
    peer = talk.open()
    talk.section = "logon"
    talk.log_on(peer, pair, cancel_terms=CancelTerms())
    talk.section = "refused logon"
    stranger = talk.join()
    talk.log_on(stranger, bench.keys[0])
    talk.section = "heartbeat"
    bench.pass_ms(1_010)
    talk.hear(peer)
    talk.ask(peer, Ping(request_id=2))
    talk.section = "terms"
    talk.ask(peer, CancelOnDisconnect(request_id=3, mode="account", orders="day", on="both", grace_ms=5_000))
    talk.ask(peer, CancelOnDisconnect(request_id=4))
    talk.section = "timer"
    talk.ask(peer, Timer(request_id=5, ms=60_000))
    talk.ask(peer, Timer(request_id=6, ms=0))
    talk.section = "limits"
    talk.ask(peer, LimitsQuery(request_id=7))
    return peer


def market_data(talk: Talk, peer: Peer, other: Peer) -> None:
    """Channels with their snapshots and changes."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    third = bench.connect(bench.keys[3])
    other.ask(bench.order(10, "m1", side="s", price_tick=price + 2, order_lots=75))
    other.ask(bench.order(11, "m2", side="b", price_tick=price - 1, order_lots=120))
    talk.section = "instruments"
    talk.ask(peer, Subscribe(request_id=8, channels=[ChannelSpec(name_of_channel="instruments")]))
    talk.section = "subscriptions"
    channels = [
        ChannelSpec(name_of_channel="depth", instrument=book, cadence_ms=0, levels=0),
        ChannelSpec(name_of_channel="trades", instrument=book),
        ChannelSpec(name_of_channel="top", instrument=book),
        ChannelSpec(name_of_channel="status", instrument=book),
        ChannelSpec(name_of_channel="trades", instrument=99),
    ]
    granted = talk.ask(peer, Subscribe(request_id=9, channels=channels))[0].channels  # type: ignore[attr-defined]
    numbers = [number for number, _ in granted]
    talk.section = "book"
    for request_id, trader, change in (
        (12, other, {"side": "b", "price_tick": price, "order_lots": 15}),
        (13, other, {"side": "s", "price_tick": price + 3, "order_lots": 990}),
        (14, third, {"side": "s", "price_tick": price, "order_lots": 15, "tif": "ioc"}),
    ):
        bench.pass_ms(300)
        talk.hear(peer)
        trader.ask(bench.order(request_id, f"m{request_id}", **change))
        talk.hear(peer)
    bench.pass_ms(100)
    talk.hear(peer)
    talk.section = "resync"
    talk.ask(peer, Resync(request_id=15, channel=numbers[0]))
    talk.ask(peer, Resync(request_id=16, channel=77))
    talk.section = "lag"
    peer.transport.waiting = 300 * 1_024
    bench.pass_ms(10)
    other.ask(bench.order(15, "m6", side="b", price_tick=price, order_lots=10))
    talk.hear(peer)
    other.ask(bench.order(16, "m7", side="b", price_tick=price - 2, order_lots=5))
    other.ask(Cancel(request_id=17, client_order_id="m6"))
    peer.transport.waiting = 0
    bench.pass_ms(10)
    talk.hear(peer)
    talk.section = "unsub"
    talk.ask(peer, Unsubscribe(request_id=17, channel=numbers[:4]))
    figures_of_the_day(talk, peer)
    single_orders(talk, third)
    many_instruments(talk, third)
    past(talk, third)


def figures_of_the_day(talk: Talk, peer: Peer) -> None:
    """Settlements, and the day so far."""
    talk.section = "day"
    day = ChannelSpec(name_of_channel="stats", instrument=talk.bench.instrument)
    channels = [ChannelSpec(name_of_channel="settlement"), day]
    granted = talk.ask(peer, Subscribe(request_id=18, channels=channels))[0].channels  # type: ignore[attr-defined]
    peer.ask(Unsubscribe(request_id=19, channel=[number for number, _ in granted]))


def past(talk: Talk, trader: Peer) -> None:
    """Past trades and candles without a logon, and the running candle."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    talk.section = "past"
    reader = talk.join("/v1/md")
    talk.ask(reader, Query(request_id=1, what="candles", instrument=book, interval="1m", limit=500))
    channel = ChannelSpec(name_of_channel="candles", instrument=book, interval="1m")
    talk.ask(reader, Subscribe(request_id=2, channels=[channel]))
    trader.ask(bench.order(19, "m8", side="s", price_tick=price - 1, order_lots=4, tif="ioc"))
    bench.pass_ms(100)
    talk.hear(reader)
    talk.ask(reader, Query(request_id=3, what="trades", instrument=book, limit=1))
    talk.ask(reader, Query(request_id=4, what="trades", instrument=book, last_sequence=1, limit=1))
    reader.drop()


def many_instruments(talk: Talk, peer: Peer) -> None:
    """Rows for a chip, and for all instruments."""
    peer.take()
    talk.section = "wide"
    rows = [ChannelSpec(name_of_channel="top", topic="H100"), ChannelSpec(name_of_channel="stats", topic="ALL")]
    granted = talk.ask(peer, Subscribe(request_id=17, channels=rows))[0].channels  # type: ignore[attr-defined]
    peer.ask(Unsubscribe(request_id=18, channel=[number for number, _ in granted]))


def single_orders(talk: Talk, peer: Peer) -> None:
    """The channel of displayed orders: one joins, is reduced, and leaves."""
    bench = talk.bench
    other = bench.connect(bench.keys[OTHER])
    peer.take()
    talk.section = "queue"
    rows = [ChannelSpec(name_of_channel="orders", instrument=bench.instrument)]
    granted = talk.ask(peer, Subscribe(request_id=15, channels=rows))[0].channels  # type: ignore[attr-defined]
    other.ask(bench.order(2, "m8", side="b", price_tick=bench.price - 1, order_lots=40, display_lots=10))
    talk.hear(peer)
    other.ask(Replace(request_id=3, client_order_id="m8", order_lots=6))
    talk.hear(peer)
    other.ask(Cancel(request_id=4, client_order_id="m8"))
    talk.hear(peer)
    peer.ask(Unsubscribe(request_id=16, channel=[granted[0][0]]))


def orders(talk: Talk, peer: Peer) -> None:
    """New orders: accepted, refused, and one that is no message."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    till = START_NS // 1_000 + 86_400_000_000
    talk.section = "new"
    talk.ask(peer, New(request_id=20, instrument=book, side="b", price_tick=price, order_lots=12, client_order_id="a1"))
    talk.ask(
        peer,
        New(
            request_id=21, account=1, instrument=book, side="s", order_type="stop_limit", trigger_tick=price - 20,
            price_tick=price - 22, order_lots=5, tif="gtd", expiry_us=till, client_order_id="st-1", smp_mode="ca",
            cancel_on_disconnect=False, reject_if_elected=True, tag="hedge", revision=1,
            expires_us=bench.clock.wall_us() + 5_000_000,
        ),
    )  # fmt: skip
    talk.ask(peer, bench.order(22, "io-1", price_tick=price + 1, order_lots=3, tif="ioc"))
    talk.section = "refused"
    talk.ask(
        peer,
        New(
            request_id=23, instrument=book, side="b", price_tick=price + 2, order_lots=50, post_only="reject",
            display_lots=10, client_order_id="po-1",
        ),
    )  # fmt: skip
    talk.ask(peer, bench.order(24, "far", price_tick=price * 2))
    talk.ask(peer, bench.order(25, "a1", price_tick=price - 1))
    talk.section = "bad message"
    text = '{"t":"new","id":26,"i":1,"side":"x","q":1,"coid":"a"}'
    talk.lines.append((talk.section, "client", text, b""))
    peer.raw(text)
    talk.hear(peer)


def changes(talk: Talk, peer: Peer, other: Peer) -> None:
    """A fill, then replace, cancel, batch and query, with what the account's stream says."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    talk.section = "fill"
    other.ask(bench.order(18, "t1", side="s", price_tick=price, order_lots=4, tif="ioc"))
    talk.hear(peer)
    talk.section = "replace"
    talk.ask(peer, Replace(request_id=27, client_order_id="a1", price_tick=price - 1, order_lots=15))
    talk.section = "cancel"
    talk.ask(peer, Cancel(request_id=28, client_order_id="a1"))
    talk.ask(peer, Cancel(request_id=29, client_order_id="a1"))
    talk.section = "batch"
    operations = [
        BatchNew(instrument=book, side="b", price_tick=price - 5, order_lots=5, client_order_id="b1"),
        BatchCancel(client_order_id="a9"),
        BatchReplace(client_order_id="b1", price_tick=price - 4, order_lots=6),
    ]
    talk.ask(peer, Batch(request_id=30, operations=operations))
    talk.section = "query"
    talk.ask(peer, Query(request_id=31, what="order", client_order_id="b1"))
    talk.ask(peer, Query(request_id=32, what="open"))
    talk.ask(peer, Query(request_id=33, what="fills", first_sequence=1, last_sequence=20))
    talk.ask(peer, Query(request_id=34, what="positions"))
    talk.ask(peer, Query(request_id=35, what="margin"))
    orders = [WhatIfOrder(instrument=book, side="b", price_tick=price, order_lots=lots) for lots in (5, 10_000)]
    talk.ask(peer, Query(request_id=36, what="margin", orders=orders, positions=[(book, -20)]))
    talk.ask(peer, Query(request_id=37, what="time"))
    talk.section = "cancel_all"
    talk.ask(peer, CancelAll(request_id=38, chip="H100", side="b"))


def quotes(talk: Talk, peer: Peer, other: Peer) -> None:
    """A protection group, a mass quote, and what happens when the group trips."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    talk.section = "quote"
    limits = {"traded_lots": 5, "fills": 20, "delta_lots": 400, "gpu_hours": 372_000}
    talk.ask(peer, ProtectionSet(request_id=40, group=1, chip="H100", window_ms=1_000, **limits))  # type: ignore[arg-type]
    rows = [(book, price - 1, 40, price + 1, 40), (99, price - 1, 25, price + 1, 25)]
    talk.ask(peer, Quote(request_id=41, protection_group=1, quotes=rows))
    talk.section = "protection"
    other.ask(bench.order(19, "t2", side="b", price_tick=price + 1, order_lots=6, tif="ioc"))
    talk.hear(peer)
    talk.ask(peer, ProtectionReset(request_id=42, group=1))


def protection(talk: Talk, risk: KeyPair) -> None:
    """The kill switch of a risk desk."""
    talk.section = "kill"
    desk = talk.join()
    desk.log_on(risk)
    talk.ask(desk, Kill(request_id=2, scope="account", account=9))
    talk.ask(desk, Unkill(request_id=3, scope="account", account=9))


def recovery(talk: Talk, peer: Peer, other: Peer) -> None:
    """A connection drops, its session is resumed; replays; a throttled request; the end."""
    bench, pair, price = talk.bench, talk.bench.keys[OWN], talk.bench.price
    book = bench.instrument
    assert peer.connection.session is not None
    sid = peer.connection.session.name
    talk.section = "lost"
    talk.ask(peer, New(request_id=50, instrument=book, side="b", price_tick=price, order_lots=12, client_order_id="r1"))
    last = json.loads(talk.lines[-1][2])["s"]
    lost = New(request_id=51, instrument=book, side="b", price_tick=price - 3, order_lots=7, client_order_id="r2")
    peer.raw(talk.note(peer, lost))
    bench.settle()
    peer.drop()
    other.ask(bench.order(20, "t3", side="s", price_tick=price, order_lots=4, tif="ioc"))
    talk.section = "resume"
    again = talk.open()
    talk.log_on(again, pair, 52, session_id=sid, take=True, last_applied=[(OWN, last)])
    talk.ask(again, lost)
    talk.section = "replay"
    talk.ask(again, Replay(request_id=53, first_sequence=1, last_sequence=2))
    watcher = bench.open("/v1/md")
    channels = [ChannelSpec(name_of_channel="trades", instrument=book)]
    (granted, *_) = watcher.ask(Subscribe(request_id=1, channels=channels))
    number, _ = granted.channels[0]
    talk.ask(again, Replay(request_id=54, channel=number, first_sequence=1, last_sequence=2))
    talk.ask(again, Replay(request_id=55, first_sequence=1, last_sequence=9_000))
    talk.section = "throttled"
    for request_id in range(56, 63):
        again.ask(Replay(request_id=request_id, first_sequence=1, last_sequence=1))
    talk.ask(again, Replay(request_id=63, first_sequence=1, last_sequence=1))
    talk.section = "shutdown"
    bench.gateway.announce_stop(60, "deploy", lambda: None)
    talk.hear(again)
    talk.section = "logout"
    talk.ask(again, Logout(request_id=64))
    talk.section = "snapshot"
    first, second = bench.connect(pair), talk.join()
    first.ask(bench.order(2, "c1", price_tick=price - 9))
    talk.log_on(second, pair)
    talk.section = "cod_fired"
    first.drop()
    bench.pass_ms(3_100)
    talk.hear(second)


def margin(talk: Talk) -> None:
    """A session that asked for margin: the present figures, then what an order and its cancel have changed."""
    bench, book, price = talk.bench, talk.bench.instrument, talk.bench.price
    talk.section = "margin"
    peer = talk.join()
    talk.log_on(peer, bench.keys[OWN], margin=True)
    talk.ask(peer, New(request_id=2, instrument=book, side="b", price_tick=price, order_lots=9, client_order_id="w1"))
    bench.pass_ms(110)
    talk.hear(peer)
    talk.ask(peer, Cancel(request_id=3, client_order_id="w1"))
    bench.pass_ms(110)
    talk.hear(peer)


def drop_copy(talk: Talk) -> None:
    """The desk of a firm: its accounts, one of their orders, a resume, a range."""
    bench = talk.bench
    bench.opened.define_account(AccountPayload(OWN, FIRM, smp_id=OWN))
    pair = bench.opened.make_key("copy", 9, 0, ("dc", "risk"), bytes([98]) * 32, FIRM)
    trader = bench.connect(bench.keys[OWN], cancel_terms=CancelTerms(mode="off"))
    talk.section = "drop copy"
    desk = talk.join("/v1/dc")
    talk.log_on(desk, pair)
    trader.ask(bench.order(2, "d1", order_lots=4))
    talk.hear(desk)
    desk.drop()
    trader.ask(Cancel(request_id=3, client_order_id="d1"))
    talk.section = "drop copy resume"
    assert desk.connection.session is not None
    again, sid = talk.join("/v1/dc"), desk.connection.session.name
    talk.log_on(again, pair, 2, session_id=sid, last_applied=[(0, 5)])
    talk.ask(again, Replay(request_id=3, account=0, first_sequence=5, last_sequence=6))
