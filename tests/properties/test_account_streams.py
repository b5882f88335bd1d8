"""Replies and account messages of compiled code say byte for byte what plain Python says, whatever the engine does."""

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind, MarketState
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.publish.account_streams import AccountStreams
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.encode import put
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.instruments import InstrumentTable
from exchange.publish.replies import Replies
from exchange.records import COMMAND
from exchange.wire.table import ACCOUNT_FORMS, Answerer
from tests.properties.driver import Run, continuous, tight_auctions
from tests.properties.flow import ACCOUNTS
from tests.properties.test_feed import engine_events
from tests.publish.encode.streamed import SESSION_ROWS, Clock, Peer, PlainStreams, batch_of
from tests.publish.helpers import event_array

ENCODINGS = (put.JSON, put.MSGPACK, put.BINARY)
SESSIONS = (1, 2, 3)


class StreamRun(Run):
    """A random run of the engine whose events are released in batches, while connections come, go and listen."""

    def __init__(self, seed: int, weights: dict[str, float] | None = None, batch_max: int = 20) -> None:
        self.streams: AccountStreams | None = None
        super().__init__(seed, weights, compare_every=1_000_000)
        self.engine, self.rng, self.batch_max = self.pair.fast.engine, random.Random(seed), batch_max
        listed = InstrumentTable(lambda: query.known_instruments(self.engine.states))
        listed.refresh()
        self.replies = Replies(listed, lambda account, text: query.find_order(self.engine.states, account, 0, text))
        self.plain = PlainStreams({account: [] for account in ACCOUNTS}, ExecutionReports(listed), self.replies)
        self.streams = AccountStreams(listed, SESSION_ROWS, Clock())  # type: ignore[arg-type]  # reads one clock
        self.peers: dict[int, Peer] = {}
        self.steps: list[Any] = []
        self.events: list[Any] = []
        self.kinds: Counter[int] = Counter()
        self.stored = self.asked = self.messages = 0
        for session in SESSIONS:
            self.connect(session, ENCODINGS[(seed + session) % 3])

    def connect(self, session: int, encoding: int) -> None:
        assert self.streams is not None
        self.peers[session] = Peer(self.streams, session, encoding, self.replies)
        for account in ACCOUNTS:
            if self.rng.random() < 0.8:
                self.streams.listen(account, self.peers[session])
                self.plain.listeners[account].append(session)

    def disconnect(self, session: int) -> None:
        assert self.streams is not None
        self.streams.disconnect(self.peers.pop(session))
        for listeners in self.plain.listeners.values():
            if session in listeners:
                listeners.remove(session)

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.streams is None:
            super().do(kind, step)
            return
        if isinstance(step, dict):
            self.release()
            events = event_array(engine_events(self, kind, step))
            self.streams.take(ReleasedBatch(events, 0, 0, 1))
            self.plain.note(events)
            return
        entry = self.pair.reference.mass_quote is not None  # not the first of its quote
        self.events += engine_events(self, kind, step)
        self.steps.append((step, entry))
        if self.pair.reference.mass_quote is None and self.rng.random() < 2 / self.batch_max:
            self.release()

    def answerer_of(self, command: np.void, is_entry: bool) -> int:
        sends = not is_entry and command["session"] and self.rng.random() < 0.9
        return int(Answerer.SESSION if sends else Answerer.NOBODY)

    def release(self) -> None:
        """Release what has been done since the last time, and compare what every connection gets."""
        if not self.steps:
            return
        assert self.streams is not None
        commands = np.zeros(len(self.steps), COMMAND)
        commands[:] = np.concatenate([rows([step]) for step, _ in self.steps])
        answerers = [self.answerer_of(row, entry) for row, (_, entry) in zip(commands, self.steps, strict=True)]
        batch = batch_of(event_array(self.events), commands, answerers)
        self.kinds.update(batch.events["kind"].tolist())
        self.steps, self.events, self.plain.sent = [], [], {}
        self.replies.take(batch)
        self.plain.take(batch)
        self.streams.take(batch)
        for session, peer in self.peers.items():
            sent = self.plain.sent.get(session, [])
            assert peer.payloads() == peer.encoded(sent)
            self.messages += len(sent)
            self.stored, self.asked = self.stored + len(peer.stored), self.asked + len(peer.asked)
            peer.framed, peer.stored, peer.asked = [], [], []
        for account, number in self.plain.released.items():
            assert self.streams.released(account) == number
        self.move_connections()

    def move_connections(self) -> None:
        session, chance = self.rng.choice(SESSIONS), self.rng.random()
        if chance < 0.1 and session in self.peers:
            self.disconnect(session)
        elif chance < 0.5 and session not in self.peers:
            self.connect(session, self.rng.choice(ENCODINGS))


@pytest.mark.rule("ENTRY-001", "ENTRY-002", "ENTRY-020", "ACCT-001", "ACCT-002", "ACCT-003", "ACCT-004", "MARGIN-015")
@pytest.mark.parametrize(("seed", "weights"), [(2, None), (3, continuous())])
def test_kernels_say_what_plain_python_says(seed: int, weights: Any) -> None:
    run = StreamRun(seed, weights)
    for _ in range(1_500):
        run.do(*run.flow.next(run.pair.reference))
    run.release()
    assert run.messages > 1_500 and run.stored > 4 * run.asked > 0
    if weights is None:
        heard = {kind for kind in ACCOUNT_FORMS if run.kinds[kind]}
        rare = {EventKind.PROTECTION_TRIPPED, EventKind.PROTECTION_RESET}
        rare |= {EventKind.POSITION_CASCADED, EventKind.MARGIN_CALLED}
        assert heard >= set(ACCOUNT_FORMS) - rare
        assert run.kinds[EventKind.QUOTE_ACCEPTED] and run.kinds[EventKind.REPLACE_REJECTED]


@pytest.mark.rule("ENTRY-001", "ACCT-002")
def test_kernels_say_of_auctions_what_plain_python_says() -> None:
    run = StreamRun(4, continuous(), batch_max=6)
    for number in range(4):
        run.collect(MarketState.RESERVED if number % 2 else MarketState.PAUSED, tight_auctions(), 40)
    run.release()
    assert run.messages > 300 and run.kinds[EventKind.UNCROSSED]
