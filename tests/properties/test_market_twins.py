"""Market data from kernels says byte for byte what plain Python says, whatever the engine does and who listens."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.engine.event_rows import KIND, SEQUENCE
from exchange.publish.fold import event_fold
from exchange.publish.instruments import InstrumentTable
from exchange.units import NS_PER_US
from tests.properties.driver import Run, continuous, tight_auctions
from tests.properties.test_feed import EngineSource, engine_events
from tests.publish.market_twins import MarketTwins, random_channel


class TwinRun(Run):
    """A random run of the engine whose events go to both feeds in batches, while readers come, go and fall behind."""

    def __init__(self, seed: int, weights: dict[str, float] | None = None, batch_max: int = 30) -> None:
        self.twins: MarketTwins | None = None
        super().__init__(seed, weights, compare_every=1_000_000)
        self.engine = self.pair.fast.engine
        table = InstrumentTable(lambda: query.known_instruments(self.engine.states))
        table.refresh()
        self.twins = MarketTwins(table, EngineSource(self.engine), query.channel_sequences(self.engine.states))
        self.rng = np.random.default_rng(seed)
        self.ids, self.now_us, self.batch_max = table.ids, self.engine.time_ns // NS_PER_US, batch_max
        self.waiting: list[Any] = []
        self.left = 0
        self.numbers: list[int] = []

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.twins is None:
            super().do(kind, step)
            return
        self.waiting += engine_events(self, kind, step)
        self.left -= 1
        if self.pair.reference.mass_quote is None and self.left <= 0:
            self.release()
            self.left = int(self.rng.integers(self.batch_max + 1))

    def release(self) -> None:
        assert self.twins is not None
        self.now_us += int(self.rng.choice([100, 3_000, 12_000, 150_000]))
        time_ns = self.now_us * NS_PER_US  # of all commands of a batch; the flow's own clock would need a checksum each
        rows, self.waiting = [(row[SEQUENCE], time_ns, *row[KIND:]) for row in self.waiting], []
        self.twins.fold(rows, self.engine.sequence, time_ns, self.now_us)
        self.move_readers()

    def move_readers(self) -> None:
        assert self.twins is not None
        chance = self.rng.random()
        if chance < 0.3:
            number = self.twins.subscribe(*random_channel(self.rng, self.ids[1:9]))
            if self.rng.random() < 0.9:
                self.numbers.append(number)
            else:
                self.twins.unsubscribe(number)
        elif chance < 0.45 and self.numbers:
            self.twins.unsubscribe(self.numbers.pop(int(self.rng.integers(len(self.numbers)))))
        elif chance < 0.7 and self.numbers:
            number = int(self.rng.choice(self.numbers))
            self.twins.snapshot(number)
            if not self.twins.slow.is_event_channel(number):
                self.twins.merged(number, int(self.rng.integers(40)))
        self.twins.due(self.now_us + int(self.rng.integers(20_000)))


@pytest.mark.rule("MDATA-001", "MDATA-003", "MDATA-010", "MDATA-013", "MDATA-016", "RATE-006", "IMP-011")
@pytest.mark.parametrize(("seed", "weights"), [(1, None), (3, continuous())])
def test_kernels_publish_what_plain_python_publishes(seed: int, weights: Any) -> None:
    run = TwinRun(seed, weights)
    for _ in range(2_000):
        run.do(*run.flow.next(run.pair.reference))
    assert run.twins is not None and run.twins.framed > 60 and run.twins.messages > run.twins.framed


@pytest.mark.rule("MDATA-012", "MDATA-015")
def test_kernels_publish_auctions_as_plain_python_does() -> None:
    run = TwinRun(5, continuous(), batch_max=8)
    for number in range(4):
        run.collect(MarketState.RESERVED if number % 2 else MarketState.PAUSED, tight_auctions(), 40)
    assert run.twins is not None and run.twins.framed > 0


@pytest.mark.rule("MDATA-013")
def test_what_is_published_does_not_depend_on_the_length_of_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_fold, "ROOM", 1)
    run = TwinRun(6, batch_max=60)
    for _ in range(700):
        run.do(*run.flow.next(run.pair.reference))
    assert run.twins is not None and run.twins.framed > 3
