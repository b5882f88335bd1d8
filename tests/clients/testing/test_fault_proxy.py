"""A strategy behind a network that fails ends with the positions that it has without faults."""

import asyncio
import random
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.orders import Order
from clients.strategies.strategy import Strategy, run
from clients.testing.fault_proxy import FaultProxy
from clients.testing.faults import NO_FAULTS, Faults
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.version import SUBPROTOCOLS
from tests.clients.scenes import PRICE, SCENE_S, SEEDS, SYMBOL, play

BAD = Faults(delay=0.05, delay_ms=4, duplicate=0.1, gap=0.1, drop=0.02, disconnect=0.02)
TARGET = 25


class Accumulator(Strategy):
    """Buys until it has TARGET lots more, one order at a time, and keeps a resting order that it moves."""

    timer_s = 0.01

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.orders: list[Order] = []
        self.resting: Order | None = None
        self.done = asyncio.Event()

    async def start(self) -> None:
        self.month = await self.session.instrument(SYMBOL)
        self.book = await self.session.book(self.month, cadence_ms=0)

    def on_timer(self) -> None:
        """Decide from the state of the orders, which is never behind: events of it may still be in the queue."""
        if self.resting is None or self.resting.done:
            self.resting = self.session.place("b", self.month, 1, price_tick=2700, tif="gtc")
        elif self.rng.random() < 0.3 and self.resting.working and not self.resting.unanswered:
            self.session.send_cancel(self.resting)
        missing = TARGET - sum(order.filled_lots for order in self.orders)
        if not all(order.done for order in self.orders):
            return
        if missing > 0:
            lots = min(self.rng.randint(1, 3), missing)
            self.orders.append(self.session.place("b", self.month, lots, PRICE, tif="ioc"))
        else:
            self.done.set()


async def accumulate(url: str, seed: int, subprotocol: str, calm: Any = None) -> tuple[int, Session, Accumulator]:
    """Run the strategy to its end; returns its position."""
    strategy = Accumulator(seed)
    async with connect(url, "k_t1", Ed25519.from_seed(SEEDS[1]), seed=seed, subprotocol=subprotocol) as session:
        running = asyncio.create_task(run(strategy, session))
        await asyncio.wait([running, asyncio.create_task(strategy.done.wait())], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if calm is not None:
            calm()
        await session._until(lambda: session.live and not session.core.requests.pending)
        await session.cancel_all()
        await session._until(lambda: strategy.book.synced and session.live)
        assert not (await session.reconcile()).differences
        assert strategy.book.best_ask is not None and strategy.book.best_ask.price_tick == 2810
        return session.position_lots(strategy.month), session, strategy


@pytest.mark.rule("RECOV-010", "RECOV-011")
@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_positions_are_those_without_faults(tmp_path: Path, subprotocol: str) -> None:
    async def scene(server: RunningServer, _: Session, other: Session, month: InstrumentDefinition) -> None:
        await other.sell(month, 5_000, PRICE, tif="gtc")
        base = server.url.rsplit("/v1", 1)[0]
        async with FaultProxy(base) as proxy:
            before, *_ = await accumulate(proxy.url, 0, subprotocol)
        assert (before, proxy.cuts, proxy.left_out, proxy.repeated) == (TARGET, 0, 0, 0)
        cuts = left_out = repeated = 0
        for seed in count(1):
            async with FaultProxy(base, BAD, seed) as proxy:
                position, *_ = await accumulate(proxy.url, seed, subprotocol, proxy.calm)
            assert position == before + seed * TARGET, f"seed {seed}"
            cuts, left_out, repeated = cuts + proxy.cuts, left_out + proxy.left_out, repeated + proxy.repeated
            # How many messages there are to fail depends on their times, so runs go on until each fault has happened.
            if seed >= 3 and min(cuts, left_out, repeated) > 3:
                return

    play(tmp_path, scene, subprotocol)


def test_a_venue_that_is_down_is_a_connection_that_ends() -> None:
    async def run_it() -> None:
        async with FaultProxy("ws://127.0.0.1:1", NO_FAULTS) as proxy, dial(f"{proxy.url}/v1/md") as connection:
            with pytest.raises(ConnectionClosed):
                await connection.recv()
            assert proxy.connections == 1

    asyncio.run(asyncio.wait_for(run_it(), SCENE_S))


def test_a_refused_logon_passes_through_with_its_reason(tmp_path: Path) -> None:
    async def scene(server: RunningServer, *_: Any) -> None:
        async with FaultProxy(server.url.rsplit("/v1", 1)[0]) as proxy:
            with pytest.raises(Exception, match="BAD_AUTH") as caught:
                async with connect(proxy.url, "k_t1", Ed25519.generate(), seed=1):
                    raise AssertionError("the key is another one")
            assert caught.value.error.name == "BAD_AUTH"  # type: ignore[attr-defined]

    play(tmp_path, scene)
