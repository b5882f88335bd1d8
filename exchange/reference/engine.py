"""The reference engine: takes the same COMMAND rows as the compiled engine and returns the same EVENT rows."""

from collections.abc import Callable
from typing import Any

from exchange.codes import CommandKind, EventKind, MarketState, RejectReason
from exchange.reference.accounts import define_account, move_cash, open_session, run_margin
from exchange.reference.auction import indicative, set_state
from exchange.reference.cancels import cancel, cancel_all, clock, disconnect, kill, set_timer, unkill
from exchange.reference.controls.adjust import adjust
from exchange.reference.controls.block import book_block
from exchange.reference.controls.bust import bust
from exchange.reference.controls.index import run_index
from exchange.reference.controls.spot_months import set_spot_months
from exchange.reference.controls.transfer import transfer
from exchange.reference.entry import new_order
from exchange.reference.implied import report_implied_prices
from exchange.reference.listing import (
    cascade,
    expire,
    list_instruments,
    set_day_limits,
    set_lead_makers,
    set_marks,
)
from exchange.reference.market import DEFAULT_CAPACITIES, Capacities, Market
from exchange.reference.matching import enter
from exchange.reference.protection import reset_protection, set_protection
from exchange.reference.quotes import quote
from exchange.reference.replace import replace_order
from exchange.reference.stops import inject
from exchange.reference.trades import report_positions

COMMANDS: dict[int, Callable[[Market], None]] = {
    CommandKind.NEW: new_order,
    CommandKind.REPLACE: replace_order,
    CommandKind.CANCEL: cancel,
    CommandKind.CANCEL_ALL: cancel_all,
    CommandKind.QUOTE: quote,
    CommandKind.DEPOSIT: move_cash,
    CommandKind.WITHDRAW: move_cash,
    CommandKind.SET_STATE: set_state,
    CommandKind.CLOCK: clock,
    CommandKind.KILL: kill,
    CommandKind.UNKILL: unkill,
    CommandKind.DISCONNECT: disconnect,
    CommandKind.SESSION: open_session,
    CommandKind.MMP_SET: set_protection,
    CommandKind.MMP_RESET: reset_protection,
    CommandKind.INDICATIVE: indicative,
    CommandKind.TIMER: set_timer,
}
CONTROLS: dict[int, Callable[[Market, dict[str, Any]], None]] = {
    CommandKind.LIST: list_instruments,
    CommandKind.DEFINE_ACCOUNT: define_account,
    CommandKind.LEAD_MAKERS: set_lead_makers,
    CommandKind.DAY_LIMITS: set_day_limits,
    CommandKind.MARK: set_marks,
    CommandKind.CASCADE: cascade,
    CommandKind.EXPIRE: expire,
    CommandKind.INDEX: run_index,
    CommandKind.ADJUST: adjust,
    CommandKind.BLOCK: book_block,
    CommandKind.BUST: bust,
    CommandKind.TRANSFER: transfer,
    CommandKind.SPOT_MONTHS: set_spot_months,
    CommandKind.MARGIN: run_margin,
}


class ReferenceEngine:
    """One exchange. `apply` runs a command, `control` a control with its payload."""

    def __init__(self, capacities: Capacities = DEFAULT_CAPACITIES) -> None:
        self.market = Market(capacities)

    def apply(self, command: Any) -> list[Any]:
        """Run one COMMAND row; returns its events in order."""
        self._begin(command)
        self.market.sessions.note_request(command.session, command.request_id)
        COMMANDS.get(command.kind, _refuse_unsupported)(self.market)
        if self.market.mass_quote is None or not self.market.mass_quote.is_open:
            self._finish()
        return self.market.events

    def control(self, command: Any, payload: dict[str, Any]) -> list[Any]:
        """Run one control; returns its events in order. `payload`: the JSON object as a dict."""
        self._begin(command)
        CONTROLS[command.kind](self.market, payload)
        return self.market.events

    def _begin(self, command: Any) -> None:
        """Start a command. A command other than QUOTE ends an open mass quote (QUOTE-008)."""
        self.market.command, self.market.events = command, []
        if self.market.mass_quote is not None and command.kind != CommandKind.QUOTE:
            self._finish()

    def _finish(self) -> None:
        """Do what follows a command or a whole mass quote: inject stops, report positions and implied prices."""
        _inject_elected_stops(self.market)
        report_positions(self.market)
        report_implied_prices(self.market)
        self.market.mass_quote = None


def _inject_elected_stops(market: Market) -> None:
    """STOP-006 to STOP-008: inject elected stops one at a time, in order; those of books that are not OPEN wait."""
    while True:
        ready = [order for order in market.elected if market.market_state(order.instrument) == MarketState.OPEN]
        if not ready:
            return
        inject(market, ready[0])
        enter(market, ready[0])


def _refuse_unsupported(market: Market) -> None:
    market.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_COMBO)
