"""Every request of every session is sent again after kills and snapshots, and gets its first answer."""

import random
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from exchange.codes import CommandKind
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    CancelTerms,
    Err,
    Ok,
    ProtectionReset,
    ProtectionSet,
    Quote,
    Replace,
    Request,
    Timer,
)
from tests.gateway.harness import Bench, killed
from tests.gateway.test_recovery import name_of

SEEDS = range(8)
TERMS = CancelTerms(grace_ms=60_000)


class Client:
    """A session with its requests and the answers to them."""

    def __init__(self, bench: Bench, account: int, rng: random.Random) -> None:
        self.account, self.rng = account, rng
        self.peer = bench.connect(bench.keys[account], cancel_terms=TERMS)
        self.name = name_of(self.peer)
        self.asked: dict[int, Request] = {}
        self.told: dict[int, Ok | Err] = {}
        self.skipped: list[int] = []  # ids that were never sent, between those that were
        self.next_id = 10

    def ask(self, bench: Bench) -> None:
        """A request of any kind."""
        self.next_id += self.rng.choice((1, 1, 1, 2))
        number, rng = self.next_id, self.rng
        self.skipped += range(max(self.asked, default=number - 1) + 1, number)
        message = request(bench, number, self.account, rng)
        (self.told[number],) = answers(self.peer.ask(message))
        self.asked[number] = message

    def come_back(self, bench: Bench) -> None:
        self.peer = bench.open()
        welcome = self.peer.log_on(bench.keys[self.account], self.name, cancel_terms=TERMS, last_applied=[])[0]
        assert welcome.session_id == self.name
        assert welcome.last_id >= max(self.sequenced(), default=0)

    def sequenced(self) -> list[int]:
        return [number for number, answer in self.told.items() if is_sequenced(answer)]

    def check(self) -> None:
        """What was sequenced has its answer again; what was not, or was never sent, has none."""
        last = max(self.sequenced(), default=0)
        for number in [*self.asked, *self.skipped]:
            if number > last:
                continue
            message = self.asked.get(number) or Timer(request_id=number, ms=0)
            (again,) = answers(self.peer.ask(message))
            if number in self.sequenced() and shows_live_order(self.told[number]):
                assert isinstance(again, Err) and (again.name, again.applied) == ("DUP_ID", "unknown"), (message, again)
            elif number in self.sequenced():
                assert bare(again) == bare(self.told[number]) and again.duplicate, (message, again)
            else:
                assert isinstance(again, Err) and again.name == "ID_ORDER" and again.applied == "no", (message, again)


def request(bench: Bench, number: int, account: int, rng: random.Random) -> Request:
    coid, kind = f"c{rng.randrange(12)}", rng.randrange(13)
    side, price, lots = rng.choice("bs"), bench.price + rng.randint(-3, 3), rng.randint(1, 9)
    fields: dict[str, Any] = {"side": side, "price_tick": price, "order_lots": lots}
    if kind < 3:
        return bench.order(number, f"n{number}", **fields)
    if kind == 3:
        return bench.order(number, coid, tif="ioc", **fields)
    if kind == 4:
        return bench.order(number, coid, **fields)
    if kind == 5:
        return Batch(request_id=number, atomic=rng.random() < 0.5, operations=operations(bench, number, rng))
    if kind == 6:
        return Quote(request_id=number, protection_group=1, quotes=[(bench.instrument, price - 1, lots, price + 1, 2)])
    return [
        Cancel(request_id=number, client_order_id=coid),
        Replace(request_id=number, client_order_id=coid, order_lots=lots),
        CancelAll(request_id=number, side=side),
        rng.choice([Timer(request_id=number, ms=60_000), CancelOnDisconnect(request_id=number, grace_ms=60_000)]),
        ProtectionSet(request_id=number, group=1, window_ms=1_000),
        ProtectionReset(request_id=number, group=1),
    ][kind - 7]


def operations(bench: Bench, number: int, rng: random.Random) -> list[Any]:
    """One to four, some of which do not pass their check."""
    made: list[Any] = []
    for place in range(rng.randint(1, 4)):
        coid, lots = f"c{rng.randrange(12)}", rng.choice([0, *range(1, 9)])
        order = BatchNew(
            instrument=bench.instrument, side="b", price_tick=bench.price - 5, order_lots=lots,
            client_order_id=rng.choice([f"b{number}.{place}", coid]),
        )  # fmt: skip
        made.append(rng.choice([order, order, BatchCancel(client_order_id=coid), BatchReplace(client_order_id=coid)]))
    return made


def snapshot(bench: Bench) -> None:
    """What events of before the snapshot the files have, the start does not replay; it takes none of the last command
    there, which may have been cut."""
    bench.venue.own.submit({"kind": CommandKind.DEPOSIT, "account": 1, "amount_mills": 1}, lambda _events: None)
    bench.settle()
    bench.venue.history.flush()
    bench.opened.journal.snapshot(bench.venue.engine)


def answers(messages: list[Any]) -> list[Ok | Err]:
    return [message for message in messages if isinstance(message, Ok | Err)]


def is_sequenced(answer: Ok | Err) -> bool:
    if isinstance(answer, Ok):
        results = answer.results or ()
        return bool(answer.engine_sequence or answer.quotes or any(result.engine_sequence for result in results))
    return bool(answer.engine_sequence)


def shows_live_order(answer: Ok | Err) -> bool:
    """Whether the answer shows a live order as it was then, which is not kept for ever (RECOV-012)."""
    results = (answer.results or ()) if isinstance(answer, Ok) else ()
    return "DUP_COID" in (getattr(answer, "name", ""), *(result.name for result in results))


def bare(answer: Ok | Err) -> Ok | Err:
    """Without what a repeated reply may lack or has in addition."""
    return replace(answer, received_us=None, sent_us=None, duplicate=False, limit_left=None)


@pytest.mark.rule("RECOV-011", "RECOV-012", "DUR-154")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_request_has_its_answer_again_after_any_snapshots_and_kills(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    bench = Bench(str(tmp_path / "venue"))
    clients = [Client(bench, account, rng) for account in (1, 2, 3, 1)]
    for start in range(3):
        for _ in range(rng.randint(5, 60)):
            if rng.random() < 0.04:
                snapshot(bench)
            client = rng.choice(clients)
            if rng.random() < 0.05:
                client.peer.drop()
                client.come_back(bench)
            client.ask(bench)
        before, bench = bench, killed(bench, tmp_path / f"again{start}")
        before.close()
        for client in clients:
            client.come_back(bench)
            client.check()
    bench.close()
