"""While the journal has its reserve alone, only cancels that end an order are journalled (DUR-024)."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.engine import query
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.journal.verify import verify
from exchange.limits import MEDIUM
from exchange.operator.port import ask
from exchange.operator.requests import DefineAccount
from exchange.venue.account_terms import new_account
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    Err,
    Kill,
    New,
    Ok,
    ProtectionSet,
    Quote,
    Replace,
    Timer,
)
from tests.gateway.harness import Bench
from tests.served import Served


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def live(bench: Bench) -> int:
    return sum(len(query.open_orders(bench.venue.states, account)) for account in (1, 2, 3))


def run_short(bench: Bench) -> None:
    bench.venue.limit_to_reserve(True)
    bench.settle()


class Wasteful:
    """Members with orders, who send all kinds of cancels and of what is none."""

    def __init__(self, bench: Bench, rng: random.Random) -> None:
        self.bench, self.rng, self.request_id = bench, rng, 100
        self.peers = [bench.connect(key) for key in bench.keys[1:]]
        self.peers[0].ask(ProtectionSet(request_id=50, group=1, window_ms=1_000, traded_lots=100))
        self.peers[0].ask(
            Quote(
                request_id=51, protection_group=1, quotes=[(bench.instrument, bench.price - 9, 2, bench.price + 9, 2)]
            )
        )
        for number, peer in enumerate(self.peers):
            for place in range(6):
                side, away = rng.choice([("b", -1 - place), ("s", 1 + place)])
                tag = {"tag": rng.choice(["x", "y"])} if rng.random() < 0.7 else {}
                peer.ask(bench.order(60 + place, f"c{place}", side=side, price_tick=bench.price + away, **tag))
            assert len(query.open_orders(bench.venue.states, number + 1)) >= 6

    def next_id(self) -> int:
        self.request_id += 1
        return self.request_id

    def message(self) -> Any:
        """Something at random; most of it finds nothing after a while."""
        rng, bench, name = self.rng, self.bench, {"client_order_id": f"c{self.rng.randrange(8)}"}
        one = {"request_id": self.next_id()}
        return rng.choice(
            [
                Cancel(**one, **name),
                Cancel(**one, order_id=rng.randrange(1, 40)),
                CancelAll(**one),
                CancelAll(**one, side=rng.choice(["b", "s"])),
                CancelAll(**one, tag=rng.choice(["x", "y", "z"])),
                CancelAll(**one, chip="H100", side="b", tag="x"),
                CancelAll(**one, instrument=bench.instrument, protection_group=rng.choice([1, 2])),
                Batch(**one, operations=[BatchCancel(**name), BatchCancel(client_order_id="c1")]),
                Quote(**one, protection_group=1, quotes=[(bench.instrument, 0, 0, 0, 0)]),
            ]
        )


@pytest.mark.rule("DUR-024")
@pytest.mark.parametrize("seed", range(6))
def test_every_row_of_the_reserve_ends_an_order(tmp_path: Path, seed: int) -> None:
    """Whatever members send, alone or many in one commit: not more rows are journalled than twice the orders that
    leave (by either of two names), and each of them can still be cancelled."""
    with Bench(str(tmp_path)) as bench:
        rng = random.Random(seed)
        members = Wasteful(bench, rng)
        run_short(bench)
        for _ in range(40):
            before, sequence = live(bench), bench.venue.sequence
            bench.hold = rng.random() < 0.5
            for _ in range(rng.randrange(1, 8)):
                members.peers[rng.randrange(3)].send(members.message())
            bench.hold = False
            bench.settle()
            assert bench.venue.sequence - sequence <= 2 * (before - live(bench)), f"seed {seed}"
        for peer in members.peers:
            peer.ask(CancelAll(request_id=members.next_id()))
        assert live(bench) == 0
        sequence = bench.venue.sequence
        for peer in members.peers:
            peer.ask(*[CancelAll(request_id=members.next_id()) for _ in range(20)])
        assert bench.venue.sequence == sequence


@pytest.mark.rule("DUR-024", "RATE-003")
def test_what_ends_nothing_is_answered_and_costs_its_sender(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    run_short(bench)
    sequence, bucket = bench.venue.sequence, bench.gateway.buckets.of("cancel", 1)
    left = bucket.left(bench.clock.mono_ns())
    messages: list[Any] = [
        CancelAll(request_id=10),
        Cancel(request_id=11, client_order_id="none"),
        bench.order(12, "new"),
        Replace(request_id=13, client_order_id="none", order_lots=2),
        Timer(request_id=14, ms=5_000),
        ProtectionSet(request_id=15, group=1, window_ms=1_000, traded_lots=5),
        CancelOnDisconnect(request_id=16, mode="session"),
    ]
    for message in messages:
        (answer,) = [told for told in peer.ask(message) if isinstance(told, Err)]
        name = "HALTED" if isinstance(message, New | Replace) else "BUSY"
        assert (answer.reply_to, answer.name) == (message.request_id, name) and "disk is full" in answer.message
    batch = Batch(
        request_id=17,
        operations=[
            BatchCancel(client_order_id="none"),
            BatchNew(instrument=bench.instrument, client_order_id="n", side="b", price_tick=bench.price, order_lots=1),
        ],
    )
    (answer,) = [told for told in peer.ask(batch) if isinstance(told, Ok)]
    assert answer.results is not None and [result.name for result in answer.results] == ["BUSY", "HALTED"]
    assert bench.venue.sequence == sequence and bucket.left(bench.clock.mono_ns()) == left - 4
    bench.venue.limit_to_reserve(False)
    assert [told.state for told in peer.ask(bench.order(20, "new")) if isinstance(told, Ok)] == [], (
        "the market is halted"
    )


@pytest.mark.rule("DUR-024", "KILL-001")
def test_a_risk_desk_stops_each_account_once(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        desk = bench.connect(bench.opened.make_key("desk", 5, scopes=("read", "risk"), firm=9))
        for account in (1, 2):
            bench.opened.define_account(new_account(bench.opened.spec, account, 9))
        run_short(bench)
        taken = []
        for number in range(6):
            sequence = bench.venue.sequence
            desk.ask(Kill(request_id=10 + number, scope="account", account=1 + number % 2))
            taken.append(bench.venue.sequence - sequence)
        assert taken == [1, 1, 0, 0, 0, 0]


@pytest.mark.rule("DUR-024", "DUR-108")
def test_a_real_venue_that_runs_out_of_room_ends_with_73_and_one_line(tmp_path: Path) -> None:
    warm_up(MEDIUM)
    folder = tmp_path / "venue"
    with Served(folder, segments=4) as served:
        with contextlib.suppress(UserError):
            for number in range(100_000):
                ask(str(folder), DefineAccount(account=1 + number % 60, order_lots_max=number % 100))
        assert served.ended() == 73, served.text
        assert "all groups HALT" in served.text and "Traceback" not in served.text
        assert served.text.splitlines()[-1].startswith("gpux: the venue has stopped: journal stopped: "), served.text
        assert "No space left on device" in served.text
    verify(str(folder))
    with Served(folder) as again:
        assert "recovered" in again.text, "with room again it goes on"
