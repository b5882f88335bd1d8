"""All that the screen shows, and what its keys do at the venue. Drawing and keys are elsewhere.

The desk takes the session's events. Orders, positions and margin are the session's own state.
"""

import asyncio
from collections.abc import Awaitable

from clients.client import Session
from clients.errors import NotLive, Refused, SessionOver, Throttled
from clients.events import Disconnected, Event, Filled, Gap, OrderChanged, Overflow, Reconnected
from clients.orders import Order
from exchange.cli.trading.asking import refusal
from exchange.cli.trading.market import ShownMarket, follow, venue_now_us
from exchange.cli.trading.screen.places import Places, follow_places
from exchange.cli.trading.showing import SIDES
from exchange.errors import UserError
from exchange.units import price_text
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import (
    Call,
    InstrumentDefinition,
    KillEvent,
    Lag,
    Margin,
    MarginView,
    Position,
    PositionView,
)

PING_EVERY_S = 2.0
STALE_S = 2.5  # the venue sends a heartbeat each second


class TradingDesk:
    """State of the screen. `account` 0: there is no key, so the market is all there is."""

    def __init__(self, session: Session, account: int) -> None:
        self.session, self.account = session, account
        self.market: ShownMarket | None = None
        self.places = Places()
        self.notice = ""  # the last thing that happened
        self.gaps = self.drops = 0
        self.lagging = False
        self.call = ""  # what the account may do, by its last margin call; empty: not known, no call was seen
        self.stopped = False  # by the kill key
        self.killed: bool | None = None  # whether the venue refuses new orders; None: not known, no event has said
        self.over = ""  # why the session is over
        self.rtt_ms: float | None = None
        self._heard_us, self._heard_at = 0, 0.0
        self._looking = asyncio.Lock()

    # -- events -------------------------------------------------------------------------------------------------------

    async def read(self) -> None:
        """Take all events until the session is over."""
        async for event in self.session.events():
            self.take(event)
        self.over = self.session.failure

    def take(self, event: Event) -> None:
        """Apply an event."""
        if self.market is not None:
            self.market.take(event)
        if isinstance(event, Gap):
            self.gaps += 1
        elif isinstance(event, Overflow):
            self.drops += event.events
        elif isinstance(event, Lag):
            self.lagging = event.level > 0
        elif isinstance(event, Call) and event.account == self.account:
            self.call = event.state
        elif isinstance(event, KillEvent) and event.account == self.account:
            self.killed = event.on
        elif isinstance(event, Disconnected):
            self.rtt_ms, self.lagging = None, False
            self.notice = f"connection lost: {event.reason}"
        elif isinstance(event, Reconnected):
            self.notice = "connected again" + ("" if event.resumed else ", with a new session")
            if not event.resumed:
                self.call, self.killed = "", None  # events were missed, and a snapshot does not say
        elif isinstance(event, Filled):
            fill = event.fill
            what = f"{SIDES[fill.side]} {fill.lots} {self.symbol(fill.instrument)} at {price_text(fill.price_tick)}"
            self.notice = f"filled: {what}, {fill.leaves_lots} left"
        elif isinstance(event, OrderChanged) and event.order.error is not None:
            self.notice = f"refused: {refusal(event.order.error)}"

    def say(self, text: str) -> None:
        """Show a line about what has just happened."""
        self.notice = text

    async def ping(self) -> None:
        """Measure the way to the venue and back, again and again."""
        while not self.over:
            try:
                self.rtt_ms = await self.session.ping() * 1e3
            except (NotLive, Throttled, Refused):
                self.rtt_ms = None
            await asyncio.sleep(PING_EVERY_S)

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def instruments(self) -> dict[str, InstrumentDefinition]:
        return self.session.core.feeds.by_symbol

    @property
    def connected(self) -> bool:
        return self.session.live and not self.over

    @property
    def may_trade(self) -> bool:
        welcome = self.session.core.welcome
        return welcome is not None and "trade" in welcome.scopes

    def symbol(self, instrument: int) -> str:
        row = self.session.core.feeds.instruments.get(instrument)
        return row.symbol if row else str(instrument)

    def now_us(self) -> int:
        """Time on the venue's clock, of its last heartbeat."""
        return venue_now_us(self.session)

    def silence_s(self, now: float) -> float:
        """Seconds since the last heartbeat was seen. `now`: of the event loop's clock."""
        heard = self.session.core.venue_us
        if heard != self._heard_us or not self._heard_at:
            self._heard_us, self._heard_at = heard, now
        return now - self._heard_at

    def orders(self, instrument: int = 0) -> list[Order]:
        """Working orders of the account, of one instrument or of all, those of other sessions too."""
        live = self.session.orders.live(instrument)
        return [order for order in live if order.account == self.account and order.working]

    def positions(self) -> list[Position | PositionView]:
        state = self.session.core.accounts.get(self.account)
        return sorted(state.positions.values(), key=lambda one: self.symbol(one.instrument)) if state else []

    def margin(self) -> Margin | MarginView | None:
        state = self.session.core.accounts.get(self.account)
        return state.margin if state else None

    # -- what keys do -------------------------------------------------------------------------------------------------

    async def look_at(self, instrument: InstrumentDefinition) -> None:
        """Show another instrument; the channels of the last one end. One after another, however fast it is asked."""
        async with self._looking:
            before, places = self.market, self.places
            if before is not None and before.instrument.instrument == instrument.instrument:
                return
            self.market = await follow(self.session, instrument)
            self.places = await follow_places(self.session, instrument)
            if before is not None and self.session.live:
                await self.session.unsubscribe(*before.feeds, *places.feeds)

    async def attempt(self, what: str, doing: Awaitable[str]) -> bool:
        """Do something at the venue and note what came of it. False: it was refused or not sent."""
        try:
            self.notice = await doing
        except Refused as refused:
            self.notice = f"{what} refused: {refusal(refused.error)}"
        except (NotLive, SessionOver) as failure:
            self.notice = f"{what}: {failure}"
        except UserError as error:
            self.notice = str(error)
        else:
            return True
        return False

    async def cancel(self, orders: list[Order]) -> str:
        """Cancel some orders; returns what to say. Refused: one of them."""
        for order in orders:
            await self.session.cancel(order)
        return f"cancelled {len(orders)} order{'s' * (len(orders) != 1)}"

    async def kill(self) -> str:
        """Stop the account: no new orders from here, and all working ones cancelled; returns what to say.

        With a key of scope `risk` the venue itself refuses new orders from now on (ACCT-011). Any other key cancels
        all orders of the account, and this screen sends no new ones until it is released.
        """
        self.stopped = True
        if self._has_risk():
            try:
                count = await self.session.kill("account", account=self.account)
                return f"killed: the venue refuses new orders, {count} cancelled"
            except Refused as refused:
                if refused.error.code != ErrorCode.SCOPE:
                    raise
        count = await self.session.cancel_all(account=self.account)
        return f"stopped: {count} orders cancelled, no new ones from this screen"

    async def release(self) -> str:
        """Allow new orders again."""
        if self._has_risk():
            try:
                await self.session.unkill("account", account=self.account)
            except Refused as refused:
                if refused.error.code != ErrorCode.SCOPE:
                    raise
        self.stopped = False
        return "released: new orders are possible again"

    def _has_risk(self) -> bool:
        welcome = self.session.core.welcome
        return welcome is not None and "risk" in welcome.scopes
