"""Margin without a stream number: what orders and marks change reaches the sessions that asked for it, once."""

import random
from typing import Any

import pytest

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.query import MAINTENANCE_BP
from exchange.gateway.keys import OFF
from exchange.gateway.margin import updates as margin_updates
from exchange.units import share_ceil
from exchange.wire.messages import (
    AccountSnapshot,
    Cancel,
    Fill,
    Heartbeat,
    Live,
    Margin,
    Ping,
    Query,
    Replace,
    Replay,
    Welcome,
)
from tests.gateway.harness import Bench, Peer
from tests.gateway.test_logon import refused, signed
from tests.gateway.test_recovery import name_of

SLOW = 257 * 1_024  # bytes that wait: more than the soft limit


def listener(bench: Bench, account: int = 1, **options: Any) -> Peer:
    """A live session that asked for margin; the first one has been taken."""
    formats = {name: options.pop(name, False) for name in ("msgpack", "binary")}
    peer = bench.open(**formats)
    *_, first = peer.log_on(bench.keys[account], margin=True, **options)
    assert isinstance(first, Margin) and not first.sequence
    return peer


def margins(messages: list[Any]) -> list[Margin]:
    return [message for message in messages if isinstance(message, Margin)]


def updates(bench: Bench, peer: Peer, milliseconds: int = 200) -> list[Margin]:
    """What came without a stream number until so much time has passed."""
    bench.pass_ms(milliseconds)
    return [message for message in margins(peer.take()) if not message.sequence]


def figures(message: Margin) -> tuple[int, ...]:
    return (
        message.equity_mills, message.initial_margin_mills, message.maintenance_margin_mills,
        message.free_margin_mills, message.hold_mills, message.required_mills,
    )  # fmt: skip


def asked(bench: Bench, account: int) -> tuple[int, ...]:
    """The same figures as a query has them now."""
    row = query.margin(bench.venue.states, account)
    held = row.initial_mills
    return (
        row.equity_mills, held, share_ceil(held, MAINTENANCE_BP), row.free_margin_mills, held, row.required_mills,
    )  # fmt: skip


def mark(bench: Bench, pays_on: int = 0) -> None:
    """Set the marks of all books that have printed; `pays_on`: day whose variation is paid, 0 none."""
    payload = encode_payload(MarkPayload(pays=bool(pays_on), day=pays_on))

    def refuse(why: str) -> None:
        raise AssertionError(why)

    bench.venue.own.submit_control(CommandKind.MARK, payload, lambda _events: None, refuse)
    bench.settle()


def trade(bench: Bench, buyer: Peer, seller: Peer, number: int, price: int, lots: int = 5) -> None:
    buyer.send(bench.order(number, f"b{number}", price_tick=price, order_lots=lots))
    seller.send(bench.order(number, f"s{number}", side="s", price_tick=price, order_lots=lots, tif="ioc"))
    bench.settle()


@pytest.mark.rule("MARGIN-017")
def test_an_order_and_its_cancel_are_told_within_the_cadence_to_those_who_asked(bench: Bench) -> None:
    peer, plain = listener(bench), bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"))
    (held,) = updates(bench, peer)
    assert figures(held) == asked(bench, 1) and held.hold_mills > 0
    assert (held.account, held.engine_sequence, held.time_us) == (1, bench.venue.sequence, bench.venue.time_us)
    peer.ask(Cancel(request_id=11, client_order_id="a1"))
    (free,) = updates(bench, peer)
    assert free.hold_mills == 0 and free.free_margin_mills == free.equity_mills == 10**12
    assert updates(bench, peer, 1_000) == [], "nothing has changed since"
    assert margins(plain.take()) == [], "the other session of the account did not ask"


@pytest.mark.rule("MARGIN-017")
def test_changes_within_the_cadence_are_merged_and_what_is_undone_is_not_told(bench: Bench) -> None:
    peer = listener(bench)
    for number in range(10, 20):
        peer.ask(bench.order(number, f"a{number}", price_tick=bench.price - number))
    (merged,) = updates(bench, peer)
    assert figures(merged) == asked(bench, 1)
    peer.ask(bench.order(30, "x"), Cancel(request_id=31, client_order_id="x"))
    assert updates(bench, peer) == []


