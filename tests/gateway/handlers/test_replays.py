"""Replays, above all of public trades: what happened, with or without subscribers, starts and snapshots between."""

import random
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway.keys import OFF
from exchange.wire.messages import (
    ChannelSpec,
    Err,
    Exec,
    Fill,
    Ok,
    Replay,
    ReplayEnd,
    Subscribe,
    Trades,
    Unsubscribe,
)
from tests.gateway.handlers.test_rebuilt_replies import snapshot
from tests.gateway.harness import SYMBOL, Bench, Peer, killed
from tests.operator.asking import do

Print = tuple[int, int, int, str]


class Tape:
    """Two traders, and their fills."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.prints: list[Print] = []
        self.commands: list[int] = []  # of each print
        self.number = 10

    def trade(self, bench: Bench, peers: list[Peer], steps: int) -> None:
        for _ in range(steps):
            self.number += 1
            fields: dict[str, Any] = {
                "side": self.rng.choice("bs"),
                "price_tick": bench.price + self.rng.randint(-2, 2),
                "order_lots": self.rng.randint(1, 9),
            }
            told = self.rng.choice(peers).ask(bench.order(self.number, f"o{self.number}", **fields))
            for fill in told:
                if isinstance(fill, Fill) and fill.liquidity == "taker":
                    self.prints.append((fill.trade_id, fill.price_tick, fill.lots, fill.side))
                    self.commands.append(fill.engine_sequence)

    def messages(self, first: int, last: int) -> list[tuple[int, int, list[Print]]]:
        """(number, number before, prints) of the messages in a range."""
        by_command: dict[int, list[Print]] = {}
        for command, one in zip(self.commands, self.prints, strict=True):
            by_command.setdefault(command, []).append(one)
        found, before = [], 0
        for prints in by_command.values():
            if first <= prints[-1][0] <= last:
                found.append((prints[-1][0], before, prints))
            before = prints[-1][0]
        return found


def replayed(reader: Peer, channel: int, first: int, last: int) -> list[Any]:
    answer, *messages = reader.ask(Replay(request_id=7, channel=channel, first_sequence=first, last_sequence=last))
    assert isinstance(answer, Ok), answer
    assert isinstance(messages.pop(), ReplayEnd)
    assert all(isinstance(message, Trades) and message.replay and message.reply_to == 7 for message in messages)
    return messages


def channel_of(bench: Bench, reader: Peer) -> int:
    spec = ChannelSpec(name_of_channel="trades", instrument=bench.instrument)
    reply = reader.ask(Subscribe(request_id=2, channels=[spec]))[0]
    number: int = reply.channels[0][0]
    return number


@pytest.mark.rule("RECOV-014")
def test_replay_gives_a_closed_range_marked_and_ended(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    live = [m for n in range(5) for m in peer.ask(bench.order(10 + n, f"o{n}")) if isinstance(m, Exec)]
    answer = peer.ask(Replay(request_id=90, first_sequence=4, last_sequence=6))
    assert (answer[0].first_sequence, answer[0].last_sequence) == (4, 6)
    replayed = answer[1:-1]
    assert isinstance(answer[-1], ReplayEnd) and all(message.replay for message in replayed)
    for message in replayed:
        message.replay = False
    assert replayed == live[1:4]
    refusal = peer.ask(Replay(request_id=91, first_sequence=1, last_sequence=9_000))[0]
    assert isinstance(refusal, Err) and refusal.name == "REPLAY_RANGE"


@pytest.mark.rule("MDATA-001", "RECOV-014", "MDATA-012")
@pytest.mark.parametrize("seed", range(5))
def test_any_range_of_trades_is_what_happened(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    bench, tape = Bench(str(tmp_path / "venue")), Tape(rng)
    for start in range(3):
        peers = [bench.connect(bench.keys[account], cancel_terms=OFF) for account in (1, 2)]
        reader = bench.connect(bench.keys[3])
        tape.trade(bench, peers, rng.randint(0, 25))
        live: list[Any] = []
        channel = channel_of(bench, reader)
        if rng.random() < 0.7:
            snapshot(bench)
        tape.trade(bench, peers, rng.randint(0, 25))
        live += [message for message in reader.take() if isinstance(message, Trades)]
        for first, last in [(1, 4_999), *((low := rng.randint(1, 40), low + rng.randint(0, 40)) for _ in range(8))]:
            bench.clock.now += 10**9
            found = replayed(reader, channel, first, last)
            told = [(message.sequence, message.previous, [tuple(row) for row in message.rows]) for message in found]
            assert told == tape.messages(first, last)
        for message in replayed(reader, channel, 1, 4_999)[-len(live) :] if live else ():
            message.replay, message.reply_to = False, 0
            assert message in live, "word for word as it was sent"
        before, bench = bench, killed(bench, tmp_path / f"again{start}")
        before.close()
    bench.close()


@pytest.mark.rule("RECOV-014", "MDATA-001")
def test_a_range_of_which_events_are_lost_is_refused_with_the_oldest_that_is_kept(bench: Bench, tmp_path: Path) -> None:
    tape = Tape(random.Random(1))
    tape.trade(bench, [bench.connect(bench.keys[account], cancel_terms=OFF) for account in (1, 2)], 40)
    snapshot(bench)
    with killed(bench, tmp_path / "again") as again:
        count = len(tape.prints)
        assert count > 5 and again.venue.market.prints.first_id == 1
    for file in (tmp_path / "again" / "events").iterdir():
        file.unlink()
    with Bench(str(tmp_path / "again")) as again:
        reader = again.connect(again.keys[3])
        channel = channel_of(again, reader)
        if again.venue.market.prints.first_id == 1:  # the start has made them again
            assert len(replayed(reader, channel, 1, 99)) == len(tape.messages(1, 99))
            return
        refusal = reader.ask(Replay(request_id=7, channel=channel, first_sequence=1, last_sequence=99))[0]
        assert isinstance(refusal, Err) and (refusal.name, refusal.oldest) == ("REPLAY_RANGE", count + 1)
        assert replayed(reader, channel, count + 1, count + 9) == []


def refused(peer: Peer, **fields: int) -> Err:
    (refusal,) = peer.ask(Replay(request_id=7, **fields))
    assert isinstance(refusal, Err) and refusal.name == "REPLAY_RANGE"
    return refusal


def granted(peer: Peer, **fields: int) -> tuple[int | None, int | None, list[int], int]:
    """(`from` and `to` of the reply, numbers that came, `to` of the end)."""
    reply, *messages, end = peer.ask(Replay(request_id=7, **fields))
    assert isinstance(reply, Ok) and isinstance(end, ReplayEnd)
    return reply.first_sequence, reply.last_sequence, [message.sequence for message in messages], end.last_sequence


@pytest.mark.rule("RECOV-013", "RECOV-014")
def test_edges_of_the_kept_range_of_an_account(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = bench.connect(bench.keys[1])
    for number in range(6):
        peer.ask(bench.order(10 + number, f"o{number}"))
    newest = bench.venue.stream_number(1)
    history = bench.venue.history
    whole, oldest = history.of_account, 4
    monkeypatch.setattr(type(history), "of_account", lambda _, *asked: whole(*asked) if asked[1] >= oldest else None)
    monkeypatch.setattr(type(history), "oldest", lambda _, account: oldest)
    assert granted(peer, first_sequence=4, last_sequence=5) == (4, 5, [4, 5], 5)
    refusal = refused(peer, first_sequence=3, last_sequence=5)
    assert (refusal.oldest, refusal.newest, refusal.snapshot) == (4, newest, True)
    assert refusal.message == (
        f"oldest retained is 4, newest is {newest}; a logon without sid sends a snapshot of the account"
    )
    beyond = granted(peer, first_sequence=newest - 1, last_sequence=newest + 90)
    assert beyond == (newest - 1, newest, [newest - 1, newest], newest), "cut at the last"
    assert granted(peer, first_sequence=newest + 1, last_sequence=newest + 9) == (newest + 1, newest, [], newest)
    inverted = refused(peer, first_sequence=6, last_sequence=5)
    assert inverted.message == "from 6 is above to 5" and inverted.oldest is None
    bench.clock.now += 10**9
    oldest = newest + 1
    monkeypatch.setattr(type(history), "oldest", lambda _, account: 0)
    nothing = refused(peer, first_sequence=newest, last_sequence=newest)
    assert (nothing.oldest, nothing.newest) == (newest + 1, newest)
    assert nothing.message.startswith(f"none is retained up to {newest}; ")


@pytest.mark.rule("RECOV-014", "RECOV-015")
@pytest.mark.parametrize("name", ["status", "trades"])
def test_edges_of_the_kept_range_of_a_channel(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    buyer, seller, reader = (bench.connect(bench.keys[number]) for number in (1, 2, 3))
    spec = ChannelSpec(name_of_channel=name, instrument=bench.instrument)  # type: ignore[arg-type]
    channel = reader.ask(Subscribe(request_id=2, channels=[spec]))[0].channels[0][0]
    numbers = []
    for number in range(3):
        buyer.ask(bench.order(10 + number, f"a{number}"))
        seller.ask(bench.order(10 + number, f"b{number}", side="s"))
        for word in ("paused", "open"):
            do(bench, "state", target=SYMBOL, to=word)
        numbers += [message.sequence for message in reader.take() if getattr(message, "channel", 0) == channel]
    assert len(numbers) >= 3
    oldest, newest = numbers[1], numbers[-1]
    monkeypatch.setattr(type(bench.venue.market), "oldest", lambda _, asked: oldest)
    kept = numbers[1:]
    assert granted(reader, channel=channel, first_sequence=oldest, last_sequence=newest) == (
        oldest, newest, kept, newest,
    )  # fmt: skip
    refusal = refused(reader, channel=channel, first_sequence=oldest - 1, last_sequence=newest)
    assert (refusal.oldest, refusal.newest, refusal.snapshot) == (oldest, newest, name != "trades")
    assert (f"resync channel {channel}" in refusal.message) == refusal.snapshot
    beyond = granted(reader, channel=channel, first_sequence=newest, last_sequence=newest + 9)
    assert beyond == (newest, newest, [newest], newest)
    assert granted(reader, channel=channel, first_sequence=newest + 1, last_sequence=newest + 9)[2] == []
    assert "above" in refused(reader, channel=channel, first_sequence=newest, last_sequence=newest - 1).message
    monkeypatch.undo()
    reader.ask(Unsubscribe(request_id=9, channel=[channel]))
    for side, peer in (("b", buyer), ("s", seller)):
        peer.ask(bench.order(50, f"{side}50", side=side))
    whole = granted(buyer, channel=channel, first_sequence=numbers[0], last_sequence=newest + 50)[2]
    assert whole[: len(numbers)] == numbers and len(whole) == len(numbers) + (name == "trades"), "nobody subscribes"
