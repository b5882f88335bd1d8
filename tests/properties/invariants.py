"""The INV- invariants, checked on the events alone.

A ledger keeps its own orders and queues from EVENT rows and knows nothing of either book; a fault that reference and
engine share still shows here.
"""

from collections import defaultdict
from typing import Any

from exchange.codes import (
    CancelReason,
    ComboKind,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    Matching,
    OrderState,
    OrderType,
    PostOnly,
    Side,
    TimeInForce,
)
from exchange.records import QUOTE_OWNER
from exchange.reference.market import Market
from tests.properties.cancelled import check_killed, check_pulled
from tests.properties.collars import check_left
from tests.properties.crossed import check_not_crossed
from tests.properties.entry import KILLED_ON_ENTRY, Entry
from tests.properties.implied_groups import check_group, check_internal
from tests.properties.states import States

REJECTIONS = (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED)
ANSWERS = (EventKind.ORDER_ACCEPTED, EventKind.ORDER_REPLACED, EventKind.ORDER_CANCELLED, *REJECTIONS)


class Ledger:
    """Everything that the events add up to."""

    def __init__(self) -> None:
        self.orders: dict[int, Entry] = {}
        self.streams: dict[int, int] = defaultdict(int)
        self.decrement: Any = None  # the first of a pair
        self.trades = 0
        self.run = 0  # sequence that the events of the present mass quote carry
        self.stamps = 0
        self.states: dict[int, MarketState] = {}
        self.edges: dict[int, tuple[int, int]] = {}  # of collars as a command finds them
        self.shared: set[int] = set()
        self.last: dict[int, int] = {}  # by book, of the trading day
        # of the running command
        self.arrivals: list[tuple[int, int, int]] = []  # order id, minimum lots, time in force
        self.closed = False

    def before(self, market: Market, command: Any) -> None:
        """Note the states that the command finds, and which books are pro-rata."""
        instruments = market.clearing.instruments.items()
        self.shared = {index for index, one in instruments if one.matching == Matching.PRO_RATA}
        self.states = States(market)

    def after(self, market: Market, command: Any, events: list[Any]) -> None:
        """Fold one command's events and assert what must hold."""
        self.arrivals, self.closed = [], False
        self._check_answer(command, events)
        run_goes_on = command.kind == CommandKind.QUOTE and command.flags & CommandFlag.MORE
        fills: list[Any] = []
        group: list[Any] = []
        opened = 0  # where the events behind the last change of a state begin
        for number, event in enumerate(events):
            self._check_sequence(command, event)
            self.check_stream(event)
            if event.kind == EventKind.LEG_FILLED:
                before = events[number - 1]
                assert (before.account, before.order_id) == (event.account, event.order_id), "a leg follows its fill"
                continue
            if event.kind == EventKind.FILL and event.flags & EventFlag.IMPLIED:
                group.append(event)
                if not event.flags & EventFlag.INTERNAL:
                    self.last[event.instrument] = event.trade_tick
                if market.clearing.instruments[event.instrument].combo != ComboKind.OUTRIGHT:
                    self._implied(market, group)
                    group = []
                continue
            assert not group, "the rows of an implied group follow each other (IMP-007)"
            if event.kind == EventKind.FILL:
                fills.append(event)
                if len(fills) == 2:
                    self._trade(*fills)
                    fills = []
                continue
            assert not fills, "fills come in pairs (INV-002)"
            self._fold(command, event)
            if event.kind == EventKind.STATE_CHANGED:
                self._check_uncross(events[opened:number])
                opened = number
                self.states.change(event)
        assert not fills and not group, "fills come in pairs (INV-002)"
        check_not_crossed(self.orders.values(), market)
        self._check_entry_conditions(events)
        if not run_goes_on:
            self._check_stops(market)
            self.run = 0
        for event in events:
            if event.kind == EventKind.KILLED:
                check_killed(self.orders.values(), market, event)
            elif event.kind == EventKind.PROTECTION_TRIPPED:
                check_pulled(market, event)

    def _check_answer(self, command: Any, events: list[Any]) -> None:
        """ORDER-003: the answer first, a rejection alone."""
        if command.kind in (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL):
            own = [event for event in events if event.sequence == command.sequence]
            assert own and own[0].kind in ANSWERS, "every command is answered first (ORDER-003)"
            assert own[0].reference == command.request_id
        if command.kind == CommandKind.QUOTE:
            assert events, "every entry has an answer"
        if any(event.kind in REJECTIONS for event in events):
            own = [event for event in events if event.sequence == command.sequence]
            one = sum(event.kind in REJECTIONS for event in events) == 1
            # Behind the last entry of a mass quote come the stops that its trades elected (QUOTE-008).
            assert one and (command.kind == CommandKind.QUOTE or len(own) == 1), "one event (ORDER-003)"

    def _check_sequence(self, command: Any, event: Any) -> None:
        """All events of a mass quote carry the sequence of its first row."""
        if command.kind == CommandKind.QUOTE:
            self.run = self.run or command.sequence
        own = self.run if command.kind == CommandKind.QUOTE else command.sequence
        cut = event.sequence == self.run  # of a run that ended before its time
        assert cut or (event.sequence, event.time_ns) == (own, command.time_ns)

    def check_stream(self, event: Any) -> None:
        """ACCT-001: numbers without gaps; a margin message takes one more, a leg has the number of its fill."""
        if event.account_sequence == 0:
            return
        if event.kind == EventKind.LEG_FILLED:
            assert event.account_sequence == self.streams[event.account]
            return
        assert event.kind != EventKind.ORDER_REJECTED or not event.flags & EventFlag.SAME, (
            "what changes nothing is in no stream (ENTRY-003)"
        )
        self.streams[event.account] += 1
        assert event.account_sequence == self.streams[event.account], f"stream of account {event.account}"
        if event.kind in (EventKind.POSITION_CHANGED, EventKind.CASH_MOVED) and event.flags & EventFlag.MARGIN:
            self.streams[event.account] += 1

    def _fold(self, command: Any, event: Any) -> None:
        if event.kind == EventKind.ORDER_ACCEPTED:
            assert event.order_id not in self.orders, "an order id never comes twice"
            quote = event.order_type == OrderType.QUOTE
            self.orders[event.order_id] = Entry(
                event.account, event.session, event.instrument, event.side, event.price, event.tif, event.order_lots,
                0 if quote else command.minimum_lots, command.post_only,
                QUOTE_OWNER + event.account if quote else command.smp_id, command.trigger,
                event.state == OrderState.PENDING, is_quote=quote,
            )  # fmt: skip
            self._take_turn(event)
            self._arrive(event)
        elif event.kind == EventKind.STOP_TRIGGERED:
            self._trigger(event)
        elif event.kind == EventKind.STATE_CHANGED and event.market_state == MarketState.CLOSED:
            self.closed = True
        elif event.kind == EventKind.ORDER_RESTED:
            order = self.orders[event.order_id]
            order.stamp = self._take_turn(event)
            self.show(event, order)
            assert event.price == order.price, "a remainder rests at its own limit (MATCH-004)"
            self.check_level(event, order)
        elif event.kind == EventKind.ICEBERG_REFRESHED:
            order = self.orders[event.order_id]
            assert order.shown_lots == 0, "a slice is shown when the last one is used up (ICE-004)"
            order.stamp = self._take_turn(event)
            self.show(event, order)
            self.check_level(event, order)
        elif event.kind == EventKind.ORDER_REPLACED:
            self._replace(command, event)
        elif event.kind == EventKind.ORDER_CANCELLED:
            self.cancel(event)
        elif event.kind == EventKind.SELF_MATCH_DECREMENTED:
            self._decrement(event)

    def _take_turn(self, event: Any) -> int:
        self.stamps += 1
        self.orders[event.order_id].turn = self.stamps
        return self.stamps

    def _arrive(self, event: Any) -> None:
        """An order comes to its book: now its conditions of entry are decided."""
        order = self.orders[event.order_id]
        if not order.waits:
            self.arrivals.append((event.order_id, order.minimum_lots, order.tif))

    def _trigger(self, event: Any) -> None:
        """INV-016: a stop is injected once, at its limit or a better one."""
        order = self.orders[event.order_id]
        assert order.waits and not order.stamp, "a stop is elected once (INV-016)"
        better = order.price - event.price if order.side == Side.BUY else event.price - order.price
        assert better >= 0, "the band only tightens a limit (STOP-009)"
        order.waits, order.price = False, event.price
        self._arrive(event)

    def show(self, event: Any, order: Entry) -> None:
        """INV-010: some of it shows, and what shows and what does not is all of it; what is parked shows nothing."""
        if event.shown_lots == 0:
            assert event.level_lots == event.hidden_lots == 0 and event.leaves_lots == order.leaves_lots
            order.stamp = order.shown_lots = 0
            return
        assert event.shown_lots + event.hidden_lots == event.leaves_lots == order.leaves_lots and event.shown_lots > 0
        order.shown_lots = event.shown_lots

    def _decrement(self, event: Any) -> None:
        """SMP-005: both of a pair lose the same, the first is the resting one."""
        order = self.orders[event.order_id]
        if order.stamp:
            self.decrement = event
        else:
            other = self.decrement
            assert (event.lots, event.instrument) == (other.lots, other.instrument) and event.side != other.side
        order.decremented_lots += event.lots
        order.shown_lots = min(order.shown_lots, order.leaves_lots)  # hidden ones go first
        assert event.leaves_lots == order.leaves_lots >= 0 < event.lots, "and decremented (INV-001)"
        assert bool(event.flags & EventFlag.NEVER_RESTED) != bool(order.stamp)
        if order.stamp:
            self.check_level(event, order)
        assert event.state == (OrderState.OPEN if order.leaves_lots else OrderState.CANCELLED)
        if not order.leaves_lots:
            del self.orders[event.order_id]

    def _replace(self, command: Any, event: Any) -> None:
        order = self.orders[event.order_id]
        order.session = command.session if order.is_quote else order.session
        if order.waits and event.flags:
            self._replace_stop(command, event, order)
            return
        old_price, old_leaves, order.tif = order.price, order.leaves_lots, event.tif
        if not event.flags:
            return
        order.price, order.order_lots, order.decremented_lots = event.price, event.order_lots, 0
        assert event.leaves_lots == order.leaves_lots, "leaves = new total - executed (REPL-002)"
        if event.flags & EventFlag.KEPT:
            assert order.price == old_price and order.leaves_lots <= old_leaves, "size down alone keeps time (REPL-001)"
            order.shown_lots = min(order.shown_lots, order.leaves_lots)
            self.check_level(event, order)
        else:
            moved = order.price != old_price or order.leaves_lots > old_leaves
            assert moved or command.flags & CommandFlag.SET_DISPLAY, "no other change loses time (REPL-001)"
            self._take_turn(event)
            order.stamp = 0
            assert event.level_lots == self._level_lots(order.book, order.side, old_price)

    def _replace_stop(self, command: Any, event: Any, order: Entry) -> None:
        """REPL-007."""
        trigger = command.trigger if command.flags & CommandFlag.SET_TRIGGER else order.trigger
        lost = trigger != order.trigger or event.order_lots > order.order_lots
        assert event.flags == (EventFlag.LOST if lost else EventFlag.KEPT), "trigger and size up alone lose time"
        assert (event.state, event.level_lots) == (OrderState.PENDING, 0), "a waiting stop is in no queue"
        order.trigger, order.price, order.order_lots, order.tif = trigger, event.price, event.order_lots, event.tif

    def cancel(self, event: Any) -> None:
        order = self.orders.pop(event.order_id)
        assert event.lots == order.leaves_lots > 0, "all that works is taken out (INV-001)"
        order.cancelled_lots += event.lots
        assert (event.leaves_lots, event.filled_lots) == (0, order.filled_lots)
        rested = order.stamp > 0
        assert bool(event.flags & EventFlag.NEVER_RESTED) != rested
        if rested:
            self.check_level(event, order)
        self._check_terminal(order, event.cancel_reason)

    def _trade(self, first: Any, second: Any) -> None:
        """INV-001, INV-002, INV-004 to INV-006 for one trade."""
        self.trades += 1
        self.last[first.instrument] = first.trade_tick
        assert first.trade_id == second.trade_id == self.trades, "trade ids are dense"
        assert (first.lots, first.trade_tick, first.instrument) == (second.lots, second.trade_tick, second.instrument)
        assert {first.side, second.side} == set(Side) and first.lots > 0
        auction = first.liquidity == Liquidity.AUCTION
        makers = (first, second) if auction else (first,)
        for event in makers:
            order = self.orders[event.order_id]
            best = min(self._queue(order.book, order.side), key=lambda other: self._rank(other))
            # An uncross takes what is hidden at its price after what is shown (AUC-010); a pro-rata level is shared.
            shared = auction or order.book in self.shared
            same = best.price == order.price if shared else best is order
            assert same, "best price first, then time (INV-004, INV-005)"
            assert auction or event.lots <= order.shown_lots, "one slice at a time (ICE-002)"
        if auction:
            assert first.side == Side.BUY and second.liquidity == Liquidity.AUCTION
        else:
            assert first.trade_tick == self.orders[first.order_id].price, "at the resting price (INV-006)"
            assert second.liquidity == Liquidity.TAKER and self.states.of(first.instrument) == MarketState.OPEN
            taker = self.orders[second.order_id]
            assert taker.stamp == 0 and taker.post_only == PostOnly.NONE, "post-only never takes (INV-008)"
            assert not taker.is_own(self.orders[first.order_id]), "no self match (INV-007)"
        for event in (first, second):
            self._fill(event)

    def _implied(self, market: Market, group: list[Any]) -> None:
        """INV-001 to INV-007, INV-015 for one implied group; its last row is the combination's order."""
        check_group(market.clearing.instruments, group)
        assert {self.states.of(event.instrument) for event in group} == {MarketState.OPEN}, (
            "all books are OPEN (INV-015)"
        )
        taker = next(event for event in group if event.liquidity == Liquidity.TAKER)
        opposite = self._queue(taker.instrument, 1 - taker.side)
        better = [order for order in opposite if self._sign(order) * (order.price - taker.trade_tick) <= 0]
        assert not better, "no real order at this price or a better one (INV-004, IMP-003)"
        members = [self.orders[event.order_id] for event in group]
        first = self.orders[taker.order_id]
        assert not any(first.is_own(maker) for maker in members if maker is not first), "no self match (INV-007)"
        check_internal(self.orders, group)
        for event in group:
            internal = event.flags & EventFlag.INTERNAL
            self.trades += not internal
            assert event.trade_id == self.trades, "trade ids are dense, an internal leg has that of the print before it"
            assert not (internal and event.fee_mills), "no fee for an internal leg (SMP-010)"
            order = self.orders[event.order_id]
            if event is not taker:
                best = min(self._queue(order.book, order.side), key=lambda other: self._rank(other))
                assert event.trade_tick == order.price and best is order, "the oldest at the best price (IMP-002)"
                assert event.lots <= order.shown_lots, "one slice at a time (ICE-002)"
        for event in group:
            self._fill(event)

    def _fill(self, event: Any) -> None:
        order = self.orders[event.order_id]
        better = order.price - event.trade_tick if order.side == Side.BUY else event.trade_tick - order.price
        assert better >= 0, "never worse than its limit (INV-006)"
        order.filled_lots += event.lots
        order.value_tick_lots += event.trade_tick * event.lots
        order.shown_lots -= min(order.shown_lots, event.lots)
        reported = (event.leaves_lots, event.filled_lots, event.order_lots, event.value_tick_lots, event.account)
        known = (order.leaves_lots, order.filled_lots, order.order_lots, order.value_tick_lots, order.account)
        assert reported == known and order.leaves_lots >= 0, "entered = executed + cancelled + working (INV-001)"
        assert event.state == (OrderState.OPEN if order.leaves_lots else OrderState.FILLED)
        if order.stamp:
            level = self._level_lots(order.book, order.side, order.price)
            assert event.level_lots == level, "level lots equal the sum over orders (INV-011)"
        if not order.leaves_lots:
            del self.orders[event.order_id]
            self._check_terminal(order, CancelReason.NONE)

    def _check_terminal(self, order: Entry, reason: int) -> None:
        """INV-008."""
        if order.tif == TimeInForce.FOK:
            assert order.filled_lots in (0, order.order_lots), "all or nothing (INV-008)"
        if reason in (CancelReason.FOK, CancelReason.MINQTY):
            assert order.filled_lots == 0, "a kill leaves no trace (TIF-003)"

    def _check_entry_conditions(self, events: list[Any]) -> None:
        for order_id, minimum_lots, tif in self.arrivals:
            own = [event for event in events if event.order_id == order_id]
            executed = sum(event.lots for event in own if event.kind == EventKind.FILL)
            killed = own[-1].kind == EventKind.ORDER_CANCELLED and own[-1].reason in KILLED_ON_ENTRY
            met = executed >= minimum_lots if minimum_lots else True
            assert (executed == 0 and killed) or met, "none or the minimum (INV-008)"
            if tif in (TimeInForce.IOC, TimeInForce.FOK):
                assert order_id not in self.orders, "it never rests (TIF-001)"

    def _check_stops(self, market: Market) -> None:
        """INV-016: none with a true trigger is left in OPEN."""
        for index in [index for index in self.last if self.closed]:
            if market.books[index].last_tick is None:
                del self.last[index]
        for order in self.orders.values():
            last = self.last.get(order.book)
            if order.waits and last is not None and market.market_state(order.book) == MarketState.OPEN:
                true = last >= order.trigger if order.side == Side.BUY else last <= order.trigger
                assert not true, f"a stop of {order.trigger} is left at a last price of {last} (INV-016)"

    def _check_uncross(self, events: list[Any]) -> None:
        """AUC-010: one price and the reported volume; strictly better orders in full (INV-012)."""
        for unx in (event for event in events if event.kind == EventKind.UNCROSSED):
            fills = [
                event
                for event in events
                if event.kind == EventKind.FILL and (event.instrument, event.side) == (unx.instrument, Side.BUY)
            ]
            assert {event.trade_tick for event in fills} == {unx.uncross_tick}
            assert sum(event.lots for event in fills) == unx.volume_lots
            left = [order for order in self.orders.values() if order.stamp and order.book == unx.instrument]
            check_left(unx, left, self.edges)

    def check_level(self, event: Any, order: Entry) -> None:
        assert event.level_lots == self._level_lots(order.book, order.side, order.price), "level lots (INV-011)"

    def _queue(self, book: int, side: int) -> list[Entry]:
        return [order for order in self.orders.values() if order.stamp and (order.book, order.side) == (book, side)]

    def _rank(self, order: Entry) -> tuple[int, int]:
        return self._sign(order) * order.price, order.stamp

    def _sign(self, order: Entry) -> int:
        return -1 if order.side == Side.BUY else 1

    def _level_lots(self, book: int, side: int, price: int) -> int:
        return sum(order.shown_lots for order in self._queue(book, side) if order.price == price)
