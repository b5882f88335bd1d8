"""QUOTE: one entry of a mass quote, which quotes both sides of one instrument (QUOTE-001 to QUOTE-008)."""

from dataclasses import dataclass

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    MarketState,
    OrderEntry,
    OrderState,
    OrderType,
    QuoteState,
    RejectReason,
    Side,
    SmpMode,
    TimeInForce,
)
from exchange.records import QUOTE_KEY, QUOTE_OWNER
from exchange.reference.book import Order
from exchange.reference.day_prices import outside_band
from exchange.reference.entry import SIDE_LOTS_MAX, is_killed, side_is_full
from exchange.reference.market import Check, Market, MassQuote, first_failure, reported_price
from exchange.reference.matching import enter
from exchange.reference.orders import accept, cancel_order, lose_priority
from exchange.reference.phases import ENTRY_STATES
from exchange.reference.protection import allows_quotes
from exchange.units import ORDER_LOTS_MAX

ENTRIES_MAX = 32  # entries of one mass quote (QUOTE-001)


@dataclass
class QuotedSide:
    """One side of an entry, and the account's quote on this side before it (`old`, None: there is none).

    changes   the side is new or loses its priority (QUOTE-004)
    fresh     there is no old quote
    enters    an order enters the book
    leaves    the old quote leaves the book (QUOTE-003, QUOTE-005)
    """

    side: int
    price: int
    lots: int
    old: Order | None

    def __post_init__(self) -> None:
        """Compute the flags now, because `old` is changed later."""
        self.changes = self.old is None or self.price != self.old.price or self.lots > self.old.leaves_lots
        self.fresh = self.old is None
        self.enters = bool(self.lots) and self.changes
        self.leaves = self.old is not None and (not self.lots or self.changes)


def quote_words(side: int, index: int) -> tuple[int, int, int]:
    """The words that a quote has in place of a client order id: its side and book (QUOTE-001)."""
    return (QUOTE_KEY | side, index, 0)


def quote(market: Market) -> None:
    """QUOTE: replace both sides and report what happened to each, or reject the entry."""
    command = market.command
    if market.mass_quote is None:
        market.mass_quote = MassQuote(command.sequence)
    mass_quote = market.mass_quote
    mass_quote.time_ns = command.time_ns
    mass_quote.is_open = bool(command.flags & CommandFlag.MORE)
    both = [
        QuotedSide(side, price, lots, market.find_client(command.account, quote_words(side, command.instrument)))
        for side, price, lots in (
            (Side.BUY, command.bid_tick, command.bid_lots),
            (Side.SELL, command.ask_tick, command.ask_lots),
        )
    ]
    reason = first_failure(_checks(market, both))
    place = len(mass_quote.named)
    mass_quote.named.append(command.instrument)
    if reason != RejectReason.NONE:
        _reject(market, reason, place)
        return
    states = [_leave(market, quoted) for quoted in both]
    for quoted in both:
        if quoted.enters:
            states[quoted.side] = _enter(market, quoted)
    ids = [quoted.old.order_id if quoted.old and quoted.lots else 0 for quoted in both]
    market.answer(
        EventKind.QUOTE_ACCEPTED,
        entry_place=place,
        bid_state=states[0],
        ask_state=states[1],
        bid_id=ids[0],
        ask_id=ids[1],
    )


def _reject(market: Market, reason: RejectReason, place: int) -> None:
    command = market.command
    details = {"bid_tick": reported_price(command.bid_tick), "entry_place": place}
    if reason == RejectReason.STATE:
        details["book_state"] = market.market_state(command.instrument)
    market.answer(
        EventKind.ORDER_REJECTED, reason=reason, order_type=OrderType.QUOTE, state=OrderState.REJECTED,
        account_sequence=market.next_number(command.account), **details,
    )  # fmt: skip


