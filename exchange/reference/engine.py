"""The judge of the compiled engine: the same COMMAND rows in, the same EVENT rows out, in plain Python.

Slow and obvious: no incremental figure, no index, no resumable loop. It shares only codes, row formats and units with
the exchange. `Reference.apply` takes one command and returns its events; `Reference.control` takes a control's payload.
"""

from collections.abc import Callable
from typing import Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    OrderState,
    OrderType,
    RejectReason,
    TimeInForce,
)
from exchange.records import EVENT_ALIASES
from exchange.reference import entry, leaving, quotes, stops, venue
from exchange.reference.book import STAMPS, Book, Order, OrderIds, signed
from exchange.reference.checks import (
    CANCEL_STATES,
    IMMEDIATE,
    STOP_TYPES,
    client_words,
    entry_price,
    first_failure,
)
from exchange.reference.clearing import Account, Clearing
from exchange.reference.implied import emit_implied_prices
from exchange.reference.matching import executed_by, match
from exchange.reference.phases import Phases
from exchange.reference.replace import replace_order
from exchange.reference.rows import Command, Event, fields_of
from exchange.reference.sessions import Sessions
from exchange.reference.velocity import Guard, halt, note_print

PRICE_CEILING = 0x7FFFFFFF  # a refused price is told in 32 bits
CLIENT_WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")


