"""The screen by keys at a running venue: ladder, cancel, kill, another instrument, a venue that goes and comes back."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.cli.trading.asking import account_of, asked, session_of
from exchange.cli.trading.place import Access
from exchange.cli.trading.screen.app import TradingScreen
from exchange.cli.trading.screen.desk import TradingDesk
from tests.cli.trading.conftest import RunningVenue, ThreadedVenue
from tests.cli.trading.screen.keyboard import Keyboard, play, still_desk, text_of
from tests.clients.scenes import SYMBOL


def test_the_market_is_live_at_80_by_24(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        row = keyboard.desk.instruments[SYMBOL]
        await keyboard.other.buy(row, 5, "2.805")
        await keyboard.other.sell(row, 7, "2.815")
        shown = await keyboard.until("2.805", "2.815", "spread 10 ticks")
        lines = shown.splitlines()
        assert len(lines) == 24 and max(map(len, lines)) <= 80
        assert lines[0].startswith(f"{SYMBOL}  OPEN")
        assert keyboard.text.index("2.815") < keyboard.text.index("2.805"), "asks above bids"
        await keyboard.other.cancel_all()
        await keyboard.until("no orders")

    play(venue, scene)


def test_orders_are_cancelled_at_a_price_or_from_their_list(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        desk, row = keyboard.desk, keyboard.desk.instruments[SYMBOL]
        await desk.session.buy(row, 3, "2.803")
        await desk.session.buy(row, 4, "2.802")
        await keyboard.until("3#0", "4#0", "2 working")
        await keyboard.press("x")
        await keyboard.until("choose a price with Up and Down first")
        await keyboard.press("up", "up", "x")
        await keyboard.until("cancelled 1 order", "1 working")
        assert [order.price_tick for order in desk.orders()] == [2802]
        await keyboard.press("o")
        await keyboard.until("Working orders of account 1: 1")
        await keyboard.press("enter")
        await keyboard.until("0 working", "no orders")

    play(venue, scene)


@pytest.mark.rule("ACCT-011")
def test_the_kill_key_asks_then_cancels_all_and_locks_the_ticket(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        desk = keyboard.desk
        for number in range(3):
            await desk.session.buy(desk.instruments[SYMBOL], 1, price_tick=2_801 + number)
        await keyboard.press("K")
        await keyboard.until("Cancel all 3 working orders of account 1, and take no new ones?")
        await keyboard.press("n")
        await keyboard.until("3 working")
        await keyboard.press("K")
        await keyboard.until("Cancel all 3 working orders")
        await keyboard.press("y")
        await keyboard.until("STOPPED", "0 working", "stopped: 3 orders cancelled")
        await keyboard.press("b")
        await keyboard.until("stopped by the kill key: K releases")
        await keyboard.press("K")
        await keyboard.until("Allow new orders again?")
        await keyboard.press("y")
        assert "STOPPED" not in await keyboard.until("released: new orders are possible again")

    play(venue, scene)


def test_another_instrument_is_found_by_parts_of_its_symbol(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("slash")
        await keyboard.until("Find an instrument")
        await keyboard.press(*"g27", "enter")
        await keyboard.until("H100.G90.G27  OPEN")
        feeds, shown = keyboard.desk.session.core.feeds, keyboard.desk.instruments["H100.G90.G27"].instrument
        await keyboard.met(
            lambda _: {spec.instrument for spec in feeds.specs() if spec.instrument} == {shown},
            "the end of the last one's channels",
        )
        await keyboard.press("n")
        await keyboard.until("H100.G90.F27-G27  OPEN")
        await keyboard.press("p")
        await keyboard.until("H100.G90.G27  OPEN")

    play(venue, scene)


def test_without_a_key_it_reads_and_refuses_to_trade(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.until("market data only", "read only: no key")
        for key in ("b", "s", "K"):
            await keyboard.press(key)
            await keyboard.until("no key")
        await keyboard.press("question_mark")
        assert "kill: cancel everything and stop" in await keyboard.until("Keys of gpux top")
        await keyboard.press("escape")
        await keyboard.until("read only: no key")

    play(venue, scene, name="")


def test_a_key_that_may_only_read_does_not_get_a_ticket(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("b")
        await keyboard.until("this key may not trade")

    play(venue, scene, name="reader")


def test_a_fault_beside_the_screen_ends_it() -> None:
    others: list[Any] = []  # errors that reach the loop instead

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: others.append(context))
        desk = still_desk([], [])
        assert desk.market is not None
        async with TradingScreen(desk, desk.market.instrument, 10).run_test() as pilot:
            await pilot.pause()

    with pytest.raises(AttributeError, match="no attribute 'events'"):
        asyncio.run(run())
    assert not others


def test_a_frame_that_is_due_while_the_screen_ends_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TradingScreen, "on_mount", lambda _: None)  # no session, and no timer

    async def run() -> None:
        desk = still_desk([[2845, 120]], [[2847, 80]])
        assert desk.market is not None
        app = TradingScreen(desk, desk.market.instrument, 10)
        async with app.run_test(size=(80, 24)) as pilot:
            app.draw()
            await pilot.pause()
            assert "2.845" in text_of(app)
        app.draw()

    asyncio.run(run())


@pytest.mark.rule("SESS-008")
def test_a_session_that_another_logon_takes_is_over_and_says_so(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        thief = session_of(Access(venue.url, "k_alice", str(venue.keys / "alice.pem")))
        thief.core.session_id = keyboard.desk.session.core.session_id
        async with thief:
            await keyboard.until("SESSION OVER", "q leaves")
            await keyboard.press("b")
            await keyboard.until(f"BUY {SYMBOL}")
            await keyboard.press("1", "tab", *"2.80", "enter")
            await keyboard.until("no live connection: the request was not sent")

    play(venue, scene)


@pytest.fixture
def port() -> Iterator[int]:
    """A port that nobody else gets while the venue that serves there is down."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def test_it_connects_again_by_itself_and_shows_both(port: int, tmp_path: Path) -> None:
    venue = ThreadedVenue(tmp_path / "data", tmp_path / "keys", port).start()

    async def run() -> None:
        place = Access(venue.url, "k_alice", str(venue.keys / "alice.pem"))
        async with asked(place, margin=True) as session:
            desk = TradingDesk(session, account_of(session, 0))
            app = TradingScreen(desk, await session.instrument(SYMBOL), 10)
            async with app.run_test(size=(80, 24)) as pilot:
                keyboard = Keyboard(app, pilot, desk, session)
                await session.buy(desk.instruments[SYMBOL], 3, "2.803", tif="gtc")
                await keyboard.until("3#0")
                await asyncio.to_thread(venue.stop)
                await keyboard.until("DISCONNECTED", "no book: disconnected")
                again = await asyncio.to_thread(ThreadedVenue(venue.folder, venue.keys, venue.port).start)
                try:
                    await keyboard.until("connected again", "3#0", "2.803", "1 working")
                    await keyboard.press("q")
                finally:
                    await asyncio.to_thread(again.stop)

    asyncio.run(asyncio.wait_for(run(), 90))
