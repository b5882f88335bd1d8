"""Base class of trading programs: a few callbacks, called one at a time in the order of the events.

    class Mine(Strategy):
        async def start(self): self.book = await self.session.book(await self.session.instrument("H100.G90.H27"))
        def on_book(self, book): ...

    async with connect(url, key=..., secret=...) as session:
        await run(Mine(), session)

Callbacks are plain functions. They read `self.session` (books, orders, positions) and call its `place`, `send_replace`
and `send_cancel`, which do not wait.
"""

import asyncio
from collections.abc import Callable

from clients.client import Session
from clients.errors import NotLive, Refused, Throttled
from clients.events import BookChanged, ChannelData, Event, Filled, OrderChanged
from clients.local_book import LocalBook, StaleBook
from clients.orders import Order
from exchange.wire.messages import Fill, Trades

# Any callback may raise these; the next one tries again.
TRANSIENT = (StaleBook, Throttled, NotLive)


class Strategy:
    """Override the callbacks that you need; by default they do nothing."""

    session: Session
    timer_s = 0.1

    @property
    def venue_us(self) -> int:
        """The venue's time of its last heartbeat, or of the logon before there is one."""
        core = self.session.core
        return max(core.venue_us, core.hello.time_us if core.hello else 0)

    async def start(self) -> None:
        """Subscribe and look up instruments. Called once, when the session is live."""

    def on_book(self, book: LocalBook) -> None:
        """A book changed or became stale."""

    def on_trades(self, instrument: int, trades: Trades) -> None:
        """An instrument traded."""

    def on_fill(self, order: Order, fill: Fill) -> None:
        """One of our orders traded."""

    def on_order(self, order: Order) -> None:
        """One of our orders changed."""

    def on_refused(self, refused: Refused) -> None:
        """A callback sent a request that the client refused by itself (`clients.checks`); the callback has ended. What
        the venue refuses comes to `on_order`, with `order.error`."""

    def on_timer(self) -> None:
        """Every `timer_s` seconds."""

    def on_event(self, event: Event) -> None:
        """All other events: connection, gaps, lag, positions, margin (`clients.events`)."""


def dispatch(strategy: Strategy, event: Event) -> None:
    """Call the callback of an event. A transient error ends the callback, not the strategy."""
    call(strategy, lambda: _callback(strategy, event))


def call(strategy: Strategy, callback: Callable[[], None]) -> None:
    """Call a callback; a transient error or a local refusal ends it, not the strategy."""
    try:
        callback()
    except TRANSIENT:
        return
    except Refused as refused:
        if not refused.is_local:
            raise
        strategy.on_refused(refused)


def _callback(strategy: Strategy, event: Event) -> None:
    if isinstance(event, BookChanged):
        strategy.on_book(event.book)
    elif isinstance(event, Filled):
        strategy.on_fill(event.order, event.fill)
    elif isinstance(event, OrderChanged):
        strategy.on_order(event.order)
    elif isinstance(event, ChannelData) and isinstance(event.message, Trades):
        strategy.on_trades(event.instrument, event.message)
    else:
        strategy.on_event(event)


async def run(strategy: Strategy, session: Session) -> None:
    """Run a strategy until the session is over or the task is cancelled. An error of a callback ends it."""
    strategy.session = session
    await strategy.start()
    tasks = [asyncio.create_task(part(strategy)) for part in (_take_events, _keep_time)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _take_events(strategy: Strategy) -> None:
    async for event in strategy.session.events():
        dispatch(strategy, event)


async def _keep_time(strategy: Strategy) -> None:
    while True:
        await asyncio.sleep(strategy.timer_s)
        call(strategy, strategy.on_timer)
