"""The screen in the terminal: draws ten frames a second at most, and does what keys say."""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from clients.errors import NotLive, SessionOver
from clients.orders import Order
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.cli.trading.screen.dialogs import help_dialog, question
from exchange.cli.trading.screen.drawing import frame, ladder_height
from exchange.cli.trading.screen.ladder import rungs
from exchange.cli.trading.screen.lines import Lines
from exchange.cli.trading.screen.lists import InstrumentPicker, OrderList, found
from exchange.cli.trading.screen.ticket import Ticket
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.requests import SideText

PAGE = 5


class TradingScreen(App[None]):
    """One instrument of a venue, and an account if there is a key."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("question_mark,f1", "help", show=False),
        Binding("slash", "find", show=False),
        Binding("n", "step(1)", show=False),
        Binding("p", "step(-1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", f"move({-PAGE})", show=False),
        Binding("pagedown", f"move({PAGE})", show=False),
        Binding("b", "ticket('b')", show=False),
        Binding("s", "ticket('s')", show=False),
        Binding("x", "cancel_here", show=False),
        Binding("o", "orders", show=False),
        Binding("K", "kill", show=False),
    ]

    def __init__(self, desk: TradingDesk, instrument: InstrumentDefinition, frames: int) -> None:
        super().__init__()
        self._desk, self._first, self._frames = desk, instrument, frames
        self._cursor: int | None = None  # price of the marked line
        self._tasks: set[asyncio.Task[Any]] = set()

    def compose(self) -> ComposeResult:
        self._page = Lines()
        yield self._page

    def on_mount(self) -> None:
        for work in (self._desk.read(), self._desk.ping(), self._look_at(self._first)):
            self._start(work)
        self.set_interval(1 / self._frames, self.draw)

    def on_unmount(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run beside the screen. A fault in it ends the screen."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        try:
            task.result()
        except Exception as fault:  # the library wants to be called while it is handled
            self._handle_exception(fault)

    def draw(self) -> None:
        """Draw a frame, but not when the screen ends; only what has changed since the last goes to the terminal."""
        if not self._page.is_attached:
            return
        lines = frame(self._desk, self.size.width, self.size.height, self._cursor, asyncio.get_running_loop().time())
        self._page.show(lines)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        self.push_screen(help_dialog())

    def action_move(self, by: int) -> None:
        """Mark the price so many lines below."""
        ticks = self._ticks()
        if not ticks:
            return
        if self._cursor in ticks:
            place = ticks.index(self._cursor) + by
        else:
            place = len(ticks) // 2
        self._cursor = ticks[max(0, min(place, len(ticks) - 1))]
        self.draw()

    def _ticks(self) -> list[int]:
        """Prices of the ladder, from the top."""
        market = self._desk.market
        shown = rungs(market, [], ladder_height(self.size.height)) if market else []
        return [rung.price_tick for rung in shown if rung.price_tick is not None]

    def action_find(self) -> None:
        self.push_screen(InstrumentPicker(self._desk), self._picked)

    def _picked(self, symbol: str | None) -> None:
        if symbol:
            self._start(self._look_at(self._desk.instruments[symbol]))

    def action_step(self, by: int) -> None:
        """Show the next or the previous instrument."""
        market = self._desk.market
        rows = found(self._desk.instruments.values(), market.instrument.symbol.split(".")[0] if market else "")
        symbols = [row.symbol for row in rows]
        if market is not None and market.instrument.symbol in symbols:
            self._picked(symbols[(symbols.index(market.instrument.symbol) + by) % len(symbols)])

    async def _look_at(self, instrument: InstrumentDefinition) -> None:
        try:
            await self._desk.look_at(instrument)
            self._cursor = None
        except (NotLive, SessionOver) as failure:
            self._desk.say(str(failure))

    def action_ticket(self, side: SideText) -> None:
        if not self._may_enter() or self._desk.market is None:
            return
        tick = self._cursor if self._cursor is not None else self._best(side)
        self.push_screen(Ticket(self._desk, side, tick), self._say)

    def _best(self, side: SideText) -> int | None:
        """The best price to trade at now: the best ask for a buyer."""
        assert self._desk.market is not None
        bids, asks = self._desk.market.sides(1)
        best = asks if side == "b" else bids
        return best[0].price_tick if best else None

    def _may_enter(self) -> bool:
        desk = self._desk
        if desk.account and desk.may_trade and not desk.stopped:
            return True
        why = "stopped by the kill key: K releases" if desk.stopped else "this key may not trade (scope trade)"
        desk.say(why if desk.account else "no key: start with --key FILE.pem to trade")
        return False

    def _say(self, text: str | None) -> None:
        if text:
            self._desk.say(text)

    def action_cancel_here(self) -> None:
        market = self._desk.market
        if market is None or self._cursor is None:
            self._desk.say("choose a price with Up and Down first; o lists your orders")
            return
        orders = self._desk.orders(market.instrument.instrument)
        here = [order for order in orders if order.price_tick == self._cursor]
        if here:
            self._start(self._desk.attempt("cancel", self._desk.cancel(here)))
        else:
            self._desk.say("none of your orders is at this price")

    def action_orders(self) -> None:
        if self._desk.account:
            self.push_screen(OrderList(self._desk), self._act_on)

    def _act_on(self, chosen: tuple[str, Order] | None) -> None:
        if chosen is None:
            return
        what, order = chosen
        if what == "cancel":
            self._start(self._desk.attempt("cancel", self._desk.cancel([order])))
        elif self._may_enter():
            side: SideText = "b" if order.side == "b" else "s"
            self.push_screen(Ticket(self._desk, side, order.price_tick, order), self._say)

    def action_kill(self) -> None:
        desk = self._desk
        if not desk.account:
            desk.say("no key: there is nothing to kill")
            return
        working = len(desk.orders())
        if (desk.stopped or desk.killed) and not working:
            self.push_screen(question("Release", "Allow new orders again?"), self._release)
        else:
            text = f"Cancel all {working} working orders of account {desk.account}, and take no new ones?"
            self.push_screen(question("KILL", text), self._kill)

    def _kill(self, yes: bool | None) -> None:
        if yes:
            self._start(self._desk.attempt("kill", self._desk.kill()))

    def _release(self, yes: bool | None) -> None:
        if yes:
            self._start(self._desk.attempt("release", self._desk.release()))