def _checks(market: Market, both: list[QuotedSide]) -> Check:
    """QUOTE-002: the checks of an entry, in order of precedence (ORDER-004)."""
    command, mass_quote = market.command, market.mass_quote
    account = market.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None and mass_quote is not None
    yield any(not 0 <= quoted.lots <= ORDER_LOTS_MAX for quoted in both), RejectReason.BAD_QTY
    yield len(mass_quote.named) >= ENTRIES_MAX, RejectReason.BAD_COMBO  # QUOTE-001
    yield command.instrument in mass_quote.named, RejectReason.DUP_INST  # QUOTE-006
    bid, ask = both
    yield bool(bid.lots and ask.lots) and bid.price >= ask.price, RejectReason.CROSSED_QUOTE
    yield is_killed(market, command.account, command.session), RejectReason.KILLED
    instrument = market.clearing.instruments.get(command.instrument)
    yield instrument is None, RejectReason.UNKNOWN_INST
    assert instrument is not None
    state = market.market_state(command.instrument)
    rests = bid.old is not None or ask.old is not None
    yield state not in ENTRY_STATES or (state == MarketState.NOCANCEL and rests), RejectReason.STATE
    yield instrument.order_entry == OrderEntry.IOC_ONLY, RejectReason.IOC_ONLY
    yield any(quoted.lots and quoted.price % instrument.min_inc for quoted in both), RejectReason.OFF_TICK
    largest = min(instrument.order_lots_max, account.order_lots_max)
    yield any(quoted.lots > largest for quoted in both), RejectReason.BAD_LOT
    yield any(side.old is not None and side.old.order_type != OrderType.QUOTE for side in both), RejectReason.DUP_ID
    yield not allows_quotes(market, instrument.group), RejectReason.MMP  # MMP-003
    entering = [quoted for quoted in both if quoted.enters]
    for quoted in entering:
        yield outside_band(market, command.instrument, quoted.side, quoted.price, TimeInForce.DAY), RejectReason.BAND
    yield from _risk_checks(market, both)


def _risk_checks(market: Market, both: list[QuotedSide]) -> Check:
    """QUOTE-002: checks of limits, margin and capacity with both new sides in place of the old ones that leave."""
    clearing = market.clearing
    account = clearing.accounts[market.command.account]
    leaving = [quoted.old for quoted in both if quoted.leaves]
    entering = [_draft(market, quoted) for quoted in both if quoted.enters]
    working = [order for order in market.working(account.number) if order not in leaving] + entering
    opens = not all(clearing.only_closes(account, working, order) for order in entering)
    yield account.may_only_close and opens, RejectReason.CLOSE_ONLY
    yield any(clearing.breaks_limit(account, working, order) for order in entering), RejectReason.POSITION
    yield (
        opens and clearing.initial_margin_mills(account, working) > clearing.funds_mills(account),
        RejectReason.INSUFFICIENT_MARGIN,
    )
    fresh = sum(quoted.enters and quoted.fresh for quoted in both)
    yield not market.ids.has_free(fresh), RejectReason.FULL
    for quoted, order in zip([quoted for quoted in both if quoted.enters], entering, strict=True):
        yield side_is_full(market, order, quoted.old), RejectReason.FULL
        executed = quoted.old.filled_lots if quoted.old is not None else 0
        yield executed + quoted.lots > SIDE_LOTS_MAX, RejectReason.FULL


def _draft(market: Market, quoted: QuotedSide) -> Order:
    command = market.command
    return Order(
        market.ids.peek(), market.entries + 1, command.account, command.session, command.instrument, quoted.side,
        TimeInForce.DAY, 0, quoted.price, quoted.lots, quoted.lots, 0, quote_words(quoted.side, command.instrument), 0,
        QUOTE_OWNER + command.account, SmpMode.CANCEL_RESTING, OrderType.QUOTE, protection=command.protection_number,
    )  # fmt: skip


def _leave(market: Market, quoted: QuotedSide) -> QuoteState:
    """QUOTE-003 to QUOTE-005: cancel the old side, change it in place, or take it out of its queue to enter again.

    returns   the state to report; NONE: `_enter` decides
    """
    order, command = quoted.old, market.command
    if order is None:
        return QuoteState.NONE
    if not quoted.lots:
        cancel_order(market, order, CancelReason.USER, command.request_id)
        return QuoteState.REMOVED
    book, old_price = market.books[order.instrument], order.price
    order.protection, order.session = command.protection_number, command.session
    if quoted.changes:
        lose_priority(market, order)
    order.price, order.leaves_lots = quoted.price, quoted.lots
    order.order_lots = order.filled_lots + quoted.lots
    order.shown_lots = min(order.shown_lots, order.leaves_lots)
    priority = {"flags": EventFlag.LOST, "old_tick": old_price} if quoted.changes else {"flags": EventFlag.KEPT}
    market.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots,
        level_lots=book.level_lots(order.side, old_price), **priority,
    )  # fmt: skip
    return QuoteState.NONE if quoted.changes else QuoteState.KEPT


def _enter(market: Market, quoted: QuotedSide) -> QuoteState:
    """QUOTE-007: accept a new side, then match it and let it rest like any order; returns the state to report."""
    order = quoted.old
    if order is None:
        order = quoted.old = _draft(market, quoted)
        accept(market, order)
    elif order.order_id not in market.orders:
        return QuoteState.REMOVED
    enter(market, order)
    if order.order_id in market.orders:
        return QuoteState.ENTERED
    return QuoteState.FILLED if order.filled_lots == order.order_lots else QuoteState.REMOVED
