"""NEW, and the checks that it shares with replaces and quotes.

An order is accepted or rejected; it may repeat a live order or be expired already (ORDER-003, ORDER-004, ENTRY-003).
"""

from typing import Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    MarketState,
    OrderEntry,
    OrderState,
    OrderType,
    PostOnly,
    RejectReason,
    Scope,
    Side,
    SmpMode,
    TimeInForce,
)
from exchange.reference.book import IMMEDIATE, MARKET_TYPES, STOP_TYPES, Order, Owner, signed
from exchange.reference.clearing import Instrument
from exchange.reference.day_prices import outside_band, stop_outside, worst_price
from exchange.reference.implied import best_tradeable_price
from exchange.reference.market import Check, Market, client_words, first_failure
from exchange.reference.matching import enter
from exchange.reference.orders import accept, cancel_order
from exchange.reference.phases import ENTRY_STATES
from exchange.reference.stops import elect_if_true, is_elected_now, protected_limit
from exchange.units import ORDER_LOTS_MAX

SIDE_LOTS_MAX = 2**31 - 1  # ORDER-016


def new_order(market: Market) -> None:
    """NEW: accept the order and match it, or reject it."""
    command = market.command
    reason = first_failure(_checks(market, command))
    live = market.find_client(command.account, client_words(command))
    if reason == RejectReason.DUP_ID and live is not None and has_same_content(live, command):
        market.order_event(
            EventKind.ORDER_REJECTED, live, in_stream=False, reason=reason, session=command.session,
            reference=command.request_id, flags=EventFlag.SAME,
        )  # fmt: skip
    elif reason in (RejectReason.BAND, RejectReason.INSUFFICIENT_MARGIN):
        details = refusal_details(market, reason, draft(market, command), None)
        market.refuse(EventKind.ORDER_REJECTED, reason, **details)
    elif reason != RejectReason.NONE:
        market.refuse(EventKind.ORDER_REJECTED, reason)
    else:
        _accept(market, draft(market, command))


def has_same_content(order: Order, command: Any) -> bool:
    """ENTRY-003: whether a NEW asks for exactly what the live order with its client order id is now."""
    kind = command.order_type
    asked = (command.instrument, command.side, kind, command.lots)
    if asked != (order.instrument, order.side, order.order_type, order.order_lots):
        return False
    if kind in STOP_TYPES and order.trigger != command.trigger:
        return False
    return kind not in (OrderType.LIMIT, OrderType.STOP_LIMIT) or order.price == command.price


def _accept(market: Market, order: Order) -> None:
    if order.has_expired(market.command.time_ns):
        # TIF-009: an order that has expired already is accepted and ends at once.
        accept(market, order, state=OrderState.EXPIRED, leaves_lots=0)
        cancel_order(market, order, CancelReason.EXPIRED)
        return
    accept(market, order)
    if order.pending:
        elect_if_true(market, order)
    else:
        enter(market, order)


# --- the order that a NEW asks for


def draft(market: Market, command: Any) -> Order:
    """The order that a NEW asks for, as it would work. The market is unchanged."""
    return Order(
        market.ids.peek(), market.entries + 1, command.account, command.session, command.instrument, command.side,
        command.tif, command.post_only, entry_price(market, command), command.lots, command.lots,
        command.minimum_lots, client_words(command), command.tag,
        command.smp_id or market.clearing.accounts[command.account].smp_id, command.smp_mode, command.order_type,
        command.display_lots, command.expiry_ns, command.trigger, command.order_type in STOP_TYPES,
        bool(command.flags & CommandFlag.REJECT_IF_ELECTED), no_cod=bool(command.flags & CommandFlag.NO_COD),
        liquidation=bool(command.flags & CommandFlag.LIQUIDATION),
    )  # fmt: skip


def entry_price(market: Market, command: Any) -> int:
    """The limit at which the order of a NEW would work, in ticks."""
    tighten = bool(command.flags & CommandFlag.TIGHTEN)
    if command.order_type == OrderType.STOP:
        price = command.price if tighten else None
        return protected_limit(market, command.instrument, command.side, command.trigger, price)
    if command.order_type in MARKET_TYPES:
        return _market_order_limit(market, command)
    if command.order_type == OrderType.LIMIT and command.post_only == PostOnly.SLIDE:
        return _slid_limit(market, command)
    limit: int = command.price
    return limit