@pytest.mark.rule("MARGIN-017", "MARGIN-014")
def test_a_mark_that_moves_equity_is_told_to_all_who_hold_a_position(bench: Bench) -> None:
    buyer, seller, third = (listener(bench, account) for account in (1, 2, 3))
    trade(bench, buyer, seller, 10, bench.price)
    for peer in (buyer, seller, third):
        updates(bench, peer)  # the venue marks by itself, once a minute
    trade(bench, third, seller, 11, bench.price + 7, lots=1)
    for peer in (seller, third):
        assert margins(peer.take())
    before = query.margin(bench.venue.states, 1).equity_mills
    mark(bench)
    for account, peer in enumerate((buyer, seller, third), 1):
        (received,) = margins(updates(bench, peer))
        assert figures(received) == asked(bench, account)
    after = query.margin(bench.venue.states, 1)
    assert after.equity_mills > before and after.free_margin_mills < after.equity_mills - after.initial_mills


@pytest.mark.rule("MARGIN-017", "ACCT-002")
def test_a_fill_is_told_with_its_number_and_not_once_more(bench: Bench) -> None:
    buyer, seller = listener(bench), listener(bench, 2)
    buyer.ask(bench.order(10, "b"))
    updates(bench, buyer)
    seller.send(bench.order(10, "s", side="s", tif="ioc"))
    bench.pass_ms(200)
    for account, peer in ((1, buyer), (2, seller)):
        received, after_run = margins(peer.take())  # the first trade is marked at once
        assert received.sequence and figures(received)[:-1] == asked(bench, account)[:-1]
        assert received.required_mills == 0 and figures(after_run) == asked(bench, account)
        assert figures(after_run)[:-1] == figures(received)[:-1], "the run changes the full margin alone"
    assert updates(bench, buyer, 1_000) == updates(bench, seller, 1_000) == []


@pytest.mark.rule("MARGIN-017", "SESS-006")
def test_a_session_gets_the_present_margin_once_behind_live(bench: Bench) -> None:
    bench.connect(bench.keys[1], cancel_terms=OFF).ask(bench.order(10, "a1"))
    welcome, snapshot, live, margin = bench.open().log_on(bench.keys[1], margin=True)
    assert isinstance(welcome, Welcome) and isinstance(snapshot, AccountSnapshot) and isinstance(live, Live)
    assert isinstance(margin, Margin) and figures(margin) == asked(bench, 1)
    shown = snapshot.margin
    assert figures(margin) == (
        shown.equity_mills, shown.initial_margin_mills, shown.maintenance_margin_mills, shown.free_margin_mills,
        shown.hold_mills, shown.required_mills,
    )  # fmt: skip


@pytest.mark.rule("MARGIN-017", "RECOV-010", "RECOV-014", "ACCT-001")
def test_it_is_neither_counted_nor_replayed(bench: Bench) -> None:
    peer, other = listener(bench, cancel_terms=OFF), bench.connect(bench.keys[2])
    name, applied = name_of(peer), peer.ask(bench.order(10, "a1"))[-1].sequence
    assert len(updates(bench, peer)) == 1
    bench.pass_ms(1_000)
    (heartbeat,) = [message for message in peer.take() if isinstance(message, Heartbeat)]
    assert heartbeat.account_sequences == [(1, applied)], "the stream has no number for it"
    peer.drop()
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    other.ask(bench.order(11, "b2", side="s", order_lots=2))
    again = bench.open()
    welcome, *missed, live, margin = again.log_on(
        bench.keys[1], name, last_applied=[(1, applied)], margin=True, cancel_terms=OFF
    )
    assert welcome.resumed and isinstance(live, Live)
    assert [message.sequence for message in missed] == [*range(applied + 1, live.sequence + 1)]
    assert figures(margin) == asked(bench, 1) and not margin.sequence and not margin.replay
    replayed = margins(again.ask(Replay(request_id=20, first_sequence=applied, last_sequence=live.sequence)))
    assert len(replayed) == 2 and all(message.sequence for message in replayed)


