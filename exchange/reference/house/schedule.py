"""The day's schedule: feeds at 06:00, noon, the close, marks of the minute, calls whose time is over."""

from datetime import UTC, date, datetime, timedelta

from exchange.reference.house.calls import is_due, review
from exchange.reference.house.holdings import pay_variation
from exchange.reference.house.index import arrive, take
from exchange.reference.house.life import end_contracts, list_day, settle_index_months
from exchange.reference.house.orders import end
from exchange.reference.house.position_limits import flags_of
from exchange.reference.house.settlement import minute_marks, noon_marks, settlements_of_day
from exchange.reference.house.state import HouseState
from exchange.reference.house.statements import state_day
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_S

FEEDS_H, NOON_H, CLOSE_H = 6, 12, 21
DAY = timedelta(days=1)


def advance(state: HouseState, until_ns: int) -> None:
    """Run everything that is due up to a moment and with it."""
    while (moment := _next_moment(state)) <= until_ns:
        state.now_ns = moment
        _run(state, moment)
    state.now_ns = until_ns


def date_of(time_ns: int) -> date:
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC).date()


def trading_day(time_ns: int) -> date:
    """The trading day: from the close of the date before to its own."""
    return date_of(time_ns + (24 - CLOSE_H) * NS_PER_HOUR)


def _next_moment(state: HouseState) -> int:
    """When something is due next."""
    today = state.now_ns - state.now_ns % NS_PER_DAY
    points = [today + hour * NS_PER_HOUR for hour in (FEEDS_H, NOON_H, CLOSE_H, 24 + FEEDS_H)]
    due = [member.call.due_ns for member in state.members.values() if member.call is not None]
    marks = [state.mark_due_ns] if state.mark_due_ns else []
    return min(moment for moment in [*points, *marks, *due] if moment > state.now_ns)


def _run(state: HouseState, moment: int) -> None:
    today, hour_ns = date_of(moment), moment % NS_PER_DAY
    if hour_ns == FEEDS_H * NS_PER_HOUR:
        arrive(state, today)
    if hour_ns == NOON_H * NS_PER_HOUR:
        _noon(state, today)
    elif hour_ns == CLOSE_H * NS_PER_HOUR:
        _close(state, today)
    elif moment == state.mark_due_ns:
        state.mark_due_ns = 0
        state.marks |= minute_marks(state)
        review(state)
    elif is_due(state):
        review(state)


def _noon(state: HouseState, today: date) -> None:
    """Index value of yesterday, final settlement of index months, variation at the marks of noon, calls."""
    state.mark_due_ns = 0
    take(state, today)
    settle_index_months(state, today)
    state.marks |= noon_marks(state)
    pay_variation(state, [one.symbol for one in state.listed()], state.marks)
    review(state)


def _close(state: HouseState, today: date) -> None:
    """Settlement prices on the books as they stand, variation, last trading days, listing, calls, statements."""
    state.mark_due_ns = 0
    settled = settlements_of_day(state)
    _end_day_orders(state)
    state.paused.clear()
    for symbol, settlement in settled.items():
        state.settled[symbol].append(settlement)
        state.marks[symbol] = settlement.price
    pay_variation(state, settled, state.marks)
    state.figures.clear()
    end_contracts(state, today)
    state.day = today + DAY
    list_day(state, state.day)
    state.flags = {name: flags_of(state, member) for name, member in state.members.items()}
    review(state)
    state_day(state)
    state.past |= {order.name: order for order in state.orders if order.status != "WORKING"}
    state.orders = [order for order in state.orders if order.status == "WORKING"]
    state.touch()


def _end_day_orders(state: HouseState) -> None:
    for order in state.orders:
        if order.status == "WORKING" and not order.gtc:
            end(order, "EXPIRED")