def _market_order_limit(market: Market, command: Any) -> int:
    """ORDER-008 to ORDER-012: the best opposite price plus protection points, capped by band and daily limits."""
    instrument, sign = market.clearing.instruments[command.instrument], signed(command.side)
    best = best_price(market, command)
    assert best is not None, "without an opposite price it is refused (ORDER-010)"
    points = instrument.protection_ticks if command.order_type == OrderType.MARKET else 0
    caps = [best + sign * points, worst_price(market, command.instrument, command.side)]
    caps += [command.price] if command.flags & CommandFlag.TIGHTEN else []
    price: int = min(sign * cap for cap in caps) * sign
    while price % instrument.min_inc and price != best:  # an implied price may be off the increment (ORDER-011)
        price -= sign
    return price


def _slid_limit(market: Market, command: Any) -> int:
    """TIF-006: the order's price, or one increment away from the best opposite price if it would trade."""
    instrument, sign = market.clearing.instruments[command.instrument], signed(command.side)
    best, price = best_price(market, command), int(command.price)
    is_open = market.market_state(command.instrument) == MarketState.OPEN
    if not is_open or best is None or sign * price < sign * best:
        return price
    price = best - sign
    while price % instrument.min_inc:
        price -= sign
    return price


def best_price(market: Market, command: Any) -> int | None:
    """The best price at which a NEW can trade, real or implied; None: there is none."""
    smp_id = command.smp_id or market.clearing.accounts[command.account].smp_id
    owner = Owner(command.account, smp_id, command.order_type)
    return best_tradeable_price(market, command.instrument, command.side, owner)


# --- checks, in order of precedence (ORDER-004)


def _checks(market: Market, command: Any) -> Check:
    account = market.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None
    yield from _syntax_checks(command)
    closes = bool(command.flags & CommandFlag.LIQUIDATION)  # FALL-003
    yield not closes and is_killed(market, command.account, command.session), RejectReason.KILLED
    instrument = market.clearing.instruments.get(command.instrument)
    yield instrument is None, RejectReason.UNKNOWN_INST
    assert instrument is not None
    takes = command.tif in IMMEDIATE or command.order_type in MARKET_TYPES
    state = market.market_state(command.instrument)
    yield state not in ENTRY_STATES, RejectReason.STATE  # STATE-001
    yield state != MarketState.OPEN and takes, RejectReason.STATE  # STATE-003, ORDER-010
    ioc_only = instrument.order_entry == OrderEntry.IOC_ONLY
    yield ioc_only and command.tif not in IMMEDIATE, RejectReason.IOC_ONLY  # ORDER-015
    stop = command.order_type in STOP_TYPES
    yield stop and command.trigger % instrument.min_inc != 0, RejectReason.OFF_TICK  # SPEC-002
    yield _has_price(command) and command.price % instrument.min_inc != 0, RejectReason.OFF_TICK
    yield command.lots % instrument.lot_inc != 0, RejectReason.BAD_LOT
    yield command.lots > min(instrument.order_lots_max, account.order_lots_max), RejectReason.BAD_LOT
    yield shows_too_little(instrument, command.lots, command.display_lots), RejectReason.SHOW
    yield market.find_client(command.account, client_words(command)) is not None, RejectReason.DUP_ID  # ORDER-005
    is_market_order = command.order_type in MARKET_TYPES
    yield is_market_order and best_price(market, command) is None, RejectReason.NO_OPP  # ORDER-010
    order = draft(market, command)
    yield from _price_checks(market, command, instrument, order)
    yield from risk_checks(market, order, None)
    yield command.post_only == PostOnly.REJECT and would_trade(market, order), RejectReason.PO_CROSS
    yield stop and refuses_election(market, order), RejectReason.ELECTED


def _syntax_checks(command: Any) -> Check:
    """Checks of a NEW that need no market (ORDER-001, ICE-006)."""
    yield not 1 <= command.lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield not 0 <= command.display_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield not 0 <= command.minimum_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield command.side not in set(Side) or command.tif not in set(TimeInForce), RejectReason.BAD_COMBO
    yield command.order_type not in set(OrderType) - {OrderType.QUOTE}, RejectReason.BAD_COMBO
    yield not fits_expiry(command), RejectReason.BAD_COMBO
    yield command.smp_mode not in set(SmpMode), RejectReason.BAD_COMBO
    yield command.post_only not in set(PostOnly), RejectReason.BAD_COMBO
    takes = command.tif in IMMEDIATE or command.order_type in MARKET_TYPES
    is_post_only = command.post_only != PostOnly.NONE
    yield (is_post_only or command.display_lots) and takes, RejectReason.BAD_COMBO
    stop = command.order_type in STOP_TYPES
    yield stop and (command.tif in IMMEDIATE or is_post_only), RejectReason.BAD_COMBO


def _has_price(command: Any) -> bool:
    """Whether the command has a price."""
    tightens = bool(command.flags & CommandFlag.TIGHTEN)
    return command.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) or tightens