@pytest.mark.rule("MARGIN-017")
def test_a_session_that_is_resumed_without_asking_gets_none(bench: Bench) -> None:
    peer = listener(bench, cancel_terms=OFF)
    name = name_of(peer)
    peer.drop()
    again = bench.open()
    applied = query.account_sequence(bench.venue.states, 1)
    assert margins(again.log_on(bench.keys[1], name, last_applied=[(1, applied)])) == []
    again.ask(bench.order(10, "a1"))
    assert updates(bench, again) == []


@pytest.mark.rule("MARGIN-017", "RATE-006")
def test_a_slow_reader_gets_the_newest_when_it_has_caught_up(bench: Bench) -> None:
    slow, quick = listener(bench), listener(bench)
    slow.transport.waiting = SLOW
    for number in range(10, 13):
        quick.ask(bench.order(number, f"a{number}"))
        assert len(updates(bench, quick)) == 1 and margins(slow.take()) == []
    slow.transport.waiting = 0
    (newest,) = updates(bench, slow)
    assert figures(newest) == asked(bench, 1) and updates(bench, quick) == []


@pytest.mark.rule("MARGIN-017", "RATE-006", "ACCT-001")
def test_a_slow_reader_that_heard_of_it_with_a_fill_gets_nothing_more(bench: Bench) -> None:
    slow, seller = listener(bench), bench.connect(bench.keys[2])
    slow.ask(bench.order(10, "a1"))
    slow.transport.waiting = SLOW
    assert updates(bench, slow) == []
    seller.ask(bench.order(10, "s", side="s", tif="ioc"))
    (received,) = margins(slow.take())
    assert received.sequence, "the stream is never thinned"
    slow.transport.waiting = 0
    (after_run,) = updates(bench, slow)
    assert figures(after_run)[:-1] == figures(received)[:-1], "the run behind the trade changes the full margin alone"


@pytest.mark.rule("MARGIN-017")
def test_a_venue_with_one_batch_after_another_does_not_delay_it_for_ever(bench: Bench) -> None:
    """The next batch is on its way to the disk whenever 100 ms are over, but not yet applied when one is released."""
    peer, busy = listener(bench), bench.connect(bench.keys[2])
    bench.hold = True
    received: list[Margin] = []
    for number in range(10, 20):
        peer.send(bench.order(number, f"a{number}"))
        busy.send(bench.order(number, f"b{number}"))
        bench.pass_ms(110)
        assert bench.jobs, "a batch is being written"
        busy.send(bench.order(number + 100, f"c{number}"))
        job, done = bench.jobs.pop(0)
        job()
        done(None)
        assert bench.venue.sequence > 0 and bench.jobs, "and the next one, without a pause"
        bench.settle()
        received += margins(peer.take())
    assert len(received) >= 9
    assert [one.engine_sequence for one in received] == sorted({one.engine_sequence for one in received})


@pytest.mark.rule("MARGIN-017", "SESS-005")
def test_a_key_that_may_not_read_cannot_ask_for_it(bench: Bench) -> None:
    pair = bench.opened.make_key("blind", 1, 0, ("trade",), bytes([77]) * 32)
    peer = bench.open()
    answer = refused(peer, signed(peer, pair, margin=True), "SCOPE", 4002)
    assert answer.message == "margin: a key that may not read has no account stream"


@pytest.mark.rule("MARGIN-017", "WIRE-030")
@pytest.mark.parametrize("formats", [{}, {"msgpack": True}, {"binary": True}])
def test_every_encoding_has_it(bench: Bench, formats: dict[str, bool]) -> None:
    peer = listener(bench, **formats)
    peer.ask(bench.order(10, "a1"))
    (received,) = updates(bench, peer)
    assert figures(received) == asked(bench, 1)


