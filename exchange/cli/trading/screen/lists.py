"""Lists to choose from: instruments with a search, and own working orders."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from clients.orders import Order
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.cli.trading.showing import SIDES
from exchange.units import price_text
from exchange.wire.messages import InstrumentDefinition

SHOWN_MAX = 200
BOX = """
$NAME { align: center middle; }
$NAME > Vertical { width: 76; height: 20; border: heavy $foreground; padding: 0 1; background: $surface; }
$NAME OptionList { height: 1fr; }
$NAME OptionList, $NAME OptionList:focus { border: none; padding: 0; background: $surface; }
$NAME Input, $NAME Input:focus { border: none; height: 1; padding: 0; background: $boost; }
"""


def found(instruments: Iterable[InstrumentDefinition], words: str) -> list[InstrumentDefinition]:
    """Instruments whose symbols have all the words, those that begin with the first one before the others."""
    parts = words.upper().split()
    hits = [row for row in instruments if all(part in row.symbol for part in parts)]
    first = parts[0] if parts else ""
    return sorted(hits, key=lambda row: (not row.symbol.startswith(first), bool(row.combo), row.symbol))[:SHOWN_MAX]


class InstrumentPicker(ModalScreen[str]):
    """Search for an instrument; the answer is its symbol, or empty."""

    DEFAULT_CSS = BOX.replace("$NAME", "InstrumentPicker")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, desk: TradingDesk) -> None:
        super().__init__()
        self._desk = desk

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text("Find an instrument: parts of its symbol, like h100 h27", "bold"))
            yield Input(id="words")
            yield OptionList(id="found")
            yield Static(Text(" Up Down choose   Enter shows it   Esc leaves ", "reverse"))

    def on_mount(self) -> None:
        self.query_one("#found", OptionList).can_focus = False
        self._fill("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        options = self.query_one("#found", OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id or "")

    def action_move(self, by: int) -> None:
        options = self.query_one("#found", OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss("")

    def _fill(self, words: str) -> None:
        phases = self._desk.session.core.feeds.phases
        options = self.query_one("#found", OptionList)
        options.clear_options()
        for row in found(self._desk.instruments.values(), words):
            phase = phases.get(row.instrument, row.phase)
            text = f"{row.symbol:<24} {phase:<9} settled {price_text(row.settle_tick):>7}  {row.hours:>6,} h"
            options.add_option(Option(Text(text), id=row.symbol))
        options.highlighted = 0 if options.option_count else None


class OrderList(ModalScreen[tuple[str, Order] | None]):
    """Own working orders; the answer is what to do with one: `cancel` or `change`."""

    DEFAULT_CSS = BOX.replace("$NAME", "OrderList")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "leave", show=False),
        Binding("e", "choose('change')", show=False),
        Binding("x", "choose('cancel')", show=False),
    ]

    def __init__(self, desk: TradingDesk) -> None:
        super().__init__()
        self._desk = desk
        self._orders = desk.orders()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(f"Working orders of account {self._desk.account}: {len(self._orders)}", "bold"))
            yield OptionList(*[Text(self._line(order)) for order in self._orders], id="orders")
            yield Static(Text(" Up Down choose   Enter or x cancels it   e changes it   Esc leaves ", "reverse"))

    def on_option_list_option_selected(self) -> None:
        self.action_choose("cancel")

    def action_choose(self, what: str) -> None:
        highlighted = self.query_one("#orders", OptionList).highlighted
        self.dismiss((what, self._orders[highlighted]) if highlighted is not None else None)

    def action_leave(self) -> None:
        self.dismiss(None)

    def _line(self, order: Order) -> str:
        what = f"{SIDES[order.side]:<4} {order.leaves_lots:>6,} {self._desk.symbol(order.instrument):<17}"
        return (
            f"{order.order_id:>10} {what} {price_text(order.price_tick):>8}  {order.filled_lots:,} filled {order.state}"
        )
