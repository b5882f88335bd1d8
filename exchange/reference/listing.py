"""Controls about instruments: listing, a day's limits, marks, variation margin, lead market makers."""

import dataclasses
from typing import Any

from exchange.codes import CancelReason, CashReason, ComboKind, EventFlag, EventKind, MarketState, Matching, OrderType
from exchange.reference.book import Book, Order, signed
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order
from exchange.reference.price_guards import guards_of_listing, lead_month


def list_instruments(market: Market, payload: dict[str, Any]) -> None:
    """LIST: make a book for each new instrument. A new product group is CLOSED."""
    clearing = market.clearing
    market.set_closing_window(payload)
    for index in clearing.list_payload(payload):
        settle_tick = clearing.instruments[index].settle_tick
        market.books[index] = Book()
        market.phases.list_book(clearing.instruments[index])
        market.guards[index] = guards_of_listing(next(one for one in payload["instruments"] if one["index"] == index))
        market.emit(EventKind.INSTRUMENT_LISTED, instrument=index, settlement_tick=settle_tick)
    for group in {listing["group"] for listing in payload["instruments"]}:
        if market.phases.groups[group].state == MarketState.CLOSED:
            market.lead_months[group] = lead_month(clearing, group)


def set_lead_makers(market: Market, payload: dict[str, Any]) -> None:
    """LEAD_MAKERS: set the lead market makers of the named books, or of all pro-rata books of a group (PRO-003)."""
    instruments, group = market.clearing.instruments, payload.get("group", 0)
    of_group = [one.index for one in instruments.values() if one.matching == Matching.PRO_RATA and one.group == group]
    for index in payload.get("instruments") or of_group:
        market.lead_makers[index] = [(account, percent) for account, percent in payload["makers"]]
    for account, _ in payload["makers"]:
        market.emit(EventKind.ACCOUNT_DEFINED, account=account)


# --- a day's limits


def is_allowed_for_one(market: Market, books: list[dict[str, Any]], day: int) -> bool:
    """SEC-061: whether one operator alone may set these limits.

    They must be for whole groups that were not settled for a later day. Settlements of outrights must be within the
    present limits. If a group was settled for this day, nothing may differ.

    books   limits of each book, as in the payload
    day     days since 1970
    """
    if day < 1:
        return False
    instruments, named = market.clearing.instruments, {limits["index"]: limits for limits in books}
    for group in {instruments[index].group for index in named}:
        members = {index: one for index, one in instruments.items() if one.group == group}
        settled = market.settled_days.get(group, 0)
        if settled > day or not members.keys() <= named.keys():
            return False
        for index, one in members.items():
            settle = named[index]["settle_tick"]
            asked = (settle, named[index]["low_tick"], named[index]["high_tick"])
            if settled == day and asked != (one.settle_tick, one.low_tick, one.high_tick):
                return False
            if settled < day and not one.combo and not one.low_tick <= settle <= one.high_tick:
                return False
    return True


def changes_published(market: Market, books: list[dict[str, Any]], day: int) -> bool:
    """SETTLE-011: whether these limits would change the settlement that is published for this day."""
    instruments = market.clearing.instruments
    return any(
        0 < day == market.books[limits["index"]].settled_day
        and limits["settle_tick"] != instruments[limits["index"]].settle_tick
        for limits in books
    )


def set_day_limits(market: Market, payload: dict[str, Any]) -> None:
    """DAY_LIMITS: set settlement, daily limits, increments and price guard widths of books that are CLOSED.

    Orders that come to be outside the limits are parked, and those inside rest again (BAND-004).
    """
    books, day = payload["books"], payload.get("day", 0)
    instruments = market.clearing.instruments
    market.set_closing_window(payload)
    window_lots = {limits["index"]: market.books[limits["index"]].window_lots for limits in books}
    if day:
        for group in {instruments[limits["index"]].group for limits in books}:
            market.settled_days[group] = max(day, market.settled_days.get(group, 0))
    _set_increments(market, {limits["index"]: limits["min_inc"] for limits in books if "min_inc" in limits})
    for limits in books:
        index = limits["index"]
        terms = {name: limits[name] for name in ("settle_tick", "low_tick", "high_tick")}
        instruments[index] = dataclasses.replace(instruments[index], **terms)
        market.clearing.marks[index] = limits["settle_tick"]
        book = market.books[index]
        book.window_lots = book.window_tick_lots = 0
        book.quoted_tick = None
        book.settled_day = max(day, book.settled_day)
        guards = market.guards[index]
        guards.velocity.width_ticks = limits.get("velocity_ticks", 0)
        guards.breaker.width_ticks = limits.get("breaker_ticks", 0)
        guards.collar_ticks = limits.get("collar_ticks", 0)
    moved = [order for limits in books for order in _requeue_orders(market, limits["index"])]
    for order in sorted(moved, key=lambda order: order.entry):
        level = market.books[order.instrument].level_lots(order.side, order.price)
        market.order_event(
            EventKind.ORDER_RESTED, order, shown_lots=order.shown_lots, in_stream=False,
            hidden_lots=order.leaves_lots - order.shown_lots if order.resting else 0,
            level_lots=level if order.resting else 0,
        )  # fmt: skip
    for limits in books:
        index = limits["index"]
        market.emit(EventKind.INSTRUMENT_LISTED, instrument=index, settlement_tick=instruments[index].settle_tick)
        group = instruments[index].group
        market.lead_months[group] = lead_month(market.clearing, group)
    for limits in books:
        index = limits["index"]
        if instruments[index].combo == ComboKind.OUTRIGHT:
            held = [account.lots(index) for account in market.clearing.accounts.values()]
            market.emit(
                EventKind.SETTLED, instrument=index, settlement_tick=limits["settle_tick"],
                settle_method=limits.get("method", 0), settle_flagged=int(limits.get("flagged", False)),
                trading_day=day - 1 if day else 0, window_lots=window_lots[index],
                open_interest_lots=sum(lots for lots in held if lots > 0),
            )  # fmt: skip
    pay_variation(market, sorted(limits["index"] for limits in books), day - 1 if day else 0)


