"""Controls about instruments: listing, a day's limits, marks, variation margin, lead makers, and how they end."""

import dataclasses
from collections.abc import Collection
from typing import Any

from exchange.clearing_codes import CashReason, HouseAccount, Life
from exchange.codes import CancelReason, ComboKind, EventFlag, EventKind, MarketState, Matching, OrderType, SettleMethod
from exchange.records import pack_digest
from exchange.reference.book import Book, Order, signed
from exchange.reference.clearing import Account, Instrument, Position
from exchange.reference.controls.settled_days import note_finals, note_settlements
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order
from exchange.reference.price_guards import guards_of_listing, lead_month

Report = tuple[EventKind, dict[str, int]]  # an event to an account, and its values


def list_instruments(market: Market, payload: dict[str, Any]) -> None:
    """LIST: make a book for each new instrument. A new product group is CLOSED."""
    clearing = market.clearing
    market.set_closing_window(payload)
    for index in clearing.list_payload(payload):
        settle_tick = clearing.instruments[index].settle_tick
        market.books[index] = Book()
        market.lead_makers.pop(index, None)
        market.phases.list_book(clearing.instruments[index])
        market.guards[index] = guards_of_listing(next(one for one in payload["instruments"] if one["index"] == index))
        market.emit(EventKind.INSTRUMENT_LISTED, instrument=index, settlement_tick=settle_tick)
    for group in {listing["group"] for listing in payload["instruments"]}:
        if market.phases.groups[group].state == MarketState.CLOSED:
            market.lead_months[group] = lead_month(clearing, group)


def set_lead_makers(market: Market, payload: dict[str, Any]) -> None:
    """LEAD_MAKERS: set the lead market makers of the named books, or of all pro-rata books of a group (PRO-003)."""
    instruments, group = market.clearing.instruments, payload.get("group", 0)
    pro_rata = [one for one in instruments.values() if one.matching == Matching.PRO_RATA and one.life == Life.LISTED]
    of_group = [one.index for one in pro_rata if one.group == group]
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
        members = {index: one for index, one in instruments.items() if one.group == group and one.life == Life.LISTED}
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
    for index in [limits["index"] for limits in books]:
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
                open_interest_lots=sum(lots for lots in held if lots > 0), **_inputs(payload),
            )  # fmt: skip
    note_settlements(market, books, day - 1 if day else 0)
    pay_variation(market, sorted(limits["index"] for limits in books), day - 1 if day else 0)


def _inputs(payload: dict[str, Any]) -> dict[str, int]:
    """The SHA-256 of a settlement's inputs as fields of SETTLED (SETTLE-011)."""
    words = pack_digest(payload.get("inputs", ""))
    return {f"inputs_{number}": word for number, word in enumerate(words)}


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
            if instrument.life == Life.LISTED and any(marks[leg] != before[leg] for leg, _ in instrument.legs):
                marks[index] = _mark_of_legs(market, instrument)
        else:
            book, now = market.books[index], market.market_state(index)
            printed = book.last_tick is not None and book.volume_lots >= payload.get("min_lots", 1)
            if (now == MarketState.OPEN and printed) or (pays and now != MarketState.CLOSED):
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
        cash = _cash_report(account, CashReason.VARIATION, day, received)
        _report(market, number, cash, held)


def _cash_report(account: Account, reason: CashReason, day: int, mills: int) -> list[Report]:
    """CASH_MOVED, if an account was paid something."""
    values = {"cash_reason": reason, "trading_day": day, "amount_mills": mills}
    return [(EventKind.CASH_MOVED, values)] if mills else []


def _report(market: Market, number: int, leading: list[Report], held: list[int]) -> None:
    """Report to an account: what leads, then its positions in these books, and its margin with the last of all."""
    clearing = market.clearing
    account = clearing.accounts[number]
    equity, funds = clearing.equity_mills(account), clearing.funds_mills(account)
    common = {
        "margin_held_mills": market.initial_margin_mills(account),
        "unpaid_gain_mills": equity - funds,
        "required_mills": account.required_mills,
    }
    reports = []
    for kind, values in leading:
        is_cash = kind == EventKind.CASH_MOVED
        reports.append((kind, {**values, **common, "equity_after_mills": equity} if is_cash else values))
    for index in held:
        position = account.positions[index]
        values = {"instrument": index, "mark_tick": clearing.marks[index], "equity_mills": equity, **common}
        values |= {"position_lots": position.lots, "open_value_tick_lots": position.open_value_tick_lots}
        reports.append((EventKind.POSITION_CHANGED, values))
    for place, (kind, values) in enumerate(reports):
        flags = EventFlag.MARGIN if place == len(reports) - 1 else 0
        market.emit(kind, account=number, account_sequence=market.next_number(number), flags=flags, **values)
    if reports:
        market.next_number(number)  # number of the margin message that follows


# --- how instruments end


