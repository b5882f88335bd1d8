"""Many replays at once: turns, slices, and the bucket of an address."""

import random
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway import replay_queue
from exchange.gateway.keys import OFF
from exchange.gateway.throttle import STANDARD
from exchange.wire.messages import (
    Err,
    Fill,
    Heartbeat,
    Logout,
    Ok,
    Replay,
    ReplayEnd,
    Trades,
)
from tests.gateway.handlers.test_replays import Tape, channel_of
from tests.gateway.harness import Bench


@pytest.mark.rule("RECOV-014", "RECOV-015")
def test_however_many_ask_at_once_a_step_of_the_loop_sends_one_slice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any client may ask for replays: those of all connections share the loop's time, and each gets all of its own,
    one request after another."""
    monkeypatch.setattr(replay_queue, "SLICE_MESSAGES", 7)
    tape = Tape(random.Random(4))
    tape.trade(bench, [bench.connect(bench.keys[account], cancel_terms=OFF) for account in (1, 2)], 60)
    readers = [*(bench.open("/v1/md") for _ in range(3)), bench.connect(bench.keys[3])]
    channel, count = channel_of(bench, readers[0]), len(tape.messages(1, 99))
    bench.pass_ms(20)
    for reader in readers:
        reader.take()
    frame = [Replay(request_id=number, channel=channel, first_sequence=1, last_sequence=99) for number in range(1, 5)]
    for reader in readers:
        reader.send(*frame)
    assert count > 7
    found: list[list[Any]] = [[] for _ in readers]
    while sum(map(len, found)) < len(readers) * len(frame) * (count + 2):
        told = [[one for one in reader.take() if not isinstance(one, Heartbeat)] for reader in readers]
        assert 0 < sum(map(len, told)) <= 7
        for all_of_it, some in zip(found, told, strict=True):
            all_of_it += some
        bench.pass_ms(10)
    order = [(number, kind) for number in range(1, 5) for kind in (Ok, *[Trades] * count, ReplayEnd)]
    assert all([(one.reply_to, type(one)) for one in all_of_it] == order for all_of_it in found)


@pytest.mark.rule("RECOV-014", "WIRE-015")
def test_a_range_that_was_asked_for_before_a_logout_is_sent_before_its_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_queue, "SLICE_MESSAGES", 7)
    tape = Tape(random.Random(4))
    trader, other = (bench.connect(bench.keys[account], cancel_terms=OFF) for account in (1, 2))
    tape.trade(bench, [trader, other], 40)
    channel, count = channel_of(bench, trader), len(tape.messages(1, 99))
    bench.pass_ms(20)
    trader.take()
    ask = {"first_sequence": 1, "last_sequence": 99}
    trader.send(Replay(request_id=7, channel=channel, **ask), Replay(request_id=8, account=1, **ask))
    trader.send(Logout(request_id=9))
    told: list[Any] = []
    while bench.pass_ms(10) or trader.transport.closed is None:
        told += trader.take()
    told = [one for one in told + trader.take() if not isinstance(one, Heartbeat)]
    kinds = [type(one) for one in told]
    assert kinds[: count + 2] == [Ok, *[Trades] * count, ReplayEnd]
    assert (kinds[count + 2], kinds[-2:], told[-1].reply_to) == (Ok, [ReplayEnd, Ok], 9)
    assert sum(isinstance(one, Fill) and one.replay for one in told) > 10


@pytest.mark.rule("RECOV-014", "RATE-002")
def test_replays_without_a_logon_draw_on_one_bucket_an_address(tmp_path: Path) -> None:
    """A connection more brings no more of them: neither beside the first nor after it."""
    ask = Replay(request_id=7, channel=1, first_sequence=1, last_sequence=9)
    with Bench(str(tmp_path / "venue"), STANDARD) as bench:
        first = bench.open("/v1/md", address="192.0.2.1")
        channel_of(bench, first)
        granted = []
        for number in range(30):
            reader = bench.open("/v1/md", address="192.0.2.1") if number % 3 else first
            granted.append(isinstance(reader.ask(ask)[0], Ok))
            if number % 3:
                reader.drop()
        assert granted == [True] * 10 + [False] * 20
        (refusal,) = bench.open("/v1/md", address="192.0.2.1").ask(ask)
        assert isinstance(refusal, Err) and refusal.name == "THROTTLED" and refusal.retry_us
        assert isinstance(bench.open("/v1/md", address="192.0.2.2").ask(ask)[0], Ok), "the other pays for itself"
        assert isinstance(bench.connect(bench.keys[1]).ask(ask)[0], Ok), "and so does an account"
        for number in range(2 * replay_queue.ADDRESSES_MAX):
            bench.gateway.replays.open_bucket(str(number))
        assert len(bench.gateway.replays._open_buckets) == replay_queue.ADDRESSES_MAX