def _set_increments(market: Market, increments: dict[int, int]) -> None:
    """SPEC-002: set new increments by book, and cancel orders whose prices are off them, oldest first."""
    for order in list(market.orders.values()):
        increment = increments.get(order.instrument, 1)
        if any(tick % increment for tick in _entered_ticks(order)):
            cancel_order(market, order, CancelReason.ADMIN)
    instruments = market.clearing.instruments
    for index, increment in increments.items():
        instruments[index] = dataclasses.replace(instruments[index], min_inc=increment)


def _entered_ticks(order: Order) -> list[int]:
    """Prices of an order that must be on the increment: its limit; of a waiting stop its trigger, and its limit if it
    was given one."""
    if not order.pending:
        return [order.price]
    return [order.trigger] if order.order_type == OrderType.STOP else [order.trigger, order.price]


def _requeue_orders(market: Market, index: int) -> list[Order]:
    """Put all orders of a book into its queues again, by time priority; park those outside the limits (BAND-004).

    returns   orders that were resting and are parked now, or the other way round
    """
    instrument, book = market.clearing.instruments[index], market.books[index]
    working = [order for order in market.orders.values() if order.instrument == index and not order.pending]
    moved = []
    for order in sorted(working, key=lambda order: order.stamp):
        rested, stamp, shown = order.resting, order.stamp, order.shown_lots
        if rested:
            book.remove(order)
        covered = instrument.low_tick <= order.price <= instrument.high_tick
        if covered:
            book.rest(order)
            order.stamp = stamp
        if covered and rested:
            order.shown_lots = shown
        if covered != rested:
            moved.append(order)
            order.shown_lots = order.shown_lots if covered else 0
            top = book.top[order.side]
            if covered and top and signed(order.side) * (order.price - top.price) > 0:
                book.top[order.side] = None
    return moved


# --- marks and variation margin


def set_marks(market: Market, payload: dict[str, Any]) -> None:
    """MARK: value outrights that have traded at the price between their quotes; at noon all, and pay positions."""
    marks, pays = market.clearing.marks, payload.get("pays", False)
    instruments = market.clearing.instruments
    before = dict(marks)
    for index, instrument in sorted(instruments.items()):
        if instrument.combo != ComboKind.OUTRIGHT:
            if any(marks[leg] != before[leg] for leg, _ in instrument.legs):
                marks[index] = _mark_of_legs(market, instrument)
        elif market.market_state(index) == MarketState.OPEN:
            book = market.books[index]
            printed = book.last_tick is not None and book.volume_lots >= payload.get("min_lots", 1)
            if pays or printed:
                quoted = book.quoted(instrument.settle_tick)
                marks[index] = instrument.settle_tick if quoted is None else quoted
    for index, instrument in sorted(instruments.items()):
        if marks[index] != before[index] and instrument.combo == ComboKind.OUTRIGHT:
            market.emit(EventKind.MARKED, instrument=index, mark_tick=marks[index])
    if pays:
        pay_variation(market, sorted(instruments), payload["day"])


def _mark_of_legs(market: Market, instrument: Instrument) -> int:
    """SPEC-053: first leg less second; of a strip the mean by hours, nearest, half up."""
    marks = market.clearing.marks
    if instrument.combo != ComboKind.STRIP:
        (front, _), (back, _) = instrument.legs
        return marks[front] - marks[back]
    hours = {leg: market.clearing.instruments[leg].hours for leg, _ in instrument.legs}
    total = sum(hours.values())
    return (2 * sum(marks[leg] * share for leg, share in hours.items()) + total) // (2 * total)


def pay_variation(market: Market, books: list[int], day: int) -> None:
    """SETTLE-007, SETTLE-012: pay every account the gains of its positions in these books, and report it."""
    clearing = market.clearing
    for number, account in sorted(clearing.accounts.items()):
        held = [index for index in books if index in account.positions and account.positions[index].is_open]
        received = sum(clearing.settle_position(account, index) for index in held)
        equity, funds = clearing.equity_mills(account), clearing.funds_mills(account)
        common = {"margin_held_mills": market.initial_margin_mills(account), "unpaid_gain_mills": equity - funds}
        reports: list[tuple[EventKind, dict[str, int]]] = []
        if received:
            cash = {"cash_reason": CashReason.VARIATION, "trading_day": day, "amount_mills": received}
            reports.append((EventKind.CASH_MOVED, {**cash, "equity_after_mills": equity}))
        for index in held:
            position = account.positions[index]
            values = {"instrument": index, "mark_tick": clearing.marks[index]}
            values |= {"position_lots": position.lots, "open_value_tick_lots": position.open_value_tick_lots}
            reports.append((EventKind.POSITION_CHANGED, {**values, "equity_mills": equity}))
        for place, (kind, values) in enumerate(reports):
            flags = EventFlag.MARGIN if place == len(reports) - 1 else 0
            numbered = {"account": number, "account_sequence": market.next_number(number), "flags": flags}
            market.emit(kind, **numbered, **values, **common)
        if reports:
            market.next_number(number)  # number of the margin message that follows
