"""The screen of a test: on a running venue, driven by keys, read as text; and one without a venue, for drawing."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from textual.app import App
from textual.pilot import Pilot

from clients.account import AccountState
from clients.client import Session
from clients.core import Core
from clients.credentials import Ed25519
from clients.local_book import LocalBook
from clients.logon import Dial
from exchange.cli.trading.asking import account_of, asked
from exchange.cli.trading.market import ShownMarket
from exchange.cli.trading.place import Access
from exchange.cli.trading.screen.app import TradingScreen
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.wire.messages import Instruments, MarginView
from tests.cli.trading.conftest import RunningVenue
from tests.clients.scenes import SYMBOL
from tests.clients.stub_session import instrument

WAIT_S = 60.0  # for what a key does; a scene as a whole has 90 s


def text_of(app: App[Any]) -> str:
    """All that the terminal shows."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


class Keyboard:
    """Presses keys, and waits for what the screen then shows."""

    def __init__(self, app: TradingScreen, pilot: Pilot[None], desk: TradingDesk, other: Session) -> None:
        self.app, self.pilot, self.desk, self.other = app, pilot, desk, other

    @property
    def text(self) -> str:
        return text_of(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, *texts: str) -> str:
        """What is shown as soon as it has all these texts."""
        await self.met(lambda shown: all(text in shown for text in texts), str(texts))
        return self.text

    async def met(self, condition: Callable[[str], bool], what: str) -> None:
        """Wait until a condition of what is shown holds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT_S
        while not condition(self.text):
            assert loop.time() < end, f"{what} never shown:\n{self.text}"
            await self.pilot.pause(0.02)


def play(
    venue: RunningVenue,
    scene: Callable[[Keyboard], Awaitable[None]],
    name: str = "alice",
    size: tuple[int, int] = (80, 24),
) -> None:
    """Run a scene on the screen of a member, empty: without a key. `other` of the keyboard is bob's session."""

    async def run() -> None:
        async with asked(_place(venue, name), margin=bool(name)) as session, asked(_place(venue, "bob")) as other:
            row = await session.instrument(SYMBOL)
            await other.instruments()
            desk = TradingDesk(session, account_of(session, 0))
            app = TradingScreen(desk, row, 10)
            async with app.run_test(size=size) as pilot:
                keyboard = Keyboard(app, pilot, desk, other)
                await keyboard.until("q quit", "heard")
                await scene(keyboard)

    asyncio.run(asyncio.wait_for(run(), 90))


def _place(venue: RunningVenue, name: str) -> Access:
    return Access(venue.url, f"k_{name}", str(venue.keys / f"{name}.pem")) if name else Access(venue.url)


def still_desk(bids: list[list[int]], asks: list[list[int]]) -> TradingDesk:
    """A desk without a venue: account 7 with a key, one instrument and its book."""
    core = Core(Dial("localhost", "/v1/oe"), "k_alice", Ed25519.from_seed(bytes(32)))
    row = instrument(1, SYMBOL, settle=2840)
    core.feeds._define(Instruments(1, 1, 1, 1, [row]))
    core.accounts[7] = AccountState(7, core.orders)
    core.accounts[7].margin = MarginView("USD", 50_000_000, 2_000_000, 1_000_000, 48_000_000, 2_000_000)
    core.venue_us = 43_200_000_000
    session = SimpleNamespace(core=core, live=True, failure="", orders=core.orders)
    desk = TradingDesk(cast(Session, session), 7)
    book = LocalBook(1, SYMBOL, clock=lambda: 0.0)  # it does not age
    book.load(1, bids, asks, None, False)
    book.time_us = 43_199_000_000
    desk.market = ShownMarket(row, book)
    return desk
