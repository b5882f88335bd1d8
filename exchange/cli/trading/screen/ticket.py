"""The order ticket: lots and price are typed, Enter asks what margin the order needs, Enter again sends it."""

from typing import ClassVar, cast

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from clients.errors import NotLive, Refused, SessionOver
from clients.orders import Order
from exchange.cli.arguments import whole
from exchange.cli.trading import order_checks
from exchange.cli.trading.asking import refusal
from exchange.cli.trading.order_checks import OrderText
from exchange.cli.trading.order_entry import built
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.cli.trading.showing import SIDES
from exchange.errors import UserError
from exchange.units import money_text, price_text
from exchange.wire.messages import New, Replace
from exchange.wire.requests import SideText, TifText

TIFS: tuple[TifText, ...] = ("day", "gtc", "ioc", "fok")
TIF_WORDS = {"day": "day", "gtc": "until cancelled", "ioc": "at once or not", "fok": "all at once or not"}
FIELDS = "Tab field  F2 side  F3 how long  F4 post-only  Enter asks, sends  Esc"


class Ticket(ModalScreen[str]):
    """A new order, or the change of one. The answer is what to say of it; empty: nothing was sent."""

    DEFAULT_CSS = """
    Ticket { align: center bottom; }
    Ticket > Vertical { width: 74; height: auto; border: heavy $foreground; padding: 0 1; background: $surface; }
    Ticket Horizontal { height: 1; }
    Ticket Label { width: 8; }
    Ticket Input, Ticket Input:focus { border: none; height: 1; width: 16; padding: 0; background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("f2", "side", show=False),
        Binding("f3", "tif", show=False),
        Binding("f4", "post", show=False),
        Binding("enter", "go", show=False, priority=True),
    ]

    def __init__(self, desk: TradingDesk, side: SideText, tick: int | None, order: Order | None = None) -> None:
        """`tick`: the price to begin with; `order`: the one to change, None: a new one."""
        super().__init__()
        assert desk.market is not None
        self._desk, self._side, self._order = desk, side, order
        feeds = desk.session.core.feeds
        self._instrument = feeds.instruments[order.instrument] if order else desk.market.instrument
        self._tick, self._tif, self._post_only = tick, TIFS[0], False
        self._checked: New | Replace | None = None  # what the next Enter sends
        self._busy = self._sending = False

    def compose(self) -> ComposeResult:
        lots = str(self._order.order_lots) if self._order else ""
        price = price_text(self._tick) if self._tick is not None else ""
        with Vertical():
            yield Static(id="title")
            yield Horizontal(Label("lots"), Input(lots, id="lots", restrict=r"[0-9]*"))
            yield Horizontal(Label("price"), Input(price, id="price", restrict=r"[-0-9.]*"))
            yield Static(id="terms")
            yield Static(id="answer")
            yield Static(Text(FIELDS, "reverse"))

    def on_mount(self) -> None:
        self._show("")

    def on_input_changed(self) -> None:
        """What was asked for an older text is not what the next Enter sends."""
        if self._checked is not None:
            self._checked = None
            self._show("changed: Enter asks again")

    def action_leave(self) -> None:
        self.dismiss("sent, no answer yet: o lists what works" if self._sending else "")

    def action_side(self) -> None:
        if self._order is None:
            self._side, self._checked = ("s" if self._side == "b" else "b"), None
            self._show("")

    def action_tif(self) -> None:
        if self._order is None:
            self._tif, self._checked = TIFS[(TIFS.index(self._tif) + 1) % len(TIFS)], None
            self._show("")

    def action_post(self) -> None:
        if self._order is None:
            self._post_only, self._checked = not self._post_only, None
            self._show("")

    def action_go(self) -> None:
        """Ask what the order needs; the second time send it. Keys work on meanwhile."""
        if not self._busy:
            self._busy = True
            self.run_worker(self._go())

    async def _go(self) -> None:
        try:
            if self._checked is None:
                self._show(await self._ask())
            else:
                self.dismiss(await self._send(self._checked))
        except UserError as error:
            self._refuse(str(error))
        except Refused as refused:
            self._refuse(f"refused: {refusal(refused.error)}")
        except NotLive as failure:
            self._refuse(str(failure))
        except SessionOver as over:
            self._refuse(f"the session is over: {over}; what was sent may have been done")
        finally:
            self._busy = self._sending = False

    def _refuse(self, text: str) -> None:
        self._checked = None
        self._show(text, alarm=True)

    async def _ask(self) -> str:
        """Check what was typed, and ask for its margin; what the next Enter does is the answer's end."""
        lots, price = (self.query_one(name, Input).value for name in ("#lots", "#price"))
        if not lots:
            raise UserError("how many lots?")
        if self._order is not None:
            self._checked = self._change(self._order, whole(lots), price)
            return "Enter sends the change"
        text = OrderText(
            self._side, whole(lots), self._instrument.symbol, price, tif=self._tif, post_only=self._post_only
        )
        order_checks.check_words(text)
        new = built(self._desk.session, text, self._instrument, self._desk.account, keep=True)
        view = await self._desk.session.what_if([new], account=self._desk.account)
        (result,) = view.results
        if result.code:
            raise UserError(f"would be refused: {refusal(result)}")
        self._checked = new
        need, free = money_text(result.need_mills), money_text(result.free_margin_mills)
        outside = order_checks.outside_limits(cast(int, new.price_tick), self._instrument)
        return f"{outside + '. ' if outside else ''}needs ${need} of ${free} free. Enter sends it"

    def _change(self, order: Order, lots: int, price: str) -> Replace:
        order_checks.check_lots("lots", lots, self._instrument)
        tick = order_checks.tick_of("price", price, self._instrument)
        return Replace(
            request_id=1, account=order.account, order_id=order.order_id, order_lots=lots,
            price_tick=tick if tick != order.price_tick else msgspec.UNSET,
        )  # fmt: skip

    async def _send(self, request: New | Replace) -> str:
        if self._desk.stopped:
            raise UserError("stopped by the kill key: K releases")
        self._sending = True
        self._show("sent, waiting for the venue")
        reply = await self._desk.session.request(request)
        if isinstance(request, New):
            price = price_text(cast(int, request.price_tick))
            what = f"{SIDES[request.side]} {request.order_lots} {self._instrument.symbol} at {price}"
        else:
            what = "changed"
        filled, working = reply.filled_lots or 0, reply.leaves_lots or 0
        why = f", {reply.reason}" if reply.reason else ""
        return f"order {reply.order_id} {reply.state}: {what}, {filled} filled, {working} working{why}"

    def _show(self, answer: str, alarm: bool = False) -> None:
        what = f"Change order {self._order.order_id}: {SIDES[self._side]}" if self._order else SIDES[self._side].upper()
        self.query_one("#title", Static).update(Text(f"{what} {self._instrument.symbol}", "bold"))
        terms = f"{TIF_WORDS[self._tif]}{', post-only' if self._post_only else ''}, stays when you leave"
        self.query_one("#terms", Static).update(Text("" if self._order else terms))
        self.query_one("#answer", Static).update(Text(answer, "bold reverse" if alarm else "bold"))
