"""The asyncio client against a real venue over loopback: trading, reconnects, restarts, mistakes."""

import asyncio
import random
import runpy
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from clients.backoff import Backoff
from clients.client import Session, connect
from clients.core import Core
from clients.credentials import Ed25519
from clients.errors import ChannelRefused, ConnectFailed, NotLive, Refused, SessionOver, Throttled, UnknownSymbol
from clients.events import Disconnected, Filled, Reconnected
from clients.logon import Dial
from clients.order_requests import cancellation, replacement
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import RunningServer, Settings, serve
from exchange.wire.messages import CancelTerms, InstrumentDefinition, New, Request
from exchange.wire.version import SUBPROTOCOLS
from tests.clients.scenes import (
    DAY,
    PRICE,
    SCENE_S,
    SEEDS,
    SYMBOL,
    client,
    cut,
    enrol,
    out_of_reach,
    play,
    reserved_port,
    settings,
    until,
)


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Compiling may take a minute, a scene must not."""
    warm_up(MEDIUM)


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
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
        async with out_of_reach(away):
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
        await away.set_cancel_terms(mode="off")  # however long a reconnect takes
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
            port = stack.enter_context(reserved_port())
            async with serve(str(tmp_path), settings(port), before=enrol) as server:
                terms = CancelTerms(grace_ms=60_000)  # a busy machine starts slowly
                session = await stack.enter_async_context(client(server.url, 1, cancel_terms=terms))
                instrument = await session.instrument(SYMBOL)
                book = await session.book(instrument)
                order = await session.buy(instrument, 3, PRICE, tif="gtc")
            async with serve(str(tmp_path), settings(port)):
                events = await until(session, Reconnected)
                assert events[-1] == Reconnected(True) and order.working
                await session._until(lambda: book.synced)
                assert book.bids() == [(2810, 3)]
                assert (await session.cancel(order)).state == "cancelled"

    asyncio.run(asyncio.wait_for(run(), SCENE_S))


def test_a_refused_order_raises_with_the_reason(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        with pytest.raises(Refused, match="PRICE_BAND") as caught:
            await session.buy(instrument, 1, "9.999")
        assert caught.value.is_local and caught.value.order is None
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
        slow = Settings(day=DAY, symbols=(SYMBOL,), durability="none", profile="standard", limits="medium")
        async with serve(str(tmp_path), slow, before=enrol) as server, client(server.url, 1) as session:
            instrument = await session.instrument(SYMBOL)
            with pytest.raises(Throttled):
                [session.place("b", instrument, 1, PRICE, tif="ioc") for _ in range(100_000)]
            order = await session.buy(instrument, 1, PRICE, tif="ioc")
            assert order.state == "cancelled" and session.refusals == 0

    asyncio.run(asyncio.wait_for(run(), SCENE_S))


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
        places = {"ws://127.0.0.1:8443": server.url, "k_mm1": "k_t1", "data/mm1.pem": str(key), "H100.G90.H27": SYMBOL}
        own = example.split("asyncio.run")[0].replace("book.best_bid, order)", "book.best_bid, order); return")
        for place, ours in places.items():
            assert place in own
            own = own.replace(place, ours)
        program = tmp_path / "example.py"
        program.write_text(own)
        await runpy.run_path(str(program))["main"]()

    play(tmp_path / "data", scene)
    assert "2845" in capsys.readouterr().out


def test_every_request_of_the_protocol_is_a_method_and_in_the_readme() -> None:
    text = (Path(__file__).parents[2] / "clients" / "README.md").read_text()
    table = text.split("## Requests")[1].split("\n## ")[0]
    cells = [cell.strip() for line in table.splitlines() if line.startswith("| `") for cell in line.split("|")[1:-1]]
    methods_of = {name: method for tags, method in zip(cells[::2], cells[1::2], strict=True) for name in _quoted(tags)}
    tags = {kind.__struct_config__.tag for kind in Request.__subclasses__()}
    assert tags <= methods_of.keys() and len(tags) == 21
    methods = {name for method in methods_of.values() for name in _quoted(method)}
    for name in methods - {"async with connect(...)", "request(...)", "exchange.wire.messages"}:
        assert callable(getattr(Session, name)), name


def _quoted(cell: str) -> list[str]:
    return cell.split("`")[1::2]


@pytest.mark.rule("ENTRY-013")
def test_a_batch_runs_in_order_and_its_orders_live_on(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        first, gone = await session.buy(instrument, 3, "2.800"), await session.buy(instrument, 3, "2.801")
        fresh = session.new("b", instrument, 5, "2.790")
        results = await session.batch(fresh, cancellation(gone), replacement(first, 2), cancellation(gone))
        assert [result.code for result in results] == [None, None, None, 5202]
        order = session.orders.get(1, fresh.client_order_id)
        assert order is not None and (order.state, order.leaves_lots) == ("open", 5)
        assert (gone.state, first.order_lots, first.price_tick) == ("cancelled", 2, 2800)
        assert await session.cancel_all(side="b", chip="H100") == 2

    play(tmp_path, scene)


@pytest.mark.rule("ENTRY-013")
def test_an_atomic_batch_runs_whole_or_not_at_all(tmp_path: Path) -> None:
    async def scene(server: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        first, gone = await session.buy(instrument, 3, "2.800"), await session.buy(instrument, 3, "2.801")
        fresh = session.new("b", instrument, 5, "2.790")
        operations = [fresh, replacement(first, 2), cancellation(gone)]
        before = server.venue.engine.state_hash()
        with pytest.raises(Refused, match="operation 3: PRICE_BAND") as refused:
            await session.batch(*operations, session.new("b", instrument, 5, "0.001"), atomic=True)
        assert (refused.value.error.name, refused.value.error.index) == ("BATCH_REFUSED", 3)
        assert server.venue.engine.state_hash() == before
        assert (gone.state, first.order_lots, first.unanswered) == ("open", 3, 0)
        order = session.orders.get(1, fresh.client_order_id)
        assert order is not None and order.state == "rejected"
        fresh = session.new("b", instrument, 5, "2.790")
        results = await session.batch(fresh, *operations[1:], atomic=True)
        assert [result.state for result in results] == ["open", "open", "cancelled"]
        assert (gone.state, first.order_lots) == ("cancelled", 2)

    play(tmp_path, scene)


@pytest.mark.rule("REPL-007")
def test_a_stop_gets_another_trigger(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, other: Session, instrument: InstrumentDefinition) -> None:
        stop = await session.buy(instrument, 3, order_type="stop", trigger_tick=2830)
        assert stop.state == "pending"
        assert (await session.replace(stop, trigger_tick=2811)).state == "pending"
        await other.sell(instrument, 5, "2.812")
        await session.buy(instrument, 1, "2.812")
        assert (await stop.finished()).filled_lots == 3
        market = await session.buy(instrument, 1, order_type="market")
        assert market.state == "filled"

    play(tmp_path, scene)


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
    with pytest.raises(ValueError, match="key k_t1 needs its secret"):
        Core(Dial("localhost", "/v1/oe"), "k_t1")