def _price_checks(market: Market, command: Any, instrument: Instrument, order: Order) -> Check:
    """Price checks by type: market order with a price (ORDER-012), stop (STOP-009), limit order (BAND-001)."""
    price = command.price if _has_price(command) else None
    if command.order_type in MARKET_TYPES:
        yield price is not None and not instrument.low_tick <= price <= instrument.high_tick, RejectReason.BAND
    elif command.order_type in STOP_TYPES:
        outside = stop_outside(instrument, command.side, command.tif, command.trigger, price)
        yield outside, RejectReason.BAND
    else:
        for limit in (command.price, order.price):  # before and after it slides
            yield outside_band(market, command.instrument, command.side, limit, command.tif), RejectReason.BAND


# --- checks that replaces and quotes have too, and the details that a refusal reports (ORDER-004)


def fits_expiry(command: Any) -> bool:
    """TIF-009: whether the expiry is given for a GTD order, and for no other."""
    return bool(command.expiry_ns > 0 if command.tif == TimeInForce.GTD else command.expiry_ns == 0)


def is_killed(market: Market, account: int, session: int) -> bool:
    """KILL-001: whether the account, the session or the account's firm is killed."""
    firm = market.clearing.accounts[account].firm
    places = [(Scope.ACCOUNT, account), (Scope.SESSION, session), (Scope.FIRM, firm)]
    return any(market.kills.get(place) for place in places)


def shows_too_little(instrument: Instrument, lots: int, display_lots: int) -> bool:
    """ICE-006: whether an iceberg's display is too small for its lots."""
    return bool(display_lots and instrument.show_ratio) and lots > display_lots * instrument.show_ratio


def refuses_election(market: Market, order: Order) -> bool:
    """STOP-002: whether the stop would be elected at once, and asks to be refused in that case."""
    return order.reject_if_elected and is_elected_now(market, order)


def would_trade(market: Market, order: Order) -> bool:
    """TIF-005: whether a post-only order would trade at once; only in OPEN it can (TIF-008)."""
    if order.post_only == PostOnly.NONE or market.market_state(order.instrument) != MarketState.OPEN:
        return False
    best = best_tradeable_price(market, order.instrument, order.side, order)
    return best is not None and signed(order.side) * order.price >= signed(order.side) * best


def risk_checks(market: Market, order: Order, replaced: Order | None) -> Check:
    """Checks of limits, margin and capacity.

    order      the order as it would work
    replaced   the order that it would replace; None: it is new
    """
    clearing = market.clearing
    account = clearing.accounts[order.account]
    working = [other for other in market.working(order.account) if other is not replaced] + [order]
    closes = clearing.only_closes(account, working, order)
    yield account.may_only_close and not closes, RejectReason.CLOSE_ONLY
    yield clearing.breaks_limit(account, working, order), RejectReason.POSITION
    short_of_funds = clearing.initial_margin_mills(account, working) > clearing.funds_mills(account)
    yield short_of_funds and not closes, RejectReason.INSUFFICIENT_MARGIN
    yield replaced is None and not market.ids.has_free(1), RejectReason.FULL
    yield side_is_full(market, order, replaced), RejectReason.FULL


def side_is_full(market: Market, order: Order, replaced: Order | None) -> bool:
    """ORDER-016: whether the lots on one side of the book would be too many."""
    others = [other for other in market.orders.values() if other.instrument == order.instrument]
    same = [other for other in others if other.side == order.side and other is not replaced]
    return sum(other.leaves_lots for other in same) + order.leaves_lots > SIDE_LOTS_MAX


def refusal_details(market: Market, reason: RejectReason, order: Order, replaced: Order | None) -> dict[str, int]:
    """Event fields that a rejection has besides its reason: prices allowed for BAND, margin for INSUFFICIENT_MARGIN.

    order      the order as it would work
    replaced   the order that it would replace; None: it is new
    """
    instrument = market.clearing.instruments[order.instrument]
    if reason == RejectReason.BAND:
        low, high = instrument.low_tick, instrument.high_tick
        if order.order_type not in (*STOP_TYPES, *MARKET_TYPES) or (replaced and not replaced.pending):
            worst = worst_price(market, order.instrument, order.side)
            low, high = (low, worst) if order.side == Side.BUY else (worst, high)
        return {"lowest_tick": low, "highest_tick": high}
    if reason == RejectReason.INSUFFICIENT_MARGIN:
        clearing, account = market.clearing, market.clearing.accounts[order.account]
        now = market.working(order.account)
        then = [other for other in now if other is not replaced] + [order]
        held = clearing.initial_margin_mills(account, now)
        need = clearing.initial_margin_mills(account, then) - held
        return {"needed_mills": need, "free_margin_mills": clearing.funds_mills(account) - held}
    return {}