@pytest.mark.rule("MARGIN-017", "RATE-008")
def test_a_change_of_many_accounts_is_sent_in_slices_and_all_have_their_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(margin_updates, "SLICE_MESSAGES", 2)
    accounts = (1, 1, 1, 2, 3)
    peers = [listener(bench, account) for account in accounts]
    received = [0] * len(peers)
    for number in range(10, 30):  # accounts 1 and 3 change in each step, and then account 2 once
        for peer in (peers[0], peers[4], *peers[3:4] * (number == 29)):
            peer.send(bench.order(number, f"{number}"))
        bench.pass_ms(10)
        heard = [len(margins(peer.take())) for peer in peers]
        assert sum(heard) <= 2
        received = [before + now for before, now in zip(received, heard, strict=True)]
    assert received[3] <= 1 and all(received[place] >= 3 for place in (0, 1, 2, 4)), "no row waits for ever"
    last = dict.fromkeys(accounts, 0)
    for _ in range(20):
        bench.pass_ms(10)
        for account, peer in zip(accounts, peers, strict=True):
            for message in margins(peer.take()):
                last[account] += 1
                assert figures(message) == asked(bench, account)
    assert all(last.values())


@pytest.mark.rule("MARGIN-017")
def test_nothing_is_kept_for_a_connection_that_has_ended(bench: Bench) -> None:
    first, second = listener(bench), listener(bench)
    first.drop()
    second.ask(bench.order(10, "a1"))
    assert len(updates(bench, second)) == 1 and first.transport.data == b""
    second.drop()
    assert bench.gateway.margin_updates._queues == []
    bench.pass_ms(200)
    assert not bench.gateway.margin_updates._is_scheduled, "nobody listens: no timer runs"


class Watch:
    """Both sides of a random market, with what a query says after each command."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.rng = bench, random.Random(seed)
        self.peers = {account: listener(bench, account) for account in (1, 2, 3)}
        self.asked: dict[tuple[int, int], tuple[int, ...]] = {}
        self.heard: dict[int, list[Margin]] = {account: [] for account in self.peers}
        self.fills = self.number = 0
        self.note()

    def note(self) -> None:
        """Note what a query says now, and after each release."""
        for account in self.peers:
            self.asked[account, self.bench.venue.sequence] = asked(self.bench, account)
        self.bench.venue.ask_after_release(self.note)

    def step(self) -> None:
        rng, bench, account = self.rng, self.bench, self.rng.randint(1, 3)
        peer, act = self.peers[account], rng.random()
        self.number += 1
        name = f"a{rng.randint(1, self.number)}"
        if act < 0.6:
            price = bench.price + rng.randint(-6, 6)
            side, tif = rng.choice("bs"), rng.choice(("day", "day", "ioc"))
            changes = {"side": side, "price_tick": price, "order_lots": rng.randint(1, 30), "tif": tif}
            peer.send(bench.order(self.number, f"a{self.number}", **changes))
        elif act < 0.75:
            peer.send(Cancel(request_id=self.number, client_order_id=name))
        elif act < 0.9:
            lots = rng.randint(1, 30)
            peer.send(Replace(request_id=self.number, client_order_id=name, order_lots=lots))
        else:
            mark(bench, pays_on=self.number if act > 0.97 else 0)
        if rng.random() < 0.7:
            bench.pass_ms(rng.choice((60, 120)))
        self.hear()

    def hear(self) -> None:
        for account, peer in self.peers.items():
            messages = peer.take()
            self.heard[account] += margins(messages)
            self.fills += sum(isinstance(message, Fill) for message in messages)
            peer.send(Ping(request_id=1))


@pytest.mark.rule("MARGIN-017", "MARGIN-013", "MARGIN-015", "ACCT-002")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_its_figures_are_those_of_a_query_at_the_same_command(bench: Bench, seed: int) -> None:
    watch = Watch(bench, seed)
    for _ in range(250):
        watch.step()
    bench.pass_ms(200)
    watch.hear()
    assert watch.fills > 50
    for account, heard in watch.heard.items():
        assert all(figures(one) == watch.asked[account, one.engine_sequence] for one in heard)
        sequences = [one.engine_sequence for one in heard]
        assert sequences == sorted(set(sequences)), "at most one of a command"
        numbered = sum(one.sequence > 0 for one in heard)
        assert numbered > 20 and len(heard) - numbered > 20, "both forms have come often"
        assert figures(heard[-1]) == asked(bench, account), "no change is lost"
        shown = watch.peers[account].ask(Query(request_id=1, what="margin"))[-1].margin
        assert shown.free_margin_mills == heard[-1].free_margin_mills