def expire(market: Market, payload: dict[str, Any]) -> None:
    """EXPIRE: instruments end, and the combinations on them. Those that are SETTLED close all positions."""
    instruments, day = market.clearing.instruments, payload.get("day", 0)
    lives = _ending(market, {end["index"]: Life(end["life"]) for end in payload["books"]})
    _cancel_orders_of(market, lives, CancelReason.EXPIRED)
    ends = {end["index"]: end for end in payload["books"]}
    final = {index: end["final_tick"] for index, end in ends.items() if "final_tick" in end}
    for index, tick in final.items():
        instruments[index] = dataclasses.replace(instruments[index], settle_tick=tick)
        market.clearing.marks[index] = tick
    for index, tick in final.items():
        market.emit(
            EventKind.SETTLED, instrument=index, settlement_tick=tick, settle_method=SettleMethod.FINAL,
            trading_day=day, open_interest_lots=_open_lots(market, index), **_inputs(ends[index]),
        )  # fmt: skip
    note_finals(market, list(final), day)
    settled = sorted(index for index, end in ends.items() if end["life"] == Life.SETTLED)
    _pay_rest(market, settled, day)
    _close_positions(market, settled, payload.get("fee_mills", 0), day)
    _end_books(market, lives)


def cascade(market: Market, payload: dict[str, Any]) -> None:
    """CASCADE-002: a parent ends; its positions become positions in its children at its settlement, without money."""
    clearing, parent = market.clearing, payload["parent"]
    lives = _ending(market, {parent: Life.CASCADED})
    _cancel_orders_of(market, lives, CancelReason.CASCADED)
    _pay_rest(market, [parent], payload.get("day", 0))
    price = clearing.marks[parent]
    moved: dict[int, int] = {}
    for number, account in sorted(clearing.accounts.items()):
        lots = account.lots(parent)
        if lots:
            moved[number] = lots
            for child in payload["children"]:
                position = account.positions.setdefault(child, Position())
                position.lots += lots
                position.open_value_tick_lots += price * lots
            account.positions[parent] = Position()
    for number, lots in moved.items():
        values = {"instrument": parent, "settlement_tick": clearing.instruments[parent].settle_tick}
        report = (EventKind.POSITION_CASCADED, values | {"position_lots": lots})
        _report(market, number, [report], sorted([parent, *payload["children"]]))
    _end_books(market, lives)


def _pay_rest(market: Market, books: list[int], day: int) -> None:
    """SETTLE-007: pay what positions in these books have gained since they were paid last, if any has."""
    clearing = market.clearing
    held = [(index, one) for account in clearing.accounts.values() for index, one in account.positions.items()]
    if any(clearing.marks[index] * one.lots != one.open_value_tick_lots for index, one in held if index in books):
        pay_variation(market, books, day)


def _open_lots(market: Market, index: int) -> int:
    held = [account.lots(index) for account in market.clearing.accounts.values()]
    return sum(lots for lots in held if lots > 0)


def _ending(market: Market, lives: dict[int, Life]) -> dict[int, Life]:
    """These books, and the combinations that end with a leg."""
    listed = [one for one in market.clearing.instruments.values() if one.life == Life.LISTED]
    on_them = [one for one in listed if one.combo and any(leg in lives for leg, _ in one.legs)]
    return dict.fromkeys((one.index for one in on_them), Life.DELISTED) | lives


def _cancel_orders_of(market: Market, books: Collection[int], reason: CancelReason) -> None:
    for order in list(market.orders.values()):
        if order.instrument in books:
            cancel_order(market, order, reason)


def _close_positions(market: Market, books: list[int], fee_mills: int, day: int) -> None:
    """FEE-001: close all positions in these books at their marks; each side pays the fee of a cash settlement."""
    clearing = market.clearing
    for number, account in sorted(clearing.accounts.items()):
        held = [index for index in books if account.lots(index)]
        fee = sum(fee_mills * clearing.instruments[index].hours * abs(account.lots(index)) for index in held)
        clearing.post(account, HouseAccount.FEES, -fee)
        for index in held:
            account.positions[index] = Position()
        _report(market, number, _cash_report(account, CashReason.FEE, day, -fee), held)


def _end_books(market: Market, lives: dict[int, Life]) -> None:
    """End instruments; a book whose positions are gone can be listed again."""
    instruments = market.clearing.instruments
    for index, life in sorted(lives.items()):
        instruments[index] = dataclasses.replace(instruments[index], life=life)
        market.phases.end_book(index)
        for account in market.clearing.accounts.values():
            if life != Life.EXPIRED:
                account.positions.pop(index, None)
        market.emit(
            EventKind.INSTRUMENT_ENDED,
            instrument=index,
            settlement_tick=instruments[index].settle_tick,
            life=life,
            ended_id=instruments[index].instrument_id,
        )
    for group in {instruments[index].group for index in lives}:
        if market.phases.groups[group].state == MarketState.CLOSED:
            market.lead_months[group] = lead_month(market.clearing, group)
