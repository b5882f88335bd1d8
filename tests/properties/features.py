"""Counts which features of the matching rules a random run reached, from commands and events alone."""

from collections import Counter
from typing import Any

from exchange.codes import (
    CancelReason,
    ComboKind,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    KillParty,
    Liquidity,
    MarketState,
    Matching,
    OrderType,
    PostOnly,
    QuoteState,
    RejectReason,
    Scope,
    SmpMode,
    StateReason,
    Threshold,
    TimeInForce,
)
from exchange.reference.book import STOP_TYPES, Order
from exchange.reference.market import Market
from exchange.reference.phases import COLLECTING_STATES

REFUSALS = (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED)
TAKEN = {
    CommandKind.NEW: EventKind.ORDER_ACCEPTED,
    CommandKind.QUOTE: EventKind.QUOTE_ACCEPTED,
    CommandKind.REPLACE: EventKind.ORDER_REPLACED,
    CommandKind.CANCEL: EventKind.ORDER_CANCELLED,
}


class Features:
    """What was seen so far, by name. `before` and `after` frame every command."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.target: Order | None = None  # the order that a REPLACE or CANCEL names, as it was
        self.states: dict[int, MarketState] = {}
        self.groups: dict[int, MarketState] = {}

    def before(self, market: Market, command: Any) -> None:
        self.target = market.find(command)
        self.parked = self.target is not None and not self.target.resting and not self.target.pending
        self.states = {index: market.market_state(index) for index in market.books}
        self.groups = {group: phase.state for group, phase in market.phases.groups.items()}
        self.waiting = {order.order_id for order in market.orders.values() if order.pending_cancel is not None}
        self.protected = {order.order_id for order in market.elected if not self._is_open(order)}
        self.run = market.mass_quote is not None

    def _is_open(self, order: Order) -> bool:
        return self.states[order.instrument] == MarketState.OPEN

    def after(self, market: Market, command: Any, events: list[Any]) -> None:
        kind = CommandKind(command.kind)
        kinds = Counter(EventKind(event.kind) for event in events)
        for event in events:
            self._event(market, kind, event)
        taken = kind in TAKEN and any(event.kind == TAKEN[kind] and event.sequence for event in events)
        if taken:
            self._taken(market, kind, command, events)
        for count in (self._stops, self._phases, self._quotes, self._leaving):
            count(market, command, events)
        if kinds[EventKind.UNCROSSED]:
            self._auction(market, events)
        if EventKind.SELF_MATCH_DECREMENTED in kinds or any(_is_cancel(event, CancelReason.SMP) for event in events):
            self._self_match(market, command)

    def control(self, kind: CommandKind, events: list[Any]) -> None:
        self.seen[kind.name] += 1
        for event in events:
            self.seen[f"event {EventKind(event.kind).abbreviation}"] += 1
            if kind == CommandKind.DAY_LIMITS and event.kind == EventKind.ORDER_RESTED:
                self.seen["UNPARKED" if event.shown_lots else "PARKED"] += 1
            elif event.kind == EventKind.ORDER_CANCELLED:
                self.seen[f"CXL {CancelReason(event.cancel_reason).name}"] += 1

    # --- single events

    def _event(self, market: Market, kind: CommandKind, event: Any) -> None:
        seen, name = self.seen, EventKind(event.kind).abbreviation
        seen[f"event {name}"] += 1
        reason = ""
        if event.kind in REFUSALS:
            reason = RejectReason(event.reason).abbreviation
            seen[f"{kind.name} refused {reason}"] += 1
            seen["NEW that repeats its order"] += bool(event.flags & EventFlag.SAME)
        elif event.kind == EventKind.ORDER_CANCELLED:
            reason = CancelReason(event.cancel_reason).name
        elif event.kind == EventKind.STATE_CHANGED:
            reason = StateReason(event.state_reason).name
        seen[f"{name} {reason}".strip()] += 1
        if event.kind == EventKind.FILL:
            self._fill(market, event)
        elif event.kind == EventKind.ORDER_CANCELLED:
            self._cancel(kind, event)
        elif event.kind == EventKind.INDICATIVE_PRICE and event.flags & EventFlag.EMPTY:
            seen["IOP none"] += 1
        elif event.kind == EventKind.QUOTE_ACCEPTED:
            seen[f"side {QuoteState(event.bid_state).name}"] += 1
            seen[f"side {QuoteState(event.ask_state).name}"] += 1
        elif event.kind == EventKind.PROTECTION_TRIPPED:
            seen[f"trip {Threshold(event.threshold).name}"] += 1
        elif event.kind in (EventKind.KILLED, EventKind.KILL_LIFTED):
            seen[f"{name} {Scope(event.scope).name} {KillParty(event.kill_party).name}"] += 1

    def _cancel(self, kind: CommandKind, event: Any) -> None:
        if event.cancel_reason == CancelReason.EXPIRED:
            self.seen[f"EXPIRED {TimeInForce(event.tif).name}"] += 1
            self.seen[f"{kind.name} that is over"] += 1
        elif event.cancel_reason == CancelReason.VELOCITY and event.order_type == OrderType.QUOTE:
            self.seen["quotes leave with VELOCITY"] += 1
        elif event.cancel_reason == CancelReason.MINQTY and event.order_type in STOP_TYPES:
            self.seen["of minimum quantity"] += 1

    def _fill(self, market: Market, event: Any) -> None:
        """How a fill came about; of an implied one what kind of combination gave the price, and on which side of it
        the aggressor was."""
        instrument = market.clearing.instruments[event.instrument]
        if event.liquidity == Liquidity.AUCTION:
            self.seen["fill AUCTION"] += 1
        elif not event.flags & EventFlag.IMPLIED:
            self.seen[f"fill {Matching(instrument.matching).name}"] += 1
        elif event.flags & EventFlag.INTERNAL:
            of_quote = event.order_type == OrderType.QUOTE
            self.seen[f"INTERNAL {'quote' if of_quote else 'order'}"] += 1
        elif instrument.combo != ComboKind.OUTRIGHT:
            way = "in" if event.liquidity == Liquidity.TAKER else "out"
            self.seen[f"IMPLIED {ComboKind(instrument.combo).name} {way}"] += 1
        elif event.liquidity == Liquidity.TAKER and instrument.order_entry:
            self.seen["IMPLIED IOC_ONLY"] += 1

    # --- accepted commands

    def _taken(self, market: Market, kind: CommandKind, command: Any, events: list[Any]) -> None:
        if kind == CommandKind.NEW:
            answer = next(event for event in events if event.kind == EventKind.ORDER_ACCEPTED)
            self._instructions(command, answer, events)
        elif kind == CommandKind.REPLACE:
            answer = next(event for event in events if event.kind == EventKind.ORDER_REPLACED)
            self._replace(command, answer, events)
        else:
            answer = next(event for event in events if event.kind == TAKEN[kind])
            self.seen["parked order cancelled"] += kind == CommandKind.CANCEL and self.parked
        if kind == CommandKind.QUOTE:
            for event in events:
                self.seen["type QUOTE"] += event.kind == EventKind.ORDER_ACCEPTED
        self.seen[f"{kind.name} in {self.states[answer.instrument].name}"] += 1

    def _instructions(self, command: Any, ack: Any, events: list[Any]) -> None:
        """What a NEW asked for, and whether it came to that."""
        seen, flags = self.seen, command.flags
        seen[f"type {OrderType(command.order_type).name}"] += 1
        seen[f"tif {TimeInForce(command.tif).name}"] += 1
        own = [event for event in events if event.order_id == ack.order_id]
        filled = any(event.kind == EventKind.FILL for event in own)
        rests = any(event.kind == EventKind.ORDER_RESTED and event.shown_lots for event in own)
        stop = command.order_type in STOP_TYPES
        facts = {
            "with POST_ONLY": command.post_only == PostOnly.REJECT,
            "with SLIDE": command.post_only == PostOnly.SLIDE,
            "slid to another price": command.post_only == PostOnly.SLIDE and ack.price != command.price,
            "with DISPLAY": command.display_lots,
            "with MINIMUM": command.minimum_lots,
            "with GTD TIME": command.expiry_ns,
            "with NO_COD": flags & CommandFlag.NO_COD,
            "with REJECT_IF_ELECTED": stop and flags & CommandFlag.REJECT_IF_ELECTED,
            "with TIGHTEN": flags & CommandFlag.TIGHTEN,
            "with SMP_ID": command.smp_id,
            "with TAG": command.tag,
            "with NO NAME": not command.client_order_id_0,
            "FOK filled": command.tif == TimeInForce.FOK and filled,
            "minimum met": command.minimum_lots and filled,
            "MARKET rests": command.order_type == OrderType.MARKET and rests,
            "MARKET_TO_LIMIT rests": command.order_type == OrderType.MARKET_TO_LIMIT and rests,
            "parked on entry": any(event.kind == EventKind.ORDER_RESTED and not event.shown_lots for event in own),
            "remainder rests in RESERVED": rests and any(event.kind == EventKind.STATE_CHANGED for event in events),
            "post-only in auction": command.post_only and self.states[ack.instrument] in COLLECTING_STATES,
            "iceberg in auction": command.display_lots and self.states[ack.instrument] in COLLECTING_STATES,
        }
        seen.update({name: 1 for name, fact in facts.items() if fact})

    def _replace(self, command: Any, answer: Any, events: list[Any]) -> None:
        flags = {EventFlag.KEPT: "KEPT", EventFlag.LOST: "LOST"}
        self.seen[f"RPL {flags.get(answer.flags, 'as a cancel')}"] += 1
        assert self.target is not None
        facts = {
            "RPL of a stop": self.target.order_type in STOP_TYPES,
            "RPL of an iceberg": self.target.display_lots,
            "RPL trades": any(e.kind == EventKind.FILL and e.order_id == answer.order_id for e in events),
            "RPL by name": not command.order_id,
            "RPL by order id": command.order_id,
            "parked order replaced": self.parked,
        }
        self.seen.update({name: 1 for name, fact in facts.items() if fact})

    # --- what happens on the way

    def _stops(self, market: Market, command: Any, events: list[Any]) -> None:
        triggered = [event for event in events if event.kind == EventKind.STOP_TRIGGERED]
        if not triggered:
            return
        self.seen["cascade of three"] += len(triggered) > 2
        uncrossed = {event.instrument for event in events if event.kind == EventKind.UNCROSSED}
        answered = {
            event.order_id for event in events if event.kind in (EventKind.ORDER_ACCEPTED, EventKind.ORDER_REPLACED)
        }
        for event in triggered:
            if event.order_id in self.protected:
                self.seen["waits through a halt"] += 1
            if command.kind == CommandKind.SET_STATE:
                joined = event.instrument in uncrossed
                self.seen["joined an auction" if joined else "elected at the opening"] += 1
            elif event.order_id in answered:
                new = command.kind == CommandKind.NEW
                self.seen["elected on entry" if new else "elected by a replace"] += 1
            else:
                self.seen["elected by a print"] += 1

    def _phases(self, market: Market, command: Any, events: list[Any]) -> None:
        for event in events:
            if event.kind == EventKind.ICEBERG_REFRESHED:
                auction = self.states[event.instrument] in COLLECTING_STATES
                way = Matching(market.clearing.instruments[event.instrument].matching).name
                self.seen[f"slice {'in auction' if auction else way}"] += 1
            if event.kind != EventKind.STATE_CHANGED:
                continue
            what = "book" if event.instrument else "group"
            before = self.states[event.instrument] if event.instrument else self.groups[event.group]
            self.seen[f"{what} {before.name} to {MarketState(event.market_state).name}"] += 1
            if event.market_state == MarketState.RESERVED and event.state_reason in (
                StateReason.VELOCITY,
                StateReason.HALT_DCB,
            ):
                self.seen[f"{what} reserved by {StateReason(event.state_reason).name}"] += 1
            if command.kind == CommandKind.SET_STATE and command.flags & CommandFlag.FORCE:
                self.seen[f"forced {what}"] += 1
        if command.kind == CommandKind.SET_STATE and command.market_state == MarketState.OPEN:
            uncrossed = {event.instrument for event in events if event.kind == EventKind.UNCROSSED}
            for index, state in self.states.items():
                opened = state in COLLECTING_STATES and market.market_state(index) == MarketState.OPEN
                self.seen["opened without UNX"] += opened and index not in uncrossed

    def _auction(self, market: Market, events: list[Any]) -> None:
        for event in events:
            if event.kind == EventKind.UNCROSSED:
                left = (
                    "balanced"
                    if not event.imbalance_lots
                    else "buys left"
                    if event.imbalance_lots > 0
                    else "sells left"
                )
                self.seen[f"UNX {left}"] += 1

    def _self_match(self, market: Market, command: Any) -> None:
        if command.kind == CommandKind.QUOTE:
            self.seen["SMP of QUOTE"] += 1
        elif command.kind == CommandKind.NEW:
            way = Matching(market.clearing.instruments[command.instrument].matching).name
            self.seen[f"SMP {SmpMode(command.smp_mode).name} {way}"] += 1

    def _quotes(self, market: Market, command: Any, events: list[Any]) -> None:
        if command.kind == CommandKind.QUOTE:
            refused = any(
                event.kind == EventKind.ORDER_REJECTED and event.reason == RejectReason.MMP for event in events
            )
            self.seen["rest of a running quote refused"] += refused and self.run
        elif self.run:
            self.seen["cut short"] += 1
        self.seen["reset"] += any(event.kind == EventKind.PROTECTION_RESET for event in events)
        self.seen["group set again"] += any(event.kind == EventKind.PROTECTION_DEFINED for event in events)

    def _leaving(self, market: Market, command: Any, events: list[Any]) -> None:
        """Mass cancels, disconnects, timers."""
        flags = command.flags
        for event in events:
            if event.kind == EventKind.MASS_CANCELLED and event.order_count:
                self._mass(command)
            elif event.kind == EventKind.DISCONNECTED and event.cancel_reason == CancelReason.COD:
                whole, queued = flags & CommandFlag.WHOLE_ACCOUNT, event.flags & EventFlag.QUEUED
                self.seen["DSC of account" if whole else "DSC of session"] += 1
                self.seen["DSC DAY only"] += bool(flags & CommandFlag.DAY_ONLY)
                self.seen["DSC queued"] += bool(queued)
            elif event.kind == EventKind.DISCONNECTED:
                self.seen["TIMER queued" if event.flags & EventFlag.QUEUED else "TIMER fires"] += 1
            elif event.kind == EventKind.TIMER_SET:
                self.seen["TIMER off"] += not event.fires_ns
            elif event.kind == EventKind.ORDER_CANCELLED and event.order_id in self.waiting:
                self.seen["left after NOCANCEL"] += command.kind == CommandKind.SET_STATE

    def _mass(self, command: Any) -> None:
        facts = {
            "of account": not command.instrument and not command.group,
            "of book": command.instrument,
            "of group": command.group,
            "by side": command.flags & CommandFlag.BY_SIDE,
            "by tag": command.flags & CommandFlag.BY_TAG,
            "by protection": command.flags & CommandFlag.BY_PROTECTION,
        }
        self.seen.update({f"MASS {name}": 1 for name, fact in facts.items() if fact})


def _is_cancel(event: Any, reason: CancelReason) -> bool:
    return bool(event.kind == EventKind.ORDER_CANCELLED and event.cancel_reason == reason)
