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
)
from tests.gateway.handlers.test_rebuilt_replies import snapshot
from tests.gateway.harness import Bench, Peer, killed

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
