"""A strategy on a recording sees what the live one saw and sends what it sent; a damaged file is replayed as far."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import SessionOver
from clients.events import Event
from clients.local_book import LocalBook
from clients.orders import Order
from clients.recording.file_format import read
from clients.recording.replay import ReplayResult, replay
from clients.strategies.strategy import Strategy, run
from exchange.main import RunningServer
from exchange.wire.messages import Fill, InstrumentDefinition, Request, Trades
from exchange.wire.version import SUBPROTOCOLS
from tests.clients.recording.test_file_format import HEAD
from tests.clients.scenes import SEEDS, SYMBOL, play

ORDERS = 12


class Follower(Strategy):
    """Answers each of its fills with an order, and keeps what it has seen."""

    timer_s = 1_000.0

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.done = asyncio.Event()

    async def start(self) -> None:
        self.month = await self.session.instrument(SYMBOL)
        await self.session.trades(self.month)
        self.book = await self.session.book(self.month, cadence_ms=0)
        self.follow(0)

    def follow(self, number: int) -> None:
        self.session.place("b", self.month, 1 + number % 3, price_tick=2800 + number, tif="gtc")

    def on_fill(self, order: Order, fill: Fill) -> None:
        self.seen.append(("fill", fill.trade_id, fill.lots, order.client_order_id))
        fills = sum(row[0] == "fill" for row in self.seen)
        if fills >= ORDERS:
            self.done.set()
        elif fill.leaves_lots == 0:
            self.follow(fills)

    def on_trades(self, instrument: int, trades: Trades) -> None:
        self.seen.append(("trades", trades.sequence, trades.rows))

    def on_book(self, book: LocalBook) -> None:
        assert book is self.book

    def on_event(self, event: Event) -> None:
        self.seen.append(type(event).__name__)


def plain(requests: list[Request]) -> list[dict[str, Any]]:
    return [asdict(request) | {"request_id": 0} for request in requests]


def record(folder: Path, subprotocol: str = SUBPROTOCOLS[0]) -> tuple[Path, Follower]:
    """A recorded session of a Follower, which somebody sells to; the connection is cut once on the way."""
    file, live = folder / "a.rec", Follower()

    async def scene(server: RunningServer, _: Session, other: Session, month: InstrumentDefinition) -> None:
        key = "k_t1", Ed25519.from_seed(SEEDS[1])
        async with connect(server.url, *key, seed=8, record=file, subprotocol=subprotocol) as session:
            running = asyncio.create_task(run(live, session))
            while not live.done.is_set():
                await other.sell(month, 1, price_tick=2790, tif="ioc")
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    play(folder / "venue", scene, subprotocol)
    return file, live


def again(file: Path) -> tuple[Follower, ReplayResult]:
    strategy = Follower()
    return strategy, asyncio.run(replay(str(file), strategy))


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_a_strategy_sees_and_sends_on_the_recording_what_it_did_live(tmp_path: Path, subprotocol: str) -> None:
    file, live = record(tmp_path, subprotocol)
    strategy, result = again(file)
    assert result.damage is None and result.records > 10
    fills = [row for row in strategy.seen if row[0] == "fill"]
    assert fills[:ORDERS] == [row for row in live.seen if row[0] == "fill"][:ORDERS]
    assert plain(result.asked)[: len(result.recorded)] == plain(result.recorded)
    assert result.session.position_lots(strategy.month) == sum(row[2] for row in fills)
    assert strategy.book.gaps == strategy.book.mismatches == 0


def test_a_recording_cut_short_is_replayed_up_to_the_cut(tmp_path: Path) -> None:
    file, _ = record(tmp_path)
    records = list(read(str(file)))
    lost = records[len(records) * 3 // 4 :]
    offset = file.stat().st_size - sum(HEAD + len(record.data) for record in lost)
    file.write_bytes(file.read_bytes()[: offset + 1])
    strategy, result = again(file)
    assert result.damage is not None and result.damage.offset == offset and str(offset) in str(result.damage)
    assert result.records == len(records) - len(lost) - 1 and strategy.seen, "all that is whole, but for the header"


def test_a_recording_without_what_the_strategy_needs_says_what(tmp_path: Path) -> None:
    file, _ = record(tmp_path)

    class Other(Strategy):
        async def start(self) -> None:
            await self.session.stats(await self.session.instrument(SYMBOL))

    with pytest.raises(SessionOver, match="not in the recording: stats"):
        asyncio.run(replay(str(file), Other()))