class Reference:
    """One exchange. Every public figure is computed when asked for."""

    def __init__(self, order_capacity: int = 1_024) -> None:
        self.clearing = Clearing()
        self.books: dict[int, Book] = {}
        self.phases = Phases()
        self.orders: dict[int, Order] = {}  # live ones, oldest first
        self.ids = OrderIds(order_capacity)
        self.guards: dict[int, Guard] = {}
        self.lead_months: dict[int, int] = {}  # by group (BAND-008)
        self.settled_days: dict[int, int] = {}  # by group (SEC-061)
        self.lead_makers: dict[int, list[tuple[int, int]]] = {}  # (account, percent) by book (PRO-003)
        self.sessions = Sessions()
        self.kills: dict[tuple[int, int], set[int]] = {}  # (scope, its number) -> parties that set a kill (KILL-004)
        self.elected: list[Order] = []  # stops that wait for their injection, in line
        self.run: quotes.Run | None = None  # the mass quote whose entries come
        self.protections: dict[tuple[int, int], quotes.Protection] = {}  # by account and number
        self.tripped: list[quotes.Protection] = []  # whose quotes are still to be pulled
        self.entries = self.trades = 0
        self.events: list[Any] = []
        self.touched: list[tuple[int, int]] = []
        self.implied: dict[tuple[int, int], tuple[int, int]] = {}  # (book, side) -> (price, lots) as last told
        self.command: Any = Command()

    # --- questions

    def market_state(self, index: int) -> MarketState:
        return self.phases.effective(self.clearing.instruments[index])

    @property
    def running(self) -> Any:
        """What gives events their sequence and time: the command, or the mass quote that is open."""
        return self.command if self.run is None else self.run

    def working(self, account: int) -> list[Order]:
        return [order for order in self.orders.values() if order.account == account]

    def find_client(self, account: int, words: tuple[int, int, int]) -> Order | None:
        if words == (0, 0, 0):
            return None
        return next((order for order in self.working(account) if order.client_order_id == words), None)

    def find(self, command: Any) -> Order | None:
        """The live order that a CANCEL or REPLACE names, if it belongs to the account."""
        if not command.order_id:
            return self.find_client(command.account, client_words(command))
        order = self.orders.get(command.order_id)
        return order if order is not None and order.account == command.account else None

    def draft(self, command: Any) -> Order:
        """The order that a NEW asks for, not yet accepted."""
        return Order(
            self.ids.peek(), self.entries + 1, command.account, command.session, command.instrument, command.side,
            command.tif, command.post_only, entry_price(self, command), command.lots, command.lots,
            command.minimum_lots, client_words(command), command.tag,
            command.smp_id or self.clearing.accounts[command.account].smp_id, command.smp_mode, command.order_type,
            command.display_lots, command.expiry_ns, command.trigger, command.order_type in STOP_TYPES,
            bool(command.flags & CommandFlag.REJECT_IF_ELECTED), no_cod=bool(command.flags & CommandFlag.NO_COD),
        )  # fmt: skip

    # --- commands

    def control(self, command: Any, payload: dict[str, Any]) -> list[Any]:
        """Events of one control."""
        self._begin(command)
        venue.control(self, CommandKind(command.kind), payload)
        return self.events

    def apply(self, command: Any) -> list[Any]:
        """Events of one command, in order."""
        self._begin(command)
        self.sessions.note_request(command.session, command.request_id)
        COMMANDS.get(command.kind, _unsupported)(self)
        if self.run is None or not self.run.open:
            self._close_run()
        return self.events

    def _begin(self, command: Any) -> None:
        self.command, self.events = command, []
        if self.run is not None and command.kind != CommandKind.QUOTE:
            self._close_run()

    def _close_run(self) -> None:
        """The command has done its own; of a mass quote with its last entry (QUOTE-008)."""
        stops.cascade(self)
        self.positions()
        emit_implied_prices(self)
        self.run = None

    def accept(self, order: Order, **told: int) -> None:
        """ACK: the order has its id and works."""
        self.ids.take()
        self.entries += 1
        self.orders[order.order_id] = order
        self.order_event(EventKind.ORDER_ACCEPTED, order, reference=self.command.request_id, **told)
        order.stamp = next(STAMPS)

    def enter(self, order: Order) -> None:
        """Conditions of entry, matching, and what becomes of the remainder (ORDER-003, MATCH-004, TIF-001 to 004)."""
        matching = self.market_state(order.instrument) == MarketState.OPEN
        wanted = order.leaves_lots if order.tif == TimeInForce.FOK else 0
        wanted_at_least = max(wanted, order.minimum_lots)
        if wanted_at_least and wanted_at_least > (executed_by(self, order) if matching else 0):
            return self.cancel_order(order, CancelReason.FOK if wanted else CancelReason.MINQTY)
        return self.aggress(order, order.minimum_lots)

    def aggress(self, order: Order, minimum_lots: int = 0) -> None:
        """Match where the market does, then see to the remainder."""
        trip = None
        if self.market_state(order.instrument) == MarketState.OPEN:
            trip = match(self, order)
        if order.order_id not in self.orders:
            return None
        if order.leaves_lots == 0:
            return self.end_order(order)
        if trip is not None:
            return halt(self, order, *trip, minimum_lots)
        if order.tif in IMMEDIATE:
            return self.cancel_order(order, CancelReason.IOC)
        return self.rest(order)

    def rest(self, order: Order) -> None:
        """RST: at the back of its price, or parked outside the daily limits (BAND-004)."""
        book, instrument = self.books[order.instrument], self.clearing.instruments[order.instrument]
        if not instrument.low_tick <= order.price <= instrument.high_tick:
            order.shown_lots = 0
            self.order_event(EventKind.ORDER_RESTED, order, shown_lots=0, in_stream=False)
            return
        best = book.best(order.side)
        if best is None or signed(order.side) * (order.price - best.price) > 0:
            book.top[order.side] = order if self.market_state(order.instrument) == MarketState.OPEN else None
        book.rest(order)
        level = book.level_lots(order.side, order.price)
        self.order_event(
            EventKind.ORDER_RESTED, order, shown_lots=order.shown_lots, level_lots=level,
            hidden_lots=order.leaves_lots - order.shown_lots, in_stream=False,
        )  # fmt: skip

    def refresh(self, order: Order) -> None:
        """RFR: the next slice of an iceberg, at the back of its price (ICE-002)."""
        book = self.books[order.instrument]
        book.remove(order)
        book.rest(order)
        self.order_event(
            EventKind.ICEBERG_REFRESHED, order, shown_lots=order.shown_lots,
            hidden_lots=order.leaves_lots - order.shown_lots, level_lots=book.level_lots(order.side, order.price),
        )  # fmt: skip

    def cancel(self) -> None:
        command = self.command
        order = self.find(command)
        reason = first_failure(self._cancel_checks(order))
        if order is None or reason != RejectReason.NONE:
            self.refuse_change(EventKind.CANCEL_REJECTED, reason, order)
        else:
            self.cancel_order(order, CancelReason.USER, reference=command.request_id)

    def _cancel_checks(self, order: Order | None) -> Any:
        yield self.command.account not in self.clearing.accounts, RejectReason.UNKNOWN_ACCOUNT
        yield order is None, RejectReason.UNKNOWN
        assert order is not None
        yield self.market_state(order.instrument) not in CANCEL_STATES, RejectReason.STATE

    def answer(self, kind: EventKind, **fields: Any) -> None:
        """A row that says nothing but whose command was done."""
        command = self.command
        common = {"account": command.account, "session": command.session, "instrument": command.instrument}
        self.emit(kind, **{**common, "reference": command.request_id, **fields_of(EVENT_ALIASES, fields)})

    def refuse(self, kind: EventKind, reason: RejectReason, **told: Any) -> None:
        """REJ, RREJ, CREJ or REFUSED: what the command said, and why not (ORDER-003). Only REJ is in a stream."""
        names = ("side", "order_type", "tif", "account", "session", "instrument", "order_id", *CLIENT_WORDS)
        fields = {name: getattr(self.command, name) for name in names}
        if reason == RejectReason.STATE and self.command.instrument in self.books:
            fields |= {"book_state": self.market_state(self.command.instrument)}
        if kind == EventKind.ORDER_REJECTED:
            fields |= {"state": OrderState.REJECTED, "order_lots": self.command.lots}
            fields |= {"price": max(-PRICE_CEILING, min(self.command.price, PRICE_CEILING))}
            fields |= {"account_sequence": self.next_number(self.command.account)}
        self.emit(kind, **{**fields, "reason": reason, "reference": self.command.request_id, **told})

    def refuse_change(self, kind: EventKind, reason: RejectReason, order: Order | None, **told: Any) -> None:
        """RREJ or CREJ; one for the market's state names the order's book and its state."""
        if order is not None and reason == RejectReason.STATE:
            state = self.market_state(order.instrument)
            self.refuse(kind, reason, instrument=order.instrument, book_state=state)
        else:
            self.refuse(kind, reason, **told)

    # --- orders and trades

    def trade(self, first: Order, second: Order, price: int, lots: int, liquidity: Liquidity) -> None:
        """One trade: resting then aggressor, or buyer then seller of an uncross."""
        self.trades += 1
        self.note_print(first.instrument, price)
        for order in (first, second):
            taker = order is second and liquidity == Liquidity.MAKER
            self.fill(order, price, lots, Liquidity.TAKER if taker else liquidity)
        for order in (first, second):
            if not order.leaves_lots and (order is first or liquidity == Liquidity.AUCTION):
                self.end_order(order)
        self.pull_tripped()

    def pull_tripped(self) -> None:
        """Quotes of protection groups that the last print tripped leave (MMP-002)."""
        quotes.pull_tripped(self)

    def note_print(self, index: int, price: int) -> None:
        """A print is the book's last price, and elects stops (STOP-004)."""
        book = self.books[index]
        origin, book.last_tick = book.last_tick, price
        note_print(self, index, price)
        stops.elect(self, index, price, origin)

    def fill(
        self, order: Order, price: int, lots: int, role: Liquidity, leg_ticks: list[int] | None = None, flags: int = 0
    ) -> None:
        """One order's part of a trade. `leg_ticks`: what the legs of a combination traded at, where they did."""
        instrument, book = self.clearing.instruments[order.instrument], self.books[order.instrument]
        if role == Liquidity.MAKER and order.order_type == OrderType.QUOTE:
            quotes.count_fill(self, order, lots)
        residual = 0
        if leg_ticks is None:
            last_ticks = {index: other.last_tick for index, other in self.books.items()}
            leg_ticks, residual = self.clearing.leg_prices(instrument, price, last_ticks)
        self.clearing.book_fill(order, instrument, lots, leg_ticks, residual)
        for leg, _ in instrument.legs:
            if (order.account, leg) not in self.touched:
                self.touched.append((order.account, leg))
        order.leaves_lots -= lots
        order.shown_lots -= min(lots, order.shown_lots)
        order.filled_lots += lots
        order.value_tick_lots += price * lots
        rested = order.resting
        if rested and not order.leaves_lots:
            book.remove(order)
        self.order_event(
            EventKind.FILL, order, trade_tick=price, lots=lots, liquidity=role, trade_id=self.trades,
            fee_mills=self.clearing.take_fee(order.account, instrument, role, lots),
            level_lots=book.level_lots(order.side, order.price) if rested else 0, level_tick=order.price,
            state=OrderState.OPEN if order.leaves_lots else OrderState.FILLED, flags=flags,
        )  # fmt: skip

    def cancel_order(self, order: Order, reason: CancelReason, reference: int = 0) -> None:
        """Take an order's remainder out; it is terminal."""
        lots, rested, book = order.leaves_lots, order.resting, self.books[order.instrument]
        if rested:
            book.remove(order)
        order.leaves_lots, order.pending = 0, False
        level = book.level_lots(order.side, order.price)
        state = OrderState.EXPIRED if reason == CancelReason.EXPIRED else OrderState.CANCELLED
        self.order_event(
            EventKind.ORDER_CANCELLED, order, cancel_reason=reason, lots=lots, state=state, reference=reference,
            flags=0 if rested else EventFlag.NEVER_RESTED, level_lots=level if rested else 0,
        )  # fmt: skip
        self.end_order(order)

    def end_order(self, order: Order) -> None:
        del self.orders[order.order_id]
        if order in self.elected:
            self.elected.remove(order)
        self.ids.release(order.order_id)

    # --- events

    def next_number(self, number: int) -> int:
        """The next number in an account's stream."""
        account = self.clearing.accounts.get(number)
        if account is None:
            return 0
        account.sequence += 1
        return account.sequence

    def emit(self, kind: EventKind, **fields: Any) -> None:
        """An event of the running command; `fields` by their names or aliases."""
        of = self.running
        self.events.append(Event(sequence=of.sequence, time_ns=of.time_ns, kind=kind, **fields))

    def order_event(self, kind: EventKind, order: Order, in_stream: bool = True, **fields: Any) -> None:
        """A row about one order; it takes a number of its account's stream unless told otherwise."""
        common = {
            "side": order.side, "order_type": order.order_type, "tif": order.tif,
            "state": OrderState.PENDING if order.pending else OrderState.OPEN,
            "account": order.account, "session": order.session, "instrument": order.instrument,
            "price": order.price, "order_id": order.order_id, "client_order_id_0": order.client_order_id[0],
            "client_order_id_1": order.client_order_id[1], "client_order_id_2": order.client_order_id[2],
            "leaves_lots": order.leaves_lots, "filled_lots": order.filled_lots, "order_lots": order.order_lots,
            "value_tick_lots": order.value_tick_lots,
        }  # fmt: skip
        if in_stream:
            fields["account_sequence"] = self.next_number(order.account)
        self.emit(kind, **{**common, **fields_of(EVENT_ALIASES, fields)})

    def positions(self) -> None:
        """POS of every position that the command's fills touched; the account's last one announces its margin."""
        for number, (account_number, index) in enumerate(self.touched):
            account = self.clearing.accounts[account_number]
            last = all(other != account_number for other, _ in self.touched[number + 1 :])
            position, instrument = account.positions[index], self.clearing.instruments[index]
            sequence = self.next_number(account_number)
            if last:
                self.next_number(account_number)
            self.emit(
                EventKind.POSITION_CHANGED, account=account_number, instrument=index, mark_tick=instrument.settle_tick,
                position_lots=position.lots, open_value_tick_lots=position.open_value_tick_lots,
                account_sequence=sequence, flags=EventFlag.MARGIN if last else 0,
                margin_held_mills=self.initial_margin_mills(account),
                equity_mills=self.clearing.equity_mills(account),
                unpaid_gain_mills=self.clearing.equity_mills(account) - self.clearing.funds_mills(account),
            )  # fmt: skip
        self.touched = []

    def initial_margin_mills(self, account: Account) -> int:
        return self.clearing.initial_margin_mills(account, self.working(account.number))


def _unsupported(reference: Reference) -> None:
    reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_COMBO)


COMMANDS: dict[int, Callable[[Reference], None]] = {
    CommandKind.NEW: entry.new,
    CommandKind.REPLACE: replace_order,
    CommandKind.CANCEL: Reference.cancel,
    CommandKind.CANCEL_ALL: venue.cancel_all,
    CommandKind.DEPOSIT: venue.move_cash,
    CommandKind.WITHDRAW: venue.move_cash,
    CommandKind.SET_STATE: venue.set_state,
    CommandKind.CLOCK: venue.clock,
    CommandKind.QUOTE: quotes.quote,
    CommandKind.MMP_SET: quotes.set_protection,
    CommandKind.MMP_RESET: quotes.reset_protection,
    CommandKind.KILL: leaving.kill,
    CommandKind.UNKILL: leaving.unkill,
    CommandKind.DISCONNECT: leaving.disconnect,
    CommandKind.TIMER: leaving.set_timer,
    CommandKind.SESSION: venue.open_session,
    CommandKind.INDICATIVE: venue.indicative,
}
