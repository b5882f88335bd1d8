"""The asyncio client against a real venue over loopback: trading, reconnects, restarts, mistakes."""

import asyncio
import random
import runpy
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.core import Core, Dial
from clients.credentials import Ed25519
from clients.errors import ChannelRefused, ConnectFailed, NotLive, Refused, SessionOver, Throttled, UnknownSymbol
from clients.events import Disconnected, Event, Filled, Reconnected
from clients.transport import Backoff
from exchange.engine.warmup import warm_up
from exchange.limits import TEST
from exchange.main import RunningServer, Settings, serve
from exchange.opening import OpenVenue
from exchange.wire.messages import InstrumentDefinition, New
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

SYMBOL = "H100.G90.F27"
DAY = date(2026, 11, 23)
SEEDS = {1: bytes([1] * 32), 2: bytes([2] * 32)}
PRICE = "2.810"


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Compiling may take a minute, a scene must not."""
    warm_up(TEST)


def settings(port: int = 0) -> Settings:
    return Settings(port=port, day=DAY, symbols=(SYMBOL,), durability="none", profile="loopback", limits="test")


def enrol(venue: OpenVenue) -> None:
    for account, seed in SEEDS.items():
        venue.make_key(f"t{account}", account=account, deposit_mills=10**12, seed=seed)


def client(url: str, account: int, **terms: Any) -> Session:
    return connect(url, f"k_t{account}", Ed25519.from_seed(SEEDS[account]), seed=account, **terms)


Scene = Callable[[RunningServer, Session, Session, InstrumentDefinition], Awaitable[None]]


def play(folder: Path, scene: Scene, subprotocol: str = JSON_SUBPROTOCOL) -> None:
    """Two logged-on clients of one venue and the instrument they trade; a scene must end within half a minute."""

    async def run() -> None:
        async with serve(str(folder), settings(), before=enrol) as server, AsyncExitStack() as stack:
            first, second = [
                await stack.enter_async_context(client(server.url, account, subprotocol=subprotocol))
                for account in SEEDS
            ]
            await scene(server, first, second, await first.instrument(SYMBOL))

    asyncio.run(asyncio.wait_for(run(), 30))


def cut(session: Session) -> None:
    """The network fails: no close frame, nothing flushed."""
    connection = session._transport._connection
    assert connection is not None
    connection.transport.abort()


async def until(session: Session, kind: type[Event]) -> list[Event]:
    """Events up to the first of a kind."""
    seen: list[Event] = []
    async for event in session.events():
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"the session ended before a {kind.__name__}: {seen}")


@pytest.mark.parametrize("subprotocol", [JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL])
def test_two_clients_trade_and_see_the_same_market(tmp_path: Path, subprotocol: str) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, instrument: InstrumentDefinition) -> None:
        book = await buyer.book(instrument, cadence_ms=0)
        resting = await seller.sell(instrument, 12, PRICE, post_only="reject")
        assert resting.state == "open" and resting.leaves_lots == 12
        order = await buyer.buy(instrument, 5, PRICE, tif="ioc")
        assert order.state == "filled" and order.filled_lots == 5
        filled = (await until(seller, Filled))[-1]
        assert isinstance(filled, Filled) and filled.order is resting and filled.fill.liquidity == "maker"
        assert (await seller.replace(resting, 9, PRICE)).leaves_lots == 4
        assert await seller.cancel_all() == 1
        assert (await resting.finished()).state == "cancelled"
        assert buyer.position_lots(instrument) == 5 and seller.position_lots(instrument) == -5
        await buyer._until(lambda: book.synced and not book.asks())
        assert (book.gaps, book.mismatches) == (0, 0) and buyer.acks == 1

    play(tmp_path, scene, subprotocol)


@pytest.mark.rule("RECOV-010")
def test_fills_made_while_a_client_was_away_come_exactly_once(tmp_path: Path) -> None:
    async def scene(server: RunningServer, away: Session, other: Session, instrument: InstrumentDefinition) -> None:
        resting = await away.sell(instrument, 12, PRICE, tif="gtc")
        cut(away)
        for _ in range(3):
            await other.buy(instrument, 2, PRICE, tif="ioc")
        events = await until(away, Reconnected)
        assert events[-1] == Reconnected(True)
        assert any(isinstance(event, Disconnected) and not event.final for event in events)
        fills = [event.fill.trade_id for event in events if isinstance(event, Filled)]
        assert len(fills) == len(set(fills)) == 3
        assert resting.filled_lots == 6 and away.position_lots(instrument) == -6

    play(tmp_path, scene)


@pytest.mark.rule("RECOV-011")
def test_orders_cut_off_at_any_moment_exist_exactly_once(tmp_path: Path) -> None:
    async def scene(server: RunningServer, away: Session, other: Session, instrument: InstrumentDefinition) -> None:
        rng = random.Random(7)
        placed = []
        for _ in range(15):
            placed += [away.place("s", instrument, 1, PRICE, tif="gtc") for _ in range(rng.randint(1, 4))]
            for _ in range(rng.randint(0, 12)):
                await asyncio.sleep(0)
            cut(away)
            await until(away, Reconnected)
            for order in placed:
                await order.acknowledged()
        assert all(order.working for order in placed)
        taken = await other.buy(instrument, 1_000, PRICE, tif="ioc")
        assert taken.filled_lots == len(placed)
        for order in placed:
            assert (await order.finished()).filled_lots == 1

    play(tmp_path, scene)


@pytest.mark.rule("RECOV-012")
def test_a_restart_of_the_venue_is_one_more_reconnect(tmp_path: Path) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            async with serve(str(tmp_path), settings(), before=enrol) as server:
                port = server.port
                session = await stack.enter_async_context(client(server.url, 1))
                instrument = await session.instrument(SYMBOL)
                book = await session.book(instrument)
                order = await session.buy(instrument, 3, PRICE, tif="gtc")
            async with serve(str(tmp_path), settings(port)):
                events = await until(session, Reconnected)
                assert events[-1] == Reconnected(True) and order.working
                await session._until(lambda: book.synced)
                assert book.bids() == [(2810, 3)]
                assert (await session.cancel(order)).state == "cancelled"

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_refused_order_raises_with_the_reason(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        with pytest.raises(Refused, match="PRICE_BAND") as caught:
            await session.buy(instrument, 1, "9.999")
        assert caught.value.order is not None and caught.value.order.state == "rejected"
        order = await session.buy(instrument, 1, PRICE)
        await session.cancel(order)
        with pytest.raises(Refused, match=r"ORDER_DONE|UNKNOWN_ORDER"):
            await session.cancel(order)

    play(tmp_path, scene)


def test_prices_are_text_or_ticks_and_on_the_tick(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        with pytest.raises(TypeError, match="text or Decimal"):
            session.place("b", instrument, 1, 2.81)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            session.place("b", instrument, 1)
        with pytest.raises(ValueError, match="off the tick"):
            session.place("b", instrument, 1, "2.8105")
        assert (await session.buy(instrument, 1, price_tick=2810)).price_tick == 2810

    play(tmp_path, scene)


def test_unknown_symbols_and_requests_while_away_raise(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        with pytest.raises(UnknownSymbol, match="X99"):
            await session.instrument("H100.G90.X99")
        cut(session)
        await until(session, Disconnected)
        with pytest.raises(NotLive):
            session.place("b", instrument, 1, PRICE)

    play(tmp_path, scene)


@pytest.mark.rule("RATE-001")
def test_the_client_waits_for_tokens_instead_of_being_refused(tmp_path: Path) -> None:
    async def run() -> None:
        slow = Settings(day=DAY, symbols=(SYMBOL,), durability="none", profile="standard", limits="test")
        async with serve(str(tmp_path), slow, before=enrol) as server, client(server.url, 1) as session:
            instrument = await session.instrument(SYMBOL)
            with pytest.raises(Throttled):
                [session.place("b", instrument, 1, PRICE, tif="ioc") for _ in range(100_000)]
            order = await session.buy(instrument, 1, PRICE, tif="ioc")
            assert order.state == "cancelled" and session.refusals == 0

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_wrong_key_and_an_absent_venue_are_said_in_one_line(tmp_path: Path) -> None:
    async def scene(server: RunningServer, *_: Any) -> None:
        with pytest.raises(ConnectFailed, match="BAD_AUTH"):
            async with connect(server.url, "k_t1", Ed25519.from_seed(SEEDS[2])):
                pass
        with pytest.raises(ConnectFailed, match=r"no venue at ws://127\.0\.0\.1:1/"):
            async with connect("ws://127.0.0.1:1"):
                pass
        with pytest.raises(ConnectFailed, match="is no address like ws://"):
            async with connect("ws://127.0.0.1:port"):
                pass
        with pytest.raises(ConnectFailed, match="is no address like ws://"):
            async with connect(f"http://127.0.0.1:{server.port}"):
                pass

    play(tmp_path, scene)


@pytest.mark.rule("SESS-008")
def test_a_session_taken_by_another_logon_ends_for_good(tmp_path: Path) -> None:
    async def scene(server: RunningServer, session: Session, _: Session, instrument: InstrumentDefinition) -> None:
        thief = client(server.url, 1)
        thief.core.session_id = session.core.session_id
        async with thief:
            gone = (await until(session, Disconnected))[-1]
            assert isinstance(gone, Disconnected) and gone.final and gone.code == 4004
        with pytest.raises(SessionOver):
            await session.instrument("H100.G90.X99")

    play(tmp_path, scene)


def test_a_reader_needs_no_key(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, _: Session, instrument: InstrumentDefinition) -> None:
        async with connect(server.url) as reader:
            with pytest.raises(ChannelRefused, match="2004"):  # raw depth is for those who log on
                await reader.book(instrument, cadence_ms=0)
            book = await reader.book(await reader.instrument(SYMBOL))
            await seller.sell(instrument, 7, PRICE)
            await reader._until(lambda: book.best_ask == (2810, 7))
            with pytest.raises(Refused):
                await reader.request(
                    New(request_id=1, account=1, instrument=1, side="b", order_lots=1, client_order_id="x")
                )

    play(tmp_path, scene)


def test_the_example_of_the_readme_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "clients" / "README.md").read_text()
    example = text.split("```python\n")[1].split("```")[0]
    key = tmp_path / "mm1.pem"
    key.write_bytes(Ed25519.from_seed(SEEDS[1]).pem())

    async def scene(server: RunningServer, *_: Any) -> None:
        places = {"ws://127.0.0.1:8443": server.url, "k_mm1": "k_t1", "mm1.pem": str(key), "H100.G90.H27": SYMBOL}
        own = example.split("asyncio.run")[0].replace("book.best_bid, order)", "book.best_bid, order); return")
        for place, ours in places.items():
            assert place in own
            own = own.replace(place, ours)
        program = tmp_path / "example.py"
        program.write_text(own)
        await runpy.run_path(str(program))["main"]()

    play(tmp_path / "data", scene)
    assert "2845" in capsys.readouterr().out


def test_waiting_times_double_and_are_spread_evenly() -> None:
    backoff = Backoff(random.Random(3), first_s=1.0, longest_s=8.0)
    for bound in (1.0, 2.0, 4.0, 8.0, 8.0):
        assert 0 <= backoff.wait_s(None) <= bound
    spread = [Backoff(random.Random(seed)).wait_s(None) for seed in range(200)]
    assert min(spread) < 0.01 and max(spread) > 0.09
    assert 0.5 <= backoff.wait_s((500, 5000)) <= 5.0
    backoff.succeeded()
    assert backoff.wait_s(None) <= 1.0


def test_a_key_without_its_secret_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AssertionError, match="secret"):
        Core(Dial("localhost", "/v1/oe"), "k_t1")
